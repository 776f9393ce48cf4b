// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/four_rooms_tasks.h"

#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/environments/four_rooms_truth.h"

namespace forethink {
namespace {

constexpr std::int64_t kBudget = 210;     // Steps that an agent has for a task.
constexpr std::int64_t kWindow = 75;      // Actions between start and goal, two crossings.
constexpr std::int64_t kLongest = 120;    // Steps the expert may need, three crossings.
constexpr std::int64_t kAttempts = 4096;  // Worlds drawn at once.

// Candidates of one batch of worlds: which rows make a task, and its two ends.
struct Candidates {
  Tensor accepted;  // [B] bool.
  Tensor starts;    // [B, V].
  Tensor goals;     // [B, V].
};

// Where a target may be: a state that differs from `starts` in the agent's place only.
Tensor draw_targets(const Tensor& starts, RandomStream& rng) {
  FourRooms elsewhere;
  elsewhere.reset(starts.size(0), rng);
  Tensor targets = starts.clone();
  targets.narrow(1, 0, 2).copy_(elsewhere.state().narrow(1, 0, 2));
  return targets;
}

Candidates walk_two_crossings(RandomStream& rng) {
  FourRooms world;
  world.reset(kAttempts, rng);
  const Tensor starts = world.state();
  const Tensor targets = draw_targets(starts, rng);
  Tensor passed = at::zeros({kAttempts}, at::kLong);
  Tensor state = starts;
  for (std::int64_t t = 0; t < kWindow; ++t) {
    const Tensor room = room_of(state);
    world.step(expert_actions(state, targets));
    state = world.state();
    passed += (room_of(state) != room).to(at::kLong);
  }
  const Tensor accepted = (route_crossings(starts, targets) == 2)
                              .logical_and(passed == 2)
                              .logical_and(route_crossings(starts, state) == 2);
  return {accepted, starts, state};
}

Candidates walk_three_crossings(RandomStream& rng) {
  FourRoomsOptions options;
  options.close_probability = 1.0;
  options.episode_steps = kLongest;
  FourRooms world(options);
  world.reset(kAttempts, rng);
  const Tensor starts = world.state();
  Tensor goals = draw_targets(starts, rng);
  // With goals, rows stop when the expert arrives, distractors included.
  world.reset_to(starts, goals, rng);
  StepResult result;
  for (std::int64_t t = 0; t < kLongest; ++t) {
    result = world.step(expert_actions(world.state(), goals));
  }
  const Tensor accepted = (route_crossings(starts, goals) == 3).logical_and(result.terminated);
  const Tensor ends = world.state();
  goals.narrow(1, 2, goals.size(1) - 2).copy_(ends.narrow(1, 2, goals.size(1) - 2));
  return {accepted, starts, goals};
}

}  // namespace

void FourRoomsTaskOptions::validate() const {
  expect_setting(count >= 1, "four_rooms_tasks.count", count, "count >= 1");
  expect_setting(crossings == 2 || crossings == 3, "four_rooms_tasks.crossings", crossings,
                 "crossings is 2 or 3");
  expect_setting(seed >= 0, "four_rooms_tasks.seed", seed, "seed >= 0");
}

TaskList make_four_rooms_tasks(const FourRoomsTaskOptions& options) {
  options.validate();
  RandomStream rng(static_cast<std::uint64_t>(options.seed), "four_rooms.tasks");
  std::vector<Tensor> starts;
  std::vector<Tensor> goals;
  for (std::int64_t found = 0; found < options.count;) {
    const Candidates candidates =
        options.crossings == 2 ? walk_two_crossings(rng) : walk_three_crossings(rng);
    const Tensor rows = candidates.accepted.nonzero().flatten();
    starts.push_back(candidates.starts.index_select(0, rows));
    goals.push_back(candidates.goals.index_select(0, rows));
    found += rows.size(0);
  }
  TaskList tasks;
  tasks.name = options.name;
  tasks.environment = "four_rooms";
  tasks.recipe = "make_four_rooms_tasks, crossings = " + std::to_string(options.crossings) +
                 ", seed = " + std::to_string(options.seed);
  tasks.state_fields = FourRooms().spec().state_fields;
  tasks.steps = kBudget;
  tasks.starts = at::cat(starts).narrow(0, 0, options.count).clone();
  tasks.goals = at::cat(goals).narrow(0, 0, options.count).clone();
  tasks.sha256 = task_list_digest(tasks);
  return tasks;
}

std::vector<FourRoomsTaskOptions> frozen_four_rooms_tasks() {
  return {
      {.name = "four_rooms_published_50", .count = 50, .crossings = 2, .seed = 50},
      {.name = "four_rooms_300", .count = 300, .crossings = 2, .seed = 300},
      {.name = "four_rooms_three_crossings_300", .count = 300, .crossings = 3, .seed = 3300},
      {.name = "four_rooms_dev_300", .count = 300, .crossings = 2, .seed = 1300},
      {.name = "four_rooms_three_crossings_dev_300", .count = 300, .crossings = 3, .seed = 4300},
  };
}

}  // namespace forethink
