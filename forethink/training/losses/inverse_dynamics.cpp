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
  const std::int64_t pairs = states.size(1) - 1;
  if (pairs < 1) throw ShapeError("inverse_dynamics_loss: states have T < 2, expected T >= 2");
  expect_shape("inverse_dynamics_loss: actions", actions,
               {states.size(0), pairs, head.action_dim()});
  const Tensor estimate = head.forward(states.narrow(1, 0, pairs), states.narrow(1, 1, pairs));
  return torch::mse_loss(estimate.to(actions.scalar_type()), actions);
}

}  // namespace forethink
