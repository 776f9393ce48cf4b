// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/actor/policy.h"

#include <torch/torch.h>

#include <cmath>
#include <string>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"

namespace forethink {

Policy::Policy(std::int64_t state_dim, std::int64_t action_dim, double limit,
               const MlpOptions& options)
    : state_dim_(state_dim),
      action_dim_(action_dim),
      limit_(limit),
      mlp_(register_module("mlp", std::make_shared<Mlp>(state_dim, action_dim, options))) {
  expect_setting(std::isfinite(limit) && limit > 0, "policy.limit", limit, "limit > 0");
}

Tensor Policy::forward(const Tensor& states) {
  if (states.dim() == 0 || states.size(-1) != state_dim_) {
    throw ShapeError("policy.states must end in " + std::to_string(state_dim_) + " numbers");
  }
  return limit_ * torch::tanh(mlp_->forward(states));
}

Tensor propose(Policy& policy, const WorldModel& model, const Tensor& states,
               const PlanShape& shape) {
  const torch::NoGradGuard no_grad;
  const std::int64_t A = shape.action_dim(model);
  expect_setting(policy.action_dim() == A, "policy.action_dim", policy.action_dim(),
                 "the plan's, " + std::to_string(A));
  Tensor state = states;
  std::vector<Tensor> actions;
  for (std::int64_t h = 0; h < shape.horizon; ++h) {
    actions.push_back(policy.forward(state).to(at::kFloat));
    if (h + 1 == shape.horizon) break;
    const Tensor plan = actions.back().view({-1, 1, 1, A});
    state =
        imagine_plans(model, state, plan, {.horizon = 1, .hold = shape.hold, .norm = shape.norm})
            .select(1, 0)
            .select(1, 1);
  }
  return at::stack(actions, 1);
}

}  // namespace forethink
