// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/meadow_grid.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/environments/meadow_image.h"

namespace forethink {

namespace meadow_grid {
namespace {

constexpr std::int64_t kThornsCost = 2;
constexpr std::array<const char*, kSide> kMap{".....",  //
                                              ".F!..",  //
                                              ".##W.",  //
                                              ".....",  //
                                              "....."};
constexpr std::array<std::array<std::int64_t, 2>, kMoves> kWays{
    {{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}}};

bool is_open(std::int64_t x, std::int64_t y) {
  return x >= 0 && y >= 0 && x < kSide && y < kSide && cell(x, y) != '#';
}

}  // namespace

char cell(std::int64_t x, std::int64_t y) {
  return kMap[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
}

Place place_of(std::int64_t index) {
  const std::int64_t at = index / (kLevels * kLevels);
  return {at % kSide, at / kSide, index / kLevels % kLevels, index % kLevels};
}

Place next(Place from, std::int64_t move) {
  if (is_dead(from)) return from;
  const auto& way = kWays[static_cast<std::size_t>(move)];
  Place to = from;
  if (is_open(from.x + way[0], from.y + way[1])) {
    to.x += way[0];
    to.y += way[1];
  }
  const char here = cell(to.x, to.y);
  to.energy = std::max<std::int64_t>(0, to.energy - (here == '!' ? 1 + kThornsCost : 1));
  to.water -= 1;
  if (here == 'F') to.energy = kTop;
  if (here == 'W') to.water = kTop;
  return to;
}

std::int64_t move_of(float x, float y) {
  constexpr float least = 0.5F;
  x = std::clamp(x, -1.0F, 1.0F);
  y = std::clamp(y, -1.0F, 1.0F);
  const bool across = std::abs(x) >= std::abs(y);
  if (std::max(std::abs(x), std::abs(y)) < least) return 0;
  if (across) return x > 0.0F ? 1 : 2;
  return y > 0.0F ? 3 : 4;
}

namespace {

meadow::Colour colour_of(char here) {
  switch (here) {
    case 'F':
      return meadow::kRipe;
    case 'W':
      return meadow::kLake;
    case '!':
      return meadow::kThorny;
    case '#':
      return meadow::kStone;
    default:
      return meadow::kGrass;
  }
}

void fill_box(std::uint8_t* pixels, std::int64_t x, std::int64_t y, std::int64_t width,
              std::int64_t height, meadow::Colour colour) {
  const auto side = static_cast<int>(kPixels);
  meadow::fill({pixels + (y * kPixels + x) * 3,
                static_cast<int>(width),
                static_cast<int>(height),
                side,
                {},
                1.0F},
               colour);
}

void draw(const Place& place, std::uint8_t* pixels) {
  constexpr std::int64_t size = 4;
  fill_box(pixels, 0, 0, kPixels, kPixels, meadow::kBeyond);
  for (std::int64_t y = 0; y < kSide; ++y) {
    for (std::int64_t x = 0; x < kSide; ++x) {
      fill_box(pixels, size * x, size * y, size, size, colour_of(cell(x, y)));
    }
  }
  fill_box(pixels, size * place.x + 1, size * place.y + 1, 2, 2, meadow::kBody);
  // Bars below the map, each level another length.
  const auto bar = [&](std::int64_t y, std::int64_t level, meadow::Colour colour) {
    if (level > 0) fill_box(pixels, 0, y, kPixels * level / kTop, 1, colour);
  };
  bar(21, place.energy, meadow::kRipe);
  bar(23, place.water, meadow::kLake);
}

// Steps from each cell to the nearest cell with this letter, by repeated relaxation.
std::array<std::int64_t, kCells> steps_to(char wanted) {
  std::array<std::int64_t, kCells> steps{};
  for (std::int64_t i = 0; i < kCells; ++i) {
    steps[static_cast<std::size_t>(i)] = cell(i % kSide, i / kSide) == wanted ? 0 : kCells;
  }
  for (std::int64_t round = 0; round < kCells; ++round) {
    for (std::int64_t i = 0; i < kCells; ++i) {
      for (const auto& way : kWays) {
        const std::int64_t x = i % kSide + way[0];
        const std::int64_t y = i / kSide + way[1];
        if (!is_open(x, y)) continue;
        auto& mine = steps[static_cast<std::size_t>(i)];
        mine = std::min(mine, 1 + steps[static_cast<std::size_t>(y * kSide + x)]);
      }
    }
  }
  return steps;
}

// The move that brings the agent nearer to what is lower.
std::int64_t seek(const Place& from) {
  static const auto to_food = steps_to('F');
  static const auto to_water = steps_to('W');
  const auto& steps = from.energy < from.water ? to_food : to_water;
  std::int64_t best = 0;
  std::int64_t least = kCells + 1;
  for (std::int64_t move = 0; move < kMoves; ++move) {
    const Place to = next(from, move);
    const std::int64_t left = steps[static_cast<std::size_t>(to.y * kSide + to.x)];
    if (left >= least) continue;
    least = left;
    best = move;
  }
  return best;
}

Observation look(const std::vector<Place>& places) {
  const auto count = static_cast<std::int64_t>(places.size());
  Tensor image = at::empty({count, kPixels, kPixels, 3}, at::kByte);
  Tensor where = at::zeros({count, kCells});
  Tensor vitals = at::empty({count, 2});
  for (std::int64_t row = 0; row < count; ++row) {
    const Place& p = places[static_cast<std::size_t>(row)];
    draw(p, image.data_ptr<std::uint8_t>() + row * kPixels * kPixels * 3);
    where.data_ptr<float>()[row * kCells + p.y * kSide + p.x] = 1.0F;
    vitals.data_ptr<float>()[2 * row] = static_cast<float>(p.energy) / kTop;
    vitals.data_ptr<float>()[2 * row + 1] = static_cast<float>(p.water) / kTop;
  }
  return {{"image", image}, {"place", where}, {"vitals", vitals}};
}

constexpr std::int64_t kGridFields = 4;
constexpr std::array<const char*, kGridFields> kGridNames{"agent_x", "agent_y", "energy", "water"};

std::vector<Place> checked_places(const std::string& name, const Tensor& states) {
  expect_shape(name, states, {kAny, kGridFields});
  expect_finite(name, states);
  const Tensor rows = states.detach().to(at::kCPU, at::kFloat).contiguous();
  const float* value = rows.data_ptr<float>();
  std::vector<Place> places;
  places.reserve(static_cast<std::size_t>(rows.size(0)));
  for (std::int64_t row = 0; row < rows.size(0); ++row) {
    std::array<std::int64_t, kGridFields> fields{};
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const float v = *value++;
      const std::int64_t last = i < 2 ? kSide - 1 : kTop;
      if (v != std::floor(v) || v < 0.0F || v > static_cast<float>(last)) {
        std::ostringstream text;
        text << name << '[' << row << "]." << kGridNames[i] << " = " << v
             << ", must be a whole number in 0 .. " << last;
        throw DataError(text.str());
      }
      fields[i] = static_cast<std::int64_t>(v);
    }
    places.push_back({fields[0], fields[1], fields[2], fields[3]});
  }
  return places;
}

void put(const Place& place, float* out) {
  for (const std::int64_t value : {place.x, place.y, place.energy, place.water}) {
    *out++ = static_cast<float>(value);
  }
}

Tensor to_states(const std::vector<Place>& places) {
  Tensor states = at::empty({static_cast<std::int64_t>(places.size()), kGridFields});
  for (std::size_t i = 0; i < places.size(); ++i) {
    put(places[i], states.data_ptr<float>() + i * kGridFields);
  }
  return states;
}

// A living agent on open ground, at least half fed.
Place draw_start(std::uint64_t key, std::int64_t row) {
  constexpr std::int64_t least = kTop / 2;
  for (std::uint64_t block = 0;; ++block) {
    const auto words = philox(key, static_cast<std::uint64_t>(row), block);
    const auto whole = [&](std::size_t i, std::int64_t low, std::int64_t high) {
      return low +
             static_cast<std::int64_t>(
                 (std::uint64_t{words[i]} * static_cast<std::uint64_t>(high - low + 1)) >> 32);
    };
    const std::int64_t at = whole(0, 0, kCells - 1);
    const Place start{at % kSide, at / kSide, whole(1, least, kTop), whole(2, least, kTop)};
    if (is_open(start.x, start.y)) return start;
  }
}

}  // namespace
}  // namespace meadow_grid

Tensor meadow_grid_transitions() {
  using namespace meadow_grid;
  Tensor table = at::empty({kStates, kMoves}, at::kLong);
  std::int64_t* out = table.data_ptr<std::int64_t>();
  for (std::int64_t s = 0; s < kStates; ++s) {
    for (std::int64_t move = 0; move < kMoves; ++move) *out++ = index_of(next(place_of(s), move));
  }
  return table;
}

Tensor meadow_grid_indices(const Tensor& states) {
  const auto places = meadow_grid::checked_places("meadow_grid.states", states);
  Tensor indices = at::empty({states.size(0)}, at::kLong);
  std::transform(places.begin(), places.end(), indices.data_ptr<std::int64_t>(),
                 meadow_grid::index_of);
  return indices;
}

Tensor meadow_grid_states(const Tensor& indices) {
  expect_indices("meadow_grid.indices", indices, meadow_grid::kStates);
  const Tensor numbers = indices.contiguous();
  std::vector<meadow_grid::Place> places(static_cast<std::size_t>(numbers.size(0)));
  std::transform(numbers.data_ptr<std::int64_t>(),
                 numbers.data_ptr<std::int64_t>() + numbers.size(0), places.begin(),
                 meadow_grid::place_of);
  return meadow_grid::to_states(places);
}

Tensor meadow_grid_actions() {
  Tensor actions = at::empty({meadow_grid::kMoves, 2});
  for (std::int64_t move = 0; move < meadow_grid::kMoves; ++move) {
    const auto& way = meadow_grid::kWays[static_cast<std::size_t>(move)];
    actions[move][0] = static_cast<float>(way[0]);
    actions[move][1] = static_cast<float>(way[1]);
  }
  return actions;
}

void MeadowGridOptions::validate() const {
  expect_setting(episode_steps >= 1 && episode_steps <= 1'000'000'000, "meadow_grid.episode_steps",
                 episode_steps, "1 <= episode_steps <= 1e9");
  expect_setting(seek_share >= 0.0 && seek_share <= 1.0, "meadow_grid.seek_share", seek_share,
                 "0 <= seek_share <= 1");
}

MeadowGrid::MeadowGrid(const MeadowGridOptions& options) : options_((options.validate(), options)) {
  using namespace meadow_grid;
  spec_.name = "meadow_grid";
  spec_.observation = {{"image", {kPixels, kPixels, 3}, at::kByte, "level", 0.0, 255.0},
                       {"place", {kCells}, at::kFloat, "1 where the agent is", 0.0, 1.0},
                       {"vitals", {2}, at::kFloat, "share of the scale", 0.0, 1.0}};
  spec_.action = {"action", {2}, at::kFloat, "stands for a move", -1.0, 1.0};
  spec_.state_fields.assign(kGridNames.begin(), kGridNames.end());
  spec_.state = {"state", {kGridFields}, at::kFloat, "cells, or levels", 0.0, kTop};
  spec_.truths = {{"position", 0, 2}, {"energy", 2, 1, kLevels}, {"water", 3, 1, kLevels}};
  spec_.world_size = kSide;
  spec_.mortal = true;
  spec_.episode_steps = options.episode_steps;
}

void MeadowGrid::reset(std::int64_t batch, RandomStream& rng) {
  expect_setting(batch >= 1, "meadow_grid.reset.batch", batch, "batch >= 1");
  const std::uint64_t key = rng.word();
  steps_ = 0;
  rows_.clear();
  for (std::int64_t row = 0; row < batch; ++row) {
    rows_.push_back(meadow_grid::draw_start(key, row));
  }
}

void MeadowGrid::reset_to(const Tensor& states, const Tensor& goals, RandomStream& rng) {
  std::vector<meadow_grid::Place> places =
      meadow_grid::checked_places("meadow_grid.states", states);
  if (goals.defined()) {
    expect_shape("meadow_grid.goals", goals, {states.size(0), meadow_grid::kGridFields});
    throw ConfigError("meadow_grid.goals: the meadow has no goals, leave them undefined");
  }
  rng.word();  // One draw, as every environment takes; no step is left to chance.
  steps_ = 0;
  rows_ = std::move(places);
}

StepResult MeadowGrid::step(const Tensor& actions) {
  const auto batch = static_cast<std::int64_t>(rows_.size());
  expect_shape("meadow_grid.actions", actions, {batch, 2});
  const Tensor pushes = actions.detach().to(at::kCPU, at::kFloat).contiguous();
  expect_finite("meadow_grid.actions", pushes);
  const float* push = pushes.data_ptr<float>();
  StepResult result{at::empty({batch}, at::kBool), at::empty({batch}, at::kBool)};
  const bool was_over = steps_ >= options_.episode_steps;
  if (!was_over) ++steps_;
  for (std::int64_t row = 0; row < batch; ++row) {
    meadow_grid::Place& place = rows_[static_cast<std::size_t>(row)];
    if (!was_over) {
      place = meadow_grid::next(place, meadow_grid::move_of(push[2 * row], push[2 * row + 1]));
    }
    const bool dead = meadow_grid::is_dead(place);
    result.terminated.data_ptr<bool>()[row] = dead;
    result.truncated.data_ptr<bool>()[row] = !dead && steps_ >= options_.episode_steps;
  }
  return result;
}

Observation MeadowGrid::observe() const { return meadow_grid::look(rows_); }

Tensor MeadowGrid::state() const { return meadow_grid::to_states(rows_); }

Observation MeadowGrid::render(const Tensor& states) const {
  return meadow_grid::look(meadow_grid::checked_places("meadow_grid.states", states));
}

Recording record_meadow_grid(const MeadowGridOptions& options, const RecordingOptions& recording) {
  using namespace meadow_grid;
  options.validate();
  recording.validate();
  const std::int64_t T = recording.steps;
  Recording result{"meadow_grid", at::empty({recording.episodes, T, kGridFields}),
                   at::empty({recording.episodes, T, 2})};
  RandomStream rng(static_cast<std::uint64_t>(recording.seed), "meadow_grid.record");
  const std::uint64_t key = rng.word();
  const Tensor coins = rng.uniform({recording.episodes});
  const Tensor moves = rng.integers({recording.episodes, T}, 0, kMoves);
  for (std::int64_t e = 0; e < recording.episodes; ++e) {
    const bool seeks = coins.data_ptr<float>()[e] < static_cast<float>(options.seek_share);
    Place place = draw_start(key, e);
    for (std::int64_t i = e * T; i < (e + 1) * T; ++i) {
      const std::int64_t move = seeks ? seek(place) : moves.data_ptr<std::int64_t>()[i];
      const auto& way = kWays[static_cast<std::size_t>(move)];
      put(place, result.states.data_ptr<float>() + i * kGridFields);
      result.actions.data_ptr<float>()[2 * i] = static_cast<float>(way[0]);
      result.actions.data_ptr<float>()[2 * i + 1] = static_cast<float>(way[1]);
      place = next(place, move);
    }
  }
  return result;
}

}  // namespace forethink
