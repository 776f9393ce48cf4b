// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Recording: true states and actions of many episodes, kept instead of pictures.
//
// What the agent saw in a row is drawn again by `Environment::render` when it is needed, which
// takes some 500 times less memory than storing 64 x 64 x 3 images.
//
// Role:    what an environment's recorded behaviour hands to the data sets.
#pragma once

#include <string>

#include "forethink/core/types.h"

namespace forethink {

/// Settings of a recording.
struct RecordingOptions {
  std::int64_t episodes = 2500;  ///< E; >= 1.
  std::int64_t steps = 400;      ///< T, rows of an episode; >= 2.
  std::int64_t seed = 1;         ///< Equal seeds give equal recordings; >= 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("episodes", self.episodes);
    visit("steps", self.steps);
    visit("seed", self.seed);
  }
};

/// Row t of an episode is the state and the action taken in it; the last action leads nowhere.
struct Recording {
  std::string environment;
  Tensor states;   ///< [E, T, V] float.
  Tensor actions;  ///< [E, T, A] float.

  /// @throws DataError naming what is wrong with shapes, types or values.
  void validate() const;
};

}  // namespace forethink
