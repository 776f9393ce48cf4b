// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Tasks for FourRooms: how the frozen lists in experiments/tasks are made.
//
// Role:    makes what evaluation reads; also how the lists are checked against their recipe.
// Source:  two crossings: the evaluation tasks of FourRoom Distractors (arXiv:2610.06805); three
//          crossings: ours.
#pragma once

#include "forethink/environments/four_rooms.h"
#include "forethink/environments/tasks.h"

namespace forethink {

/// Settings of `make_four_rooms_tasks`.
struct FourRoomsTaskOptions {
  std::string name = "four_rooms";  ///< Name of the list.
  std::int64_t count = 300;         ///< P; >= 1.
  std::int64_t crossings = 2;       ///< Doors that the shortest route passes; 2 or 3.
  std::int64_t seed = 0;            ///< >= 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
};

/// Tasks within 210 steps in a world with one distractor.
///
/// Two crossings: a noise-free expert walks towards a random target that is two crossings away; the
/// goal is the true state after 75 actions, if the walk has passed two doors by then and the
/// shortest route from start to goal passes two. In half of the worlds a door is shut.
///
/// Three crossings: the target is in the neighbouring room behind the shut door, so that the route
/// leads all the way round; the goal is the state in which the expert arrives, with the agent put
/// exactly on the target, if that takes at most 120 steps.
TaskList make_four_rooms_tasks(const FourRoomsTaskOptions& options);

/// The frozen lists, by which the files in experiments/tasks are made and checked. Those whose name
/// has "dev" in it are for choosing settings; the others are for reporting only.
std::vector<FourRoomsTaskOptions> frozen_four_rooms_tasks();

}  // namespace forethink
