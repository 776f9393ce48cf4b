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
#include "forethink/environments/recording.h"

namespace forethink {

/// Which environment, and the settings of each.
struct EnvironmentOptions {
  std::string name = "four_rooms";  ///< A name in `environment_table`.
  FourRoomsOptions four_rooms;

  /// Throws ConfigError if the name is unknown (with the nearest known one), or if a setting of the
  /// named environment breaks its rule.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("name", self.name);
    visit("four_rooms", self.four_rooms);
  }
};

/// One row of the table.
struct EnvironmentEntry {
  std::string name;
  std::string summary;  ///< One line, for `--help`.
  std::unique_ptr<Environment> (*make)(const EnvironmentOptions& options);
  Recording (*record)(const EnvironmentOptions& options, const RecordingOptions& recording);
};

const std::vector<EnvironmentEntry>& environment_table();

/// The environment that `options` names.
std::unique_ptr<Environment> make_environment(const EnvironmentOptions& options);

/// Records the environment's own behaviours (no agent): what an agent watches first.
Recording record_environment(const EnvironmentOptions& options, const RecordingOptions& recording);

}  // namespace forethink
