// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/world_model.h"

#include <torch/torch.h>

#include <vector>

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

}  // namespace forethink
