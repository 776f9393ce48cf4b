// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/coding_rate.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "forethink/core/error.h"
#include "forethink/nn/precision.h"
#include "forethink/training/losses/loss_testing.h"

namespace forethink {
namespace {

TEST(CodingRateLoss, KnowsWhiteFlatAndEqualRows) {
  const double e = 0.02;
  EXPECT_NEAR(coding_rate_loss(white_rows(20, 3), e).item<double>(), 0.0, 1e-12);
  EXPECT_NEAR(coding_rate_loss(at::ones({5, 4, 3}), e).item<double>(), std::log(51.0), 1e-6);
  // One of two directions is empty: half of log(1 + 1/e) is missing.
  const Tensor line = white_rows(20, 1);
  const Tensor flat = at::cat({line, at::zeros_like(line)}, 1);
  EXPECT_NEAR(coding_rate_loss(flat, e).item<double>(), 0.5 * std::log(51.0), 1e-12);
  // Turned by 45 degrees it is as empty: the axes do not matter, as they do to the variance hinge.
  const Tensor turned = at::cat({line, line}, 1) / std::sqrt(2.0);
  EXPECT_NEAR(coding_rate_loss(turned, e).item<double>(), 0.5 * std::log(51.0), 1e-12);
}

TEST(CodingRateLoss, KeepsItsPrecisionAmongProductsInBf16) {
  const Tensor states = white_rows(64, 8).to(at::kFloat);
  const Bf16Scope bf16(true);
  EXPECT_NEAR(coding_rate_loss(states).item<double>(), 0.0, 1e-5);
}

TEST(CodingRateLoss, HasTheGradientOfFiniteDifferences) {
  expect_gradient([](const Tensor& x) { return coding_rate_loss(x); }, {3, 4, 5});
}

TEST(CodingRateLoss, RefusesWhatBreaksItsRules) {
  EXPECT_THROW(coding_rate_loss(at::zeros({1, 3})), ShapeError);
  EXPECT_THROW(coding_rate_loss(at::zeros({4, 3}), 0.0), ConfigError);
}

}  // namespace
}  // namespace forethink
