// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/unit_rooms.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {

namespace {

constexpr std::int64_t kUnitFields = 2;
constexpr std::int64_t kUnitGrain = 64;  // Rows a thread draws at least.
constexpr std::uint8_t kWallLevel = 128;
constexpr std::uint8_t kAgentLevel = 255;
constexpr std::int64_t kUnitBudget = 60;

// What chance is for, within one row: the upper half of a Philox counter.
enum class UnitPurpose : std::uint32_t { kStart, kBehaviour, kGoal };

// The two pieces of the wall.
struct WallPiece {
  double left, top, right, bottom;
};
constexpr std::array<WallPiece, 2> kUnitWall{{
    {unit_rooms::kWallLeft, 0.0, unit_rooms::kWallRight, unit_rooms::kDoorTop},
    {unit_rooms::kWallLeft, unit_rooms::kDoorBottom, unit_rooms::kWallRight, 1.0},
}};

bool overlaps_wall(double x, double y) {
  return std::any_of(kUnitWall.begin(), kUnitWall.end(), [x, y](const WallPiece& r) {
    const double dx = x - std::clamp(x, r.left, r.right);
    const double dy = y - std::clamp(y, r.top, r.bottom);
    return dx * dx + dy * dy < unit_rooms::kRadius * unit_rooms::kRadius;
  });
}

double squared_unit_distance(unit_rooms::Point a, unit_rooms::Point b) {
  const double dx = a.x - b.x;
  const double dy = a.y - b.y;
  return dx * dx + dy * dy;
}

// The numbers of one row for one purpose, one after the other.
class UnitDice {
 public:
  UnitDice(std::uint64_t key, std::int64_t row, UnitPurpose purpose)
      : key_(key),
        row_(static_cast<std::uint64_t>(row)),
        block_(static_cast<std::uint64_t>(purpose) << 32) {}

  double uniform(double low = 0.0, double high = 1.0) {
    const auto words = philox(key_, row_, block_++);
    const std::uint64_t word = (std::uint64_t{words[0]} << 32) | words[1];
    return low + (high - low) * static_cast<double>(word >> 11) * 0x1.0p-53;
  }
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }
  // Uniform on the free area, optionally of one room (-1 left, 1 right).
  unit_rooms::Point free_point(int room = 0) {
    while (true) {
      const unit_rooms::Point p{uniform(unit_rooms::kRadius, 1.0 - unit_rooms::kRadius),
                                uniform(unit_rooms::kRadius, 1.0 - unit_rooms::kRadius)};
      const bool there = room == 0 || (room < 0) == (p.x < unit_rooms::kWallMiddle);
      if (there && unit_rooms::is_free(p)) return p;
    }
  }

 private:
  std::uint64_t key_;
  std::uint64_t row_;
  std::uint64_t block_;
};

// A noisy step towards a goal, by way of the door's middle until level with the opening.
unit_rooms::Point step_to_goal(unit_rooms::Point agent, unit_rooms::Point goal, double noise,
                               UnitDice& dice) {
  constexpr double door_middle = 0.5 * (unit_rooms::kDoorTop + unit_rooms::kDoorBottom);
  constexpr double fits =
      0.5 * (unit_rooms::kDoorBottom - unit_rooms::kDoorTop) - unit_rooms::kRadius;
  const bool same_room = (agent.x < unit_rooms::kWallMiddle) == (goal.x < unit_rooms::kWallMiddle);
  const bool level = std::abs(agent.y - door_middle) < fits;
  const unit_rooms::Point target =
      same_room || level ? goal : unit_rooms::Point{unit_rooms::kWallMiddle, door_middle};
  const auto clip = [](double d) {
    return std::clamp(d, -unit_rooms::kMaxStep, unit_rooms::kMaxStep);
  };
  const double x = clip(target.x - agent.x + noise * dice.normal());
  return {x, clip(target.y - agent.y + noise * dice.normal())};
}

Tensor checked_unit_states(const std::string& name, const Tensor& states) {
  expect_shape(name, states, {kAny, kUnitFields});
  expect_finite(name, states);
  return states.detach().to(at::kCPU, at::kFloat).contiguous();
}

unit_rooms::Point point_at(const Tensor& rows, std::int64_t row) {
  const float* values = rows.data_ptr<float>() + kUnitFields * row;
  return {values[0], values[1]};
}

void put_point(Tensor& rows, std::int64_t row, unit_rooms::Point p) {
  rows.data_ptr<float>()[kUnitFields * row] = static_cast<float>(p.x);
  rows.data_ptr<float>()[kUnitFields * row + 1] = static_cast<float>(p.y);
}

template <class PointOf>
Tensor draw_unit_frames(std::int64_t count, PointOf&& point_of) {
  constexpr int side = unit_rooms::kPixels;
  Tensor image = at::empty({count, side, side, 1}, at::kByte);
  std::uint8_t* pixels = image.data_ptr<std::uint8_t>();
  at::parallel_for(0, count, kUnitGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      unit_rooms::draw_frame(point_of(row), pixels + row * side * side);
    }
  });
  return image;
}

// The middle of a pixel's row or column.
double middle_of(int i) { return (static_cast<double>(i) + 0.5) / unit_rooms::kPixels; }

using Walls = std::array<std::uint8_t, std::size_t{unit_rooms::kPixels} * unit_rooms::kPixels>;

Walls draw_walls() {
  Walls pixels{};
  for (int row = 0; row < unit_rooms::kPixels; ++row) {
    const double y = middle_of(row);
    if (y >= unit_rooms::kDoorTop && y < unit_rooms::kDoorBottom) continue;
    for (int column = 0; column < unit_rooms::kPixels; ++column) {
      const double x = middle_of(column);
      if (x < unit_rooms::kWallLeft || x >= unit_rooms::kWallRight) continue;
      pixels[static_cast<std::size_t>(row * unit_rooms::kPixels + column)] = kWallLevel;
    }
  }
  return pixels;
}

}  // namespace

namespace unit_rooms {

bool is_free(unit_rooms::Point p) {
  const auto inside = [](double c) {
    return unit_rooms::kRadius <= c && c <= 1.0 - unit_rooms::kRadius;
  };
  return inside(p.x) && inside(p.y) && !overlaps_wall(p.x, p.y);
}

unit_rooms::Point move(unit_rooms::Point from, unit_rooms::Point displacement) {
  const auto next = [](double c, double d) {
    return std::clamp(c + std::clamp(d, -unit_rooms::kMaxStep, unit_rooms::kMaxStep),
                      unit_rooms::kRadius, 1.0 - unit_rooms::kRadius);
  };
  unit_rooms::Point to = from;
  if (const double x = next(from.x, displacement.x); !overlaps_wall(x, from.y)) to.x = x;
  if (const double y = next(from.y, displacement.y); !overlaps_wall(to.x, y)) to.y = y;
  return to;
}

void draw_frame(unit_rooms::Point agent, std::uint8_t* pixels) {
  static const Walls walls = draw_walls();
  std::memcpy(pixels, walls.data(), walls.size());
  // The disc's own rows and columns, and one more each way.
  const auto pixel = [](double c) {
    return static_cast<int>(std::clamp(c * kPixels, 0.0, static_cast<double>(kPixels)));
  };
  const auto first = [&](double c) { return std::max(0, pixel(c - kRadius) - 1); };
  const auto last = [&](double c) { return std::min(kPixels - 1, pixel(c + kRadius) + 1); };
  for (int row = first(agent.y); row <= last(agent.y); ++row) {
    for (int column = first(agent.x); column <= last(agent.x); ++column) {
      const bool inside =
          squared_unit_distance({middle_of(column), middle_of(row)}, agent) <= kRadius * kRadius;
      if (inside) pixels[row * kPixels + column] = kAgentLevel;
    }
  }
}

}  // namespace unit_rooms

void UnitRoomsOptions::validate() const {
  expect_setting(episode_steps >= 1 && episode_steps <= 1'000'000'000, "unit_rooms.episode_steps",
                 episode_steps, "1 <= episode_steps <= 1e9");
  expect_setting(std::isfinite(goal_radius) && goal_radius > 0.0, "unit_rooms.goal_radius",
                 goal_radius, "goal_radius > 0");
  expect_setting(goal_share >= 0.0 && goal_share <= 1.0, "unit_rooms.goal_share", goal_share,
                 "0 <= goal_share <= 1");
  expect_setting(std::isfinite(goal_noise) && goal_noise >= 0.0, "unit_rooms.goal_noise",
                 goal_noise, "goal_noise >= 0");
}

UnitRooms::UnitRooms(const UnitRoomsOptions& options) : options_((options.validate(), options)) {
  spec_.name = "unit_rooms";
  spec_.observation = {
      {"image", {unit_rooms::kPixels, unit_rooms::kPixels, 1}, at::kByte, "level", 0.0, 255.0}};
  spec_.action = {"action", {2}, at::kFloat, "0.08 sides", -1.0, 1.0};
  spec_.state_fields = {"agent_x", "agent_y"};
  spec_.state = {"state", {kUnitFields}, at::kFloat, "sides", 0.0, 1.0};
  spec_.truths = {{"position", 0, 2}};
  spec_.world_size = 1.0;
  spec_.goal_radius = options.goal_radius;
  spec_.episode_steps = options.episode_steps;
}

void UnitRooms::reset(std::int64_t batch, RandomStream& rng) {
  expect_setting(batch >= 1, "unit_rooms.reset.batch", batch, "batch >= 1");
  const std::uint64_t key = rng.word();
  steps_ = 0;
  rows_.assign(static_cast<std::size_t>(batch), {});
  for (std::int64_t row = 0; row < batch; ++row) {
    rows_[static_cast<std::size_t>(row)].agent =
        UnitDice(key, row, UnitPurpose::kStart).free_point();
  }
}

void UnitRooms::reset_to(const Tensor& states, const Tensor& goals, RandomStream& rng) {
  const Tensor starts = checked_unit_states("unit_rooms.states", states);
  Tensor targets;
  if (goals.defined()) {
    targets = checked_unit_states("unit_rooms.goals", goals);
    expect_shape("unit_rooms.goals", targets, {starts.size(0), kUnitFields});
  }
  rng.word();  // One draw, as every environment takes; nothing here is left to chance.
  steps_ = 0;
  rows_.assign(static_cast<std::size_t>(starts.size(0)), {});
  for (std::int64_t row = 0; row < starts.size(0); ++row) {
    Row& r = rows_[static_cast<std::size_t>(row)];
    r.agent = point_at(starts, row);
    r.has_goal = targets.defined();
    if (r.has_goal) r.goal = point_at(targets, row);
  }
}

StepResult UnitRooms::step(const Tensor& actions) {
  const auto batch = static_cast<std::int64_t>(rows_.size());
  expect_shape("unit_rooms.actions", actions, {batch, 2});
  const Tensor moves = checked_unit_states("unit_rooms.actions", actions);
  StepResult result{at::empty({batch}, at::kBool), at::empty({batch}, at::kBool)};
  ++steps_;
  for (std::int64_t row = 0; row < batch; ++row) {
    Row& r = rows_[static_cast<std::size_t>(row)];
    if (!r.terminated && !r.truncated) {
      const unit_rooms::Point push = point_at(moves, row);
      r.agent =
          unit_rooms::move(r.agent, {unit_rooms::kMaxStep * push.x, unit_rooms::kMaxStep * push.y});
      r.terminated = r.has_goal && squared_unit_distance(r.agent, r.goal) <=
                                       options_.goal_radius * options_.goal_radius;
      r.truncated = !r.terminated && steps_ >= options_.episode_steps;
    }
    result.terminated.data_ptr<bool>()[row] = r.terminated;
    result.truncated.data_ptr<bool>()[row] = r.truncated;
  }
  return result;
}

Tensor UnitRooms::state() const {
  Tensor states = at::empty({static_cast<std::int64_t>(rows_.size()), kUnitFields});
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    put_point(states, static_cast<std::int64_t>(i), rows_[i].agent);
  }
  return states;
}

Observation UnitRooms::observe() const {
  return {
      {"image", draw_unit_frames(static_cast<std::int64_t>(rows_.size()), [this](std::int64_t row) {
         return rows_[static_cast<std::size_t>(row)].agent;
       })}};
}

Observation UnitRooms::render(const Tensor& states) const {
  const Tensor rows = checked_unit_states("unit_rooms.states", states);
  return {{"image",
           draw_unit_frames(rows.size(0), [&](std::int64_t row) { return point_at(rows, row); })}};
}

Recording record_unit_rooms(const UnitRoomsOptions& options, const RecordingOptions& recording) {
  options.validate();
  recording.validate();
  const std::int64_t T = recording.steps;
  Recording result{"unit_rooms", at::empty({recording.episodes, T, kUnitFields}),
                   at::empty({recording.episodes, T, 2})};
  Tensor states = result.states.view({-1, kUnitFields});
  Tensor actions = result.actions.view({-1, 2});
  RandomStream rng(static_cast<std::uint64_t>(recording.seed), "unit_rooms.record");
  const std::uint64_t key = rng.word();
  at::parallel_for(0, recording.episodes, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t e = begin; e < end; ++e) {
      UnitDice starts(key, e, UnitPurpose::kStart);
      UnitDice behaviour(key, e, UnitPurpose::kBehaviour);
      UnitDice goals(key, e, UnitPurpose::kGoal);
      unit_rooms::Point agent = starts.free_point();
      unit_rooms::Point goal = goals.free_point();
      const bool walks_to_goals = behaviour.uniform() < options.goal_share;
      for (std::int64_t t = 0; t < T; ++t) {
        put_point(states, e * T + t, agent);
        constexpr double near = 2.0 * unit_rooms::kRadius;
        if (squared_unit_distance(agent, goal) < near * near) goal = goals.free_point();
        unit_rooms::Point step;
        if (walks_to_goals) {
          step = step_to_goal(agent, goal, options.goal_noise, behaviour);
        } else {
          step.x = behaviour.uniform(-unit_rooms::kMaxStep, unit_rooms::kMaxStep);
          step.y = behaviour.uniform(-unit_rooms::kMaxStep, unit_rooms::kMaxStep);
        }
        put_point(actions, e * T + t,
                  {step.x / unit_rooms::kMaxStep, step.y / unit_rooms::kMaxStep});
        agent = unit_rooms::move(agent, step);
      }
    }
  });
  return result;
}

void UnitRoomsTaskOptions::validate() const {
  expect_setting(count >= 1, "unit_rooms_tasks.count", count, "count >= 1");
  expect_setting(seed >= 0, "unit_rooms_tasks.seed", seed, "seed >= 0");
}

TaskList make_unit_rooms_tasks(const UnitRoomsTaskOptions& options) {
  options.validate();
  RandomStream rng(static_cast<std::uint64_t>(options.seed), "unit_rooms.tasks");
  const std::uint64_t key = rng.word();
  TaskList tasks;
  tasks.name = options.name;
  tasks.environment = "unit_rooms";
  tasks.recipe = "make_unit_rooms_tasks, seed = " + std::to_string(options.seed);
  tasks.state_fields = UnitRooms().spec().state_fields;
  tasks.steps = kUnitBudget;
  tasks.starts = at::empty({options.count, kUnitFields});
  tasks.goals = at::empty({options.count, kUnitFields});
  for (std::int64_t row = 0; row < options.count; ++row) {
    UnitDice dice(key, row, UnitPurpose::kStart);
    int room = 0;  // Any.
    if (2 * row < options.count) room = dice.uniform() < 0.5 ? -1 : 1;
    put_point(tasks.starts, row, dice.free_point(room));
    put_point(tasks.goals, row, dice.free_point(-room));
  }
  tasks.sha256 = task_list_digest(tasks);
  return tasks;
}

std::vector<UnitRoomsTaskOptions> frozen_unit_rooms_tasks() {
  return {{.name = "unit_rooms_300", .seed = 300}, {.name = "unit_rooms_dev_300", .seed = 1300}};
}

}  // namespace forethink
