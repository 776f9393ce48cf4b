// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/four_rooms_tasks.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>
#include <set>

#include "forethink/core/error.h"
#include "forethink/environments/four_rooms_truth.h"

namespace forethink {
namespace {

std::filesystem::path file_of(const FourRoomsTaskOptions& options) {
  return std::filesystem::path(FORETHINK_SOURCE_DIR) / "experiments" / "tasks" /
         (options.name + ".json");
}

// Steps that the noise-free expert needs for each task, or the budget + 1 if it fails.
Tensor expert_steps(const TaskList& tasks) {
  FourRoomsOptions options;
  options.episode_steps = tasks.steps;
  FourRooms world(options);
  RandomStream rng(1, "test");
  world.reset_to(tasks.starts, tasks.goals, rng);
  Tensor steps = at::ones({tasks.size()}, at::kLong);
  for (std::int64_t t = 0; t < tasks.steps; ++t) {
    const StepResult result = world.step(expert_actions(world.state(), tasks.goals));
    steps += result.terminated.logical_not().to(at::kLong);
  }
  return steps;
}

// Regenerates the files: FORETHINK_UPDATE=1 <build folder>/environments_test
// --gtest_filter='FourRoomsTasks.Frozen*'
TEST(FourRoomsTasks, FrozenListsFollowTheirRecipe) {
  for (const FourRoomsTaskOptions& options : frozen_four_rooms_tasks()) {
    SCOPED_TRACE(options.name);
    const TaskList made = make_four_rooms_tasks(options);
    if (std::getenv("FORETHINK_UPDATE") != nullptr) write_task_list(made, file_of(options));
    const TaskList frozen = read_task_list(file_of(options));
    EXPECT_EQ(frozen.name, options.name);
    EXPECT_EQ(frozen.size(), options.count);
    EXPECT_EQ(frozen.recipe, made.recipe);
    expect_tasks_for(frozen, FourRooms().spec());
    // Sine and logarithm differ in the last bit between mathematical libraries, no more.
    EXPECT_TRUE(at::allclose(frozen.starts, made.starts, 0.0, 1e-3));
    EXPECT_TRUE(at::allclose(frozen.goals, made.goals, 0.0, 1e-3));
  }
}

TEST(FourRoomsTasks, NoTwoListsShareATask) {
  std::set<std::pair<float, float>> starts;
  std::int64_t count = 0;
  for (const FourRoomsTaskOptions& options : frozen_four_rooms_tasks()) {
    const TaskList tasks = read_task_list(file_of(options));
    for (std::int64_t i = 0; i < tasks.size(); ++i, ++count) {
      starts.insert({tasks.starts[i][0].item<float>(), tasks.starts[i][1].item<float>()});
    }
  }
  EXPECT_EQ(static_cast<std::int64_t>(starts.size()), count);
}

TEST(FourRoomsTasks, TwoCrossingsAreAsDescribed) {
  const TaskList tasks = read_task_list(file_of({.name = "four_rooms_300"}));
  EXPECT_EQ(tasks.steps, 210);
  EXPECT_TRUE(route_crossings(tasks.starts, tasks.goals).eq(2).all().item<bool>());
  EXPECT_TRUE(at::equal(tasks.starts.select(1, 2), tasks.goals.select(1, 2)));
  const double shut = tasks.starts.select(1, 2).ge(0).to(at::kFloat).mean().item<double>();
  EXPECT_NEAR(shut, 0.5, 0.12);
  // 75 full-speed actions lead at most 187.5 units, a little more when measured through the middles
  // of doors.
  const Tensor length = route_length(tasks.starts, tasks.goals);
  EXPECT_LE(length.max().item<float>(), 215.0F);
  EXPECT_GE(length.mean().item<float>(), 165.0F);
  const Tensor steps = expert_steps(tasks);
  EXPECT_LE(steps.max().item<std::int64_t>(), 75);  // The ceiling: every task can be solved.
}

TEST(FourRoomsTasks, ThreeCrossingsAreAsDescribed) {
  const TaskList tasks = read_task_list(file_of({.name = "four_rooms_three_crossings_300"}));
  EXPECT_TRUE(route_crossings(tasks.starts, tasks.goals).eq(3).all().item<bool>());
  EXPECT_TRUE(tasks.starts.select(1, 2).ge(0).all().item<bool>());
  EXPECT_TRUE(at::equal(tasks.starts.select(1, 2), tasks.goals.select(1, 2)));
  EXPECT_LE(expert_steps(tasks).max().item<std::int64_t>(), 120);
}

TEST(FourRoomsTasks, RandomActionsAreTheFloor) {
  const TaskList tasks = read_task_list(file_of({.name = "four_rooms_300"}));
  FourRooms world;
  RandomStream rng(2, "test");
  world.reset_to(tasks.starts, tasks.goals, rng);
  StepResult result;
  for (std::int64_t t = 0; t < tasks.steps; ++t) {
    result = world.step(rng.uniform({tasks.size(), 2}, -1.0, 1.0));
  }
  EXPECT_LE(result.terminated.sum().item<std::int64_t>(), 3);  // 1 % of 300.
  EXPECT_TRUE(result.terminated.logical_or(result.truncated).all().item<bool>());
}

TEST(FourRoomsTasks, RefusesSettingsThatDoNotFit) {
  EXPECT_THROW(make_four_rooms_tasks({.count = 0}), ConfigError);
  EXPECT_THROW(make_four_rooms_tasks({.crossings = 4}), ConfigError);
  EXPECT_THROW(make_four_rooms_tasks({.seed = -1}), ConfigError);
}

}  // namespace
}  // namespace forethink
