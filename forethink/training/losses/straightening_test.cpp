// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/straightening.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/training/losses/loss_testing.h"

namespace forethink {
namespace {

Tensor way(const std::vector<double>& xy) { return at::tensor(xy, at::kDouble).view({1, -1, 2}); }

TEST(StraighteningLoss, KnowsWaysByHand) {
  EXPECT_NEAR(straightening_loss(way({0, 0, 1, 1, 3, 3})).item<double>(), 0.0, 1e-12);
  EXPECT_NEAR(straightening_loss(way({0, 0, 1, 0, 1, 5})).item<double>(), 1.0, 1e-12);
  EXPECT_NEAR(straightening_loss(way({0, 0, 1, 0, 0, 0})).item<double>(), 2.0, 1e-12);
  // A rest has no direction: straight on, rest, and back leaves one straight pair.
  EXPECT_NEAR(straightening_loss(way({0, 0, 1, 0, 2, 0, 2, 0, 1, 0})).item<double>(), 0.0, 1e-12);
  EXPECT_EQ(straightening_loss(at::ones({2, 4, 3})).item<double>(), 0.0);
}

TEST(StraighteningLoss, HasTheGradientOfFiniteDifferences) {
  expect_gradient([](const Tensor& x) { return straightening_loss(x); }, {3, 4, 5});
}

TEST(StraighteningLoss, RefusesTwoStates) {
  EXPECT_THROW(straightening_loss(at::zeros({3, 2, 5})), ShapeError);
}

}  // namespace
}  // namespace forethink
