// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/barlow_twins.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/training/losses/loss_testing.h"

namespace forethink {
namespace {

TEST(BarlowTwinsLoss, KnowsWhiteOppositeAndDoubledRows) {
  const Tensor white = white_rows(20, 3);
  EXPECT_NEAR(barlow_twins_loss(white, white).item<double>(), 0.0, 1e-9);
  EXPECT_NEAR(barlow_twins_loss(white, -white).item<double>(), 4.0, 1e-4);
  // Both dimensions say the same: all four correlations are 1, and w (1 + 1) / 2 is left.
  const Tensor doubled = white.narrow(1, 0, 1).expand({20, 2});
  EXPECT_NEAR(barlow_twins_loss(doubled, doubled, 0.5).item<double>(), 0.5, 1e-4);
  // Only directions count, not sizes.
  EXPECT_NEAR(barlow_twins_loss(white, 7.0 * white + 2.0).item<double>(), 0.0, 1e-9);
}

TEST(BarlowTwinsLoss, HasTheGradientOfFiniteDifferences) {
  const Tensor other = white_rows(12, 5).view({3, 4, 5});
  expect_gradient([&](const Tensor& x) { return barlow_twins_loss(x, other, 0.3); }, {3, 4, 5});
  expect_gradient([&](const Tensor& x) { return barlow_twins_loss(other, x, 0.3); }, {3, 4, 5});
}

TEST(BarlowTwinsLoss, RefusesWhatDoesNotFit) {
  EXPECT_THROW(barlow_twins_loss(at::zeros({4, 3}), at::zeros({4, 2})), ShapeError);
  EXPECT_THROW(barlow_twins_loss(at::zeros({1, 3}), at::zeros({1, 3})), ShapeError);
  EXPECT_THROW(barlow_twins_loss(at::zeros({4, 3}), at::zeros({4, 3}), -1.0), ConfigError);
}

}  // namespace
}  // namespace forethink
