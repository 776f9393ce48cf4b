// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The recorded behaviour of TwoRooms: walks that know nothing of walls, and walks through the door.
//
// Source:  the data of PLDM (Sobal et al. 2025) and eb_jepa (arXiv:2602.03604).
#include <torch/torch.h>

#include <algorithm>
#include <numbers>

#include "forethink/environments/two_rooms.h"

namespace forethink {

namespace {

constexpr float kStepMean = 1.0F;  // Pixels; the length of a step is a truncated normal.
constexpr float kStepDeviation = 0.4F;
constexpr float kStepLow = 0.2F;
constexpr float kStepHigh = 1.8F;
constexpr float kDoorDeviation = 1.4F;  // Of where crossing walks pass the opening, along it.
constexpr float kInside = 0.01F;        // Crossing walks start this far inside the border.

struct Walk {
  two_rooms::Point start;
  std::vector<two_rooms::Point> actions;
};

two_rooms::Point reversed(two_rooms::Point action) { return {-action.x, -action.y}; }

// `count` actions whose first heading is given.
std::vector<two_rooms::Point> draw_actions(two_rooms::Dice& dice, float heading, std::int64_t count,
                                           double concentration) {
  std::vector<two_rooms::Point> actions;
  actions.reserve(static_cast<std::size_t>(count));
  for (std::int64_t t = 0; t < count; ++t) {
    if (t > 0) heading += dice.von_mises(concentration);
    const float length = dice.truncated_normal(kStepMean, kStepDeviation, kStepLow, kStepHigh);
    actions.push_back({length * std::cos(heading), length * std::sin(heading)});
  }
  return actions;
}

// Starts anywhere between the borders; one that falls into the wall moves to a fair coin's side.
Walk draw_wandering(two_rooms::Dice& dice, const two_rooms::Layout& layout, std::int64_t steps,
                    double concentration) {
  using two_rooms::kBorderHigh;
  using two_rooms::kBorderLow;
  Walk walk;
  walk.start = {dice.uniform(kBorderLow, kBorderHigh), dice.uniform(kBorderLow, kBorderHigh)};
  if (two_rooms::in_wall(walk.start, layout)) {
    walk.start.x = dice.uniform() < 0.5F
                       ? dice.uniform(kBorderLow, layout.wall_x - two_rooms::kHalfWall)
                       : dice.uniform(layout.wall_x + two_rooms::kHalfWall, kBorderHigh);
  }
  const float heading = dice.uniform(0.0F, 2.0F * std::numbers::pi_v<float>);
  walk.actions = draw_actions(dice, heading, steps, concentration);
  return walk;
}

// Two walks away from a point in the doorway, the one to the left walked backwards: one walk that
// passes the point at a random step, rightwards or, by a fair coin, leftwards.
Walk draw_crossing(two_rooms::Dice& dice, const two_rooms::Layout& layout, std::int64_t steps,
                   double concentration) {
  constexpr float pi = std::numbers::pi_v<float>;
  const float faces = two_rooms::kHalfWall;
  const two_rooms::Point at_door{
      dice.uniform(layout.wall_x - faces, layout.wall_x + faces),
      dice.truncated_normal(layout.door_y, kDoorDeviation, layout.door_y - two_rooms::kDoorHalf,
                            layout.door_y + two_rooms::kDoorHalf)};
  const std::int64_t before = dice.whole(1, static_cast<int>(steps));
  const float heading = pi + dice.uniform(-pi / 4.0F, pi / 4.0F);
  const auto to_left = draw_actions(dice, heading, before, concentration);
  // Its first step is not used, as published: the step through the door is that of the other walk.
  const auto to_right = draw_actions(dice, heading + pi, steps - before + 1, concentration);

  Walk walk;
  std::transform(to_left.rbegin(), to_left.rend(), std::back_inserter(walk.actions), reversed);
  walk.actions.insert(walk.actions.end(), to_right.begin() + 1, to_right.end());
  std::int64_t until_door = before;
  if (dice.uniform() < 0.5F) {
    std::reverse(walk.actions.begin(), walk.actions.end());
    std::transform(walk.actions.begin(), walk.actions.end(), walk.actions.begin(), reversed);
    until_door = std::min(steps, steps + 1 - before);  // As published: one more than is left.
  }
  walk.start = at_door;
  for (std::int64_t t = 0; t < until_door; ++t) {
    walk.start.x -= walk.actions[static_cast<std::size_t>(t)].x;
    walk.start.y -= walk.actions[static_cast<std::size_t>(t)].y;
  }
  constexpr float low = two_rooms::kBorderLow + kInside;
  constexpr float high = two_rooms::kBorderHigh - kInside;
  walk.start = {std::clamp(walk.start.x, low, high), std::clamp(walk.start.y, low, high)};
  return walk;
}

std::vector<two_rooms::Point> follow(const Walk& walk, const two_rooms::Layout& layout,
                                     bool bounces, two_rooms::Dice& dice) {
  std::vector<two_rooms::Point> places{walk.start};
  for (const two_rooms::Point& action : walk.actions) {
    const two_rooms::Point from = places.back();
    const two_rooms::Point to{from.x + action.x, from.y + action.y};
    places.push_back(bounces
                         ? two_rooms::bounce(from, to, layout, [&](bool) { return dice.normals(); })
                         : two_rooms::stay(from, to, layout));
  }
  return places;
}

// Whether the agent was seen on both sides of the wall.
bool crossed(const std::vector<two_rooms::Point>& places, const two_rooms::Layout& layout) {
  const auto beyond = [&](float side) {
    return std::any_of(places.begin(), places.end(), [&](two_rooms::Point p) {
      return side * (p.x - layout.wall_x) > two_rooms::kHalfWall;
    });
  };
  return beyond(-1.0F) && beyond(1.0F);
}

}  // namespace

Recording record_two_rooms(const TwoRoomsOptions& options, const RecordingOptions& recording) {
  options.validate();
  recording.validate();
  constexpr std::int64_t fields = 4;
  const std::int64_t T = recording.steps;
  const bool bounces = options.recorded_contact == "bounce";
  Recording result{"two_rooms", at::empty({recording.episodes, T, fields}),
                   at::zeros({recording.episodes, T, 2})};
  float* states = result.states.data_ptr<float>();
  float* actions = result.actions.data_ptr<float>();
  RandomStream rng(static_cast<std::uint64_t>(recording.seed), "two_rooms.record");
  const std::uint64_t key = rng.word();
  at::parallel_for(0, recording.episodes, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t e = begin; e < end; ++e) {
      const two_rooms::Layout layout = draw_two_rooms_episode(options, key, e).layout;
      two_rooms::Dice dice(key, e, two_rooms::Purpose::kWalk);
      Walk walk;
      std::vector<two_rooms::Point> places;
      do {
        walk = dice.uniform() < options.crossing_share
                   ? draw_crossing(dice, layout, T - 1, options.concentration)
                   : draw_wandering(dice, layout, T - 1, options.concentration);
        places = follow(walk, layout, bounces, dice);
      } while (options.keep_to_rooms && crossed(places, layout));
      float* state = states + e * T * fields;
      for (const two_rooms::Point& place : places) {
        for (const float value : {place.x, place.y, layout.wall_x, layout.door_y}) {
          *state++ = value;
        }
      }
      float* action = actions + e * T * 2;
      for (const two_rooms::Point& step : walk.actions) {
        *action++ = step.x;
        *action++ = step.y;
      }
    }
  });
  return result;
}

}  // namespace forethink
