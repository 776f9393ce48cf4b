// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/training.h"

#include <torch/torch.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include "forethink/core/checkpoint.h"
#include "forethink/core/interrupt.h"
#include "forethink/core/progress.h"
#include "forethink/core/settings.h"

namespace forethink {
namespace {

constexpr std::int64_t kPatience = 3;  // Steps in a row that may fail to be finite.
constexpr std::int64_t kKeep = 2;      // Checkpoints kept.
constexpr const char* kSecondsKey = "seconds";

class Clock {
 public:
  explicit Clock(double earlier_s) : earlier_s_(earlier_s) {}
  double seconds() const {
    const auto now = std::chrono::steady_clock::now();
    return earlier_s_ + std::chrono::duration<double>(now - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double earlier_s_;
};

void save(const Trainer& trainer, const std::filesystem::path& folder, double seconds) {
  Checkpoint checkpoint;
  checkpoint.step = trainer.step();
  checkpoint.tensors = trainer.state();
  checkpoint.metadata[kSecondsKey] = std::to_string(seconds);
  save_checkpoint(folder, checkpoint, kKeep);
}

// Seconds spent before, 0 if there is nothing to resume.
double resume(Trainer& trainer, const std::filesystem::path& folder) {
  const auto latest = load_latest_checkpoint(folder);
  if (!latest) return 0.0;
  trainer.restore(latest->tensors);
  const auto seconds = latest->metadata.find(kSecondsKey);
  return seconds == latest->metadata.end() ? 0.0 : std::stod(seconds->second);
}

std::string describe(const Measurements& losses) {
  const auto loss = losses.find("loss");
  if (loss == losses.end()) return "";
  char text[32];
  std::snprintf(text, sizeof text, "loss %.4f", loss->second);
  return text;
}

}  // namespace

void LoopOptions::validate() const {
  expect_setting(log_every >= 1, "loop.log_every", log_every, "log_every >= 1");
  expect_setting(diagnose_every >= 1, "loop.diagnose_every", diagnose_every, "diagnose_every >= 1");
  expect_setting(checkpoint_every >= 1, "loop.checkpoint_every", checkpoint_every,
                 "checkpoint_every >= 1");
}

bool commit_step(AdamW& optimizer, const Tensor& loss, double share, Measurements& measured) {
  const auto finite = [&](const char* name, double value) {
    measured[name] = value;
    if (!std::isfinite(value)) measured["not_finite"] = 1.0;
    return std::isfinite(value);
  };
  if (!finite("loss", loss.item<double>())) return false;
  if (!loss.requires_grad()) return true;
  loss.backward();
  return finite("gradient_norm", optimizer.step(share));
}

TrainOutcome train(Trainer& trainer, const std::string& stage,
                   const std::filesystem::path& checkpoints, MetricsWriter& metrics,
                   const LoopOptions& options) {
  options.validate();
  const Clock clock(resume(trainer, checkpoints));
  metrics.resume_at(stage, trainer.step());
  Progress bar(stage, trainer.steps());
  bar.skip(trainer.step());
  TrainOutcome outcome;
  std::int64_t failures = 0;

  while (trainer.step() < trainer.steps()) {
    const Measurements losses = trainer.advance();
    if (losses.contains("not_finite")) {
      metrics.write(stage, trainer.step(), losses);
      if (++failures < kPatience) continue;
      outcome.status = TrainStatus::kNotFinite;
      outcome.cause = "the loss or its gradient was not finite " + std::to_string(failures) +
                      " times in a row at step " + std::to_string(trainer.step());
      break;
    }
    failures = 0;
    const std::int64_t step = trainer.step();
    const bool last = step == trainer.steps();
    bar.advance(1, describe(losses));
    if (step % options.log_every == 0 || last) metrics.write(stage, step, losses);
    if (step % options.diagnose_every == 0 || last) {
      metrics.write(stage, step, trainer.diagnose());
      if (const std::string verdict = trainer.verdict(); !verdict.empty()) {
        outcome.cause = verdict;
        if (options.stop_on_collapse) {
          outcome.status = TrainStatus::kCollapsed;
          break;
        }
      }
    }
    if (interrupted()) {
      outcome.status = TrainStatus::kInterrupted;
      outcome.cause = "interrupted at step " + std::to_string(step);
      break;
    }
    if (step % options.checkpoint_every == 0 && !last) save(trainer, checkpoints, clock.seconds());
  }
  outcome.seconds = clock.seconds();
  // A state that failed is not saved: the checkpoint before it stays the newest.
  if (outcome.status == TrainStatus::kFinished || outcome.status == TrainStatus::kInterrupted) {
    save(trainer, checkpoints, outcome.seconds);
  }
  return outcome;
}

}  // namespace forethink
