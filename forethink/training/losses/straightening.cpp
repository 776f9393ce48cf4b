// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/straightening.h"

#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

constexpr double kShortest = 1e-3;  // Of a step that has a direction.

}  // namespace

Tensor straightening_loss(const Tensor& states) {
  expect_shape("straightening_loss: states", states, {kAny, kAny, kAny});
  const std::int64_t steps = states.size(1) - 1;
  if (steps < 2) {
    throw ShapeError("straightening_loss: states have T = " + std::to_string(steps + 1) +
                     ", expected T >= 3");
  }
  const Tensor v = states.narrow(1, 1, steps) - states.narrow(1, 0, steps);  // [B, T-1, D]
  const Tensor moves = v.detach().norm(2, /*dim=*/2).gt(kShortest);          // [B, T-1]
  const Tensor both = moves.narrow(1, 1, steps - 1).logical_and(moves.narrow(1, 0, steps - 1));
  const Tensor pairs = both.nonzero().t();  // [2, n]
  if (pairs.size(1) == 0) return (0.0 * states).sum();
  const auto of_pairs = [&](std::int64_t later) {
    return v.index({pairs[0], pairs[1] + later});  // [n, D]
  };
  return 1.0 - torch::cosine_similarity(of_pairs(0), of_pairs(1), /*dim=*/1).mean();
}

}  // namespace forethink
