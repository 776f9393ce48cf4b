// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/drive_critic_trainer.h"

#include <torch/torch.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/training/critic_pairs.h"

namespace forethink {
namespace {

// A critic of the same shape and weights.
DriveCritic twin_of(const DriveCritic& critic) {
  RandomStream unused(0, "slow drive critic");
  DriveCritic twin(critic.state_dim(), critic.options(), unused);
  twin.restore(critic.state());
  return twin;
}

Tensor text_as_bytes(const std::string& text) {
  Tensor bytes = at::empty({static_cast<std::int64_t>(text.size())}, at::kByte);
  std::copy(text.begin(), text.end(), bytes.data_ptr<std::uint8_t>());
  return bytes;
}

// For each row the last row of the life that it is in.
Tensor ends_of_lives(const RecordedLives& lives) {
  const Tensor ends = lives.terminated.logical_or(lives.truncated).nonzero().view(-1);
  return ends.index_select(0, at::searchsorted(ends, at::arange(lives.rows(), at::kLong)));
}

// Of every row, where targets need no critic.
DriveTargets targets_without_critic(const RecordedLives& lives, const DriveTargetOptions& options) {
  return options.kind == "delayed" ? delayed(lives, options) : discounted_sums(lives, {}, options);
}

void expect_lives_fit(const RecordedLives& lives, const DriveCritic& critic) {
  lives.validate();
  if (lives.states.size(1) != critic.state_dim() || lives.energies.size(1) != kDrives) {
    throw DataError("recorded lives have states of " + std::to_string(lives.states.size(1)) +
                    " and energies of " + std::to_string(lives.energies.size(1)) +
                    " numbers, the critic wants " + std::to_string(critic.state_dim()) + " and " +
                    std::to_string(kDrives));
  }
}

}  // namespace

void DriveCriticTrainerOptions::validate() const {
  expect_setting(steps >= 1, "drive_critic_trainer.steps", steps, "steps >= 1");
  expect_setting(batch >= 4, "drive_critic_trainer.batch", batch, "batch >= 4");
  expect_setting(window >= 2 && window <= batch, "drive_critic_trainer.window", window,
                 "2 <= window <= batch");
  expect_setting(seen_share > 0.0 && seen_share <= 1.0, "drive_critic_trainer.seen_share",
                 seen_share, "0 < seen_share <= 1");
  expect_setting(imagined_share >= 0.0 && imagined_share <= 1.0,
                 "drive_critic_trainer.imagined_share", imagined_share, "0 <= imagined_share <= 1");
  expect_setting(huber_scale > 0.0 && std::isfinite(huber_scale),
                 "drive_critic_trainer.huber_scale", huber_scale, "0 < huber_scale < infinity");
  expect_setting(target_rate > 0.0 && target_rate <= 1.0, "drive_critic_trainer.target_rate",
                 target_rate, "0 < target_rate <= 1");
  targets.validate();
  optimizer.validate("drive_critic_trainer.optimizer");
  loop.validate();
}

std::vector<DriveCalibration> calibrate_drives(const DriveCritic& critic,
                                               const RecordedLives& lives,
                                               const DriveTargetOptions& targets,
                                               std::int64_t bins) {
  expect_lives_fit(lives, critic);
  const at::NoGradGuard no_grad;
  const DriveTargets realised = targets_without_critic(lives, targets);
  const Tensor rows = realised.known.nonzero().view(-1);
  const Tensor outcome = realised.values.index_select(0, rows);  // [N, drives]
  const Tensor predicted = critic.predictions(lives.states.index_select(0, rows)).mean(0);
  std::vector<DriveCalibration> drives;
  for (std::int64_t j = 0; j < kDrives; ++j) {
    const Tensor foretold = predicted.select(1, j), came = outcome.select(1, j);
    DriveCalibration drive{
        .drive = drive_names()[j], .count = rows.size(0), .bins = calibrate(foretold, came, bins)};
    if (drive.count > 0) {
      drive.rank_correlation = rank_correlation(foretold, came);
      drive.mean_error = (foretold - came).abs().mean().item<double>();
    }
    drives.push_back(std::move(drive));
  }
  return drives;
}

DriveCriticTrainer::DriveCriticTrainer(std::shared_ptr<DriveCritic> critic, Data data,
                                       const std::string& digest,
                                       const DriveCriticTrainerOptions& options, std::uint64_t seed)
    : critic_(std::move(critic)),
      data_(std::move(data)),
      options_(options),
      rng_(seed, "drive critic trainer"),
      slow_(twin_of(*critic_)),
      optimizer_(critic_->parameters(), options.optimizer),
      digest_(text_as_bytes(digest)) {
  options.validate();
  if (options.imagined_share > 0.0 && !data_.imagination) {
    throw ConfigError(
        "drive_critic_trainer.imagined_share is above 0, but there is no imagination");
  }
  expect_lives_fit(data_.lives, *critic_);
  if (data_.validation.states.defined()) expect_lives_fit(data_.validation, *critic_);
  last_of_life_ = ends_of_lives(data_.lives);
  if (options.targets.kind == "td_lambda") {
    // A window of TD(lambda) wants a row after its first, or the end of a life.
    rows_ = data_.lives.truncated.logical_not().nonzero().view(-1);
  } else {
    fixed_ = targets_without_critic(data_.lives, options.targets);
    rows_ = fixed_.known.nonzero().view(-1);
  }
  if (rows_.size(0) == 0) throw DataError("recorded lives: too short, no row has a target");
}

DriveCriticTrainer::Lesson DriveCriticTrainer::recorded(std::int64_t count) {
  const Tensor rows = rows_.index_select(0, rng_.integers({count}, 0, rows_.size(0)));
  return {data_.lives.states.index_select(0, rows), fixed_.values.index_select(0, rows),
          at::ones({count}, at::kBool)};
}

// Windows of rows that follow each other, each a record of its own that is cut off at its end.
DriveCriticTrainer::Lesson DriveCriticTrainer::windows(std::int64_t count) {
  const std::int64_t L = options_.window;
  const std::int64_t n = std::max<std::int64_t>(1, count / L);
  const RecordedLives& all = data_.lives;
  const Tensor first = rows_.index_select(0, rng_.integers({n}, 0, rows_.size(0))).unsqueeze(1);
  const Tensor wanted = first + at::arange(L, at::kLong);  // [n, L]
  const Tensor last = last_of_life_.index_select(0, first.view(-1)).unsqueeze(1);
  const Tensor rows = at::minimum(wanted, last).view(-1);  // Beyond a life's end, its end again.
  const Tensor beyond = wanted.gt(last).view(-1);
  Tensor at_end = at::zeros({n, L}, at::kBool);
  at_end.select(1, L - 1).fill_(true);
  RecordedLives part{all.states.index_select(0, rows),
                     all.energies.index_select(0, rows),
                     all.terminated.index_select(0, rows),
                     {}};
  part.truncated = all.truncated.index_select(0, rows)
                       .logical_or(at_end.view(-1))
                       .logical_and(part.terminated.logical_not());
  const Tensor values = slow_.predictions(part.states).mean(0);
  const DriveTargets targets = td_lambda(part, values, options_.targets);
  return {part.states, targets.values, targets.known.logical_and(beyond.logical_not())};
}

DriveCriticTrainer::Lesson DriveCriticTrainer::imagined(std::int64_t count) {
  const Tensor rows = rng_.integers({count}, 0, data_.lives.rows());
  const Tensor states = data_.lives.states.index_select(0, rows);
  const ImaginedLives lives = data_.imagination(states, rng_);
  expect_shape("imagined.energies", lives.energies, {count, kAny, kDrives});
  expect_shape("imagined.last", lives.last, {count, critic_->state_dim()});
  const Tensor values = slow_.predictions(lives.last).mean(0);
  return {states, imagined_targets(lives.energies, values, options_.targets.discount),
          at::ones({count}, at::kBool)};
}

DriveCriticTrainer::Lesson DriveCriticTrainer::draw() {
  const at::NoGradGuard no_grad;
  const auto imagine = static_cast<std::int64_t>(
      std::lround(static_cast<double>(options_.batch) * options_.imagined_share));
  const std::int64_t rest = options_.batch - imagine;
  std::vector<Lesson> parts;
  if (imagine > 0) parts.push_back(imagined(imagine));
  if (rest > 0) {
    parts.push_back(options_.targets.kind == "td_lambda" ? windows(rest) : recorded(rest));
  }
  if (parts.size() == 1) return parts.front();
  return {at::cat({parts[0].states, parts[1].states}),
          at::cat({parts[0].targets, parts[1].targets}), at::cat({parts[0].known, parts[1].known})};
}

Tensor DriveCriticTrainer::loss(const Lesson& lesson, Measurements& measured) {
  const Tensor y = critic_->predictions(lesson.states);  // [K, N, drives]
  const Tensor seen = rng_.uniform({y.size(0), y.size(1)}).lt(options_.seen_share);
  const Tensor weight =
      seen.logical_and(lesson.known.unsqueeze(0)).to(at::kFloat).unsqueeze(2);  // [K, N, 1]
  const Tensor error = (y - lesson.targets.unsqueeze(0)) / options_.huber_scale;
  const Tensor each = at::huber_loss(error, at::zeros_like(error), at::Reduction::None);
  const double rows = std::max(1.0, weight.sum().item<double>());
  {
    const at::NoGradGuard no_grad;
    const Tensor known = lesson.known.to(at::kFloat).unsqueeze(1);
    const double count = std::max(1.0, known.sum().item<double>()) * kDrives;
    const auto mean_of = [&](const Tensor& x) { return (x * known).sum().item<double>() / count; };
    measured["error"] = mean_of((y.mean(0) - lesson.targets).abs());
    measured["spread"] = mean_of(y.std(0, /*unbiased=*/false));
    measured["target"] = mean_of(lesson.targets);
  }
  return (weight * each).sum() / (rows * kDrives);
}

Measurements DriveCriticTrainer::advance() {
  optimizer_.zero_grad();
  const Lesson lesson = draw();
  Measurements measured;
  const Tensor total = loss(lesson, measured);
  const double share = learning_rate_share(options_.optimizer, step_, options_.steps);
  if (!commit_step(optimizer_, total, share, measured)) return measured;
  {
    const at::NoGradGuard no_grad;
    at::_foreach_lerp_(slow_.parameters(), critic_->parameters(), options_.target_rate);
  }
  ++step_;
  return measured;
}

Measurements DriveCriticTrainer::diagnose() {
  Measurements measured;
  if (!data_.validation.states.defined()) return measured;
  for (const DriveCalibration& drive :
       calibrate_drives(*critic_, data_.validation, options_.targets)) {
    measured["rank_" + drive.drive] = drive.rank_correlation;
    measured["error_" + drive.drive] = drive.mean_error;
    measured["miscalibration_" + drive.drive] = calibration_error(drive.bins);
  }
  return measured;
}

std::map<std::string, Tensor> DriveCriticTrainer::state() const {
  std::map<std::string, Tensor> tensors;
  for (const auto& [name, tensor] : critic_->state()) tensors["critic." + name] = tensor;
  for (const auto& [name, tensor] : slow_.state()) tensors["slow." + name] = tensor;
  optimizer_.save("optimizer.", tensors);
  tensors["intrinsic_cost"] = digest_;
  tensors["counters"] = at::tensor(
      {step_, std::bit_cast<std::int64_t>(rng_.key()), std::bit_cast<std::int64_t>(rng_.draws())},
      at::kLong);
  return tensors;
}

void DriveCriticTrainer::restore(const std::map<std::string, Tensor>& tensors) {
  const auto part_of = [&](const std::string& prefix) {
    std::map<std::string, Tensor> part;
    for (const auto& [name, tensor] : tensors) {
      if (name.starts_with(prefix)) part[name.substr(prefix.size())] = tensor;
    }
    return part;
  };
  const Tensor& counters = critic_tensor(tensors, "counters", at::zeros({3}, at::kLong));
  if (!at::equal(critic_tensor(tensors, "intrinsic_cost", digest_), digest_)) {
    throw CheckpointError(
        "drive critic trainer: the checkpoint was trained with another intrinsic cost; train "
        "again");
  }
  critic_->restore(part_of("critic."));
  slow_.restore(part_of("slow."));
  optimizer_.load("optimizer.", tensors);
  const auto* values = counters.data_ptr<std::int64_t>();
  step_ = values[0];
  rng_ = RandomStream::restore(std::bit_cast<std::uint64_t>(values[1]),
                               std::bit_cast<std::uint64_t>(values[2]));
}

}  // namespace forethink
