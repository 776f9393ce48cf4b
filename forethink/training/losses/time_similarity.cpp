// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/time_similarity.h"

#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"

namespace forethink {

Tensor time_similarity_loss(const Tensor& states) {
  expect_shape("time_similarity_loss: states", states, {kAny, kAny, kAny});
  const std::int64_t steps = states.size(1);
  if (steps < 2) {
    throw ShapeError("time_similarity_loss: states have T = " + std::to_string(steps) +
                     ", expected T >= 2");
  }
  return torch::mse_loss(states.narrow(1, 1, steps - 1), states.narrow(1, 0, steps - 1));
}

}  // namespace forethink
