// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/calibration.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "forethink/core/error.h"
#include "forethink/core/random.h"

namespace forethink {
namespace {

TEST(RankCorrelation, IsOneForEqualOrdersAndSharesRanksOfTwins) {
  const Tensor x = at::tensor({1.0F, 2.0F, 3.0F, 10.0F});
  EXPECT_NEAR(rank_correlation(x, x.exp()), 1.0, 1e-12);
  EXPECT_NEAR(rank_correlation(x, -x), -1.0, 1e-12);
  // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5).
  EXPECT_NEAR(rank_correlation(at::tensor({0.0F, 1.0F, 1.0F, 2.0F}), x), 4.5 / std::sqrt(22.5),
              1e-12);
}

TEST(RankCorrelation, IsZeroWhereOneSideIsTheSameThroughout) {
  const Tensor x = at::tensor({1.0F, 2.0F, 3.0F});
  EXPECT_EQ(rank_correlation(x, at::ones({3})), 0.0);
  EXPECT_EQ(rank_correlation(at::ones({1}), at::ones({1})), 0.0);
}

TEST(Calibrate, CutsByPredictionIntoEqualParts) {
  const Tensor predicted = at::tensor({5.0F, 1.0F, 4.0F, 2.0F, 3.0F});
  const Tensor realised = at::tensor({9.0F, 0.0F, 5.0F, 4.0F, 2.0F});
  const auto bins = calibrate(predicted, realised, 2);
  ASSERT_EQ(bins.size(), 2U);
  EXPECT_EQ(bins[0].count, 2);  // 1 and 2.
  EXPECT_NEAR(bins[0].predicted, 1.5, 1e-12);
  EXPECT_NEAR(bins[0].realised, 2.0, 1e-12);
  EXPECT_NEAR(bins[0].standard_error, std::sqrt(8.0) / std::sqrt(2.0), 1e-12);
  EXPECT_EQ(bins[1].count, 3);  // 3, 4 and 5.
  EXPECT_NEAR(bins[1].predicted, 4.0, 1e-12);
  EXPECT_NEAR(bins[1].realised, 16.0 / 3, 1e-12);
  EXPECT_NEAR(calibration_error(bins), (2 * 0.5 + 3 * 4.0 / 3) / 5, 1e-12);
}

TEST(Calibrate, ShowsAFactorThatRanksDoNot) {
  RandomStream rng(1, "calibration");
  const Tensor truth = rng.uniform({500});
  EXPECT_NEAR(calibration_error(calibrate(truth, truth, 10)), 0.0, 1e-12);
  const auto doubled = calibrate(2 * truth, truth, 10);
  EXPECT_EQ(rank_correlation(2 * truth, truth), 1.0);
  EXPECT_NEAR(calibration_error(doubled), truth.mean().item<double>(), 1e-5);
  for (const CalibrationBin& bin : doubled) EXPECT_NEAR(bin.predicted, 2 * bin.realised, 1e-5);
}

TEST(Calibrate, HasFewerBinsWhereThereAreFewerPairs) {
  EXPECT_EQ(calibrate(at::zeros({3}), at::zeros({3}), 10).size(), 3U);
  EXPECT_TRUE(calibrate(at::zeros({0}), at::zeros({0}), 10).empty());
  EXPECT_EQ(calibration_error({}), 0.0);
}

TEST(Calibrate, RefusesWhatDoesNotFit) {
  EXPECT_THROW(calibrate(at::zeros({3}), at::zeros({2}), 1), ShapeError);
  EXPECT_THROW(calibrate(at::full({3}, NAN), at::zeros({3}), 1), ShapeError);
  EXPECT_THROW(calibrate(at::zeros({3}), at::zeros({3}), 0), ConfigError);
}

}  // namespace
}  // namespace forethink
