// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/world_model.h"

#include <torch/torch.h>

#include <cmath>
#include <string>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"

namespace forethink {

Value WorldModel::describe(Formula&, Value, Value, std::int64_t) const {
  throw NotCompiled("the world model has no formula");
}

std::vector<Value> WorldModel::describe_rollout(Formula&, Value, const std::vector<Value>&) const {
  return {};
}

Tensor WorldModel::rollout(const Tensor& s0, const Tensor& actions) const {
  Tensor z;
  if (latent_dim() > 0) z = s0.new_zeros({s0.size(0), latent_dim()});
  std::vector<Tensor> states{s0};
  for (std::int64_t h = 0; h < actions.size(1); ++h) {
    states.push_back(predict(states.back(), actions.select(1, h), z));
  }
  return torch::stack(states, /*dim=*/1);  // [N, H+1, D]
}

Tensor imagine(const WorldModel& model, const Tensor& s0, const Tensor& actions) {
  expect_shape("s0", s0, {kAny, model.state_dim()});
  expect_shape("actions", actions, {s0.size(0), kAny, model.action_dim()});
  return model.rollout(s0, actions);
}

std::int64_t PlanShape::action_dim(const WorldModel& model) const {
  if (model.action_dim() % hold != 0) {
    throw ShapeError("the world model takes blocks of " + std::to_string(model.action_dim()) +
                     " numbers, which hold = " + std::to_string(hold) + " does not divide");
  }
  return model.action_dim() / hold;
}

Tensor imagine_plans(const WorldModel& model, const Tensor& states, const Tensor& plans,
                     const PlanShape& shape) {
  const std::int64_t A = shape.action_dim(model);
  expect_shape("states", states, {kAny, model.state_dim()});
  expect_shape("plans", plans, {states.size(0), kAny, shape.horizon, A});
  const std::int64_t B = plans.size(0), S = plans.size(1), H = shape.horizon;
  const std::int64_t D = model.state_dim();
  Tensor actions = plans.reshape({B * S, H, A});
  if (std::isfinite(shape.norm)) {
    const Tensor lengths = actions.norm(2, {-1}, /*keepdim=*/true);
    actions = actions * (shape.norm / lengths.clamp_min(shape.norm));
  }
  const Tensor starts = states.unsqueeze(1).expand({B, S, D}).reshape({B * S, D});
  return imagine(model, starts, actions.repeat({1, 1, shape.hold})).view({B, S, H + 1, D});
}

}  // namespace forethink
