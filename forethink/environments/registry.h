// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The table of environments: every one that the command line can name.
//
// To add one: its options join `EnvironmentOptions`, and one line joins the table in registry.cpp.
//
// Role:    how apps and evaluation make a world without knowing which.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "forethink/environments/environment.h"
#include "forethink/environments/four_rooms.h"
#include "forethink/environments/meadow.h"
#include "forethink/environments/meadow_grid.h"
#include "forethink/environments/push_trials.h"
#include "forethink/environments/recording.h"
#include "forethink/environments/tasks.h"
#include "forethink/environments/two_rooms.h"
#include "forethink/environments/unit_rooms.h"

namespace forethink {

/// Which environment, and the settings of each.
struct EnvironmentOptions {
  std::string name = "four_rooms";  ///< A name in `environment_table`.
  FourRoomsOptions four_rooms;
  MeadowOptions meadow;
  MeadowGridOptions meadow_grid;
  TwoRoomsOptions two_rooms;
  UnitRoomsOptions unit_rooms;

  /// Throws ConfigError if the name is unknown (with the nearest known one), or if a setting of the
  /// named environment breaks its rule.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("name", self.name);
    visit("four_rooms", self.four_rooms);
    visit("meadow", self.meadow);
    visit("meadow_grid", self.meadow_grid);
    visit("two_rooms", self.two_rooms);
    visit("unit_rooms", self.unit_rooms);
  }
};

/// One row of the table.
struct EnvironmentEntry {
  std::string name;
  std::string summary;  ///< One line, for `--help`.
  std::unique_ptr<Environment> (*make)(const EnvironmentOptions& options);
  Recording (*record)(const EnvironmentOptions& options, const RecordingOptions& recording);
  /// Fresh tasks of the environment's usual kind. Null where there are no goals.
  TaskList (*make_tasks)(const EnvironmentOptions& options, std::int64_t count, std::int64_t seed);
  /// Null where there are no pushes to try.
  PushWorld (*pushes)(const EnvironmentOptions& options);
};

const std::vector<EnvironmentEntry>& environment_table();

/// The environment that `options` names.
std::unique_ptr<Environment> make_environment(const EnvironmentOptions& options);

/// Records the environment's own behaviours (no agent): what an agent watches first.
Recording record_environment(const EnvironmentOptions& options, const RecordingOptions& recording);

/// `count` fresh tasks, drawn from `seed`. @throws ConfigError where there are no goals.
TaskList make_tasks(const EnvironmentOptions& options, std::int64_t count, std::int64_t seed);

/// The pushes that the environment knows; without kinds where it knows none.
PushWorld environment_pushes(const EnvironmentOptions& options);

}  // namespace forethink
