// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/sigreg.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"

namespace forethink {
namespace {

constexpr std::int64_t kBatch = 128;
constexpr std::int64_t kDim = 64;

constexpr std::int64_t kTimes = 4;
constexpr std::int64_t kDirections = 512;

// The loss of draws with the given deviation per dimension.
double loss_of(const Tensor& deviations) {
  RandomStream rng(19, "sigreg");
  const Tensor states = rng.normal({kBatch, kTimes, kDim}) * deviations;
  return sigreg_loss(states, rng, {.directions = kDirections}).item<double>();
}

// What to expect of it. Along a direction y ~ N(0, v), where E cos(t y) = exp(-t^2 v / 2) and the
// two means together have variance (1 - exp(-t^2 v)) / B; averaged over many directions.
double expected_loss(const Tensor& deviations) {
  RandomStream rng(29, "directions");
  const Tensor squares = rng.normal({5000, kDim}).to(at::kDouble).square();
  const Tensor v = (squares * deviations.square()).sum(1) / squares.sum(1);
  Tensor sum = torch::zeros_like(v);
  for (int k = 0; k <= 16; ++k) {
    const double t = 3.0 * k / 16.0;
    const double phi = std::exp(-t * t / 2.0);
    const double weight = 2.0 * 3.0 / 16.0 * phi * (k == 0 || k == 16 ? 0.5 : 1.0);
    const Tensor bias = (-t * t / 2.0 * v).exp() - phi;
    sum = sum + weight * (kBatch * bias.square() + 1.0 - (-t * t * v).exp());
  }
  return sum.mean().item<double>();
}

// The formula, knot by knot, by torch's own operators.
Tensor statistic_by_formula(const Tensor& y) {
  Tensor sum = torch::zeros({y.size(1)}, y.options());
  for (int k = 0; k <= 16; ++k) {
    const double t = 3.0 * k / 16.0;
    const double phi = std::exp(-t * t / 2.0);
    const double weight = 2.0 * 3.0 / 16.0 * phi * (k == 0 || k == 16 ? 0.5 : 1.0);
    sum = sum + weight * (((t * y).cos().mean(0) - phi).square() + (t * y).sin().mean(0).square());
  }
  return static_cast<double>(y.size(0)) * sum.mean();
}

TEST(Sigreg, HasItsKnownValues) {
  // 4 batches in 64 dimensions leave about 5 % of chance in the first; the others are steadier.
  EXPECT_NEAR(loss_of(torch::ones({kDim})), 1.05, 0.1);
  EXPECT_NEAR(loss_of(torch::full({kDim}, 0.2)), 44.2, 0.5);
  EXPECT_NEAR(loss_of(torch::full({kDim}, 2.0)), 31.9, 0.6);
}

TEST(Sigreg, HasItsExpectedValueOnLostDimensions) {
  // About 7.5 and 4.4: SIGReg sees shrinkage well, lost dimensions weakly. Directions differ by 2.9
  // and 4.5 among themselves, so 512 of them leave 0.13 and 0.2; three times that is allowed.
  const Tensor half_dead = torch::cat({torch::ones({kDim / 2}), torch::zeros({kDim / 2})});
  EXPECT_NEAR(loss_of(half_dead), expected_loss(half_dead), 0.4);
  // Rank 8 with the total variance kept: each of 8 dimensions has variance 64 / 8.
  const Tensor rank_8 = torch::cat({torch::full({8}, std::sqrt(8.0)), torch::zeros({kDim - 8})});
  EXPECT_NEAR(loss_of(rank_8), expected_loss(rank_8), 0.6);
  EXPECT_LT(expected_loss(rank_8), expected_loss(half_dead));
}

TEST(Sigreg, OfACollapsedBatchGrowsWithTheBatch) {
  RandomStream rng(19, "sigreg");
  EXPECT_NEAR(sigreg_loss(torch::zeros({kBatch, 2, kDim}), rng).item<double>(), 51.5, 0.05);
  EXPECT_NEAR(sigreg_loss(torch::zeros({2 * kBatch, 2, kDim}), rng).item<double>(), 103.0, 0.1);
}

TEST(Sigreg, OfTheWantedGaussianDoesNotGrowWithTheBatch) {
  RandomStream rng(19, "sigreg");
  for (const std::int64_t batch : {32, 512}) {
    const double loss =
        sigreg_loss(rng.normal({batch, 16, 16}), rng, {.directions = 64}).item<double>();
    EXPECT_NEAR(loss, 1.05, 0.12) << "B = " << batch;
  }
}

TEST(Sigreg, EqualsTheFormulaForAnyNumberOfColumns) {
  RandomStream rng(19, "sigreg");
  for (const std::int64_t columns : {1, 63, 64, 65, 200}) {
    const Tensor y = 1.5 * rng.normal({20, columns});
    const double wanted = statistic_by_formula(y.to(at::kDouble)).item<double>();
    EXPECT_NEAR(sigreg_statistic(y.to(at::kDouble)).item<double>(), wanted, 1e-10 * wanted);
    // Turning 16 times in float32 costs a few units in the last place.
    EXPECT_NEAR(sigreg_statistic(y).item<double>(), wanted, 1e-4 * wanted);
  }
}

TEST(Sigreg, HasTheGradientOfTheFormula) {
  RandomStream rng(19, "sigreg");
  const Tensor y = (1.5 * rng.normal({20, 70})).to(at::kDouble).requires_grad_(true);
  const Tensor wanted = torch::autograd::grad({3.0 * statistic_by_formula(y)}, {y}).front();
  const Tensor gradient = torch::autograd::grad({3.0 * sigreg_statistic(y)}, {y}).front();
  EXPECT_TRUE(torch::allclose(gradient, wanted, 1e-8, 1e-12));
}

TEST(Sigreg, HasTheGradientOfFiniteDifferencesInTheStates) {
  RandomStream rng(19, "sigreg");
  const Tensor states = rng.normal({12, 3, 5}).to(at::kDouble).requires_grad_(true);
  const Tensor direction = rng.normal({12, 3, 5}).to(at::kDouble);
  const auto loss = [](const Tensor& x) {
    RandomStream same(23, "directions");
    return sigreg_loss(x, same, {.directions = 7});
  };
  const Tensor gradient = torch::autograd::grad({loss(states)}, {states}).front();
  const torch::NoGradGuard no_grad;
  const double step = 1e-5;
  const double slope =
      ((loss(states + step * direction) - loss(states - step * direction)) / (2.0 * step))
          .item<double>();
  EXPECT_NEAR((gradient * direction).sum().item<double>(), slope, 1e-7);
}

TEST(Sigreg, IsAMeanOverDirections) {
  RandomStream rng(19, "sigreg");
  const Tensor states = rng.normal({kBatch, 8, 16}) * 0.5;
  const double few = sigreg_loss(states, rng, {.directions = 16}).item<double>();
  const double many = sigreg_loss(states, rng, {.directions = 512}).item<double>();
  EXPECT_NEAR(few / many, 1.0, 0.1);
}

TEST(Sigreg, NamesWhatDoesNotFit) {
  RandomStream rng(19, "sigreg");
  EXPECT_THROW(sigreg_loss(torch::zeros({4, 4}), rng), ShapeError);
  EXPECT_THROW(sigreg_statistic(torch::zeros({4, 4}, at::kBFloat16)), ShapeError);
  EXPECT_THROW(sigreg_loss(torch::zeros({4, 1, 4}), rng, {.directions = 0}), ConfigError);
  EXPECT_THROW(sigreg_loss(torch::zeros({4, 1, 4}), torch::ones({3, 2})), ShapeError);
}

}  // namespace
}  // namespace forethink
