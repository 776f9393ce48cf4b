// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What the tests of losses share.
//
// Role:    tests.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <functional>

#include "forethink/core/random.h"

namespace forethink {

// Autograd's slope of `loss` along a random direction against that of central differences.
inline void expect_gradient(const std::function<Tensor(const Tensor&)>& loss,
                            at::IntArrayRef shape) {
  RandomStream rng(17, "gradient");
  const Tensor x = (0.7 * rng.normal(shape)).to(at::kDouble).requires_grad_(true);
  const Tensor gradient = torch::autograd::grad({loss(x)}, {x}).front();
  const torch::NoGradGuard no_grad;
  const Tensor direction = rng.normal(shape).to(at::kDouble);
  const double step = 1e-5;
  const double slope =
      ((loss(x + step * direction) - loss(x - step * direction)) / (2.0 * step)).item<double>();
  EXPECT_NEAR((gradient * direction).sum().item<double>(), slope, 1e-8 + 1e-6 * std::abs(slope));
}

// Rows with mean zero and covariance exactly the identity.
inline Tensor white_rows(std::int64_t count, std::int64_t dim) {
  RandomStream rng(17, "white");
  const Tensor draws = rng.normal({count, dim}).to(at::kDouble);
  const Tensor centred = draws - draws.mean(0, true);
  const Tensor orthonormal = std::get<0>(torch::linalg_svd(centred, /*full_matrices=*/false));
  return orthonormal * std::sqrt(static_cast<double>(count - 1));
}

}  // namespace forethink
