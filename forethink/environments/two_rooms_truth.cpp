// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/two_rooms_truth.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {

namespace {

constexpr std::int64_t kState = 4;
constexpr float kClear = 0.7F;  // Pixels that a push keeps away from jambs and borders.

// Where along the wall its solid part is pushed at: half of the time near a jamb.
float along_solid(const float* u, const two_rooms::Layout& layout) {
  const float low = layout.door_y - two_rooms::kDoorHalf - kClear;   // Solid below this,
  const float high = layout.door_y + two_rooms::kDoorHalf + kClear;  // and above this.
  const float first = two_rooms::kBorderLow + kClear;
  const float last = two_rooms::kBorderHigh - kClear;
  if (u[0] < 0.5F) {
    const float away = 4.0F * u[1];
    const bool below = u[2] < 0.5F;
    return below ? std::max(first, low - away) : std::min(last, high + away);
  }
  const float place = first + u[1] * ((low - first) + (last - high));
  return place < low ? place : place - low + high;
}

PushTrials push_in_two_rooms(const TwoRoomsOptions& world, const std::string& kind,
                             const PushTrialOptions& options, RandomStream& rng) {
  options.validate();
  if (kind != "wall" && kind != "door") {
    throw ConfigError("two_rooms knows no push at \"" + kind + "\"");
  }
  TwoRoomsOptions endless = world;
  endless.episode_steps = options.steps + 1;
  TwoRooms environment(endless);
  environment.reset(options.count, rng);  // For layouts; agents are moved below.
  PushTrials trials{environment.state(), at::zeros({options.count, 2}), {}};
  const Tensor chance = rng.uniform({options.count, 5});
  const auto full = static_cast<float>(options.speed * world.max_step);
  for (std::int64_t i = 0; i < options.count; ++i) {
    const float* u = chance.data_ptr<float>() + 5 * i;
    float* state = trials.starts.data_ptr<float>() + kState * i;
    const two_rooms::Layout layout{state[2], state[3]};
    const bool from_left = u[0] < 0.5F;
    const float gap = two_rooms::kHalfWall + 2.0F + 6.0F * u[1];
    state[0] = from_left ? layout.wall_x - gap : layout.wall_x + gap;
    state[1] = kind == "wall"
                   ? along_solid(u + 2, layout)
                   : layout.door_y + (2.0F * u[2] - 1.0F) * (two_rooms::kDoorHalf - 1.5F);
    trials.actions.data_ptr<float>()[2 * i] = from_left ? full : -full;
  }
  if (world.recorded_contact == "bounce") {
    environment.reset_to(trials.starts, {}, rng);
    for (std::int64_t t = 0; t < options.steps; ++t) environment.step(trials.actions);
    trials.ends = environment.state();
    return trials;
  }
  trials.ends = trials.starts.clone();
  for (std::int64_t i = 0; i < options.count; ++i) {
    float* state = trials.ends.data_ptr<float>() + kState * i;
    const float push = trials.actions.data_ptr<float>()[2 * i];
    for (std::int64_t t = 0; t < options.steps; ++t) {
      const two_rooms::Point to{state[0] + push, state[1]};
      state[0] = two_rooms::stay({state[0], state[1]}, to, {state[2], state[3]}).x;
    }
  }
  return trials;
}

// Towards the goal, by way of the door where it lies in the other room: first level with the door
// on this side of the wall, then straight through.
two_rooms::Point next_place(two_rooms::Point agent, two_rooms::Point goal,
                            const two_rooms::Layout& layout) {
  if (room_of(agent, layout) == room_of(goal, layout)) return goal;
  const bool level = std::abs(agent.y - layout.door_y) < 1.5F;
  const float side = agent.x < layout.wall_x ? 1.0F : -1.0F;
  const float beyond = two_rooms::kHalfWall + 2.0F;
  return {layout.wall_x + (level ? side : -side) * beyond, layout.door_y};
}

}  // namespace

Tensor two_rooms_expert_actions(const Tensor& states, const Tensor& goals) {
  expect_shape("two_rooms.states", states, {kAny, kState});
  expect_shape("two_rooms.goals", goals, {states.size(0), kState});
  const Tensor from = states.to(at::kFloat).contiguous();
  const Tensor to = goals.to(at::kFloat).contiguous();
  Tensor actions = at::empty({from.size(0), 2});
  for (std::int64_t i = 0; i < from.size(0); ++i) {
    const float* s = from.data_ptr<float>() + kState * i;
    const float* g = to.data_ptr<float>() + kState * i;
    const two_rooms::Point place = next_place({s[0], s[1]}, {g[0], g[1]}, {s[2], s[3]});
    const two_rooms::Point step = two_rooms::shorten({place.x - s[0], place.y - s[1]}, 1.0F);
    actions.data_ptr<float>()[2 * i] = step.x;
    actions.data_ptr<float>()[2 * i + 1] = step.y;
  }
  return actions;
}

PushWorld two_rooms_pushes(const TwoRoomsOptions& world) {
  world.validate();
  return {{"wall", "door"},
          [world](const std::string& kind, const PushTrialOptions& options, RandomStream& rng) {
            return push_in_two_rooms(world, kind, options, rng);
          },
          [](const Tensor& positions, const Tensor& states) {
            return (positions.select(1, 0) >= states.select(1, 2)).to(at::kLong);
          }};
}

}  // namespace forethink
