// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Barlow Twins: what was imagined and what came agree in every dimension, and no two dimensions say
// the same.
//
//   x^, y^: columns with mean 0 and variance 1 (biased, + 1e-5);   C = x^^T y^ / n
//   L = ( sum_i (C_ii - 1)^2 + w sum_{i != j} C_ij^2 ) / D
//
// The published sum is not divided by D; with this a coefficient keeps its meaning when D changes.
//
// Role:    training; criteria 1 to 3 of figure 13 in one: an alternative to prediction, variance
// and
//          covariance together.
// Source:  Zbontar et al., Barlow Twins, 2021 (w = 0.0051).
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// @param imagined      [N, K, D] or [N, D]; all rows are pooled. At least 2 rows.
/// @param actual        The same shape. Gradients flow into both.
/// @param off_diagonal  w; >= 0.
/// @throws ShapeError if the shapes differ or there are fewer than 2 rows; ConfigError if
///         `off_diagonal` breaks its rule.
Tensor barlow_twins_loss(const Tensor& imagined, const Tensor& actual,
                         double off_diagonal = 0.0051);

}  // namespace forethink
