// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Ground truth about FourRooms: rooms, routes, the expert's actions, pushes against walls and
// doors.
//
// Role:    scoring, diagnostics, films and task lists. Nothing that learns or plans may read these.
#pragma once

#include "forethink/environments/four_rooms.h"
#include "forethink/environments/push_trials.h"

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

/// Pushes at walls ("wall"), and at shut and open doors ("closed_door", "open_door").
///
/// They start 2 to 12 units before the face that stops an agent, anywhere along an inner wall (at
/// least 2 units beside a door), or before the opening (its middle 24 units) of a door. Through
/// open doors the true agent walks: the control.
///
/// @throws ConfigError  if `world` breaks a rule.
PushWorld four_rooms_pushes(const FourRoomsOptions& world);

}  // namespace forethink
