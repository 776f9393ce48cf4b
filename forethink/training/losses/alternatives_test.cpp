// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Known answers of the criteria that stand beside the default ones, to be compared with.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "forethink/core/error.h"
#include "forethink/nn/precision.h"
#include "forethink/training/losses/barlow_twins.h"
#include "forethink/training/losses/coding_rate.h"
#include "forethink/training/losses/info_nce.h"
#include "forethink/training/losses/loss_testing.h"
#include "forethink/training/losses/straightening.h"

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

Tensor way(std::vector<double> xy) { return at::tensor(xy, at::kDouble).view({1, -1, 2}); }

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
