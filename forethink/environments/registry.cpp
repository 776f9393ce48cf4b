// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/registry.h"

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/environments/four_rooms_tasks.h"
#include "forethink/environments/four_rooms_truth.h"
#include "forethink/environments/meadow_behaviour.h"
#include "forethink/environments/two_rooms_tasks.h"
#include "forethink/environments/two_rooms_truth.h"

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
       },
       [](const EnvironmentOptions&, std::int64_t count, std::int64_t seed) {
         return make_four_rooms_tasks({.count = count, .seed = seed});
       },
       [](const EnvironmentOptions& options) { return four_rooms_pushes(options.four_rooms); }},
      {"meadow", "needs instead of goals: food, water, shelter, thorns, day and night",
       [](const EnvironmentOptions& options) -> std::unique_ptr<Environment> {
         return std::make_unique<Meadow>(options.meadow);
       },
       [](const EnvironmentOptions& options, const RecordingOptions& recording) {
         return record_meadow(options.meadow, recording);
       },
       nullptr, nullptr},
      {"meadow_grid", "needs in 25 cells, fully observed, every transition known",
       [](const EnvironmentOptions& options) -> std::unique_ptr<Environment> {
         return std::make_unique<MeadowGrid>(options.meadow_grid);
       },
       [](const EnvironmentOptions& options, const RecordingOptions& recording) {
         return record_meadow_grid(options.meadow_grid, recording);
       },
       nullptr, nullptr},
      {"two_rooms",
       "two rooms as published by PLDM and eb_jepa: a door that is elsewhere each time",
       [](const EnvironmentOptions& options) -> std::unique_ptr<Environment> {
         return std::make_unique<TwoRooms>(options.two_rooms);
       },
       [](const EnvironmentOptions& options, const RecordingOptions& recording) {
         return record_two_rooms(options.two_rooms, recording);
       },
       [](const EnvironmentOptions& options, std::int64_t count, std::int64_t seed) {
         return make_two_rooms_tasks({.count = count, .seed = seed, .world = options.two_rooms});
       },
       [](const EnvironmentOptions& options) { return two_rooms_pushes(options.two_rooms); }},
      {"unit_rooms", "two rooms as published by latent-lab: a disc in the unit square",
       [](const EnvironmentOptions& options) -> std::unique_ptr<Environment> {
         return std::make_unique<UnitRooms>(options.unit_rooms);
       },
       [](const EnvironmentOptions& options, const RecordingOptions& recording) {
         return record_unit_rooms(options.unit_rooms, recording);
       },
       [](const EnvironmentOptions&, std::int64_t count, std::int64_t seed) {
         return make_unit_rooms_tasks({.count = count, .seed = seed});
       },
       nullptr},
  };
  return table;
}

void EnvironmentOptions::validate() const {
  find_entry(*this);
  four_rooms.validate();
  meadow.validate();
  meadow_grid.validate();
  two_rooms.validate();
  unit_rooms.validate();
}

std::unique_ptr<Environment> make_environment(const EnvironmentOptions& options) {
  return find_entry(options).make(options);
}

Recording record_environment(const EnvironmentOptions& options, const RecordingOptions& recording) {
  return find_entry(options).record(options, recording);
}

TaskList make_tasks(const EnvironmentOptions& options, std::int64_t count, std::int64_t seed) {
  const EnvironmentEntry& entry = find_entry(options);
  if (entry.make_tasks == nullptr) {
    throw ConfigError(entry.name + " has no goals, so no tasks: draw worlds with reset instead");
  }
  return entry.make_tasks(options, count, seed);
}

PushWorld environment_pushes(const EnvironmentOptions& options) {
  const EnvironmentEntry& entry = find_entry(options);
  return entry.pushes ? entry.pushes(options) : PushWorld{};
}

}  // namespace forethink
