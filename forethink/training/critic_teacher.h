// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// CriticTeacher: where a critic's pairs and targets come from.
//
// Role:    training; the seam between `CriticTrainer` and what knows, or finds out, the remaining
// cost.
#pragma once

#include <map>
#include <string>

#include "forethink/core/random.h"
#include "forethink/cost/trainable_critic.h"
#include "forethink/training/training.h"

namespace forethink {

/// Pairs of one training step, with what the remaining cost between them should be.
struct CriticLesson {
  Tensor states;   ///< [B, D].
  Tensor goals;    ///< [B, D].
  Tensor targets;  ///< [B], model steps, >= 0.
  /// [B], the expectile that the target is of: 0.5 a mean; 1 an upper bound, which only pulls down.
  Tensor expectile;
};

class CriticTeacher {
 public:
  virtual ~CriticTeacher() = default;
  virtual std::string name() const = 0;

  /// The lesson of one step. `slow` is the moving average of the critic, for targets that build on
  /// its own answers; `share` of the training is done. Called without gradient.
  virtual CriticLesson draw(std::int64_t batch, double share, const TrainableCritic& slow,
                            RandomStream& rng) = 0;

  /// Told how far, in model steps, the critic was from the targets of the lesson drawn last, [B].
  virtual void record(const Tensor& errors) = 0;

  /// What the teacher can say about the critic so far.
  virtual Measurements examine(const TrainableCritic& critic) const = 0;

  /// What changes from lesson to lesson, and back. @throws CheckpointError if it does not fit.
  virtual std::map<std::string, Tensor> state() const = 0;
  virtual void restore(const std::map<std::string, Tensor>& tensors) = 0;
};

}  // namespace forethink
