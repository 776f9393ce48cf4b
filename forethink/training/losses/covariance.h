// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Covariance loss: no two dimensions of the state should say the same.
//
//   C = X^T X / (n - 1), X the centred rows;   L = sum_{i != j} C_ij^2 / (D (D - 1))
//
// The usual definition divides by D only; with this one a coefficient keeps its meaning when D
// changes. The estimate is usable from about n = 2 D rows on.
//
// Role:    training; criteria 1 and 2 of figure 13, "s informative about its input".
// Source:  Bardes, Ponce, LeCun, VICReg, 2022.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// @param states  [B, T, D] or [N, D]; all rows are pooled. At least 2 rows, D >= 2.
/// @throws ShapeError if there are fewer than 2 rows or dimensions.
Tensor covariance_loss(const Tensor& states);

}  // namespace forethink
