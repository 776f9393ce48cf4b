// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Push trials: straight pushes at what stops the agent, and where they end in truth.
//
// Each environment with walls says which kinds of push it knows, makes trials of each, and tells
// rooms apart.
//
// Role:    what the push test asks of an environment. Nothing that learns or plans may read these.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/core/types.h"

namespace forethink {

/// Settings of push trials.
struct PushTrialOptions {
  std::int64_t count = 200;  ///< N; >= 1.
  std::int64_t steps = 8;    ///< Steps of pushing; >= 1.
  double speed = 1.0;        ///< Share of the full; in (0, 1].

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
};

/// Straight pushes at one speed, and where they end in truth.
struct PushTrials {
  Tensor starts;   ///< [N, V].
  Tensor actions;  ///< [N, 2], held for all steps.
  Tensor ends;     ///< [N, V] after the steps.
};

/// What an environment knows of pushes.
struct PushWorld {
  /// Names, for example "wall", "closed_door", "open_door".
  std::vector<std::string> kinds;
  /// Trials of one kind. @throws ConfigError if the kind is unknown or the options break a rule.
  std::function<PushTrials(const std::string& kind, const PushTrialOptions&, RandomStream&)> make;
  /// The room [N] int64 of `positions` [N, 2] in the worlds of `states` [N, V].
  std::function<Tensor(const Tensor& positions, const Tensor& states)> room_of;
};

}  // namespace forethink
