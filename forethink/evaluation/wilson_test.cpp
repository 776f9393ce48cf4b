// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/evaluation/wilson.h"

#include <gtest/gtest.h>

#include <cmath>

#include "forethink/core/error.h"

namespace forethink {
namespace {

void expect_interval(std::int64_t successes, std::int64_t trials, double low, double high) {
  const Interval interval = wilson_interval(successes, trials);
  // The expected values are rounded to a tenth of a per cent.
  EXPECT_NEAR(100 * interval.low, low, 0.051) << successes << " of " << trials;
  EXPECT_NEAR(100 * interval.high, high, 0.051) << successes << " of " << trials;
}

TEST(Wilson, HasTheKnownIntervals) {
  expect_interval(240, 300, 75.1, 84.1);
  expect_interval(40, 50, 67.0, 88.8);
  expect_interval(800, 1000, 77.4, 82.4);
  expect_interval(300, 300, 98.7, 100.0);
  expect_interval(0, 10, 0.0, 27.8);
  expect_interval(1, 1, 20.7, 100.0);
}

TEST(Wilson, IsMirroredAndStaysWithinZeroAndOne) {
  for (std::int64_t k = 0; k <= 20; ++k) {
    const Interval some = wilson_interval(k, 20);
    const Interval others = wilson_interval(20 - k, 20);
    EXPECT_NEAR(some.low, 1.0 - others.high, 1e-12);
    EXPECT_LE(0.0, some.low);
    EXPECT_LT(some.low, some.high);
    EXPECT_LE(some.high, 1.0);
  }
  EXPECT_EQ(wilson_interval(0, 20).low, 0.0);
  EXPECT_EQ(wilson_interval(20, 20).high, 1.0);
}

TEST(Wilson, KnowsNothingWithoutTrials) {
  EXPECT_EQ(wilson_interval(0, 0).low, 0.0);
  EXPECT_EQ(wilson_interval(0, 0).high, 1.0);
}

TEST(Wilson, RefusesImpossibleCounts) {
  EXPECT_THROW(wilson_interval(4, 3), ConfigError);
  EXPECT_THROW(wilson_interval(-1, 3), ConfigError);
  EXPECT_THROW(wilson_interval(0, -1), ConfigError);
}

TEST(Quantile, InterpolatesBetweenSortedValues) {
  EXPECT_EQ(median({3.0, 1.0, 2.0}), 2.0);
  EXPECT_EQ(median({4.0, 1.0, 2.0, 3.0}), 2.5);
  EXPECT_EQ(median({7.0}), 7.0);
  EXPECT_EQ(quantile({10.0, 0.0}, 0.25), 2.5);
  EXPECT_EQ(quantile({5.0, 1.0, 3.0}, 0.0), 1.0);
  EXPECT_EQ(quantile({5.0, 1.0, 3.0}, 1.0), 5.0);
  EXPECT_TRUE(std::isnan(median({})));
}

TEST(Quantile, RefusesSharesBeyondOne) {
  EXPECT_THROW(quantile({1.0}, 1.1), ConfigError);
  EXPECT_THROW(quantile({1.0}, std::nan("")), ConfigError);
}

}  // namespace
}  // namespace forethink
