// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The words that every layer shares: tensors, observations and imagined futures.
//
// Role:    core. A state s is a plain tensor [B, D]; an action a is a plain tensor [B, A].
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>

namespace forethink {

using at::Tensor;

/// Observation x: named sensor readings, batch first, for example "image" uint8 [B, Y, X, C].
/// A sensor that is absent is missing from the map.
using Observation = std::map<std::string, Tensor>;

/// What the world model imagines for a batch of candidate plans: figure 4, s[0] .. s[H].
struct Imagined {
  Tensor states;   ///< [B, S, H+1, D]; index 0 along time is the present state.
  Tensor actions;  ///< [B, S, H, A].
  Tensor tasks;    ///< [B] int64: the row of the task (goal) table that each problem b serves.
};

}  // namespace forethink
