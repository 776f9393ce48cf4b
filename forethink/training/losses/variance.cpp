// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/variance.h"

#include <torch/torch.h>

#include "forethink/core/settings.h"
#include "forethink/training/losses/rows.h"

namespace forethink {
namespace {
constexpr double kVarianceFloor =
    1e-4;  // Keeps the slope of the root finite where a dimension is dead.
}  // namespace

Tensor variance_loss(const Tensor& states, double floor) {
  expect_setting(floor > 0.0, "variance_loss.floor", floor, "floor > 0");
  const Tensor rows = pool_rows("variance_loss: states", states);
  const Tensor centred = rows - rows.mean(/*dim=*/0, /*keepdim=*/true);
  // Not rows.var(), which goes down one column after another.
  const Tensor variance = centred.square().sum(/*dim=*/0) / static_cast<double>(rows.size(0) - 1);
  const Tensor deviation = (variance + kVarianceFloor).sqrt();  // [D]
  return torch::relu(floor - deviation).mean();
}

}  // namespace forethink
