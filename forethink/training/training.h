// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The loop that every trainer runs in: steps, metrics, checkpoints, clean stops.
//
// A trainer is anything with `step`; the loop knows nothing about what it learns. Between two steps
// the whole state is a map of tensors, so that a run that was cut off goes on bit for bit.
//
// Role:    training; the same loop for world model, predictor and critics.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "forethink/core/metrics.h"
#include "forethink/core/types.h"
#include "forethink/training/optimizer.h"

namespace forethink {

/// Named numbers of one moment of training.
using Measurements = std::map<std::string, double>;

/// One thing that learns.
class Trainer {
 public:
  virtual ~Trainer() = default;

  virtual std::int64_t step() const = 0;   ///< Steps done.
  virtual std::int64_t steps() const = 0;  ///< Steps in all.

  /// Does one step and returns its losses. A loss or gradient that is not finite is returned as it
  /// is, with key "not_finite" > 0, and the parameters are left alone.
  virtual Measurements advance() = 0;

  /// Looks at what has been learnt so far; empty if there is nothing to look at.
  virtual Measurements diagnose() = 0;

  /// A reason to stop, for example "dimensional collapse: effective rank 2.1 of 128", or "".
  virtual std::string verdict() const = 0;

  /// The whole state, and back. @throws CheckpointError if `tensors` do not fit.
  virtual std::map<std::string, Tensor> state() const = 0;
  virtual void restore(const std::map<std::string, Tensor>& tensors) = 0;
};

/// Goes back from `loss` and commits one step at `share` of the peak learning rate. Adds "loss",
/// "gradient_norm", and "not_finite" if either is not: then nothing is committed, and the answer is
/// false. A loss of nothing that learns (a fixed predictor) commits nothing, and all is well.
bool commit_step(AdamW& optimizer, const Tensor& loss, double share, Measurements& measured);

/// How often the loop logs, looks and saves.
struct LoopOptions {
  std::int64_t log_every = 20;          ///< Steps between two lines of losses; >= 1.
  std::int64_t diagnose_every = 400;    ///< Steps between two diagnoses; >= 1.
  std::int64_t checkpoint_every = 500;  ///< Steps between two checkpoints; >= 1.
  bool stop_on_collapse = true;  ///< Else a verdict is only reported: to see what a collapsed
                                 ///< model is worth.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("log_every", self.log_every);
    visit("diagnose_every", self.diagnose_every);
    visit("checkpoint_every", self.checkpoint_every);
    visit("stop_on_collapse", self.stop_on_collapse);
  }
};

enum class TrainStatus { kFinished, kInterrupted, kNotFinite, kCollapsed };

struct TrainOutcome {
  TrainStatus status = TrainStatus::kFinished;
  std::string cause;     ///< Why it stopped early, in words, or the last verdict if it did not.
  double seconds = 0.0;  ///< Spent here, and in the earlier sessions that this one resumed.
};

/// Trains to the end, or until a step is not finite three times in a row, the verdict says stop, or
/// the user interrupts. Resumes from the newest checkpoint in `checkpoints` if there is one.
TrainOutcome train(Trainer& trainer, const std::string& stage,
                   const std::filesystem::path& checkpoints, MetricsWriter& metrics,
                   const LoopOptions& options);

}  // namespace forethink
