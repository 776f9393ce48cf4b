// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// How sure a success rate is (Wilson's interval), and medians of what episodes took.
//
// Role:    evaluation; every reported share carries its interval.
// Source:  Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
#pragma once

#include <cstdint>
#include <vector>

namespace forethink {

/// The ends of an interval.
struct Interval {
  double low = 0.0;
  double high = 1.0;
};

/// 95 % interval of a share of which `successes` of `trials` were seen: with p their share, n the
/// trials and z = 1.96,
///
///   (p + z^2/2n  -+  z sqrt(p (1-p)/n + z^2/4n^2)) / (1 + z^2/n).
///
/// It stays within [0, 1] and is not empty at 0 or n successes. No trials: [0, 1].
///
/// @throws ConfigError  if not 0 <= successes <= trials.
Interval wilson_interval(std::int64_t successes, std::int64_t trials);

/// The value that a share `p` of the values lies below, interpolated between the two nearest (as
/// numpy does). Not a number if there are no values.
///
/// @throws ConfigError  if not 0 <= p <= 1.
double quantile(std::vector<double> values, double p);

/// quantile(values, 0.5).
double median(std::vector<double> values);

}  // namespace forethink
