// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Trains a drive critic on what was remembered, and on what is imagined from there.
//
//   L = mean over networks k, rows n, drives j of  m_kn huber((y_k[n,j] - target[n,j]) /
//   huber_scale)
//
// Targets are those of drive_targets.h. m_kn is 1 for a share of the rows that is drawn for each
// network by itself, so that the ensemble differs where data are few. TD(lambda) and imagined
// targets ask the slow critic, the mean of its networks (a pessimist that believes itself grows
// ever more so), and it follows: w^ <- w^ + target_rate (w - w^).
//
// Role:    training; figure 7.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "forethink/core/random.h"
#include "forethink/cost/calibration.h"
#include "forethink/cost/drive_critic.h"
#include "forethink/training/drive_targets.h"
#include "forethink/training/optimizer.h"
#include "forethink/training/training.h"

namespace forethink {

/// Settings of DriveCriticTrainer.
struct DriveCriticTrainerOptions {
  std::int64_t steps = 3000;    ///< >= 1.
  std::int64_t batch = 1024;    ///< Rows per step; >= 4.
  std::int64_t window = 32;     ///< Rows that follow each other, "td_lambda" only; in 2 .. batch.
  double seen_share = 0.8;      ///< Of the rows, that each network is taught; in (0, 1].
  double imagined_share = 0.0;  ///< Of the rows, that have imagined targets; in [0, 1]. Above 0 the
                                ///< trainer needs an imagination.
  double huber_scale = 1.0;     ///< Energy at which the loss turns linear; > 0.
  double target_rate = 0.02;    ///< Of the slow critic; in (0, 1].
  DriveTargetOptions targets = {};
  OptimizerOptions optimizer = {};
  LoopOptions loop = {};

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("steps", self.steps);
    visit("batch", self.batch);
    visit("window", self.window);
    visit("seen_share", self.seen_share);
    visit("imagined_share", self.imagined_share);
    visit("huber_scale", self.huber_scale);
    visit("target_rate", self.target_rate);
    visit("targets", self.targets);
    visit("optimizer", self.optimizer);
    visit("loop", self.loop);
  }
};

/// Steps that were imagined from some states, as the actor would act.
struct ImaginedLives {
  Tensor energies;  ///< [N, H, drives], intrinsic, of the vitals imagined for steps 1 .. H.
  Tensor last;      ///< [N, D], the state of step H.
};

/// States [N, D] -> what the world model imagines from them. All chance comes from the stream.
using Imagination = std::function<ImaginedLives(const Tensor& states, RandomStream& rng)>;

/// Compares a critic's mean with the realised targets of other lives: delayed energies for
/// "delayed", else discounted sums that ask no critic.
std::vector<DriveCalibration> calibrate_drives(const DriveCritic& critic,
                                               const RecordedLives& lives,
                                               const DriveTargetOptions& targets,
                                               std::int64_t bins = 10);

class DriveCriticTrainer final : public Trainer {
 public:
  /// What there is to learn from.
  struct Data {
    RecordedLives lives;
    RecordedLives validation = {};  ///< Other lives, for `diagnose`; undefined tensors: none.
    Imagination imagination = {};
  };

  /// @param digest  Of the intrinsic cost that the energies come from: a checkpoint of training
  /// with
  ///                another is refused.
  /// @throws ConfigError if `options` break a rule, DataError if lives are malformed, do not fit
  /// the
  ///         critic, or leave no row with a target.
  DriveCriticTrainer(std::shared_ptr<DriveCritic> critic, Data data, const std::string& digest,
                     const DriveCriticTrainerOptions& options, std::uint64_t seed);

  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return options_.steps; }
  /// "loss", "error" (mean over drives, of the ensemble's mean), "spread" (its deviation),
  /// "target", "gradient_norm".
  Measurements advance() override;
  /// For each drive "rank_DRIVE", "error_DRIVE" and "miscalibration_DRIVE".
  Measurements diagnose() override;
  std::string verdict() const override { return ""; }
  std::map<std::string, Tensor> state() const override;
  void restore(const std::map<std::string, Tensor>& tensors) override;

 private:
  struct Lesson {
    Tensor states;   // [N, D]
    Tensor targets;  // [N, drives]
    Tensor known;    // [N] bool
  };
  Lesson draw();
  Lesson recorded(std::int64_t count);
  Lesson windows(std::int64_t count);
  Lesson imagined(std::int64_t count);
  Tensor loss(const Lesson& lesson, Measurements& measured);

  std::shared_ptr<DriveCritic> critic_;
  Data data_;
  DriveCriticTrainerOptions options_;
  RandomStream rng_;
  DriveCritic slow_;
  AdamW optimizer_;
  std::int64_t step_ = 0;
  Tensor digest_;        // [64] uint8
  Tensor last_of_life_;  // [T] row of the end of the life that each row is in
  DriveTargets fixed_;   // Of every row, unless targets ask the slow critic.
  Tensor rows_;          // Rows to draw from: with a fixed target, or not the last of a record.
};

}  // namespace forethink
