// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Coding rate: how many bits it takes to tell the states apart, up to a precision.
//
//   C = X^T X / (n - 1), X the centred rows;   L = log(1 + 1/e) - logdet(I + C / e) / D
//
// 0 if C = I, log(1 + 1/e) if all states are equal, and below 0 where the variance is larger.
// Unlike the variance hinge it pulls hardest at the direction of least variance, not at the axis of
// least.
//
// Role:    training; criteria 1 and 2 of figure 13 in one: an alternative to variance and
//          covariance. States whose length is bounded (layer_norm) are assumed.
// Source:  Yu et al., Maximal Coding Rate Reduction, 2020; Tong et al., EMP-SSL, 2023.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// @param states     [B, T, D] or [N, D]; all rows are pooled. At least 2 rows.
/// @param precision  e, the variance below which a direction counts as empty; > 0.
/// @throws ShapeError if there are fewer than 2 rows; ConfigError if `precision` breaks its rule.
Tensor coding_rate_loss(const Tensor& states, double precision = 0.02);

}  // namespace forethink
