// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// VICReg: what was imagined and what came agree, every dimension of both varies, and no two
// dimensions say the same.
//
//   L = lambda mean (x - y)^2 + mu (V(x) + V(y)) / 2 + nu (C(x) + C(y))
//   V(x) = mean_j max(0, 1 - sqrt(Var_n(x_j) + 1e-4)),   C(x) = sum_{i != j} Cov(x)_ij^2 / D
//
// As published: C is divided by D and not by D (D - 1), so nu means less in narrow states.
//
// Role:    training; criteria 1 to 3 of figure 13 in one: an alternative to prediction, variance
//          and covariance, whose weights are then one choice instead of three.
// Source:  Bardes, Ponce, LeCun, VICReg, 2022 (25, 25, 1).
#pragma once

#include <string_view>

#include "forethink/core/types.h"

namespace forethink {

/// Settings of `vicreg_loss`: what its three parts weigh.
struct VicregOptions {
  double invariance = 25.0;  ///< lambda; >= 0.
  double variance = 25.0;    ///< mu; >= 0.
  double covariance = 1.0;   ///< nu; >= 0.

  /// Throws ConfigError with `section`, the field, its value and the rule it breaks.
  void validate(std::string_view section) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("invariance", self.invariance);
    visit("variance", self.variance);
    visit("covariance", self.covariance);
  }
};

/// @param imagined  [N, K, D] or [N, D]; all rows are pooled. At least 2 rows, D >= 2.
/// @param actual    The same shape. Gradients flow into both.
/// @throws ShapeError if the shapes differ or there are fewer than 2 rows or dimensions;
///         ConfigError if `options` break a rule.
Tensor vicreg_loss(const Tensor& imagined, const Tensor& actual, const VicregOptions& options = {});

}  // namespace forethink
