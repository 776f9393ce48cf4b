// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/two_rooms_tasks.h"

#include <torch/torch.h>

#include "forethink/core/settings.h"

namespace forethink {
namespace {

constexpr std::int64_t kTwoRoomsBudget = 200;

void put(Tensor& rows, std::int64_t row, two_rooms::Point agent, const two_rooms::Layout& layout) {
  float* out = rows.data_ptr<float>() + 4 * row;
  out[0] = agent.x;
  out[1] = agent.y;
  out[2] = layout.wall_x;
  out[3] = layout.door_y;
}

TwoRoomsOptions with_fixed_door(double door_y) {
  TwoRoomsOptions world;
  world.random_layout = false;
  world.wall_x = 32.0;
  world.door_y = door_y;
  return world;
}

}  // namespace

void TwoRoomsTaskOptions::validate() const {
  expect_setting(count >= 1, "two_rooms_tasks.count", count, "count >= 1");
  expect_setting(seed >= 0, "two_rooms_tasks.seed", seed, "seed >= 0");
  world.validate();
}

TaskList make_two_rooms_tasks(const TwoRoomsTaskOptions& options) {
  options.validate();
  RandomStream rng(static_cast<std::uint64_t>(options.seed), "two_rooms.tasks");
  const std::uint64_t key = rng.word();
  TaskList tasks;
  tasks.name = options.name;
  tasks.environment = "two_rooms";
  tasks.recipe = "make_two_rooms_tasks, ";
  tasks.recipe += options.world.random_layout
                      ? "random layouts"
                      : "wall_x = " + std::to_string(std::lround(options.world.wall_x)) +
                            ", door_y = " + std::to_string(std::lround(options.world.door_y));
  tasks.recipe += ", seed = " + std::to_string(options.seed);
  tasks.state_fields = TwoRooms(options.world).spec().state_fields;
  tasks.steps = kTwoRoomsBudget;
  tasks.starts = at::empty({options.count, 4});
  tasks.goals = at::empty({options.count, 4});
  for (std::int64_t row = 0; row < options.count; ++row) {
    const TwoRoomsEpisode episode = draw_two_rooms_episode(options.world, key, row);
    put(tasks.starts, row, episode.start, episode.layout);
    put(tasks.goals, row, episode.goal, episode.layout);
  }
  tasks.sha256 = task_list_digest(tasks);
  return tasks;
}

std::vector<TwoRoomsTaskOptions> frozen_two_rooms_tasks() {
  return {
      {.name = "two_rooms_random_300", .seed = 300},
      {.name = "two_rooms_random_dev_300", .seed = 1300},
      {.name = "two_rooms_fixed_300", .seed = 2300, .world = with_fixed_door(18.0)},
      {.name = "two_rooms_fixed_dev_300", .seed = 3300, .world = with_fixed_door(18.0)},
      {.name = "two_rooms_strict_300", .seed = 4300, .world = with_fixed_door(10.0)},
      {.name = "two_rooms_strict_dev_300", .seed = 5300, .world = with_fixed_door(10.0)},
  };
}

}  // namespace forethink
