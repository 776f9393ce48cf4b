// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/meadow.h"

#include <torch/torch.h>

#include <cmath>
#include <cstring>
#include <sstream>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/environments/meadow_image.h"

namespace forethink {

namespace {

constexpr std::int64_t kMeadowStepGrain = 1024;  // Rows a thread steps at least,
constexpr std::int64_t kMeadowDrawGrain = 64;    // and draws at least.
constexpr std::int64_t kVitals = 5;
constexpr float kOdometerMax = meadow::kStepMax;

EnvironmentSpec make_meadow_spec(const MeadowOptions& options) {
  EnvironmentSpec spec;
  spec.name = "meadow";
  const std::int64_t size = options.image_size;
  spec.observation = {
      {"image", {size, size, 3}, at::kByte, "level", 0.0, 255.0},
      {"vitals", {kVitals}, at::kFloat, "share of the scale", 0.0, 1.0},
      {"proprioception", {2}, at::kFloat, "units moved", -kOdometerMax, kOdometerMax}};
  spec.action = {"action", {2}, at::kFloat, "units a step", -1.0, 1.0};
  spec.action_norm = 1.0;
  for (const meadow::Field& field : meadow::fields()) spec.state_fields.push_back(field.name);
  spec.state = {"state",        {meadow::kFields}, at::kFloat, "units, or shares",
                -meadow::kSide, meadow::kSide};
  spec.truths = {{"position", 0, 2}, {"energy", 4},      {"water", 5},
                 {"integrity", 6},   {"temperature", 7}, {"day", 9}};
  spec.world_size = options.view;
  spec.mortal = true;
  spec.episode_steps = options.episode_steps;
  return spec;
}

void check_fields(const std::string& name, const Tensor& rows) {
  const std::vector<meadow::Field>& fields = meadow::fields();
  const float* value = rows.data_ptr<float>();
  for (std::int64_t row = 0; row < rows.size(0); ++row) {
    for (const meadow::Field& field : fields) {
      const float v = *value++;
      if (v >= field.low && v <= field.high) continue;
      std::ostringstream text;
      text << name << '[' << row << "]." << field.name << " = " << v << ", must lie in "
           << field.low << " .. " << field.high;
      throw DataError(text.str());
    }
  }
}

}  // namespace

void MeadowOptions::validate() const {
  expect_setting(image_size >= 16 && image_size <= 256, "meadow.image_size", image_size,
                 "16 <= image_size <= 256");
  expect_setting(view >= 4.0 && view <= 64.0, "meadow.view", view, "4 <= view <= 64");
  expect_setting(episode_steps >= 1 && episode_steps <= 1'000'000'000, "meadow.episode_steps",
                 episode_steps, "1 <= episode_steps <= 1e9");
  expect_setting(hidden_thorns >= 0 && hidden_thorns <= meadow::kThorns, "meadow.hidden_thorns",
                 hidden_thorns, "0 <= hidden_thorns <= 12");
  expect_setting(wind >= 0.0 && wind <= 0.6, "meadow.wind", wind, "0 <= wind <= 0.6");
  expect_setting(slip >= 0.0 && slip <= 0.95, "meadow.slip", slip, "0 <= slip <= 0.95");
  expect_setting(wander_share >= 0.0 && wander_share <= 1.0, "meadow.wander_share", wander_share,
                 "0 <= wander_share <= 1");
  expect_setting(forget_share >= 0.0 && wander_share + forget_share <= 1.0, "meadow.forget_share",
                 forget_share, "0 <= forget_share <= 1 - wander_share");
  expect_setting(careless_share >= 0.0 && careless_share <= 1.0, "meadow.careless_share",
                 careless_share, "0 <= careless_share <= 1");
  expect_setting(std::isfinite(behaviour_noise) && behaviour_noise >= 0.0, "meadow.behaviour_noise",
                 behaviour_noise, "behaviour_noise >= 0");
  expect_setting(whim_share >= 0.0 && whim_share <= 0.9, "meadow.whim_share", whim_share,
                 "0 <= whim_share <= 0.9");
}

meadow::Climate climate_of(const MeadowOptions& options) {
  return {.wind = static_cast<float>(options.wind),
          .slip = static_cast<float>(options.slip),
          .hidden_thorns = static_cast<int>(options.hidden_thorns)};
}

std::vector<meadow::World> meadow_worlds(const std::string& name, const Tensor& states) {
  expect_shape(name, states, {kAny, meadow::kFields});
  expect_finite(name, states);
  const Tensor rows = states.detach().to(at::kCPU, at::kFloat).contiguous();
  check_fields(name, rows);
  std::vector<meadow::World> worlds(static_cast<std::size_t>(rows.size(0)));
  std::memcpy(static_cast<void*>(worlds.data()), rows.data_ptr<float>(),
              worlds.size() * sizeof(meadow::World));
  return worlds;
}

Tensor meadow_states(const std::vector<meadow::World>& worlds) {
  Tensor states = at::empty({static_cast<std::int64_t>(worlds.size()), meadow::kFields});
  std::memcpy(states.data_ptr<float>(), worlds.data(), worlds.size() * sizeof(meadow::World));
  return states;
}

Meadow::Meadow(const MeadowOptions& options)
    : options_((options.validate(), options)), spec_(make_meadow_spec(options)) {}

void Meadow::reset(std::int64_t batch, RandomStream& rng) {
  expect_setting(batch >= 1, "meadow.reset.batch", batch, "batch >= 1");
  const std::uint64_t key = rng.word();
  const meadow::Climate climate = climate_of(options_);
  steps_ = 0;
  rows_.resize(static_cast<std::size_t>(batch));
  at::parallel_for(0, batch, kMeadowDrawGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      rows_[static_cast<std::size_t>(row)] = meadow::draw_world(key, row, climate);
    }
  });
}

void Meadow::reset_to(const Tensor& states, const Tensor& goals, RandomStream& rng) {
  std::vector<meadow::World> worlds = meadow_worlds("meadow.states", states);
  if (goals.defined()) {
    expect_shape("meadow.goals", goals, {states.size(0), meadow::kFields});
    throw ConfigError("meadow.goals: the meadow has no goals, leave them undefined");
  }
  rng.word();  // One draw, as every environment takes; no step is left to chance.
  steps_ = 0;
  rows_ = std::move(worlds);
}

StepResult Meadow::step(const Tensor& actions) {
  const auto batch = static_cast<std::int64_t>(rows_.size());
  expect_shape("meadow.actions", actions, {batch, 2});
  const Tensor pushes = actions.detach().to(at::kCPU, at::kFloat).contiguous();
  expect_finite("meadow.actions", pushes);
  const float* push = pushes.data_ptr<float>();
  StepResult result{at::empty({batch}, at::kBool), at::empty({batch}, at::kBool)};
  bool* terminated = result.terminated.data_ptr<bool>();
  bool* truncated = result.truncated.data_ptr<bool>();
  const bool was_over = steps_ >= options_.episode_steps;
  if (!was_over) ++steps_;
  const bool over = steps_ >= options_.episode_steps;
  at::parallel_for(0, batch, kMeadowStepGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      meadow::World& world = rows_[static_cast<std::size_t>(row)];
      if (!was_over && !meadow::is_dead(world)) {
        meadow::step(world, meadow::to_push({push[2 * row], push[2 * row + 1]}));
      }
      terminated[row] = meadow::is_dead(world);
      truncated[row] = over && !terminated[row];
    }
  });
  return result;
}

Tensor Meadow::state() const { return meadow_states(rows_); }

Observation Meadow::look(const meadow::World* worlds, std::int64_t count) const {
  const std::int64_t size = options_.image_size;
  Tensor image = at::empty({count, size, size, 3}, at::kByte);
  Tensor vitals = at::empty({count, kVitals});
  Tensor moved = at::empty({count, 2});
  std::uint8_t* pixels = image.data_ptr<std::uint8_t>();
  float* reading = vitals.data_ptr<float>();
  float* odometer = moved.data_ptr<float>();
  at::parallel_for(0, count, kMeadowDrawGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const meadow::World& w = worlds[row];
      meadow::draw_view(w, static_cast<int>(size), static_cast<float>(options_.view),
                        pixels + row * size * size * 3);
      const float felt[kVitals] = {w.energy, w.water, w.integrity, w.temperature, w.effort};
      std::copy_n(felt, kVitals, reading + row * kVitals);
      odometer[2 * row] = std::clamp(w.moved.x, -kOdometerMax, kOdometerMax);
      odometer[2 * row + 1] = std::clamp(w.moved.y, -kOdometerMax, kOdometerMax);
    }
  });
  return {{"image", image}, {"vitals", vitals}, {"proprioception", moved}};
}

Observation Meadow::observe() const {
  return look(rows_.data(), static_cast<std::int64_t>(rows_.size()));
}

Observation Meadow::render(const Tensor& states) const {
  const std::vector<meadow::World> worlds = meadow_worlds("meadow.states", states);
  return look(worlds.data(), static_cast<std::int64_t>(worlds.size()));
}

}  // namespace forethink
