// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Tasks for TwoRooms: how the frozen lists in experiments/tasks are made.
//
// Role:    makes what evaluation reads; also how the lists are checked against their recipe.
// Source:  the evaluation episodes of PLDM (its level "medium") and of eb_jepa.
#pragma once

#include "forethink/environments/tasks.h"
#include "forethink/environments/two_rooms.h"

namespace forethink {

/// Settings of `make_two_rooms_tasks`.
struct TwoRoomsTaskOptions {
  std::string name = "two_rooms";  ///< Name of the list.
  std::int64_t count = 300;        ///< P; >= 1.
  std::int64_t seed = 0;           ///< >= 0.
  TwoRoomsOptions world;           ///< Layouts are drawn as it says.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
};

/// From a point of one room to a point of the other within 200 steps; see `draw_two_rooms_episode`.
TaskList make_two_rooms_tasks(const TwoRoomsTaskOptions& options);

/// The frozen lists, by which the files in experiments/tasks are made and checked. Those whose name
/// has "dev" in it are for choosing settings; the others are for reporting only.
std::vector<TwoRoomsTaskOptions> frozen_two_rooms_tasks();

}  // namespace forethink
