// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Felt error: how far imagined readings of the body are off, as a share of staying the same.
//
//   e[n,k] = mean_j ((s~[n,k,j] - s[n,k,j]) / c_j)^2,   c_j^2 = mean_{n,k} (s[n,k,j] - s[n,0,j])^2
//
// 1 is as bad as to predict that nothing changes. Readings differ in how much they change (a drink,
// a thorn, an hour's hunger), and each counts the same.
//
// Role:    training; criterion 3 of figure 13 for the part of a state that no encoder made.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// c [J] of readings [N, K+1, J] that follow each other; at least 0.001.
/// @throws ShapeError if there are no changes to look at.
Tensor felt_changes(const Tensor& readings);

/// e [N, K]. Gradients flow into `imagined`.
/// @param imagined, actual  [N, K, J].   @param changes  [J].
/// @throws ShapeError if the shapes do not fit.
Tensor felt_error(const Tensor& imagined, const Tensor& actual, const Tensor& changes);

}  // namespace forethink
