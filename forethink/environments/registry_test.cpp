// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/registry.h"

#include <gtest/gtest.h>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "tests/conformance/environment_conformance.h"

namespace forethink {
namespace {

TEST(Registry, EveryEnvironmentConforms) {
  for (const EnvironmentEntry& entry : environment_table()) {
    SCOPED_TRACE(entry.name);
    EnvironmentOptions options;
    options.name = entry.name;
    EXPECT_EQ(make_environment(options)->spec().name, entry.name);
    EXPECT_FALSE(entry.summary.empty());
    conformance::expect_environment_conforms([&] { return make_environment(options); });
  }
}

TEST(Registry, EveryEnvironmentRecords) {
  for (const EnvironmentEntry& entry : environment_table()) {
    SCOPED_TRACE(entry.name);
    EnvironmentOptions options;
    options.name = entry.name;
    const auto world = make_environment(options);
    const Recording recording = record_environment(options, {.episodes = 3, .steps = 20});
    recording.validate();
    EXPECT_EQ(recording.environment, entry.name);
    EXPECT_EQ(recording.states.sizes(), at::IntArrayRef({3, 20, world->spec().state.shape[0]}));
    EXPECT_EQ(recording.actions.sizes(), at::IntArrayRef({3, 20, world->spec().action.shape[0]}));
    EXPECT_NO_THROW(world->render(recording.states.flatten(0, 1)));
  }
}

TEST(Registry, MakesTasksWhereThereAreGoals) {
  for (const EnvironmentEntry& entry : environment_table()) {
    SCOPED_TRACE(entry.name);
    EnvironmentOptions options;
    options.name = entry.name;
    if (make_environment(options)->spec().mortal) {
      EXPECT_THROW(make_tasks(options, 2, 1), ConfigError);
    } else {
      EXPECT_EQ(make_tasks(options, 2, 1).size(), 2);
    }
  }
}

TEST(Registry, NamesTheNearestKnownEnvironment) {
  EnvironmentOptions options;
  options.name = "for_rooms";
  try {
    make_environment(options);
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "environment.name = \"for_rooms\" is not known; did you mean \"four_rooms\"?");
  }
  EXPECT_THROW(options.validate(), ConfigError);
}

TEST(Registry, ReadsOptionsOfTheEnvironmentFromSettings) {
  EnvironmentOptions options;
  load_settings(options, parse_settings("[four_rooms]\nimage_size = 224\n", "test"));
  EXPECT_EQ(options.four_rooms.image_size, 224);
  EXPECT_THROW(load_settings(options, parse_settings("[four_rooms]\nimage = 224\n", "test")),
               ConfigError);
}

TEST(Recording, RefusesSettingsAndDataThatDoNotFit) {
  EXPECT_THROW(record_environment({}, {.episodes = 0}), ConfigError);
  EXPECT_THROW(record_environment({}, {.episodes = 1, .steps = 1}), ConfigError);
  EXPECT_THROW(record_environment({}, {.episodes = 1, .steps = 2, .seed = -1}), ConfigError);
  Recording recording = record_environment({}, {.episodes = 2, .steps = 4});
  recording.actions = recording.actions.narrow(1, 0, 3);
  EXPECT_THROW(recording.validate(), DataError);
  recording = record_environment({}, {.episodes = 2, .steps = 4});
  recording.states[0][0][0].fill_(std::numeric_limits<double>::infinity());
  EXPECT_THROW(recording.validate(), DataError);
}

}  // namespace
}  // namespace forethink
