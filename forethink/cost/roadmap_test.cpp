// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/roadmap.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <queue>
#include <vector>

#include "forethink/core/error.h"

namespace forethink {
namespace {

// A maze of 9 x 5 cells with a wall at x = 4, in two layouts: open (a gap in the wall at y = 4) and
// shut. A state is [x, y, 10 * shut]; an action moves one cell, unless the wall is in the way.
constexpr std::int64_t kWidth = 9, kHeight = 5, kWall = 4, kGap = 4;

bool is_free(std::int64_t x, std::int64_t y, bool shut) {
  return x >= 0 && x < kWidth && y >= 0 && y < kHeight && (x != kWall || (y == kGap && !shut));
}

Tensor state_of(std::int64_t x, std::int64_t y, bool shut) {
  return at::tensor({static_cast<float>(x), static_cast<float>(y), shut ? 10.0F : 0.0F});
}

// All free cells of both layouts, [M, 3].
Tensor all_cells() {
  std::vector<Tensor> cells;
  for (const bool shut : {false, true}) {
    for (std::int64_t y = 0; y < kHeight; ++y) {
      for (std::int64_t x = 0; x < kWidth; ++x) {
        if (is_free(x, y, shut)) cells.push_back(state_of(x, y, shut));
      }
    }
  }
  return at::stack(cells);
}

Tensor move(const Tensor& states, const Tensor& actions) {
  Tensor next = states.clone();
  for (std::int64_t i = 0; i < states.size(0); ++i) {
    const auto x = std::lround(states[i][0].item<float>() + actions[i][0].item<float>());
    const auto y = std::lround(states[i][1].item<float>() + actions[i][1].item<float>());
    const bool shut = states[i][2].item<float>() > 5.0F;
    if (is_free(x, y, shut)) next[i] = state_of(x, y, shut);
  }
  return next;
}

Tensor four_directions() {
  return at::tensor({1.0F, 0.0F, -1.0F, 0.0F, 0.0F, 1.0F, 0.0F, -1.0F}).view({4, 2});
}

// Steps between two cells by breadth-first search, or -1.
std::int64_t steps_between(const Tensor& from, const Tensor& to) {
  const auto x0 = from[0].item<std::int64_t>(), y0 = from[1].item<std::int64_t>();
  const bool shut = from[2].item<float>() > 5.0F;
  if (to[2].item<float>() != from[2].item<float>()) return -1;
  std::vector<std::int64_t> seen(kWidth * kHeight, -1);
  std::queue<std::pair<std::int64_t, std::int64_t>> queue;
  seen[y0 * kWidth + x0] = 0;
  queue.emplace(x0, y0);
  while (!queue.empty()) {
    const auto [x, y] = queue.front();
    queue.pop();
    const std::int64_t neighbours[4][2] = {{x + 1, y}, {x - 1, y}, {x, y + 1}, {x, y - 1}};
    for (const auto& [nx, ny] : neighbours) {
      if (!is_free(nx, ny, shut) || seen[ny * kWidth + nx] >= 0) continue;
      seen[ny * kWidth + nx] = seen[y * kWidth + x] + 1;
      queue.emplace(nx, ny);
    }
  }
  return seen[to[1].item<std::int64_t>() * kWidth + to[0].item<std::int64_t>()];
}

Roadmap maze_roadmap(const RoadmapOptions& options = {}, const StepFunction& step = move) {
  return Roadmap::build(all_cells(), step, four_directions(), options);
}

// Remaining cost from one state to one goal.
float remaining(const Roadmap& roadmap, const Tensor& state, const Tensor& goal) {
  const auto to_goal = roadmap.to(goal.unsqueeze(0));
  return (*to_goal)(state.view({1, 1, 3}), at::zeros({1}, at::kLong)).item<float>();
}

TEST(Roadmap, CostsWhatBreadthFirstSearchFindsForAnyPushLength) {
  for (const std::int64_t push_steps : {1, 2, 3}) {
    const Roadmap roadmap = maze_roadmap({.push_steps = push_steps});
    const Tensor& cells = roadmap.bank();
    const std::int64_t M = cells.size(0);
    const RoadmapTable table = roadmap.distances_to(at::arange(M));
    for (std::int64_t goal = 0; goal < M; goal += 3) {
      for (std::int64_t node = 0; node < M; ++node) {
        const std::int64_t steps = steps_between(cells[node], cells[goal]);
        const float expected = steps < 0 ? 1000.0F : static_cast<float>(steps);
        ASSERT_EQ(table.cost[goal][node].item<float>(), expected) << node << " to " << goal;
      }
    }
  }
}

TEST(Roadmap, GoesRoundTheWallThatTheStraightLineCrosses) {
  const Roadmap roadmap = maze_roadmap();
  // Two cells apart, but the way leads through the gap at y = 4: 4 up, 2 across, 4 down.
  EXPECT_NEAR(remaining(roadmap, state_of(3, 0, false), state_of(5, 0, false)), 10.0F, 1e-4);
  EXPECT_NEAR(remaining(roadmap, state_of(3, 4, false), state_of(5, 4, false)), 2.0F, 1e-4);
}

TEST(Roadmap, NeverCrossesAShutWallNorFromLayoutToLayout) {
  const Roadmap roadmap = maze_roadmap();
  EXPECT_GE(remaining(roadmap, state_of(3, 4, true), state_of(5, 4, true)), 1000.0F);
  EXPECT_GE(remaining(roadmap, state_of(3, 4, false), state_of(3, 4, true)), 1000.0F);
  EXPECT_TRUE(std::isfinite(remaining(roadmap, state_of(3, 4, true), state_of(5, 4, true))));
  // Open: 41 cells that all reach each other; shut: twice 20.
  const double pairs = 41 * 41 + 2 * 20 * 20;
  const std::int64_t M = 81;
  EXPECT_NEAR(roadmap.distances_to(at::arange(M)).reached, pairs / (M * M), 1e-12);
  EXPECT_NEAR(roadmap.reached_fraction(0.02, M), pairs / (M * M), 1e-12);
}

TEST(Roadmap, ASingleWrongEdgeJoinsWhatIsApartAndTheReachedFractionTells) {
  // From one cell of the shut layout, pushing right lands beyond the wall, though a little off any
  // remembered state: 0.3 cells, d2 = 0.03.
  const StepFunction leaky = [](const Tensor& states, const Tensor& actions) {
    Tensor next = move(states, actions);
    for (std::int64_t i = 0; i < states.size(0); ++i) {
      if (at::equal(states[i], state_of(3, 0, true)) && actions[i][0].item<float>() > 0.0F) {
        next[i] = state_of(5, 0, true);
        next[i][1] = 0.3;
      }
    }
    return next;
  };
  const RoadmapOptions loose{.push_steps = 1, .snap_threshold = 0.05};
  const Roadmap roadmap = maze_roadmap(loose, leaky);
  EXPECT_EQ(roadmap.graph().edges(), maze_roadmap({.push_steps = 1}).graph().edges() + 1);
  EXPECT_LT(remaining(roadmap, state_of(0, 4, true), state_of(8, 4, true)), 20.0F);
  EXPECT_GT(roadmap.reached_fraction(0.05, 81), roadmap.reached_fraction(0.02, 81) + 0.05);
  // The stricter threshold leaves the edge out.
  const Roadmap strict = maze_roadmap({.push_steps = 1, .snap_threshold = 0.02}, leaky);
  EXPECT_GE(remaining(strict, state_of(0, 4, true), state_of(8, 4, true)), 1000.0F);
  EXPECT_EQ(strict.counters().dropped, 1);
}

TEST(Roadmap, PaysForSnapsAndForTheWayToTheNodes) {
  // Two nodes one step apart; the step ends 0.1 short of the second: d2 = 0.01 / 1.
  const Tensor bank = at::tensor({0.0F, 2.0F}).view({2, 1});
  const StepFunction step = [](const Tensor& states, const Tensor& actions) {
    return states + actions * 1.9;
  };
  const RoadmapOptions options{
      .push_steps = 1, .snap_penalty = 3.0, .neighbours = 0, .distance_cost = 5.0};
  const Roadmap roadmap = Roadmap::build(bank, step, at::ones({1, 1}), options);
  ASSERT_EQ(roadmap.graph().edges(), 1);
  EXPECT_NEAR(roadmap.graph().cost.item<float>(), 1.0 + 3.0 * 0.1, 1e-5);
  const auto to_goal = roadmap.to(at::full({1, 1}, 2.2));
  const Tensor states = at::tensor({-0.5F, 2.25F, 3.0F}).view({1, 3, 1});
  const Tensor costs = (*to_goal)(states, at::zeros({1}, at::kLong));
  EXPECT_NEAR(costs[0][0].item<float>(), 5 * 0.5 + 1.3 + 5 * 0.2, 1e-4);  // By the node and edge.
  EXPECT_NEAR(costs[0][1].item<float>(), 5 * 0.05, 1e-4);                 // Straight to the goal.
  EXPECT_NEAR(costs[0][2].item<float>(), 5 * 1.0 + 5 * 0.2, 1e-4);        // Too far for that.
}

TEST(Roadmap, JoinsNearNeighboursWithoutAPush) {
  const Tensor bank = at::tensor({0.0F, 0.05F, 1.0F}).view({3, 1});
  const StepFunction stay = [](const Tensor& states, const Tensor&) { return states; };
  const Roadmap roadmap =
      Roadmap::build(bank, stay, at::zeros({1, 1}), {.neighbour_cost = 0.5, .distance_cost = 4.0});
  EXPECT_TRUE(at::equal(roadmap.graph().target, at::tensor({1, 0}, at::kLong)));
  EXPECT_TRUE(at::allclose(roadmap.graph().cost, at::full({2}, 0.5 + 4 * 0.05)));
}

TEST(Roadmap, LooksUpEveryTaskInItsOwnRow) {
  const Roadmap roadmap = maze_roadmap();
  const auto to_goals =
      roadmap.to(at::stack({state_of(0, 0, false), state_of(8, 0, false), state_of(0, 0, true)}));
  const Tensor states = at::stack({state_of(2, 0, false), state_of(6, 0, false)}).expand({3, 2, 3});
  const Tensor costs = (*to_goals)(states, at::tensor({1, 0, 1}, at::kLong));
  const Tensor expected = at::tensor({14.0F, 2.0F, 2.0F, 14.0F, 14.0F, 2.0F}).view({3, 2});
  EXPECT_TRUE(at::allclose(costs, expected, 0, 1e-4));
}

TEST(Roadmap, GradientAgreesWithFiniteDifferences) {
  const Roadmap roadmap = maze_roadmap();
  const auto to_goal = roadmap.to(state_of(5, 0, false).unsqueeze(0));
  const Tensor tasks = at::zeros({1}, at::kLong);
  const Tensor base = at::tensor({3.2, 0.1, 0.05, 5.1, 0.1, 0.1}, at::kDouble).view({1, 2, 3});
  const Tensor states = base.clone().requires_grad_();
  (*to_goal)(states, tasks).sum().backward();
  for (std::int64_t i = 0; i < base.numel(); ++i) {
    Tensor up = base.clone(), down = base.clone();
    up.view(-1)[i] += 1e-6;
    down.view(-1)[i] -= 1e-6;
    // With gradient recording, so that the distance to the nodes is in float64 too.
    const auto value = [&](Tensor& x) { return (*to_goal)(x.requires_grad_(), tasks).sum(); };
    const double slope = (value(up) - value(down)).item<double>() / 2e-6;
    EXPECT_NEAR(states.grad().view(-1)[i].item<double>(), slope, 1e-6) << i;
  }
}

TEST(Roadmap, TakesCandidatesPerNode) {
  const Tensor cells = all_cells();
  const Tensor candidates = four_directions().expand({cells.size(0), 4, 2});
  const Roadmap roadmap = Roadmap::build(cells, move, candidates);
  EXPECT_TRUE(at::equal(roadmap.graph().target, maze_roadmap().graph().target));
  EXPECT_EQ(roadmap.counters().model_steps, 81 * 4 * 2);
}

TEST(Roadmap, DropsImaginedStatesThatAreNotFinite) {
  const StepFunction broken = [](const Tensor& states, const Tensor&) {
    return at::full_like(states, std::numeric_limits<float>::quiet_NaN());
  };
  const Roadmap roadmap = maze_roadmap({.push_steps = 1}, broken);
  EXPECT_EQ(roadmap.graph().edges(), 0);
  EXPECT_EQ(roadmap.counters().dropped, roadmap.counters().imagined);
}

TEST(Roadmap, OfRecordingsKnowsTheWaysThatWereGoneAndNoOthers) {
  // Recorded: along the top row from its left end to its right end, never back.
  std::vector<Tensor> way;
  for (std::int64_t x = 0; x < kWidth; ++x) way.push_back(state_of(x, kGap, false));
  const Tensor states = at::stack(way);
  const RoadmapOptions options{.snap_threshold = 1e-4, .neighbours = 0, .goal_nodes = 1};
  const Tensor from = at::arange(kWidth - 1, at::kLong);
  const Roadmap roadmap = Roadmap::of_recordings(states, states, from, from + 1, options);
  const Tensor to_both_ends = roadmap.table_to(at::stack({way.back(), way.front()})).cost;
  for (std::int64_t x = 0; x < kWidth; ++x) {
    EXPECT_FLOAT_EQ(to_both_ends[0][x].item<float>(), static_cast<float>(kWidth - 1 - x));
    const double back = to_both_ends[1][x].item<double>();
    EXPECT_DOUBLE_EQ(back, x == 0 ? 0.0 : options.unreachable);
  }
}

TEST(Roadmap, OfRecordingsPaysForBothSnapsAndDropsFarOnes) {
  const Tensor bank = at::tensor({0.0F, 0.0F, 0.0F, 3.0F, 0.0F, 0.0F}).view({2, 3});
  const Tensor shift = at::tensor({0.0F, 0.3F, 0.0F});  // d2 = 0.03.
  const RoadmapOptions options{.snap_threshold = 0.04, .snap_penalty = 2.0, .neighbours = 0};
  const Tensor first = at::zeros({1}, at::kLong), second = at::ones({1}, at::kLong);
  const Roadmap near = Roadmap::of_recordings(bank, bank + shift, first, second, options);
  ASSERT_EQ(near.graph().edges(), 1);
  EXPECT_NEAR(near.graph().cost[0].item<double>(), 1.0 + 2.0 * 2.0 * std::sqrt(0.03), 1e-5);
  const Roadmap far = Roadmap::of_recordings(bank, bank + 2.0 * shift, first, second, options);
  EXPECT_EQ(far.graph().edges(), 0);
  EXPECT_EQ(far.counters().dropped, 1);
  EXPECT_THROW(Roadmap::of_recordings(bank, bank, first, second + 1, options), ShapeError);
}

TEST(Roadmap, ReportsProgressToTheEnd) {
  std::vector<double> shares;
  Roadmap::build(all_cells(), move, four_directions(), {},
                 [&](double share) { shares.push_back(share); });
  ASSERT_FALSE(shares.empty());
  EXPECT_EQ(shares.back(), 1.0);
}

TEST(Roadmap, IsTheSameForAnyNumberOfThreadsAndAfterRestoring) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Roadmap one = maze_roadmap();
  const RoadmapTable first = one.table_to(all_cells());
  at::set_num_threads(2);
  const RoadmapTable second = maze_roadmap().table_to(all_cells());
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(first.cost, second.cost));
  const Roadmap restored = Roadmap::restore(one.state());
  EXPECT_TRUE(at::equal(first.cost, restored.table_to(all_cells()).cost));
  EXPECT_EQ(restored.counters().model_steps, one.counters().model_steps);
  EXPECT_EQ(restored.reached_fraction(0.02), one.reached_fraction(0.02));
}

// The maze in states `scale` times as large.
Roadmap scaled_maze(double scale) {
  const StepFunction scaled = [scale](const Tensor& states, const Tensor& actions) {
    return move(states / scale, actions) * scale;
  };
  return Roadmap::build(
      all_cells() * scale, scaled, four_directions(),
      {.in_steps = true, .snap_threshold = 0.1, .neighbour_threshold = 1.5, .distance_cost = 1.0});
}

TEST(Roadmap, SettingsInStepsHoldForStatesOfAnyScale) {
  const Roadmap plain = scaled_maze(1.0), large = scaled_maze(40.0);
  EXPECT_NEAR(plain.unit(), 1.0 / 3.0, 1e-6);  // One cell, in one of three dimensions.
  EXPECT_NEAR(large.unit(), 1600.0 / 3.0, 1e-3);
  EXPECT_NEAR(large.options().snap_threshold, 160.0 / 3.0, 1e-3);
  EXPECT_EQ(plain.graph().edges(), large.graph().edges());
  const Tensor cost = plain.table_to(all_cells()).cost;
  EXPECT_TRUE(at::allclose(cost, large.table_to(all_cells() * 40.0).cost, 1e-4, 1e-4));
  EXPECT_EQ(plain.reached_fraction(0.1), large.reached_fraction(0.1));
  const Roadmap restored = Roadmap::restore(
      large.state(), {.in_steps = true, .snap_threshold = 0.1, .distance_cost = 1.0});
  EXPECT_NEAR(restored.options().snap_threshold, 160.0 / 3.0, 1e-3);
  EXPECT_TRUE(at::allclose(cost, restored.table_to(all_cells() * 40.0).cost, 1e-4, 1e-4));
}

TEST(Roadmap, RefusesAUnitOfStepsThatLeadNowhere) {
  const StepFunction still = [](const Tensor& states, const Tensor&) { return states.clone(); };
  EXPECT_THROW(maze_roadmap({.in_steps = true}, still), DataError);
}

TEST(Roadmap, RefusesAStateThatDoesNotFit) {
  const auto good = maze_roadmap().state();
  for (const auto& [name, tensor] : good) {
    auto missing = good;
    missing.erase(name);
    EXPECT_THROW(Roadmap::restore(missing), CheckpointError) << name;
    auto cut = good;
    cut[name] = tensor.narrow(0, 0, tensor.size(0) - 1);
    EXPECT_THROW(Roadmap::restore(cut), CheckpointError) << name;
  }
  auto wild = good;
  wild["edge_target"] = good.at("edge_target") + 1000;
  EXPECT_THROW(Roadmap::restore(wild), CheckpointError);
}

TEST(Roadmap, RefusesInputsOfOtherShapes) {
  EXPECT_THROW(Roadmap::build(at::zeros({3}), move, four_directions()), ShapeError);
  EXPECT_THROW(Roadmap::build(all_cells(), move, at::zeros({2})), ShapeError);
  EXPECT_THROW(Roadmap::build(all_cells(), move, at::zeros({5, 4, 2})), ShapeError);
  const StepFunction misshapen = [](const Tensor& states, const Tensor&) {
    return states.narrow(1, 0, 1);
  };
  EXPECT_THROW(Roadmap::build(all_cells(), misshapen, four_directions()), ShapeError);
  EXPECT_THROW(maze_roadmap().to(at::zeros({1, 2})), ShapeError);
}

TEST(RoadmapOptions, NamesTheSettingThatBreaksItsRule) {
  const auto message = [](const RoadmapOptions& options) -> std::string {
    try {
      options.validate();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message({}), "no error");
  EXPECT_EQ(message({.push_steps = 0}), "roadmap.push_steps = 0, must satisfy push_steps >= 1");
  EXPECT_NE(message({.snap_threshold = 0}).find("roadmap.snap_threshold"), std::string::npos);
  EXPECT_NE(message({.snap_penalty = -1}).find("roadmap.snap_penalty"), std::string::npos);
  EXPECT_NE(message({.neighbours = -1}).find("roadmap.neighbours"), std::string::npos);
  EXPECT_NE(message({.neighbour_threshold = -1}).find("roadmap.neighbour_threshold"),
            std::string::npos);
  EXPECT_NE(message({.neighbour_cost = -1}).find("roadmap.neighbour_cost"), std::string::npos);
  EXPECT_NE(message({.distance_cost = 0}).find("roadmap.distance_cost"), std::string::npos);
  EXPECT_NE(message({.goal_nodes = 0}).find("roadmap.goal_nodes"), std::string::npos);
  EXPECT_NE(message({.state_nodes = 0}).find("roadmap.state_nodes"), std::string::npos);
  EXPECT_NE(message({.join_threshold = -1}).find("roadmap.join_threshold"), std::string::npos);
  EXPECT_NE(message({.unreachable = 0}).find("roadmap.unreachable"), std::string::npos);
}

}  // namespace
}  // namespace forethink
