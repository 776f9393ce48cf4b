// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Ground truth about FourRooms: rooms, routes, the expert's actions, pushes against walls and
// doors.
//
// Role:    scoring, diagnostics, films and task lists. Nothing that learns or plans may read these.
#pragma once

#include "forethink/environments/four_rooms.h"

namespace forethink {

/// The room of each state's agent: states [..., V] -> [...] int64 in 0..3 (left to right, top to
/// bottom).
Tensor room_of(const Tensor& states);

/// Length in units of the shortest open route from the agent of `states` [N, V] to that of `goals`
/// [N, V], through the middles of doors; the shut door is that of `states`. Returns [N] float.
Tensor route_length(const Tensor& states, const Tensor& goals);

/// How many doors that route passes: [N] int64.
Tensor route_crossings(const Tensor& states, const Tensor& goals);

/// The noise-free expert's actions [N, 2] in `states` [N, V] on the way to `goals` [N, V].
Tensor expert_actions(const Tensor& states, const Tensor& goals);

/// What a push trial pushes against.
enum class PushKind { kWall, kClosedDoor, kOpenDoor };

/// Settings of `make_push_trials`.
struct PushTrialOptions {
  std::int64_t count = 200;  ///< N; >= 1.
  std::int64_t steps = 8;    ///< Steps of pushing; >= 1.
  PushKind kind = PushKind::kClosedDoor;
  double speed = 1.0;  ///< Share of the full; in (0, 1].

  void validate() const;
};

/// Straight pushes at one speed, and where they end in truth.
struct PushTrials {
  PushTrialOptions options;
  Tensor starts;   ///< [N, V].
  Tensor actions;  ///< [N, 2], held for all steps.
  Tensor ends;     ///< [N, V] after the steps.
};

/// Starts 2 to 12 units before the face that stops an agent, anywhere along an inner wall (at least
/// 2 units beside a door), or before the opening (its middle 24 units) of a shut or an open door;
/// then pushes straight at it. With open doors the true agent walks through: the control.
///
/// @throws ConfigError  if the options break a rule.
PushTrials make_push_trials(const FourRoomsOptions& world, const PushTrialOptions& options,
                            RandomStream& rng);

}  // namespace forethink
