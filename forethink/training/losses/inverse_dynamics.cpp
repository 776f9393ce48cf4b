// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/inverse_dynamics.h"

#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"

namespace forethink {

Tensor inverse_dynamics_loss(InverseDynamicsHead& head, const Tensor& states,
                             const Tensor& actions) {
  expect_shape("inverse_dynamics_loss: states", states, {kAny, kAny, head.state_dim()});
  const std::int64_t B = states.size(0), steps = states.size(1) - 1;
  if (steps < 1) throw ShapeError("inverse_dynamics_loss: states have T < 2, expected T >= 2");
  expect_shape("inverse_dynamics_loss: actions", actions, {B, steps, kAny});
  const std::int64_t A = actions.size(2), apart = A > 0 ? head.action_dim() / A : 0;
  if (apart < 1 || apart * A != head.action_dim() || apart > steps) {
    throw ShapeError("inverse_dynamics_loss: the head estimates " +
                     std::to_string(head.action_dim()) + " numbers, expected 1 to " +
                     std::to_string(steps) + " times " + std::to_string(A));
  }
  const std::int64_t pairs = steps - apart + 1;
  const Tensor between = actions
                             .unfold(1, apart, 1)  // [B, pairs, A, apart]
                             .transpose(2, 3)
                             .reshape({B, pairs, apart * A});
  const auto rows = [&](std::int64_t first) {  // A layer of a matrix is one product with its bias.
    return states.narrow(1, first, pairs).reshape({B * pairs, -1});
  };
  const Tensor estimate = head.forward(rows(0), rows(apart));
  return torch::mse_loss(estimate.to(between.scalar_type()), between.flatten(0, 1));
}

}  // namespace forethink
