// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Ground truth about TwoRooms: the way to a goal, and pushes against the wall and through the door.
//
// Role:    scoring, diagnostics and tests. Nothing that learns or plans may read these.
#pragma once

#include "forethink/environments/push_trials.h"
#include "forethink/environments/two_rooms.h"

namespace forethink {

/// Actions [N, 2] of one pixel (or what is left) on the way from the agent of `states` [N, 4] to
/// that of `goals` [N, 4], through the middle of the door.
Tensor two_rooms_expert_actions(const Tensor& states, const Tensor& goals);

/// Pushes at the wall beside the door ("wall") and through the door ("door"), at a share of the
/// full step, from 2 to 8 pixels before the face. Half of those at the wall start within 4 pixels
/// of a jamb, where a blurred door leaks first. They end as in recordings, `recorded_contact`:
/// while acting, the noise of contacts leads along the wall and sooner or later through the door.
///
/// @throws ConfigError  if `world` breaks a rule.
PushWorld two_rooms_pushes(const TwoRoomsOptions& world);

}  // namespace forethink
