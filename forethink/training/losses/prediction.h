// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Prediction loss: imagined states should be the states that came.
//
//   L = sum_k w_k mean_{n,j} (s~[n,k,j] - s[n,k,j])^2,   w_k = rho^k / sum_i rho^i
//
// A mean over dimensions, so that a coefficient keeps its meaning when D changes.
//
// Role:    training; criterion 3 of figure 13, "s_y easily predictable from s_x".
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// @param imagined  [N, K, D], K imagined steps from each of N starts.
/// @param actual    [N, K, D], the encoded states that came. Gradients flow into both.
/// @param decay     rho in (0, 1]; below 1 later steps count less.
/// @throws ShapeError if the shapes differ; ConfigError if `decay` breaks its rule.
Tensor prediction_loss(const Tensor& imagined, const Tensor& actual, double decay = 1.0);

}  // namespace forethink
