// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/two_rooms_tasks.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>
#include <set>

#include "forethink/core/error.h"
#include "forethink/environments/two_rooms_truth.h"

namespace forethink {
namespace {

std::filesystem::path path_of(const std::string& name) {
  return std::filesystem::path(FORETHINK_SOURCE_DIR) / "experiments" / "tasks" / (name + ".json");
}

// Regenerates the files: FORETHINK_UPDATE=1 <build folder>/environments_test
// --gtest_filter='TwoRoomsTasks.Frozen*'
TEST(TwoRoomsTasks, FrozenListsFollowTheirRecipeAndShareNoTask) {
  std::set<std::pair<float, float>> starts;
  std::int64_t count = 0;
  for (const TwoRoomsTaskOptions& options : frozen_two_rooms_tasks()) {
    SCOPED_TRACE(options.name);
    const TaskList made = make_two_rooms_tasks(options);
    if (std::getenv("FORETHINK_UPDATE") != nullptr) write_task_list(made, path_of(options.name));
    const TaskList frozen = read_task_list(path_of(options.name));
    EXPECT_EQ(frozen.size(), options.count);
    EXPECT_EQ(frozen.recipe, made.recipe);
    EXPECT_EQ(frozen.steps, 200);
    expect_tasks_for(frozen, TwoRooms(options.world).spec());
    EXPECT_TRUE(at::allclose(frozen.starts, made.starts, 0.0, 1e-3));
    EXPECT_TRUE(at::allclose(frozen.goals, made.goals, 0.0, 1e-3));
    for (std::int64_t i = 0; i < frozen.size(); ++i, ++count) {
      starts.insert({frozen.starts[i][0].item<float>(), frozen.starts[i][1].item<float>()});
    }
  }
  EXPECT_EQ(static_cast<std::int64_t>(starts.size()), count);
}

TEST(TwoRoomsTasks, CanAllBeDoneByWalkingThroughTheDoor) {
  for (const TwoRoomsTaskOptions& options : frozen_two_rooms_tasks()) {
    const TaskList tasks = read_task_list(path_of(options.name));
    TwoRoomsOptions world = options.world;
    world.goal_radius = 1.5;
    TwoRooms rooms(world);
    RandomStream rng(1, "test");
    rooms.reset_to(tasks.starts, tasks.goals, rng);
    StepResult result;
    for (std::int64_t t = 0; t < tasks.steps; ++t) {
      result = rooms.step(two_rooms_expert_actions(rooms.state(), tasks.goals));
    }
    EXPECT_TRUE(result.terminated.all().item<bool>()) << options.name;
  }
}

TEST(TwoRoomsTasks, RefusesSettingsThatDoNotFit) {
  EXPECT_THROW(make_two_rooms_tasks({.count = 0}), ConfigError);
  EXPECT_THROW(make_two_rooms_tasks({.seed = -1}), ConfigError);
}

}  // namespace
}  // namespace forethink
