// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/shortest_paths.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <queue>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/random.h"

namespace forethink {
namespace {

constexpr float kFar = 1000.0F;

// Table with 0 at each goal and kFar elsewhere.
Tensor start_table(const std::vector<std::int64_t>& goals, std::int64_t nodes) {
  Tensor table = at::full({static_cast<std::int64_t>(goals.size()), nodes}, kFar);
  for (std::size_t g = 0; g < goals.size(); ++g) {
    table[static_cast<std::int64_t>(g)][goals[g]] = 0.0;
  }
  return table;
}

// Dijkstra's algorithm over the reversed edges, one goal: another way to the same numbers.
std::vector<float> dijkstra(const Graph& graph, std::int64_t goal) {
  std::vector<std::vector<std::pair<std::int64_t, float>>> reversed(graph.nodes());
  for (std::int64_t u = 0; u < graph.nodes(); ++u) {
    const auto end = graph.offset[u + 1].item<std::int64_t>();
    for (auto e = graph.offset[u].item<std::int64_t>(); e < end; ++e) {
      reversed[graph.target[e].item<std::int64_t>()].emplace_back(u, graph.cost[e].item<float>());
    }
  }
  std::vector<float> distance(graph.nodes(), kFar);
  std::priority_queue<std::pair<float, std::int64_t>> queue;
  distance[goal] = 0.0F;
  queue.emplace(0.0F, goal);
  while (!queue.empty()) {
    const auto [negative, node] = queue.top();
    queue.pop();
    if (-negative > distance[node]) continue;
    for (const auto& [before, cost] : reversed[node]) {
      if (cost + distance[node] >= distance[before]) continue;
      distance[before] = cost + distance[node];
      queue.emplace(-distance[before], before);
    }
  }
  return distance;
}

Graph random_graph(std::int64_t nodes, std::int64_t edges) {
  RandomStream rng(5, "graph");
  return make_graph(nodes, rng.integers({edges}, 0, nodes), rng.integers({edges}, 0, nodes),
                    rng.uniform({edges}, 0.1, 3.0))
      .graph;
}

TEST(ShortestPaths, KnowsASmallGraphByHeart) {
  // 0 -> 1 -> 2 costs 1 + 1, the direct 0 -> 2 costs 5; nothing leads to 0, and 3 stands alone.
  const Graph graph = make_graph(4, at::tensor({0, 1, 0}, at::kLong),
                                 at::tensor({1, 2, 2}, at::kLong), at::tensor({1.0F, 1.0F, 5.0F}))
                          .graph;
  Tensor table = start_table({2, 0}, 4);
  EXPECT_GE(lower_to_shortest_paths_(table, graph), 1);
  EXPECT_TRUE(
      at::equal(table, at::tensor({2.0F, 1.0F, 0.0F, kFar, 0.0F, kFar, kFar, kFar}).view({2, 4})));
}

TEST(ShortestPaths, AgreesWithDijkstraForMoreGoalsThanLanes) {
  const Graph graph = random_graph(200, 500);
  std::vector<std::int64_t> goals(37);
  for (std::size_t g = 0; g < goals.size(); ++g) goals[g] = static_cast<std::int64_t>(g * 5);
  Tensor table = start_table(goals, 200);
  lower_to_shortest_paths_(table, graph);
  for (std::size_t g = 0; g < goals.size(); ++g) {
    const Tensor expected = at::tensor(dijkstra(graph, goals[g]));
    EXPECT_TRUE(at::equal(table[static_cast<std::int64_t>(g)], expected)) << "goal " << goals[g];
  }
}

TEST(ShortestPaths, StartsFromWhatTheTableHolds) {
  const Graph chain = make_graph(3, at::tensor({0, 1}, at::kLong), at::tensor({1, 2}, at::kLong),
                                 at::tensor({1.0F, 1.0F}))
                          .graph;
  Tensor table = at::tensor({kFar, 7.0F, 6.5F}).view({1, 3});
  lower_to_shortest_paths_(table, chain);
  EXPECT_TRUE(at::equal(table, at::tensor({8.0F, 7.0F, 6.5F}).view({1, 3})));
}

TEST(ShortestPaths, IsTheSameForAnyNumberOfThreads) {
  const Graph graph = random_graph(300, 900);
  std::vector<std::int64_t> goals(50);
  for (std::size_t g = 0; g < goals.size(); ++g) goals[g] = static_cast<std::int64_t>(g);
  Tensor one = start_table(goals, 300), two = one.clone();
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const std::int64_t sweeps = lower_to_shortest_paths_(one, graph);
  at::set_num_threads(2);
  EXPECT_EQ(lower_to_shortest_paths_(two, graph), sweeps);
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(one, two));
}

TEST(MakeGraph, KeepsTheCheapestTwinAndNoLoop) {
  const auto made =
      make_graph(3, at::tensor({2, 0, 0, 1, 0}, at::kLong), at::tensor({0, 1, 1, 1, 2}, at::kLong),
                 at::tensor({1.0F, 4.0F, 3.0F, 2.0F, 5.0F}));
  EXPECT_TRUE(at::equal(made.graph.offset, at::tensor({0, 2, 2, 3}, at::kLong)));
  EXPECT_TRUE(at::equal(made.graph.target, at::tensor({1, 2, 0}, at::kLong)));
  EXPECT_TRUE(at::equal(made.graph.cost, at::tensor({3.0F, 5.0F, 1.0F})));
  EXPECT_TRUE(at::equal(made.kept, at::tensor({2, 4, 0}, at::kLong)));
}

TEST(Graph, RefusesWhatDoesNotFit) {
  const Graph good = random_graph(10, 30);
  EXPECT_NO_THROW(good.validate());
  Graph bad = good;
  bad.target = good.target + 10;
  EXPECT_THROW(bad.validate(), ShapeError);
  bad = good;
  bad.cost = -good.cost;
  EXPECT_THROW(bad.validate(), ShapeError);
  bad = good;
  bad.offset = good.offset.flip(0);
  EXPECT_THROW(bad.validate(), ShapeError);
  bad = good;
  bad.cost = good.cost.narrow(0, 0, 1);
  EXPECT_THROW(bad.validate(), ShapeError);
}

}  // namespace
}  // namespace forethink
