// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/info_nce.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "forethink/core/error.h"
#include "forethink/training/losses/loss_testing.h"

namespace forethink {
namespace {

TEST(InfoNceLoss, KnowsTwoWindowsByHand) {
  // Two windows whose states are at right angles, at each of two steps.
  const Tensor s = at::eye(2, at::kDouble).view({2, 1, 2}).expand({2, 2, 2});
  EXPECT_NEAR(info_nce_loss(s, s, 0.5).item<double>(), std::log1p(std::exp(-2.0)), 1e-12);
  EXPECT_NEAR(info_nce_loss(3.0 * s, s, 0.5).item<double>(), std::log1p(std::exp(-2.0)), 1e-12);
  EXPECT_NEAR(info_nce_loss(s, s.flip(0), 0.5).item<double>(), std::log1p(std::exp(2.0)), 1e-12);
  // Nothing tells the windows apart: a guess among B.
  EXPECT_NEAR(info_nce_loss(at::ones({5, 2, 3}), at::ones({5, 2, 3})).item<double>(), std::log(5.0),
              1e-6);
}

TEST(InfoNceLoss, DoesNotPushTheStepsOfAWindowApart) {
  // Equal along each window, different between windows: as good as it gets.
  const Tensor s = at::eye(4, at::kDouble).view({4, 1, 4}).expand({4, 6, 4});
  const Tensor one_step = s.narrow(1, 0, 1);
  EXPECT_NEAR(info_nce_loss(s, s).item<double>(), info_nce_loss(one_step, one_step).item<double>(),
              1e-12);
}

TEST(InfoNceLoss, HasTheGradientOfFiniteDifferences) {
  const Tensor other = white_rows(12, 5).view({3, 4, 5});
  expect_gradient([&](const Tensor& x) { return info_nce_loss(x, other); }, {3, 4, 5});
  expect_gradient([&](const Tensor& x) { return info_nce_loss(other, x); }, {3, 4, 5});
}

TEST(InfoNceLoss, RefusesWhatDoesNotFit) {
  EXPECT_THROW(info_nce_loss(at::zeros({1, 2, 3}), at::zeros({1, 2, 3})), ShapeError);
  EXPECT_THROW(info_nce_loss(at::zeros({2, 2, 3}), at::zeros({2, 1, 3})), ShapeError);
  EXPECT_THROW(info_nce_loss(at::zeros({2, 2, 3}), at::zeros({2, 2, 3}), 0.0), ConfigError);
}

}  // namespace
}  // namespace forethink
