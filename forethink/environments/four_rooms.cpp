// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/four_rooms.h"

#include <torch/torch.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <sstream>
#include <type_traits>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {

using four_rooms::Distractor;
using four_rooms::kSpeed;
using four_rooms::Place;
using four_rooms::Point;
using four_rooms::Purpose;

namespace {

constexpr std::int64_t kFields = 3;            // Fields before the distractors.
constexpr std::int64_t kDistractorFields = 3;  // Fields of each distractor.
constexpr std::int64_t kStepGrain = 4096;      // Rows a thread steps at least,
constexpr std::int64_t kDrawGrain = 64;        // and draws at least.

EnvironmentSpec make_spec(const FourRoomsOptions& options) {
  EnvironmentSpec spec;
  spec.name = "four_rooms";
  spec.observation = {
      {"image", {options.image_size, options.image_size, 3}, at::kByte, "level", 0.0, 255.0}};
  spec.action = {"action", {2}, at::kFloat, "2.5 units", -1.0, 1.0};
  spec.state_fields = {"agent_x", "agent_y", "closed_door"};
  for (std::int64_t k = 0; k < options.distractors; ++k) {
    const std::string name = "distractor" + std::to_string(k);
    for (const char* field : {"_x", "_y", "_heading"}) spec.state_fields.push_back(name + field);
  }
  const auto fields = static_cast<std::int64_t>(spec.state_fields.size());
  spec.state = {"state",           {fields},
                at::kFloat,        "units of 1/224 of the side; door number; radians",
                -std::numbers::pi, four_rooms::kSide};
  spec.truths = {{"position", 0, 2}, {"door", 2, 1, /*classes=*/5, /*lowest=*/-1}};
  spec.world_size = four_rooms::kSide;
  spec.goal_radius = four_rooms::kGoalRadius;
  spec.episode_steps = options.episode_steps;
  return spec;
}

// Checks states from outside, and brings them into the form the loops below read.
Tensor checked_states(const std::string& name, const Tensor& states, std::int64_t fields) {
  expect_shape(name, states, {kAny, fields});
  expect_finite(name, states);
  const Tensor rows = states.detach().to(at::kCPU, at::kFloat).contiguous();
  const float* values = rows.data_ptr<float>();
  for (std::int64_t row = 0; row < rows.size(0); ++row) {
    const float door = values[row * fields + 2];
    if (door != -1.0F && door != 0.0F && door != 1.0F && door != 2.0F && door != 3.0F) {
      std::ostringstream text;
      text << name << '[' << row << "].closed_door = " << door
           << ", must be one of -1 (none), 0, 1, 2, 3";
      throw DataError(text.str());
    }
  }
  return rows;
}

// Four rows at once: GCC's and Clang's portable vectors, one SSE2 or NEON register each.
constexpr std::int64_t kLanes = 4;
using Lanes = float __attribute__((vector_size(16)));
using Masks = std::int32_t __attribute__((vector_size(16)));

template <class Vector, class Element>
Vector load(const Element* from) {
  Vector lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

template <class Vector, class Element>
void store(const Vector& lanes, Element* to) {
  std::memcpy(to, &lanes, sizeof(lanes));
}

// Actions of one row, or of four, from pairs in memory.
template <class Real>
four_rooms::Place<Real> load_pair(const float* pairs) {
  if constexpr (std::is_same_v<Real, float>) {
    return {pairs[0], pairs[1]};
  } else {
    const auto first = load<Lanes>(pairs);
    const auto second = load<Lanes>(pairs + kLanes);
    return {__builtin_shufflevector(first, second, 0, 2, 4, 6),
            __builtin_shufflevector(first, second, 1, 3, 5, 7)};
  }
}

// Calls `body` with the types for four rows as long as there are four, then for single rows. Both
// do the same arithmetic, so a row's result does not depend on where it stands.
template <class Body>
void for_each_row(std::int64_t begin, std::int64_t end, Body body) {
  std::int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes) body.template operator()<Lanes, Masks>(i);
  for (; i < end; ++i) body.template operator()<float, std::int32_t>(i);
}

// Bit pattern test: vector code, which std::isfinite is not.
bool all_finite(const float* values, std::int64_t count) {
  constexpr std::uint32_t exponent = 0x7f800000U;
  std::uint32_t found = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    found |= (std::bit_cast<std::uint32_t>(values[i]) & exponent) == exponent ? 1U : 0U;
  }
  return found == 0;
}

}  // namespace

void FourRoomsOptions::validate() const {
  expect_setting(image_size >= 16 && image_size <= 896, "four_rooms.image_size", image_size,
                 "16 <= image_size <= 896");
  expect_setting(distractors >= 0 && distractors <= four_rooms::kDistractorsMax,
                 "four_rooms.distractors", distractors, "0 <= distractors <= 5");
  expect_setting(close_probability >= 0.0 && close_probability <= 1.0,
                 "four_rooms.close_probability", close_probability, "0 <= close_probability <= 1");
  expect_setting(episode_steps >= 1 && episode_steps <= 1'000'000'000, "four_rooms.episode_steps",
                 episode_steps, "1 <= episode_steps <= 1e9");
  expect_setting(expert_share >= 0.0 && expert_share <= 1.0, "four_rooms.expert_share",
                 expert_share, "0 <= expert_share <= 1");
  expect_setting(std::isfinite(expert_noise) && expert_noise >= 0.0, "four_rooms.expert_noise",
                 expert_noise, "expert_noise >= 0");
}

FourRooms::FourRooms(const FourRoomsOptions& options)
    : options_((options.validate(), options)),
      spec_(make_spec(options)),
      painter_(options.image_size),
      distractors_(static_cast<std::size_t>(options.distractors)) {}

void FourRooms::resize(std::int64_t batch) {
  batch_ = batch;
  const auto size = static_cast<std::size_t>(batch);
  constexpr float none = std::numeric_limits<float>::quiet_NaN();
  for (auto* column : {&x_, &y_, &door_}) column->assign(size, 0.0F);
  for (auto* column : {&goal_x_, &goal_y_}) column->assign(size, none);
  running_.assign(size, -1);
  steps_.assign(size, 0);
  terminated_.assign(size, 0);
  truncated_.assign(size, 0);
  for (DistractorColumns& columns : distractors_) {
    for (auto* column :
         {&columns.x, &columns.y, &columns.heading, &columns.step_x, &columns.step_y}) {
      column->assign(size, 0.0F);
    }
    columns.next_jump.assign(size, 0);
  }
}

void FourRooms::put_distractor(std::size_t index, std::int64_t row, const Distractor& body) {
  DistractorColumns& columns = distractors_[index];
  const auto i = static_cast<std::size_t>(row);
  columns.x[i] = body.position.x;
  columns.y[i] = body.position.y;
  columns.heading[i] = body.heading;
  columns.step_x[i] = kSpeed * std::cos(body.heading);
  columns.step_y[i] = kSpeed * std::sin(body.heading);
  columns.next_jump[i] = body.next_jump;
}

void FourRooms::reset(std::int64_t batch, RandomStream& rng) {
  expect_setting(batch >= 1, "four_rooms.reset.batch", batch, "batch >= 1");
  key_ = rng.word();
  resize(batch);
  for (std::int64_t row = 0; row < batch; ++row) {
    const auto i = static_cast<std::size_t>(row);
    const auto words = four_rooms::row_words(key_, row, Purpose::kAgent, 0);
    const Point agent =
        four_rooms::free_point(four_rooms::to_unit(words[0]), four_rooms::to_unit(words[1]));
    x_[i] = agent.x;
    y_[i] = agent.y;
    door_[i] =
        static_cast<float>(four_rooms::draw_closed_door(key_, row, options_.close_probability));
    for (std::size_t k = 0; k < distractors_.size(); ++k) {
      put_distractor(k, row, four_rooms::place_distractor(key_, row, static_cast<int>(k), 0));
    }
  }
}

void FourRooms::reset_to(const Tensor& states, const Tensor& goals, RandomStream& rng) {
  const std::int64_t fields = spec_.state.shape[0];
  const Tensor starts = checked_states("four_rooms.states", states, fields);
  Tensor targets;
  if (goals.defined()) {
    targets = checked_states("four_rooms.goals", goals, fields);
    expect_shape("four_rooms.goals", targets, {starts.size(0), fields});
  }
  key_ = rng.word();
  resize(starts.size(0));
  const float* start = starts.data_ptr<float>();
  for (std::int64_t row = 0; row < batch_; ++row, start += fields) {
    const auto i = static_cast<std::size_t>(row);
    x_[i] = start[0];
    y_[i] = start[1];
    door_[i] = start[2];
    for (std::size_t k = 0; k < distractors_.size(); ++k) {
      const float* body = start + kFields + kDistractorFields * static_cast<std::int64_t>(k);
      // Only the time of the first jump is drawn; jumps have no memory, so any start is fair.
      Distractor distractor = four_rooms::place_distractor(key_, row, static_cast<int>(k), 0);
      distractor.position = {body[0], body[1]};
      distractor.heading = body[2];
      put_distractor(k, row, distractor);
    }
    if (targets.defined()) {
      goal_x_[i] = targets.data_ptr<float>()[row * fields];
      goal_y_[i] = targets.data_ptr<float>()[row * fields + 1];
    }
  }
}

StepResult FourRooms::step(const Tensor& actions) {
  expect_shape("four_rooms.actions", actions, {batch_, 2});
  const Tensor moves = actions.detach().to(at::kCPU, at::kFloat).contiguous();
  const float* move = moves.data_ptr<float>();
  if (!all_finite(move, moves.numel())) expect_finite("four_rooms.actions", moves);
  at::parallel_for(0, batch_, kStepGrain, [&](std::int64_t begin, std::int64_t end) {
    move_rows(begin, end, move);
    for (std::size_t k = 0; k < distractors_.size(); ++k) move_distractor_rows(k, begin, end);
    end_rows(begin, end);
  });
  StepResult result{at::empty({batch_}, at::kBool), at::empty({batch_}, at::kBool)};
  bool* terminated = result.terminated.data_ptr<bool>();
  bool* truncated = result.truncated.data_ptr<bool>();
  for (std::size_t i = 0; i < terminated_.size(); ++i) {
    terminated[i] = terminated_[i] != 0;
    truncated[i] = truncated_[i] != 0;
  }
  return result;
}

void FourRooms::move_rows(std::int64_t begin, std::int64_t end, const float* actions) {
  for_each_row(begin, end, [this, actions]<class Real, class Mask>(std::int64_t i) {
    const auto running = load<Mask>(&running_[i]);
    const Place<Real> from{load<Real>(&x_[i]), load<Real>(&y_[i])};
    const Place<Real> to =
        four_rooms::move(from, load_pair<Real>(actions + 2 * i), load<Real>(&door_[i]));
    store(running ? to.x : from.x, &x_[i]);
    store(running ? to.y : from.y, &y_[i]);
    store(load<Mask>(&steps_[i]) - running, &steps_[i]);
  });
}

void FourRooms::move_distractor_rows(std::size_t index, std::int64_t begin, std::int64_t end) {
  DistractorColumns& columns = distractors_[index];
  for_each_row(begin, end, [this, &columns]<class Real, class Mask>(std::int64_t i) {
    const auto running = load<Mask>(&running_[i]);
    const Place<Real> from{load<Real>(&columns.x[i]), load<Real>(&columns.y[i])};
    const Place<Real> wish{from.x + load<Real>(&columns.step_x[i]),
                           from.y + load<Real>(&columns.step_y[i])};
    const Place<Real> to = four_rooms::collide(from, wish, load<Real>(&door_[i]));
    store(running ? to.x : from.x, &columns.x[i]);
    store(running ? to.y : from.y, &columns.y[i]);
  });
  const std::int32_t* running = running_.data();
  const std::int32_t* steps = steps_.data();
  const std::int32_t* next_jump = columns.next_jump.data();
  for (std::int64_t i = begin; i < end; ++i) {
    if (steps[i] != next_jump[i] || running[i] == 0) continue;
    put_distractor(index, i,
                   four_rooms::place_distractor(key_, i, static_cast<int>(index), steps[i]));
  }
}

void FourRooms::end_rows(std::int64_t begin, std::int64_t end) {
  const auto limit = static_cast<std::int32_t>(options_.episode_steps);
  for_each_row(begin, end, [this, limit]<class Real, class Mask>(std::int64_t i) {
    const Real dx = load<Real>(&x_[i]) - load<Real>(&goal_x_[i]);
    const Real dy = load<Real>(&y_[i]) - load<Real>(&goal_y_[i]);
    const Real near = Real{} + four_rooms::kGoalRadius * four_rooms::kGoalRadius;
    const Mask none{};
    const Mask here = dx * dx + dy * dy < near ? ~none : none;
    const Mask over = load<Mask>(&steps_[i]) >= limit ? ~none : none;
    // An ended row stays as it is: once terminated always so, and its steps no longer grow.
    const Mask arrived = (here & load<Mask>(&running_[i])) | load<Mask>(&terminated_[i]);
    const Mask late = over & ~arrived;
    store(arrived, &terminated_[i]);
    store(late, &truncated_[i]);
    store(~(arrived | late), &running_[i]);
  });
}

Tensor FourRooms::state() const {
  const std::int64_t fields = spec_.state.shape[0];
  Tensor states = at::empty({batch_, fields});
  float* out = states.data_ptr<float>();
  for (std::int64_t row = 0; row < batch_; ++row) {
    const auto i = static_cast<std::size_t>(row);
    *out++ = x_[i];
    *out++ = y_[i];
    *out++ = door_[i];
    for (const DistractorColumns& columns : distractors_) {
      *out++ = columns.x[i];
      *out++ = columns.y[i];
      *out++ = columns.heading[i];
    }
  }
  return states;
}

four_rooms::Scene FourRooms::scene(std::int64_t row) const {
  const auto i = static_cast<std::size_t>(row);
  four_rooms::Scene scene;
  scene.closed_door = static_cast<int>(door_[i]);
  scene.at[0] = {x_[i], y_[i]};
  for (const DistractorColumns& columns : distractors_) {
    scene.at[static_cast<std::size_t>(scene.bodies++)] = {columns.x[i], columns.y[i]};
  }
  return scene;
}

Observation FourRooms::observe() const {
  const std::int64_t side = options_.image_size;
  Tensor image = at::empty({batch_, side, side, 3}, at::kByte);
  std::uint8_t* pixels = image.data_ptr<std::uint8_t>();
  at::parallel_for(0, batch_, kDrawGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      painter_.draw(scene(row), pixels + row * painter_.bytes());
    }
  });
  return {{"image", image}};
}

Observation FourRooms::render(const Tensor& states) const {
  const std::int64_t fields = spec_.state.shape[0];
  const Tensor rows = checked_states("four_rooms.states", states, fields);
  const std::int64_t side = options_.image_size;
  Tensor image = at::empty({rows.size(0), side, side, 3}, at::kByte);
  const float* values = rows.data_ptr<float>();
  std::uint8_t* pixels = image.data_ptr<std::uint8_t>();
  at::parallel_for(0, rows.size(0), kDrawGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const float* state = values + row * fields;
      four_rooms::Scene scene;
      scene.closed_door = static_cast<int>(state[2]);
      scene.at[0] = {state[0], state[1]};
      for (const float* body = state + kFields; body < state + fields; body += kDistractorFields) {
        scene.at[static_cast<std::size_t>(scene.bodies++)] = {body[0], body[1]};
      }
      painter_.draw(scene, pixels + row * painter_.bytes());
    }
  });
  return {{"image", image}};
}

}  // namespace forethink
