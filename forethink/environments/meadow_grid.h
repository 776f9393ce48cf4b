// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// MeadowGrid: the smallest world with needs, fully observed, whose every transition is in a table.
//
//     . . . . .      25 cells, x to the right and y down: W water, F food, # rock, ! thorns. Energy
//     . F ! . .      and water have 11 levels, 0 .. 10; at 0 of either the agent is dead. A step,
//     . # # W .      rest included, costs one level of each, and two more of energy where it ends
//     . . . . .      in thorns; then food or water fills its level where the agent stands in it.
//     . . . . .      Rocks and the border are not entered: the step is lost.
//
// Water is three steps from food through the thorns and five round them: there and back costs 10
// levels of energy and 6 of water by the one way, 10 and 10 by the other. Who starts well and keeps
// going lives for ever.
//
// Role:    an environment with exact answers: values by dynamic programming, plans by search.
// Source:  own design.
#pragma once

#include <cstdint>
#include <vector>

#include "forethink/environments/environment.h"
#include "forethink/environments/recording.h"

namespace forethink {

namespace meadow_grid {

inline constexpr std::int64_t kSide = 5;
inline constexpr std::int64_t kCells = kSide * kSide;
inline constexpr std::int64_t kTop = 10;
inline constexpr std::int64_t kLevels = kTop + 1;
inline constexpr std::int64_t kStates = kCells * kLevels * kLevels;
inline constexpr std::int64_t kMoves = 5;  ///< Rest, right, left, down, up.
inline constexpr std::int64_t kPixels = 24;

struct Place {
  std::int64_t x = 0;
  std::int64_t y = 0;
  std::int64_t energy = kTop;
  std::int64_t water = kTop;
};

inline bool is_dead(const Place& place) { return place.energy == 0 || place.water == 0; }

/// The state's number in 0 .. kStates - 1, and back.
inline std::int64_t index_of(const Place& p) {
  return ((p.y * kSide + p.x) * kLevels + p.energy) * kLevels + p.water;
}
Place place_of(std::int64_t index);

/// What is in a cell, a letter of the map above.
char cell(std::int64_t x, std::int64_t y);

/// Where a move leads; the dead stay as they are.
Place next(Place from, std::int64_t move);

/// The move that an action, clipped to [-1, 1], stands for: along its longer axis (x if they are
/// alike) if that is at least 0.5, else rest.
std::int64_t move_of(float x, float y);

}  // namespace meadow_grid

/// The whole world: [S = 3025, 5] int64, the number of the state that each move leads to.
Tensor meadow_grid_transitions();

/// States [N, 4] as their numbers [N] int64, and back.
Tensor meadow_grid_indices(const Tensor& states);
Tensor meadow_grid_states(const Tensor& indices);

/// An action for each move: [5, 2].
Tensor meadow_grid_actions();

/// Settings of `MeadowGrid` and of its recorded behaviour.
struct MeadowGridOptions {
  std::int64_t episode_steps = 200;  ///< Steps until truncation; >= 1.
  double seek_share = 0.5;  ///< Recorded episodes that go to what is low; in [0, 1]. The rest move
                            ///< at random.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("episode_steps", self.episode_steps);
    visit("seek_share", self.seek_share);
  }
};

/// State [V = 4]: agent_x, agent_y, energy, water, whole numbers. Actions [2] in [-1, 1], which
/// stand for moves (`meadow_grid::move_of`).
///
/// Sensors: "image" uint8 [24, 24, 3], cells of 4 pixels and a bar for each level; "place" float
/// [25], 1 where the agent is, else 0; "vitals" float [2]: energy and water in [0, 1]. A row ends
/// when its agent dies; nothing is left to chance but the start.
class MeadowGrid final : public Environment {
 public:
  /// @throws ConfigError  if `options` break a rule.
  explicit MeadowGrid(const MeadowGridOptions& options = {});

  const EnvironmentSpec& spec() const override { return spec_; }
  void reset(std::int64_t batch, RandomStream& rng) override;
  /// @throws ConfigError  if there are `goals`: the meadow has none.
  void reset_to(const Tensor& states, const Tensor& goals, RandomStream& rng) override;
  StepResult step(const Tensor& actions) override;
  Observation observe() const override;
  Tensor state() const override;
  Observation render(const Tensor& states) const override;

 private:
  MeadowGridOptions options_;
  EnvironmentSpec spec_;
  std::vector<meadow_grid::Place> rows_;
  std::int64_t steps_ = 0;  // All rows start together.
};

/// Records random moves, and a share of episodes that go to food or water, whichever is lower, by
/// the shortest way. @returns states [E, T, 4] and actions [E, T, 2].
Recording record_meadow_grid(const MeadowGridOptions& options, const RecordingOptions& recording);

}  // namespace forethink
