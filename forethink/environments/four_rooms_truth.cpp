// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/four_rooms_truth.h"

#include <torch/torch.h>

#include <algorithm>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {

using four_rooms::Point;

namespace {

// Rows of states and goals side by side.
class Pairs {
 public:
  Pairs(const Tensor& states, const Tensor& goals)
      : states_(states.to(at::kFloat).contiguous()), goals_(goals.to(at::kFloat).contiguous()) {
    expect_shape("four_rooms.states", states_, {kAny, kAny});
    expect_shape("four_rooms.goals", goals_, {states_.size(0), states_.size(1)});
    if (states_.size(1) < 3) expect_shape("four_rooms.states", states_, {kAny, 3});
  }

  std::int64_t size() const { return states_.size(0); }
  Point agent(std::int64_t row) const { return at(states_, row); }
  Point goal(std::int64_t row) const { return at(goals_, row); }
  int closed_door(std::int64_t row) const {
    return static_cast<int>(states_.data_ptr<float>()[row * states_.size(1) + 2]);
  }

 private:
  static Point at(const Tensor& rows, std::int64_t row) {
    const float* values = rows.data_ptr<float>() + row * rows.size(1);
    return {values[0], values[1]};
  }
  Tensor states_, goals_;
};

// Where along a wall a body is stopped by solid wall, from a number in [0, 1): the four stretches
// between border, doors and crossing, 2 units clear of each.
float along_solid_wall(float u) {
  constexpr float clear = 2.0F;
  constexpr float reach = four_rooms::kDoorHalf + four_rooms::kDoorMargin + clear;
  struct Stretch {
    float low, high;
  };
  const std::array<Stretch, 4> stretches{{
      {four_rooms::kBorderLow + clear, four_rooms::kDoorCentres[0] - reach},
      {four_rooms::kDoorCentres[0] + reach, four_rooms::kNear - clear},
      {four_rooms::kFar + clear, four_rooms::kDoorCentres[1] - reach},
      {four_rooms::kDoorCentres[1] + reach, four_rooms::kBorderHigh - clear},
  }};
  float total = 0.0F;
  for (const Stretch& stretch : stretches) total += stretch.high - stretch.low;
  float left = u * total;
  for (const Stretch& stretch : stretches) {
    if (left < stretch.high - stretch.low) return stretch.low + left;
    left -= stretch.high - stretch.low;
  }
  return stretches.back().high;
}

const std::vector<std::string> kPushKinds{"wall", "closed_door", "open_door"};

PushTrials push_in_four_rooms(const FourRoomsOptions& world, const std::string& kind,
                              const PushTrialOptions& options, RandomStream& rng) {
  options.validate();
  if (std::find(kPushKinds.begin(), kPushKinds.end(), kind) == kPushKinds.end()) {
    throw ConfigError("four_rooms knows no push at \"" + kind + "\"");
  }
  FourRoomsOptions endless = world;
  endless.episode_steps = options.steps + 1;
  FourRooms environment(endless);
  environment.reset(options.count, rng);  // For doors and distractors; agents are moved below.
  PushTrials trials{environment.state(), at::empty({options.count, 2}), {}};
  const Tensor chance = rng.uniform({options.count, 5});
  for (std::int64_t i = 0; i < options.count; ++i) {
    const float* u = chance.data_ptr<float>() + 5 * i;
    float* state = trials.starts.data_ptr<float>() + i * trials.starts.size(1);
    float* action = trials.actions.data_ptr<float>() + 2 * i;
    const int door = static_cast<int>(4.0F * u[0]);  // Its wall is pushed at.
    const bool vertical = door < 2;
    const float centre = four_rooms::kDoorCentres[static_cast<std::size_t>(door % 2)];
    const bool near_side = u[1] < 0.5F;
    const float gap = 2.0F + 10.0F * u[2];
    const float across = near_side ? four_rooms::kNear - gap : four_rooms::kFar + gap;
    const float along = kind == "wall" ? along_solid_wall(u[3]) : centre + 24.0F * (u[3] - 0.5F);
    state[0] = vertical ? across : along;
    state[1] = vertical ? along : across;
    if (kind == "closed_door") state[2] = static_cast<float>(door);
    if (kind == "open_door" && static_cast<int>(state[2]) == door) {
      state[2] = static_cast<float>((door + 1 + static_cast<int>(3.0F * u[4])) % 4);
    }
    const auto push = static_cast<float>(near_side ? options.speed : -options.speed);
    action[0] = vertical ? push : 0.0F;
    action[1] = vertical ? 0.0F : push;
  }
  environment.reset_to(trials.starts, {}, rng);
  for (std::int64_t t = 0; t < options.steps; ++t) environment.step(trials.actions);
  trials.ends = environment.state();
  return trials;
}

}  // namespace

Tensor room_of(const Tensor& states) {
  const Tensor right = states.select(-1, 0) >= four_rooms::kMiddle;
  const Tensor below = states.select(-1, 1) >= four_rooms::kMiddle;
  return right.to(at::kLong) + 2 * below.to(at::kLong);
}

Tensor route_length(const Tensor& states, const Tensor& goals) {
  const Pairs pairs(states, goals);
  Tensor lengths = at::empty({pairs.size()});
  for (std::int64_t i = 0; i < pairs.size(); ++i) {
    lengths.data_ptr<float>()[i] =
        four_rooms::shortest_route(pairs.agent(i), pairs.goal(i), pairs.closed_door(i)).length;
  }
  return lengths;
}

Tensor route_crossings(const Tensor& states, const Tensor& goals) {
  const Pairs pairs(states, goals);
  Tensor crossings = at::empty({pairs.size()}, at::kLong);
  for (std::int64_t i = 0; i < pairs.size(); ++i) {
    crossings.data_ptr<std::int64_t>()[i] =
        four_rooms::shortest_route(pairs.agent(i), pairs.goal(i), pairs.closed_door(i)).crossings;
  }
  return crossings;
}

Tensor expert_actions(const Tensor& states, const Tensor& goals) {
  const Pairs pairs(states, goals);
  Tensor actions = at::empty({pairs.size(), 2});
  float* out = actions.data_ptr<float>();
  for (std::int64_t i = 0; i < pairs.size(); ++i) {
    const Point action =
        four_rooms::expert_action(pairs.agent(i), pairs.goal(i), pairs.closed_door(i));
    *out++ = action.x;
    *out++ = action.y;
  }
  return actions;
}

PushWorld four_rooms_pushes(const FourRoomsOptions& world) {
  world.validate();
  return {kPushKinds,
          [world](const std::string& kind, const PushTrialOptions& options, RandomStream& rng) {
            return push_in_four_rooms(world, kind, options, rng);
          },
          [](const Tensor& positions, const Tensor&) { return room_of(positions); }};
}

}  // namespace forethink
