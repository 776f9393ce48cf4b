// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// CompiledStep: one imagined step of a world model for a batch, packed for the processor at hand.
//
//   s' = Pred(s, a)
//
// Tree search and dynamic programming want single steps from states of their choice, where planners
// of sequences want whole rollouts (compiled_rollout.h).
//
// Role:    rollout; the fast form of WorldModel::predict, with the latent at its prior's mean.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "forethink/rollout/compiled_rollout.h"

namespace forethink {

/// One thread uses it at a time; it spreads the rows over all threads.
class CompiledStep {
 public:
  /// @throws NotCompiled  naming the part of the model that has no formula (a model that looks back
  ///                      has no single step), or if the plain path gives another answer.
  /// @throws ConfigError  if `options` break a rule or name what this processor does not have.
  explicit CompiledStep(const WorldModel& model, const RolloutOptions& options = {});
  ~CompiledStep();

  std::int64_t state_dim() const { return state_dim_; }
  std::int64_t action_dim() const { return action_dim_; }  ///< Of one model step.

  /// States [N, D] after actions [N, A] in states [N, D].
  /// @throws ShapeError if they are not that.
  Tensor operator()(const Tensor& states, const Tensor& actions) const;
  /// The same from and into memory of the caller, contiguous; takes none itself.
  void step(const float* states, const float* actions, std::int64_t count, float* next) const;

 private:
  struct Memory;  // Of one thread.

  std::int64_t state_dim_;
  std::int64_t action_dim_;
  InstructionSet instruction_set_;
  Precision precision_;
  std::unique_ptr<const rollout::Program> program_;
  std::vector<std::unique_ptr<Memory>> threads_;
};

}  // namespace forethink
