// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// SIGReg: the states of a batch should look like draws of N(0, I).
//
// Along M random unit directions u_m, y = s . u_m, the empirical characteristic function of y is
// compared with that of N(0, 1) at the knots t_k = 3 k / 16, k = 0 .. 16:
//
//   T_m = B sum_k w_k [ (mean_b cos(t_k y_b) - phi_k)^2 + (mean_b sin(t_k y_b))^2 ]
//   phi_k = exp(-t_k^2 / 2),  w_k = 2 (3/16) phi_k, halved for k = 0 and k = 16
//   L = mean over directions and time steps of T_m
//
// Known values: 1.05 for N(0, I) at any B; 0.40 B if all states are zero. The factor B means that
// the loss times its coefficient stays alike only if coefficient * B does.
//
// Role:    training; criteria 1 and 2 of figure 13 in one term: an alternative to variance and
//          covariance.
// Source:  Balestriero & LeCun, LeJEPA, 2025 (Epps-Pulley test on sketches).
#pragma once

#include "forethink/core/random.h"
#include "forethink/core/types.h"

namespace forethink {

/// Settings of `sigreg_loss`.
struct SigregOptions {
  std::int64_t directions = 64;  ///< M, drawn afresh at each call; >= 1.

  /// Throws ConfigError with `section`, the field, its value and the rule it breaks.
  void validate(std::string_view section) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("directions", self.directions);
  }
};

/// @param states  [B, T, D], float32 or float64 on the CPU; the statistic is over B at each t.
/// @throws ShapeError if the shape or type is another.
Tensor sigreg_loss(const Tensor& states, RandomStream& rng, const SigregOptions& options = {});

/// The same along given directions [D, M], each of length one.
Tensor sigreg_loss(const Tensor& states, const Tensor& directions);

/// The statistic of given projections y [B, R] (R directions, times, or both): mean_r T_r.
Tensor sigreg_statistic(const Tensor& projections);

}  // namespace forethink
