// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Known answers of the losses that have no test file of their own.

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/random.h"
#include "forethink/nn/init.h"
#include "forethink/training/losses/covariance.h"
#include "forethink/training/losses/inverse_dynamics.h"
#include "forethink/training/losses/loss_testing.h"
#include "forethink/training/losses/prediction.h"
#include "forethink/training/losses/time_similarity.h"
#include "forethink/training/losses/variance.h"

namespace forethink {
namespace {

Tensor rows(std::vector<double> values, std::int64_t dim) {
  return torch::tensor(values, at::kDouble).view({-1, dim});
}

TEST(PredictionLoss, EqualsASmallCaseByHand) {
  const Tensor imagined = torch::zeros({1, 2, 2}, at::kDouble);
  const Tensor actual = torch::tensor({1.0, 3.0, 2.0, 4.0}, at::kDouble).view({1, 2, 2});
  // Steps have errors (1 + 9) / 2 = 5 and (4 + 16) / 2 = 10.
  EXPECT_DOUBLE_EQ(prediction_loss(imagined, actual).item<double>(), 7.5);
  EXPECT_DOUBLE_EQ(prediction_loss(imagined, actual, 0.5).item<double>(), (5.0 + 0.5 * 10.0) / 1.5);
}

TEST(PredictionLoss, LetsGradientsIntoItsTarget) {
  expect_gradient(
      [](const Tensor& x) {
        return prediction_loss(torch::ones({2, 3, 4}, at::kDouble), x, 0.9);
      },
      {2, 3, 4});
}

TEST(PredictionLoss, RefusesOtherShapes) {
  EXPECT_THROW(prediction_loss(torch::zeros({2, 3, 4}), torch::zeros({2, 3, 5})), ShapeError);
  EXPECT_THROW(prediction_loss(torch::zeros({2, 3, 4}), torch::zeros({2, 3, 4}), 0.0), ConfigError);
}

TEST(VarianceLoss, IsZeroOnWhiteRows) {
  EXPECT_EQ(variance_loss(white_rows(20, 3)).item<double>(), 0.0);
}

TEST(VarianceLoss, EqualsASmallCaseByHand) {
  // Variances (with n - 1) of the columns: 0.08 and 8; the second is over the floor.
  const Tensor states = rows({0.0, 0.0, 0.4, 4.0}, 2);
  EXPECT_NEAR(variance_loss(states).item<double>(), 0.5 * (1.0 - std::sqrt(0.0801)), 1e-12);
}

TEST(VarianceLoss, IsNearlyItsFloorWhenEverythingIsEqual) {
  EXPECT_NEAR(variance_loss(torch::ones({4, 3, 5}), 2.0).item<double>(), 2.0 - 0.01, 1e-6);
}

TEST(VarianceLoss, HasTheGradientOfFiniteDifferences) {
  expect_gradient([](const Tensor& x) { return variance_loss(x); }, {3, 4, 5});
}

TEST(CovarianceLoss, IsZeroOnWhiteRows) {
  EXPECT_NEAR(covariance_loss(white_rows(20, 3)).item<double>(), 0.0, 1e-24);
}

TEST(CovarianceLoss, EqualsASmallCaseByHand) {
  // Columns x and 2 x with x = (-1, 1): the only covariance is 4, squared 16, the mean of two.
  EXPECT_NEAR(covariance_loss(rows({-1.0, -2.0, 1.0, 2.0}, 2)).item<double>(), 16.0, 1e-12);
}

TEST(CovarianceLoss, DoesNotGrowWithTheDimension) {
  RandomStream rng(17, "covariance");
  const Tensor shared = rng.normal({50, 1}).to(at::kDouble);
  EXPECT_NEAR(covariance_loss(shared.expand({50, 4})).item<double>(),
              covariance_loss(shared.expand({50, 16})).item<double>(), 1e-12);
}

TEST(CovarianceLoss, HasTheGradientOfFiniteDifferences) {
  expect_gradient([](const Tensor& x) { return covariance_loss(x); }, {3, 4, 5});
}

TEST(PooledLosses, TreatAWindowAsRows) {
  RandomStream rng(17, "pooled");
  const Tensor windows = rng.normal({6, 5, 4});
  EXPECT_TRUE(torch::equal(variance_loss(windows), variance_loss(windows.reshape({30, 4}))));
  EXPECT_TRUE(torch::equal(covariance_loss(windows), covariance_loss(windows.reshape({30, 4}))));
}

TEST(PooledLosses, RefuseASingleRow) {
  try {
    variance_loss(torch::zeros({1, 4}));
    FAIL() << "expected ShapeError";
  } catch (const ShapeError& error) {
    EXPECT_STREQ(error.what(),
                 "variance_loss: states has shape [1, 4], expected [B, T, D] or [N, D] with at "
                 "least 2 rows");
  }
  EXPECT_THROW(covariance_loss(torch::zeros({4})), ShapeError);
  EXPECT_THROW(covariance_loss(torch::zeros({4, 1})), ShapeError);
  EXPECT_THROW(variance_loss(torch::zeros({4, 2}), 0.0), ConfigError);
}

TEST(TimeSimilarityLoss, EqualsASmallCaseByHand) {
  // Steps of 1 and 3 in one dimension, none in the other.
  const Tensor states = torch::tensor({0.0, 5.0, 1.0, 5.0, 4.0, 5.0}, at::kDouble).view({1, 3, 2});
  EXPECT_DOUBLE_EQ(time_similarity_loss(states).item<double>(), (1.0 + 9.0) / 4.0);
  EXPECT_THROW(time_similarity_loss(states.narrow(1, 0, 1)), ShapeError);
}

TEST(TimeSimilarityLoss, HasTheGradientOfFiniteDifferences) {
  expect_gradient([](const Tensor& x) { return time_similarity_loss(x); }, {3, 4, 5});
}

TEST(InverseDynamicsLoss, IsZeroWhenStatesTellTheAction) {
  // A linear head that reads a = s' - s in both dimensions.
  InverseDynamicsHead head(2, 2, {.widths = {}});
  RandomStream rng(17, "inverse");
  {
    const torch::NoGradGuard no_grad;
    head.parameters()[0].copy_(torch::cat({torch::zeros({2, 2}), 0.25 * torch::eye(2)}, 1));
    head.parameters()[1].zero_();
  }
  const Tensor actions = rng.normal({5, 3, 2});
  const Tensor states = torch::cat({torch::zeros({5, 1, 2}), actions.cumsum(1)}, 1);
  EXPECT_LT(inverse_dynamics_loss(head, states, actions).item<double>(), 1e-12);
  EXPECT_NEAR(inverse_dynamics_loss(head, states, actions + 2.0).item<double>(), 4.0, 1e-5);
}

TEST(InverseDynamicsLoss, AsksEndPointsForAllActionsBetween) {
  // Along one dimension at the speed that the first action sets: two steps tell both actions.
  InverseDynamicsHead head(1, 2, {.widths = {}});
  {
    const torch::NoGradGuard no_grad;  // The head sees [s, 4 (s' - s)].
    head.parameters()[0].copy_(torch::tensor({{0.0F, 0.125F}, {0.0F, 0.125F}}));
    head.parameters()[1].zero_();
  }
  const Tensor actions = torch::tensor({3.0F, -2.0F}).view({2, 1, 1}).expand({2, 4, 1});
  const Tensor states = torch::cat({torch::zeros({2, 1, 1}), actions.cumsum(1)}, 1);
  EXPECT_LT(inverse_dynamics_loss(head, states, actions).item<double>(), 1e-12);
  EXPECT_THROW(inverse_dynamics_loss(head, states.narrow(1, 0, 2), actions.narrow(1, 0, 1)),
               ShapeError);
}

TEST(InverseDynamicsLoss, HasTheGradientOfFiniteDifferences) {
  InverseDynamicsHead head(5, 2, {.widths = {8}, .activation = "silu"});
  RandomStream rng(17, "inverse");
  initialise(head, rng);
  head.to(at::kDouble);
  const Tensor actions = rng.normal({3, 3, 2}).to(at::kDouble);
  expect_gradient([&](const Tensor& x) { return inverse_dynamics_loss(head, x, actions); },
                  {3, 4, 5});
}

TEST(InverseDynamicsLoss, RefusesActionsThatDoNotFit) {
  InverseDynamicsHead head(5, 2);
  EXPECT_THROW(inverse_dynamics_loss(head, torch::zeros({3, 4, 5}), torch::zeros({3, 4, 2})),
               ShapeError);
  EXPECT_THROW(inverse_dynamics_loss(head, torch::zeros({3, 1, 5}), torch::zeros({3, 0, 2})),
               ShapeError);
}

}  // namespace
}  // namespace forethink
