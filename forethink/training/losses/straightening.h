// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Straightening: what happens moves the state along straight lines.
//
//   v[t] = s[t+1] - s[t];   L = 1 - mean_{b,t} cos(v[b,t], v[b,t+1])
//
// 0 on straight ways, 1 on average on random ones, 2 if every step is undone by the next. Steps
// shorter than 1e-3 have no direction and are left out. Straight ways make latent distance more
// like the way that is left, which helps planners that follow gradients.
//
// Role:    training; an addition to the criteria of figure 13.
// Source:  Temporal straightening, arXiv 2603.12231, 2026.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// @param states  [B, T, D], T >= 3.
/// @returns       0 if no two neighbouring steps have a direction.
/// @throws ShapeError if the shape is another.
Tensor straightening_loss(const Tensor& states);

}  // namespace forethink
