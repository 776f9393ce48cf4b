// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/plan.h"

#include <torch/torch.h>

#include <algorithm>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"

namespace forethink {

Tensor shift_plan(const Tensor& actions, std::int64_t steps) {
  expect_setting(steps >= 0, "shift_plan.steps", steps, "0 <= steps");
  if (actions.dim() < 2 || actions.size(-2) < 1) {
    throw ShapeError("shift_plan: actions have " + std::to_string(actions.dim()) +
                     " axes, expected [..., H, A] with H >= 1");
  }
  const std::int64_t horizon = actions.size(-2);
  const Tensor index = (at::arange(horizon, at::kLong) + steps).clamp_max(horizon - 1);
  return actions.index_select(-2, index);
}

}  // namespace forethink
