// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/vicreg.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/training/losses/loss_testing.h"

namespace forethink {
namespace {

TEST(VicregLoss, KnowsWhiteMovedCollapsedAndDoubledRows) {
  const Tensor white = white_rows(20, 3);
  EXPECT_NEAR(vicreg_loss(white, white).item<double>(), 0.0, 1e-12);
  // Moved by 2: neither view varies less or correlates more, only the two disagree.
  EXPECT_NEAR(vicreg_loss(white, white + 2.0).item<double>(), 25.0 * 4.0, 1e-9);
  // Everything is equal: both hinges are 1 but for the floor of 1e-4 under the root.
  const Tensor equal = at::ones({20, 3}, at::kDouble);
  EXPECT_NEAR(vicreg_loss(equal, equal).item<double>(), 25.0 * 0.99, 1e-12);
  // Two of the six ordered pairs of dimensions have covariance 1, in either view: 2 / D twice.
  const Tensor doubled = at::cat({white, white.narrow(1, 0, 1)}, 1);
  EXPECT_NEAR(vicreg_loss(doubled, doubled, {.covariance = 3.0}).item<double>(),
              3.0 * 2.0 * 2.0 / 4.0, 1e-9);
}

TEST(VicregLoss, IsTheSumThatItsWeightsChoose) {
  const Tensor x = white_rows(12, 4), y = 0.3 * x.flip(1) + 0.1;
  const double invariance =
      vicreg_loss(x, y, {.invariance = 1, .variance = 0, .covariance = 0}).item<double>();
  EXPECT_NEAR(invariance, torch::mse_loss(x, y).item<double>(), 1e-12);
  const double variance =
      vicreg_loss(x, y, {.invariance = 0, .variance = 1, .covariance = 0}).item<double>();
  EXPECT_NEAR(variance, 0.5 * (1.0 - std::sqrt(0.0901)), 1e-9);
  EXPECT_NEAR(vicreg_loss(x, y, {.invariance = 2, .variance = 3}).item<double>(),
              2.0 * invariance + 3.0 * variance, 1e-9);
}

TEST(VicregLoss, HasTheGradientOfFiniteDifferences) {
  const Tensor other = white_rows(12, 5).view({3, 4, 5});
  expect_gradient([&](const Tensor& x) { return vicreg_loss(x, other); }, {3, 4, 5});
  expect_gradient([&](const Tensor& x) { return vicreg_loss(other, x); }, {3, 4, 5});
}

TEST(VicregLoss, RefusesWhatDoesNotFit) {
  EXPECT_THROW(vicreg_loss(at::zeros({4, 3}), at::zeros({4, 2})), ShapeError);
  EXPECT_THROW(vicreg_loss(at::zeros({1, 3}), at::zeros({1, 3})), ShapeError);
  EXPECT_THROW(vicreg_loss(at::zeros({4, 1}), at::zeros({4, 1})), ShapeError);
  try {
    vicreg_loss(at::zeros({4, 3}), at::zeros({4, 3}), {.covariance = -1.0});
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "vicreg.covariance = -1, must satisfy 0 <= covariance < infinity");
  }
}

}  // namespace
}  // namespace forethink
