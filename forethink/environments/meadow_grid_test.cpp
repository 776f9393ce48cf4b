// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/meadow_grid.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "tests/conformance/environment_conformance.h"

namespace forethink {
namespace {

using meadow_grid::kMoves;
using meadow_grid::kStates;
using meadow_grid::kTop;
using GridPlace = meadow_grid::Place;

// Whether each state can live for ever: the greatest set of the living that some move stays in.
std::vector<bool> immortal_states(const Tensor& table) {
  std::vector<bool> lives(kStates);
  for (std::int64_t s = 0; s < kStates; ++s) {
    lives[static_cast<std::size_t>(s)] = !meadow_grid::is_dead(meadow_grid::place_of(s));
  }
  const std::int64_t* to = table.data_ptr<std::int64_t>();
  for (bool changed = true; changed;) {
    changed = false;
    for (std::int64_t s = 0; s < kStates; ++s) {
      if (!lives[static_cast<std::size_t>(s)]) continue;
      const bool stays = std::any_of(to + s * kMoves, to + (s + 1) * kMoves, [&](std::int64_t t) {
        return lives[static_cast<std::size_t>(t)];
      });
      if (stays) continue;
      lives[static_cast<std::size_t>(s)] = false;
      changed = true;
    }
  }
  return lives;
}

bool at_index(const std::vector<bool>& lives, const GridPlace& place) {
  return lives[static_cast<std::size_t>(meadow_grid::index_of(place))];
}

TEST(MeadowGrid, ConformsWhateverItsLength) {
  MeadowGridOptions options;
  options.episode_steps = 12;
  conformance::expect_environment_conforms([&] { return std::make_unique<MeadowGrid>(options); });
}

TEST(MeadowGrid, FollowsItsTableFromEveryStateByEveryMove) {
  const Tensor table = meadow_grid_transitions();
  const Tensor indices = at::arange(kStates);
  const Tensor states = meadow_grid_states(indices);
  EXPECT_TRUE(at::equal(meadow_grid_indices(states), indices));
  MeadowGrid world;
  RandomStream rng(1, "test");
  for (std::int64_t move = 0; move < kMoves; ++move) {
    world.reset_to(states, {}, rng);
    const StepResult result = world.step(meadow_grid_actions()[move].expand({kStates, 2}));
    const Tensor arrived = meadow_grid_indices(world.state());
    EXPECT_TRUE(at::equal(arrived, table.select(1, move))) << move;
    const Tensor least = world.state().narrow(1, 2, 2).amin(1);
    EXPECT_TRUE(at::equal(result.terminated, least.eq(0))) << move;
  }
}

TEST(MeadowGrid, MovesEatsDrinksAndHurtsAsItsMapSays) {
  const auto expect_next = [](GridPlace from, std::int64_t move, GridPlace wanted) {
    EXPECT_EQ(meadow_grid::index_of(meadow_grid::next(from, move)), meadow_grid::index_of(wanted))
        << from.x << ' ' << from.y << ' ' << move;
  };
  expect_next({0, 0, 7, 6}, 0, {0, 0, 6, 5});     // Rest.
  expect_next({0, 0, 7, 6}, 1, {1, 0, 6, 5});     // Right.
  expect_next({0, 0, 7, 6}, 2, {0, 0, 6, 5});     // The border.
  expect_next({1, 0, 7, 6}, 3, {1, 1, kTop, 5});  // Food.
  expect_next({1, 1, 7, 6}, 3, {1, 1, kTop, 5});  // A rock; food where it stays.
  expect_next({1, 1, 7, 6}, 1, {2, 1, 4, 5});     // Thorns.
  expect_next({1, 1, 3, 6}, 1, {2, 1, 0, 5});     // Dead of them.
  expect_next({3, 1, 7, 1}, 3, {3, 2, 6, kTop});  // Water, with the last drop.
  expect_next({0, 0, 0, 6}, 1, {0, 0, 0, 6});     // The dead stay.
}

TEST(MeadowGrid, ReadsActionsAsMoves) {
  EXPECT_EQ(meadow_grid::move_of(0.0F, 0.0F), 0);
  EXPECT_EQ(meadow_grid::move_of(0.4F, -0.4F), 0);
  EXPECT_EQ(meadow_grid::move_of(0.5F, 0.5F), 1);
  EXPECT_EQ(meadow_grid::move_of(-0.9F, 0.5F), 2);
  EXPECT_EQ(meadow_grid::move_of(0.2F, 0.8F), 3);
  EXPECT_EQ(meadow_grid::move_of(0.2F, -0.8F), 4);
  const Tensor actions = meadow_grid_actions();
  for (std::int64_t move = 0; move < kMoves; ++move) {
    const float* action = actions.data_ptr<float>() + 2 * move;
    EXPECT_EQ(meadow_grid::move_of(action[0], action[1]), move);
  }
}

// The facts that the header states, by dynamic programming over the table.
TEST(MeadowGrid, CanBeLivedInForEverByWhoeverStartsWell) {
  const std::vector<bool> lives = immortal_states(meadow_grid_transitions());
  EXPECT_TRUE(at_index(lives, {1, 1, kTop, kTop}));  // On food.
  EXPECT_TRUE(at_index(lives, {3, 2, kTop, kTop}));  // On water.
  // From water to food: with 5 levels of energy it arrives (by either way), with 4 by none.
  EXPECT_TRUE(at_index(lives, {3, 2, 5, kTop}));
  EXPECT_FALSE(at_index(lives, {3, 2, 4, kTop}));
  // From food to water: 3 levels of water do by the thorns, 2 do not.
  EXPECT_TRUE(at_index(lives, {1, 1, kTop, 3}));
  EXPECT_FALSE(at_index(lives, {1, 1, kTop, 2}));
}

TEST(MeadowGrid, ShowsEveryStateDifferently) {
  const MeadowGrid world;
  // The same cell: all pairs of levels; the same levels: all cells.
  const Tensor alike = world.render(meadow_grid_states(at::arange(121))).at("image").flatten(1);
  EXPECT_EQ(std::get<0>(at::unique_dim(alike, 0)).size(0), 121);
  const Tensor cells = at::arange(meadow_grid::kCells) * 121 + 40;
  const Tensor moved = world.render(meadow_grid_states(cells)).at("image").flatten(1);
  EXPECT_EQ(std::get<0>(at::unique_dim(moved, 0)).size(0), meadow_grid::kCells);
}

TEST(MeadowGrid, RecordsSeekersThatLiveAndWanderersThatDie) {
  for (const double share : {0.0, 1.0}) {
    MeadowGridOptions options;
    options.seek_share = share;
    const Recording r = record_meadow_grid(options, {.episodes = 200, .steps = 100});
    const Tensor alive = r.states.select(1, 99).narrow(1, 2, 2).amin(1).gt(0);
    const double rate = alive.to(at::kDouble).mean().item<double>();
    EXPECT_TRUE(share > 0.5 ? rate > 0.3 : rate < 0.05) << rate;
  }
}

TEST(MeadowGrid, RefusesStatesAndSettingsThatDoNotFit) {
  MeadowGrid world;
  RandomStream rng(1, "test");
  try {
    world.reset_to(at::tensor({1.0F, 2.0F, 3.0F, 11.0F}).view({1, 4}), {}, rng);
    FAIL() << "expected DataError";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "meadow_grid.states[0].water = 11, must be a whole number in 0 .. 10");
  }
  EXPECT_THROW(world.render(at::full({1, 4}, 0.5)), DataError);
  EXPECT_THROW(meadow_grid_states(at::tensor({kStates})), ShapeError);
  MeadowGridOptions options;
  options.seek_share = 2.0;
  EXPECT_THROW(MeadowGrid{options}, ConfigError);
  options = {};
  options.episode_steps = 0;
  EXPECT_THROW(MeadowGrid{options}, ConfigError);
}

}  // namespace
}  // namespace forethink
