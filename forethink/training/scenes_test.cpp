// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/scenes.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

#include "forethink/core/error.h"

namespace forethink {
namespace {

// A ring of 12 cells that is cut before one of them, somewhere else in every episode. A state tells
// the cell loudly and the cut softly, each as a point on a circle; an action moves one cell unless
// the cut is in the way.
constexpr std::int64_t kRing = 12, kRows = 24, kEpisodes = 144;
constexpr double kSoftly = 0.2;

Tensor circle(const Tensor& places) {
  const Tensor angle = places.to(at::kFloat) * (2 * std::numbers::pi / kRing);
  return at::stack({angle.cos(), angle.sin()}, -1);
}

Tensor states_of(const Tensor& cells, const Tensor& cuts) {
  return at::cat({circle(cells), kSoftly * circle(cuts)}, -1);
}

Tensor place_on(const Tensor& circle) {
  const Tensor angle = at::atan2(circle.select(1, 1), circle.select(1, 0));
  return at::round(angle * (kRing / (2 * std::numbers::pi))).to(at::kLong).remainder(kRing);
}
Tensor cells_of(const Tensor& states) { return place_on(states.narrow(1, 0, 2)); }
Tensor cuts_of(const Tensor& states) { return place_on(states.narrow(1, 2, 2)); }

// Cells counted from the cut: 0 is just behind it, and 0 and 11 are neighbours that are apart.
Tensor from_cut(const Tensor& states) {
  return (cells_of(states) - cuts_of(states)).remainder(kRing);
}

Tensor ring_step(const Tensor& states, const Tensor& actions) {
  const Tensor moved =
      (from_cut(states) + actions.select(1, 0).to(at::kLong)).clamp(0, kRing - 1);  // [N]
  const Tensor cuts = cuts_of(states);
  return states_of((moved + cuts).remainder(kRing), cuts);
}

// Each episode stays near one cell: where an episode was tells its mean more than the cut does.
RecordedStates wanderings() {
  RandomStream rng(1, "ring");
  const Tensor cuts = at::arange(kEpisodes).remainder(kRing).unsqueeze(1);  // [E, 1]
  const Tensor middle = rng.integers({kEpisodes, 1}, 0, kRing);             // [E, 1]
  const Tensor cells = middle + rng.integers({kEpisodes, kRows}, -3, 4);    // [E, T]
  const Tensor states = states_of(cells.remainder(kRing), cuts.expand_as(cells));
  return {states.reshape({kEpisodes * kRows, 4}).contiguous(), at::arange(kEpisodes) * kRows,
          at::full({kEpisodes}, kRows, at::kLong)};
}

Tensor cut_of_episode(const RecordedStates& recorded) {
  return cuts_of(recorded.states.index_select(0, recorded.ep_offset));
}

// Share of the 8 episodes nearest to each that have the same cut.
double alike(const Tensor& features, const Tensor& cuts) {
  const Tensor nearest = at::cdist(features, features)
                             .fill_diagonal_(1e9)
                             .argsort(/*stable=*/true, 1)
                             .narrow(1, 0, 8);  // [E, 8]
  const Tensor found = cuts.index_select(0, nearest.reshape(-1)).view({-1, 8});
  return found.eq(cuts.unsqueeze(1)).to(at::kDouble).mean().item<double>();
}

TEST(WhatLasts, TellsEpisodesByWhatLastsAndNotByWhereTheyWere) {
  const RecordedStates recorded = wanderings();
  const Tensor cuts = cut_of_episode(recorded);
  const Tensor means = recorded.states.view({kEpisodes, kRows, 4}).mean(1);
  EXPECT_LT(alike(means, cuts), 0.6);
  EXPECT_EQ(alike(what_lasts(recorded, 2), cuts), 1.0);
}

TEST(WhatLasts, DoesNotDependOnTheScalesOfTheStates) {
  RecordedStates recorded = wanderings();
  recorded.states = recorded.states * at::tensor({0.01F, 5.0F, 0.3F, 40.0F}) + 3.0;
  EXPECT_EQ(alike(what_lasts(recorded, 2), cut_of_episode(recorded)), 1.0);
}

TEST(WhatLasts, KeepsAtMostAllDirections) {
  EXPECT_EQ(what_lasts(wanderings(), 100).sizes(), at::IntArrayRef({kEpisodes, 4}));
  EXPECT_THROW(what_lasts(wanderings(), 0), ConfigError);
}

Tensor back_and_forth(std::int64_t nodes) {
  return at::tensor({-1.0F, 1.0F}).view({1, 2, 1}).repeat({nodes, 1, 1});
}

TEST(SceneCosts, AreThePathLengthsWithinEachScene) {
  const RecordedStates recorded = wanderings();
  const SceneOptions options{.scenes = 30,
                             .nodes = 240,
                             .goals = 7,
                             .lasting = 2,
                             .graph = {.push_steps = 1,
                                       .snap_threshold = 1e-4,
                                       .neighbours = 239,  // All of a node's twins.

                                       .neighbour_threshold = 1e-6,
                                       .neighbour_cost = 0.0}};
  RandomStream rng(2, "scenes");
  double done = 0.0;
  const KnownCosts known = scene_costs(recorded, ring_step, back_and_forth(options.nodes), options,
                                       rng, [&](double share) { done = share; });
  EXPECT_EQ(done, 1.0);
  ASSERT_EQ(known.nodes.sizes(), at::IntArrayRef({30, 240}));
  ASSERT_EQ(known.cost.sizes(), at::IntArrayRef({30, 7, 240}));
  std::int64_t joined = 0;
  for (std::int64_t scene = 0; scene < 30; ++scene) {
    const Tensor nodes = known.states.index_select(0, known.nodes[scene]);  // [M, 4]
    EXPECT_TRUE(cuts_of(nodes).eq(cuts_of(nodes)[0]).all().item<bool>()) << "scene " << scene;
    const Tensor goals = from_cut(nodes.index_select(0, known.goals[scene]));
    const Tensor truth =
        (goals.unsqueeze(1) - from_cut(nodes).unsqueeze(0)).abs().to(at::kFloat);  // [G, M]
    const Tensor reached = known.cost[scene].lt(known.unreachable);
    joined += reached.sum().item<std::int64_t>();
    EXPECT_LE((known.cost[scene] - truth).masked_select(reached).abs().max().item<float>(), 0.01F);
    EXPECT_TRUE((known.cost[scene] > truth - 0.01).all().item<bool>()) << "a way through the cut";
  }
  EXPECT_GT(static_cast<double>(joined) / static_cast<double>(known.cost.numel()), 0.9);
}

TEST(SceneCosts, RefusesFewerStatesThanNodes) {
  const RecordedStates recorded = wanderings();
  const SceneOptions options{.nodes = kEpisodes * kRows + 1};
  RandomStream rng(2, "scenes");
  try {
    scene_costs(recorded, ring_step, back_and_forth(options.nodes), options, rng);
    FAIL() << "not refused";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "scenes: 3456 recorded states are fewer than scenes.nodes = 3457");
  }
}

TEST(SceneOptions, NamesTheSettingThatBreaksItsRule) {
  const auto names = [](const SceneOptions& options, const std::string& field) {
    try {
      options.validate();
      ADD_FAILURE() << field << " was not refused";
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(field), std::string::npos) << error.what();
    }
  };
  names({.scenes = 0}, "scenes.scenes");
  names({.nodes = 1}, "scenes.nodes");
  names({.goals = 0}, "scenes.goals");
  names({.lasting = 0}, "scenes.lasting");
  names({.directions = 0}, "scenes.directions");
  names({.graph = {.push_steps = 0}}, "roadmap.push_steps");
}

}  // namespace
}  // namespace forethink
