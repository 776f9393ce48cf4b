// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/unit_rooms.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "forethink/core/checksum.h"
#include "forethink/core/error.h"
#include "forethink/environments/parity_testing.h"
#include "tests/conformance/environment_conformance.h"

namespace forethink {
namespace {

const nlohmann::json& latent_lab() { return published_two_rooms()["latent_lab"]; }

TEST(UnitRooms, Conforms) {
  UnitRoomsOptions options;
  options.episode_steps = 20;
  conformance::expect_environment_conforms([&] { return std::make_unique<UnitRooms>(options); });
}

TEST(UnitRoomsParity, MovesBitForBitAsPublished) {
  std::int64_t steps = 0;
  for (const auto& row : latent_lab()["steps"]["rows"]) {
    const unit_rooms::Point end = unit_rooms::move({row[1].get<double>(), row[2].get<double>()},
                                                   {row[3].get<double>(), row[4].get<double>()});
    EXPECT_EQ(end.x, row[5].get<double>()) << row;
    EXPECT_EQ(end.y, row[6].get<double>()) << row;
    ++steps;
  }
  EXPECT_GT(steps, 140);
}

TEST(UnitRoomsParity, DrawsThePublishedFramesToTheLastBit) {
  for (const auto& frame : latent_lab()["frames"]["states"]) {
    std::string pixels(64 * 64, '\0');
    unit_rooms::draw_frame({frame["x"].get<double>(), frame["y"].get<double>()},
                           reinterpret_cast<std::uint8_t*>(pixels.data()));
    EXPECT_EQ(sha256(pixels), frame["sha256"].get<std::string>()) << frame["x"] << frame["y"];
  }
}

TEST(UnitRoomsParity, DrawsTasksAsPublished) {
  const TaskList tasks = make_unit_rooms_tasks({.count = 20000, .seed = 3});
  for (const auto& [name, first] : {std::pair{"crossing", 0}, std::pair{"free", 10000}}) {
    const auto theirs = latent_lab()["starts_and_goals"][name];
    const Tensor start = tasks.starts.narrow(0, first, 10000);
    const Tensor goal = tasks.goals.narrow(0, first, 10000);
    expect_mean(theirs["start_x"], start.select(1, 0), "start_x");
    expect_mean(theirs["start_y"], start.select(1, 1), "start_y");
    expect_mean(theirs["goal_x"], goal.select(1, 0), "goal_x");
    expect_mean(theirs["distance"], (start - goal).norm(2, {1}), "distance");
    const Tensor other = (start.select(1, 0) < 0.5).ne(goal.select(1, 0) < 0.5).to(at::kFloat);
    if (std::string(name) == "crossing") {
      EXPECT_EQ(other.sum().item<int>(), 10000);
    } else {
      expect_mean(theirs["other_room"], other, "other_room");
    }
  }
}

TEST(UnitRoomsParity, RecordsAsPublished) {
  const std::pair<const char*, double> kinds[] = {{"all", 0.5}, {"random", 0.0}, {"goal", 1.0}};
  for (const auto& [name, goal_share] : kinds) {
    SCOPED_TRACE(name);
    const auto theirs = latent_lab()["episodes"][name];
    UnitRoomsOptions options;
    options.goal_share = goal_share;
    const Recording r = record_unit_rooms(options, {.episodes = 2000, .steps = 61, .seed = 1});
    const Tensor moves = r.states.slice(1, 1) - r.states.slice(1, 0, 60);
    expect_mean(theirs["action_length"], 0.08 * r.actions.slice(1, 0, 60).norm(2, {2}).mean(1),
                "action length");
    expect_mean(theirs["moved_length"], moves.norm(2, {2}).mean(1), "moved length");
    const Tensor left = r.states.select(2, 0) < 0.5;
    expect_mean(theirs["ends_in_other_room"],
                left.select(1, 0).ne(left.select(1, 60)).to(at::kFloat), "other room");
    expect_mean(theirs["displacement"],
                (r.states.select(1, 60) - r.states.select(1, 0)).norm(2, {1}), "displacement");
  }
}

// Regenerates the files: FORETHINK_UPDATE=1 <build folder>/environments_test
// --gtest_filter='UnitRoomsTasks.Frozen*'
TEST(UnitRoomsTasks, FrozenListsFollowTheirRecipe) {
  for (const UnitRoomsTaskOptions& options : frozen_unit_rooms_tasks()) {
    SCOPED_TRACE(options.name);
    const auto path = std::filesystem::path(FORETHINK_SOURCE_DIR) / "experiments" / "tasks" /
                      (options.name + ".json");
    const TaskList made = make_unit_rooms_tasks(options);
    if (std::getenv("FORETHINK_UPDATE") != nullptr) write_task_list(made, path);
    const TaskList frozen = read_task_list(path);
    EXPECT_EQ(frozen.size(), 300);
    EXPECT_EQ(frozen.recipe, made.recipe);
    expect_tasks_for(frozen, UnitRooms().spec());
    EXPECT_TRUE(at::allclose(frozen.starts, made.starts, 0.0, 1e-6));
    EXPECT_TRUE(at::allclose(frozen.goals, made.goals, 0.0, 1e-6));
  }
}

TEST(UnitRooms, EndsAtItsGoal) {
  UnitRooms world;
  RandomStream rng(1, "test");
  world.reset_to(at::tensor({0.2F, 0.2F}).view({1, 2}), at::tensor({0.42F, 0.2F}).view({1, 2}),
                 rng);
  const Tensor right = at::tensor({1.0F, 0.0F}).view({1, 2});
  EXPECT_FALSE(world.step(right).terminated.item<bool>());  // 0.14 left,
  EXPECT_TRUE(world.step(right).terminated.item<bool>());   // 0.06 left.
}

TEST(UnitRooms, RefusesWhatDoesNotFit) {
  UnitRoomsOptions options;
  options.goal_radius = 0;
  EXPECT_THROW(UnitRooms{options}, ConfigError);
  EXPECT_THROW(make_unit_rooms_tasks({.count = 0}), ConfigError);
  UnitRooms world;
  RandomStream rng(1, "test");
  EXPECT_THROW(world.reset_to(at::zeros({2, 3}), {}, rng), ShapeError);
}

}  // namespace
}  // namespace forethink
