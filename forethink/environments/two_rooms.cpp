// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/two_rooms.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {

namespace {

constexpr std::int64_t kTwoRoomsFields = 4;
constexpr std::int64_t kTwoRoomsStepGrain = 4096;  // Rows a thread steps at least,
constexpr std::int64_t kTwoRoomsDrawGrain = 64;    // and draws at least.
constexpr double kStepMax = 2.45;                  // Pixels, as published.

EnvironmentSpec make_two_rooms_spec(const TwoRoomsOptions& options) {
  EnvironmentSpec spec;
  spec.name = "two_rooms";
  spec.observation = {{"image",
                       {two_rooms::kSide, two_rooms::kSide, two_rooms::kChannels},
                       at::kByte,
                       "level",
                       0.0,
                       255.0}};
  spec.action = {"action", {2}, at::kFloat, "pixels", -options.max_step, options.max_step};
  spec.state_fields = {"agent_x", "agent_y", "wall_x", "door_y"};
  spec.state = {"state", {kTwoRoomsFields}, at::kFloat, "pixels", 0.0, two_rooms::kSide};
  spec.action_norm = options.max_step;
  spec.truths = {{"position", 0, 2}, {"wall_x", 2}, {"door_y", 3}};
  spec.world_size = two_rooms::kSide;
  spec.goal_radius = options.goal_radius;
  spec.judged_at_end = options.judged_at_end;
  spec.episode_steps = options.episode_steps;
  return spec;
}

// Checks states from outside, and brings them into the form the loops below read.
Tensor checked_two_rooms_states(const std::string& name, const Tensor& states) {
  expect_shape(name, states, {kAny, kTwoRoomsFields});
  expect_finite(name, states);
  Tensor rows = states.detach().to(at::kCPU, at::kFloat).contiguous();
  const float* values = rows.data_ptr<float>();
  for (std::int64_t i = 0; i < rows.numel(); ++i) {
    if (values[i] >= 0.0F && values[i] <= two_rooms::kSide) continue;
    std::ostringstream text;
    text << name << '[' << i / kTwoRoomsFields << "][" << i % kTwoRoomsFields << "] = " << values[i]
         << ", must lie in the picture: 0 .. " << two_rooms::kSide;
    throw DataError(text.str());
  }
  return rows;
}

struct Seen {
  two_rooms::Point agent;
  two_rooms::Layout layout;
};

Seen seen_in(const float* state) { return {{state[0], state[1]}, {state[2], state[3]}}; }

}  // namespace

void TwoRoomsOptions::validate() const {
  expect_setting(wall_x >= two_rooms::kWallLow && wall_x <= two_rooms::kWallHigh,
                 "two_rooms.wall_x", wall_x, "20 <= wall_x <= 44");
  expect_setting(door_y >= two_rooms::kDoorLow && door_y <= two_rooms::kDoorHigh,
                 "two_rooms.door_y", door_y, "10 <= door_y <= 54");
  expect_setting(std::isfinite(goal_radius) && goal_radius > 0.0, "two_rooms.goal_radius",
                 goal_radius, "goal_radius > 0");
  expect_setting(episode_steps >= 1 && episode_steps <= 1'000'000'000, "two_rooms.episode_steps",
                 episode_steps, "1 <= episode_steps <= 1e9");
  expect_setting(max_step > 0.0 && max_step <= kStepMax, "two_rooms.max_step", max_step,
                 "0 < max_step <= 2.45");
  expect_setting(recorded_contact == "stay" || recorded_contact == "bounce",
                 "two_rooms.recorded_contact", recorded_contact, "one of stay, bounce");
  expect_setting(crossing_share >= 0.0 && crossing_share <= 1.0, "two_rooms.crossing_share",
                 crossing_share, "0 <= crossing_share <= 1");
  expect_setting(std::isfinite(concentration) && concentration >= 0.0, "two_rooms.concentration",
                 concentration, "concentration >= 0");
}

TwoRooms::TwoRooms(const TwoRoomsOptions& options)
    : options_((options.validate(), options)), spec_(make_two_rooms_spec(options)) {}

TwoRoomsEpisode draw_two_rooms_episode(const TwoRoomsOptions& options, std::uint64_t key,
                                       std::int64_t row) {
  constexpr float away = 2.0F * two_rooms::kBlob;
  constexpr float low = two_rooms::kBorderLow + away;
  constexpr float high = two_rooms::kBorderHigh - away;
  TwoRoomsEpisode episode;
  episode.layout = {static_cast<float>(options.wall_x), static_cast<float>(options.door_y)};
  two_rooms::Dice layout_dice(key, row, two_rooms::Purpose::kLayout);
  if (options.random_layout) episode.layout = two_rooms::draw_layout(layout_dice);
  two_rooms::Dice dice(key, row, two_rooms::Purpose::kStart);
  const float wall = episode.layout.wall_x;
  const two_rooms::Point left{dice.uniform(low, wall - two_rooms::kHalfWall - away),
                              dice.uniform(low, high)};
  const two_rooms::Point right{dice.uniform(wall + two_rooms::kHalfWall + away, high),
                               dice.uniform(low, high)};
  const bool from_left = dice.uniform() < 0.5F;
  episode.start = from_left ? left : right;
  episode.goal = from_left ? right : left;
  return episode;
}

void TwoRooms::reset(std::int64_t batch, RandomStream& rng) {
  expect_setting(batch >= 1, "two_rooms.reset.batch", batch, "batch >= 1");
  key_ = rng.word();
  steps_ = 0;
  rows_.assign(static_cast<std::size_t>(batch), {});
  for (std::int64_t row = 0; row < batch; ++row) {
    const TwoRoomsEpisode episode = draw_two_rooms_episode(options_, key_, row);
    Row& r = rows_[static_cast<std::size_t>(row)];
    r.agent = episode.start;
    r.layout = episode.layout;
  }
}

void TwoRooms::reset_to(const Tensor& states, const Tensor& goals, RandomStream& rng) {
  const Tensor starts = checked_two_rooms_states("two_rooms.states", states);
  Tensor targets;
  if (goals.defined()) {
    targets = checked_two_rooms_states("two_rooms.goals", goals);
    expect_shape("two_rooms.goals", targets, {starts.size(0), kTwoRoomsFields});
  }
  key_ = rng.word();
  steps_ = 0;
  rows_.assign(static_cast<std::size_t>(starts.size(0)), {});
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const auto [agent, layout] = seen_in(starts.data_ptr<float>() + i * kTwoRoomsFields);
    rows_[i].agent = agent;
    rows_[i].layout = layout;
    if (!targets.defined()) continue;
    rows_[i].goal = seen_in(targets.data_ptr<float>() + i * kTwoRoomsFields).agent;
    rows_[i].has_goal = true;
  }
}

StepResult TwoRooms::step(const Tensor& actions) {
  const auto batch = static_cast<std::int64_t>(rows_.size());
  expect_shape("two_rooms.actions", actions, {batch, 2});
  const Tensor moves = actions.detach().to(at::kCPU, at::kFloat).contiguous();
  expect_finite("two_rooms.actions", moves);
  const float* move = moves.data_ptr<float>();
  StepResult result{at::empty({batch}, at::kBool), at::empty({batch}, at::kBool)};
  bool* terminated = result.terminated.data_ptr<bool>();
  bool* truncated = result.truncated.data_ptr<bool>();
  ++steps_;
  at::parallel_for(0, batch, kTwoRoomsStepGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      step_row(row, {move[2 * row], move[2 * row + 1]});
      const Row& r = rows_[static_cast<std::size_t>(row)];
      terminated[row] = r.terminated;
      truncated[row] = r.truncated;
    }
  });
  return result;
}

void TwoRooms::step_row(std::int64_t row, two_rooms::Point action) {
  Row& r = rows_[static_cast<std::size_t>(row)];
  if (r.terminated || r.truncated) return;
  const auto longest = static_cast<float>(options_.max_step);
  const two_rooms::Point push = two_rooms::shorten(
      {std::clamp(action.x, -longest, longest), std::clamp(action.y, -longest, longest)}, longest);
  const two_rooms::Point to{r.agent.x + push.x, r.agent.y + push.y};
  r.agent = two_rooms::bounce(r.agent, to, r.layout, [&](bool vertical) {
    two_rooms::Dice dice(key_, row, two_rooms::Purpose::kContact, 2 * steps_ + (vertical ? 1 : 0));
    return dice.normals();
  });
  const bool over = steps_ >= options_.episode_steps;
  const bool judged = r.has_goal && (over || !options_.judged_at_end);
  const double radius = options_.goal_radius;
  r.terminated = judged && two_rooms::squared_distance(r.agent, r.goal) < radius * radius;
  r.truncated = over && !r.terminated;
}

Tensor TwoRooms::state() const {
  Tensor states = at::empty({static_cast<std::int64_t>(rows_.size()), kTwoRoomsFields});
  float* out = states.data_ptr<float>();
  for (const Row& r : rows_) {
    for (const float value : {r.agent.x, r.agent.y, r.layout.wall_x, r.layout.door_y}) {
      *out++ = value;
    }
  }
  return states;
}

template <class StateOf>
Tensor TwoRooms::draw(std::int64_t count, StateOf&& state_of) {
  Tensor image =
      at::empty({count, two_rooms::kSide, two_rooms::kSide, two_rooms::kChannels}, at::kByte);
  std::uint8_t* pixels = image.data_ptr<std::uint8_t>();
  at::parallel_for(0, count, kTwoRoomsDrawGrain, [&](std::int64_t begin, std::int64_t end) {
    two_rooms::Background own;
    for (std::int64_t row = begin; row < end; ++row) {
      const Seen seen = state_of(row);
      two_rooms::draw_frame(seen.agent, two_rooms::background_of(seen.layout, own),
                            pixels + row * two_rooms::kFrameBytes);
    }
  });
  return image;
}

Observation TwoRooms::observe() const {
  return {{"image", draw(static_cast<std::int64_t>(rows_.size()), [this](std::int64_t row) {
             const Row& r = rows_[static_cast<std::size_t>(row)];
             return Seen{r.agent, r.layout};
           })}};
}

Observation TwoRooms::render(const Tensor& states) const {
  const Tensor rows = checked_two_rooms_states("two_rooms.states", states);
  const float* values = rows.data_ptr<float>();
  return {{"image", draw(rows.size(0), [values](std::int64_t row) {
             return seen_in(values + row * kTwoRoomsFields);
           })}};
}

}  // namespace forethink
