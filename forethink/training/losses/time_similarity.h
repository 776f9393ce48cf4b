// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Time similarity: neighbouring states should be near.
//
//   L = mean_{b,t,j} (s[b,t+1,j] - s[b,t,j])^2
//
// Makes distance in state space grow with time between states. Use it with the variance loss only:
// alone it is lowest where nothing changes at all.
//
// Role:    training; smooths what figure 13 leaves free.
// Source:  Sobal et al., Learning from Reward-Free Offline Data, 2025.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// @param states  [B, T, D], T >= 2, in order of time.
/// @throws ShapeError if the shape is another.
Tensor time_similarity_loss(const Tensor& states);

}  // namespace forethink
