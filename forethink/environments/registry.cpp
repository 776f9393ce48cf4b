// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/registry.h"

#include "forethink/core/error.h"
#include "forethink/core/settings.h"

namespace forethink {
namespace {

const EnvironmentEntry& find_entry(const EnvironmentOptions& options) {
  std::vector<std::string> known;
  for (const EnvironmentEntry& entry : environment_table()) {
    if (entry.name == options.name) return entry;
    known.push_back(entry.name);
  }
  const std::string nearest = nearest_name(options.name, known);
  std::string text = "environment.name = \"" + options.name + "\" is not known";
  if (!nearest.empty()) text += "; did you mean \"" + nearest + "\"?";
  throw ConfigError(text);
}

}  // namespace

const std::vector<EnvironmentEntry>& environment_table() {
  static const std::vector<EnvironmentEntry> table{
      {"four_rooms", "four rooms, doors that may be shut, a distractor that jumps",
       [](const EnvironmentOptions& options) -> std::unique_ptr<Environment> {
         return std::make_unique<FourRooms>(options.four_rooms);
       },
       [](const EnvironmentOptions& options, const RecordingOptions& recording) {
         return record_four_rooms(options.four_rooms, recording);
       }},
  };
  return table;
}

void EnvironmentOptions::validate() const {
  find_entry(*this);
  four_rooms.validate();
}

std::unique_ptr<Environment> make_environment(const EnvironmentOptions& options) {
  return find_entry(options).make(options);
}

Recording record_environment(const EnvironmentOptions& options, const RecordingOptions& recording) {
  return find_entry(options).record(options, recording);
}

}  // namespace forethink
