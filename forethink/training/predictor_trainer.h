// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Trains the predictor alone on cached states, with hard examples mined.
//
// What is rare in recordings, such as pushing against a shut door, is drowned in the first stage: a
// model that looks perfect on average walks through shut doors. With the encoder frozen a step
// costs a tenth, and half of each batch is taken from the windows whose last recorded loss was
// largest.
//
// What recordings do not hold at all, mining cannot find: no recorded agent pushes at full speed
// against a shut door. But where pushes add up, a way that was walked in seven steps may be walked
// in five by stronger pushes, and ends at the same place. Such hastened windows, their states as
// recorded, join the others; they presume a world without momentum, in which what the agent does
// not move shows little in the state.
//
// Role:    training; the second stage of a run.
#pragma once

#include "forethink/core/random.h"
#include "forethink/datasets/trajectories.h"
#include "forethink/perception/perception.h"
#include "forethink/training/jepa_trainer.h"
#include "forethink/training/optimizer.h"
#include "forethink/training/training.h"
#include "forethink/world_model/jepa.h"

namespace forethink {

/// The recordings as the agent sees them: columns "embedding" [rows, D] of every observation, the
/// readings of the sensors `felt` as they are, and every column of `data`, with the same rows and
/// episodes.
Trajectories encode_trajectories(const Trajectories& data, const Perception& perception,
                                 const std::vector<std::string>& felt = {});

/// Every `skip`-th row of each episode, all columns.
Trajectories thin_trajectories(const Trajectories& data, std::int64_t skip);

/// Settings of PredictorTrainer.
struct PredictorTrainerOptions {
  std::int64_t steps = 2000;   ///< >= 1.
  std::int64_t batch = 384;    ///< Windows per step; >= 2.
  std::int64_t rollout = 4;    ///< K, steps predicted; >= 1.
  double hard_share = 0.5;     ///< Share of the batch that is mined; in [0, 1].
  std::int64_t hard_pool = 8;  ///< Mined windows are the worst 1/hard_pool of candidates; >= 1.
  std::int64_t spacing = 5;    ///< Only every spacing-th window is used: a window that is met more
                               ///< often is known better, and mined better; >= 1.
  double felt_weight = 0.1;    ///< Of the felt error beside that of what is encoded, where anything
                               ///< is felt; >= 0.
  std::int64_t hasten = 0;     ///< Hastened windows walk 1 .. hasten recorded steps more per model
                               ///< step; 0: none; >= 0.
  bool bf16 = true;            ///< Where the processor gains by it.
  OptimizerOptions optimizer{.learning_rate = 6e-4};
  LoopOptions loop;

  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("steps", self.steps);
    visit("batch", self.batch);
    visit("rollout", self.rollout);
    visit("hard_share", self.hard_share);
    visit("hard_pool", self.hard_pool);
    visit("spacing", self.spacing);
    visit("felt_weight", self.felt_weight);
    visit("hasten", self.hasten);
    visit("bf16", self.bf16);
    visit("optimizer", self.optimizer);
    visit("loop", self.loop);
  }
};

/// The same way in fewer primitive steps: actions [.., from * A] -> [.., to * A], each the part of
/// the way that falls into its share of the time. @throws ShapeError if they are not of that width.
Tensor hasten_actions(const Tensor& actions, std::int64_t from, std::int64_t to);

class PredictorTrainer final : public Trainer {
 public:
  /// Scores every training window once, so that mining knows them all from the first step.
  /// @param cached        From `encode_trajectories`; must outlive the trainer.
  /// @param skip          Rows between two model steps.
  /// @param action_limit  Primitive actions lie in -action_limit .. action_limit.
  PredictorTrainer(std::shared_ptr<Jepa> jepa, const Trajectories& cached, const Split& split,
                   std::int64_t skip, double action_limit, const PredictorTrainerOptions& options,
                   std::uint64_t seed, ExtraDiagnosis extra = {});

  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return options_.steps; }
  Measurements advance() override;
  Measurements diagnose() override;
  std::string verdict() const override { return ""; }
  std::map<std::string, Tensor> state() const override;
  void restore(const std::map<std::string, Tensor>& tensors) override;

 private:
  Tensor score_all_windows();
  Tensor pick_windows();
  WindowBatch windows(const Tensor& picks) const;
  Tensor states(const Tensor& rows) const;  // [B, T, D] of rows [B, T].
  Tensor errors(const WindowBatch& batch);  // [B], mean over the rollout.

  std::shared_ptr<Jepa> jepa_;
  const Trajectories& cached_;
  WindowBatch train_;  // All that take part.
  Windows validation_;
  Tensor felt_changes_;  // [J] of the readings that states end with.
  Tensor recorded_;      // [training windows], last error of each.
  PredictorTrainerOptions options_;
  RandomStream rng_;
  AdamW optimizer_;
  ExtraDiagnosis extra_;
  std::int64_t step_ = 0;
};

}  // namespace forethink
