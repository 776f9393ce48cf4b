// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Variance loss: every dimension of the state should vary over the batch.
//
//   L = mean_j max(0, floor - sqrt(Var_n(s_j) + 1e-4))
//
// A hinge: dimensions that vary enough are left alone. Without it a JEPA may map all observations
// to one state, which is easy to predict.
//
// Role:    training; criteria 1 and 2 of figure 13, "s informative about its input".
// Source:  Bardes, Ponce, LeCun, VICReg, 2022.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// @param states  [B, T, D] or [N, D]; all rows are pooled. At least 2 rows.
/// @param floor   Deviation below which a dimension is pushed; > 0.
/// @throws ShapeError if there are fewer than 2 rows; ConfigError if `floor` breaks its rule.
Tensor variance_loss(const Tensor& states, double floor = 1.0);

}  // namespace forethink
