// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/evaluation/wilson.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "forethink/core/settings.h"

namespace forethink {

Interval wilson_interval(std::int64_t successes, std::int64_t trials) {
  expect_setting(successes >= 0 && successes <= trials, "wilson_interval.successes", successes,
                 "0 <= successes <= trials = " + std::to_string(trials));
  if (trials == 0) return {};
  constexpr double kZ = 1.959963984540054;  // Of a normal, 2.5 % lie beyond on each side.
  const auto n = static_cast<double>(trials);
  const double share = static_cast<double>(successes) / n;
  const double scale = 1.0 + kZ * kZ / n;
  const double centre = (share + kZ * kZ / (2.0 * n)) / scale;
  const double half = kZ * std::sqrt(share * (1.0 - share) / n + kZ * kZ / (4.0 * n * n)) / scale;
  // The ends are exact at 0 and n successes, but for rounding.
  return {.low = successes == 0 ? 0.0 : std::max(0.0, centre - half),
          .high = successes == trials ? 1.0 : std::min(1.0, centre + half)};
}

double quantile(std::vector<double> values, double p) {
  expect_setting(p >= 0.0 && p <= 1.0, "quantile.p", p, "0 <= p <= 1");
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  const double place = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double between = place - static_cast<double>(below);
  return (1.0 - between) * values[below] + between * values[above];
}

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

}  // namespace forethink
