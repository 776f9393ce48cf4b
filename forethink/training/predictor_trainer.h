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
// against a shut door. Where a push moves the agent as far as its two halves do one after the
// other, what is known of weak pushes can teach what a strong one does:
//
//   split_weight |f(s, a) - g(g(s, a / 2), a / 2)|^2 / D
//
// with a held push of any direction and of `split_from` to full strength, and g the predictor's
// slow average, or what it was at the start: with f itself in its place the targets run away. A
// predictor that lets weak pushes through would teach that: train it without first. This presumes a
// world without momentum, in which what is not moved by the agent does not show in the state.
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

/// The recordings as the agent sees them: columns "embedding" [rows, D] of every observation and
/// every column of `data`, with the same rows and episodes.
Trajectories encode_trajectories(const Trajectories& data, const Perception& perception);

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
  double split_weight = 0.0;   ///< Of pushes taught by their halves; >= 0.
  double split_from = 0.5;     ///< Strength of the weakest such push; in (0, 1]. What recordings
                               ///< show is better left to them.
  double slow_rate =
      0.005;         ///< Share of the new weights in g after each step; in [0, 1]; 0: g stays.
  bool bf16 = true;  ///< Where the processor gains by it.
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
    visit("split_weight", self.split_weight);
    visit("split_from", self.split_from);
    visit("slow_rate", self.slow_rate);
    visit("bf16", self.bf16);
    visit("optimizer", self.optimizer);
    visit("loop", self.loop);
  }
};

/// What pushes taught by their halves need.
struct SplitPushes {
  std::shared_ptr<Predictor> slow;  ///< g: of the same shape as the predictor; any weights.
  double action_limit = 1.0;        ///< Primitive actions lie in -action_limit .. action_limit.
};

class PredictorTrainer final : public Trainer {
 public:
  /// Scores every training window once, so that mining knows them all from the first step.
  /// @param cached  From `encode_trajectories`; must outlive the trainer.
  /// @param skip    Rows between two model steps.
  /// @param pushes  Needed if `split_weight` is above 0.
  /// @throws ConfigError if it is needed and not there.
  PredictorTrainer(std::shared_ptr<Jepa> jepa, const Trajectories& cached, const Split& split,
                   std::int64_t skip, const PredictorTrainerOptions& options, std::uint64_t seed,
                   ExtraDiagnosis extra = {}, const SplitPushes& pushes = {});

  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return options_.steps; }
  Measurements advance() override;
  Measurements diagnose() override;
  std::string verdict() const override { return ""; }
  std::map<std::string, Tensor> state() const override;
  void restore(const std::map<std::string, Tensor>& tensors) override;

 private:
  std::int64_t used() const;  // Training windows that take part.
  WindowBatch windows(const Tensor& picks) const;
  Tensor score_all_windows();
  Tensor pick_windows();
  Tensor errors(const WindowBatch& batch);  // [B], mean over the rollout.
  Tensor split_loss(const WindowBatch& batch);

  std::shared_ptr<Jepa> jepa_;
  const Trajectories& cached_;
  Windows train_;
  Windows validation_;
  Tensor recorded_;  // [used windows], last error of each.
  std::int64_t skip_;
  SplitPushes pushes_;  // No `slow` where nothing is taught by halves.
  PredictorTrainerOptions options_;
  RandomStream rng_;
  AdamW optimizer_;
  ExtraDiagnosis extra_;
  std::int64_t step_ = 0;
};

}  // namespace forethink
