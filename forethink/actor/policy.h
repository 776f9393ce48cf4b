// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Policy: the actor in Mode-1, a reaction to the state without a thought.
//
//   a = limit tanh(MLP(s))
//
// One action, held for one model step, as a plan's actions are. Fast and without lookahead; in
// Mode-2 it proposes the plan that the search starts from.
//
// Role:    the actor module, Mode-1 (figure 3).
#pragma once

#include <memory>

#include "forethink/nn/mlp.h"
#include "forethink/world_model/world_model.h"

namespace forethink {

class Policy final : public torch::nn::Module {
 public:
  /// @param limit  Actions lie in -limit .. limit; > 0.
  /// @throws ConfigError if a setting breaks its rule.
  Policy(std::int64_t state_dim, std::int64_t action_dim, double limit,
         const MlpOptions& options = {.widths = {256, 256}});

  /// States [..., D] -> actions [..., A]. @throws ShapeError if states are not of D numbers.
  Tensor forward(const Tensor& states);

  std::int64_t state_dim() const { return state_dim_; }
  std::int64_t action_dim() const { return action_dim_; }

 private:
  std::int64_t state_dim_;
  std::int64_t action_dim_;
  double limit_;
  std::shared_ptr<Mlp> mlp_;
};

/// What the policy would do, imagined H model steps ahead: a plan [B, H, A] to start a search from.
/// @param shape  Horizon, hold and effectors as those of the search.
/// @throws ShapeError if model, policy and states do not fit each other.
Tensor propose(Policy& policy, const WorldModel& model, const Tensor& states,
               const PlanShape& shape);

}  // namespace forethink
