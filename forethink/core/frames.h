// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Readings put together and taken apart: where one frame does not show velocity, the last few do.
//
// Role:    core; recordings and the acting agent stack frames by the same function, and perception
//          sees one wider reading.
// Source:  Mnih et al., Human-level control through deep reinforcement learning, 2015.
#pragma once

#include <vector>

#include "forethink/core/types.h"

namespace forethink {

/// The readings of each sensor side by side along the last axis, in the order given, which is
/// oldest first: images [N, Y, X, C] become [N, Y, X, k C], vectors [N, V] become [N, k V], and
/// single numbers [N] become [N, k]. One observation comes back as it is.
///
/// @param observations  k >= 1 of them, with the same sensors and shapes.
Observation stack_frames(const std::vector<Observation>& observations);

/// The readings of some rows: each sensor [N, ...] at `rows` [n] int64.
Observation select_rows(const Observation& x, const Tensor& rows);

}  // namespace forethink
