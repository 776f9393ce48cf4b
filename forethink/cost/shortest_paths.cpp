// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/shortest_paths.h"

#include <torch/torch.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <tuple>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

constexpr std::int64_t kLanes = 16;  // Goals side by side: one cache line of float32.

// Offsets, targets and costs as plain arrays; targets in 32 bits, for they are read the most.
struct Edges {
  const std::int64_t* offset;
  const std::int32_t* target;
  const float* cost;
};

// One node's row lowered by its edges; whether anything became less.
bool relax(const Edges& edges, std::int64_t node, float* table) {
  float* row = table + node * kLanes;
  float best[kLanes];
  std::copy_n(row, kLanes, best);
  for (std::int64_t e = edges.offset[node]; e < edges.offset[node + 1]; ++e) {
    const float* next = table + edges.target[e] * kLanes;
    const float cost = edges.cost[e];
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const float through = cost + next[lane];
      best[lane] = through < best[lane] ? through : best[lane];
    }
  }
  bool changed = false;
  for (std::int64_t lane = 0; lane < kLanes; ++lane) changed |= best[lane] < row[lane];
  if (changed) std::copy_n(best, kLanes, row);
  return changed;
}

// In place, there and back: a value just lowered is used at once, which takes fewer sweeps than
// lowering all nodes from the old values.
std::int64_t sweep_until_still(const Edges& edges, std::int64_t nodes, float* table) {
  std::int64_t sweeps = 0;
  for (bool changed = true; changed; ++sweeps) {
    changed = false;
    for (std::int64_t i = 0; i < nodes; ++i) {
      changed |= relax(edges, sweeps % 2 == 0 ? i : nodes - 1 - i, table);
    }
  }
  return sweeps;
}

}  // namespace

void Graph::validate() const {
  expect_shape("graph.offset", offset, {kAny});
  expect_dtype("graph.offset", offset, at::kLong);
  if (offset.size(0) < 1) throw ShapeError("graph.offset is empty, expected [M+1]");
  expect_shape("graph.target", target, {kAny});
  expect_dtype("graph.target", target, at::kLong);
  expect_shape("graph.cost", cost, {target.size(0)});
  expect_dtype("graph.cost", cost, at::kFloat);
  expect_finite("graph.cost", cost);
  const bool ordered = offset[0].item<std::int64_t>() == 0 &&
                       offset[-1].item<std::int64_t>() == edges() &&
                       offset.diff().ge(0).all().item<bool>();
  if (!ordered) throw ShapeError("graph.offset does not rise from 0 to the number of edges");
  if (!target.ge(0).logical_and(target.lt(nodes())).all().item<bool>()) {
    throw ShapeError("graph.target names a node that does not exist");
  }
  if (cost.lt(0).any().item<bool>()) throw ShapeError("graph.cost has negative values");
}

GraphOfEdges make_graph(std::int64_t nodes, const Tensor& from, const Tensor& to,
                        const Tensor& cost) {
  expect_shape("from", from, {kAny});
  expect_shape("to", to, {from.size(0)});
  expect_shape("cost", cost, {from.size(0)});
  const Tensor from_flat = from.contiguous(), to_flat = to.contiguous(),
               cost_flat = cost.contiguous();
  const auto* source = from_flat.data_ptr<std::int64_t>();
  const auto* target = to_flat.data_ptr<std::int64_t>();
  const auto* price = cost_flat.data_ptr<float>();
  std::vector<std::int64_t> order(static_cast<std::size_t>(from.size(0)));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return std::tie(source[a], target[a], price[a], a) <
           std::tie(source[b], target[b], price[b], b);
  });
  std::vector<std::int64_t> kept, offset(static_cast<std::size_t>(nodes + 1), 0);
  for (const std::int64_t e : order) {
    const bool twin =
        !kept.empty() && source[kept.back()] == source[e] && target[kept.back()] == target[e];
    if (twin || source[e] == target[e]) continue;
    kept.push_back(e);
    ++offset[static_cast<std::size_t>(source[e] + 1)];
  }
  std::partial_sum(offset.begin(), offset.end(), offset.begin());
  GraphOfEdges made;
  made.kept = at::tensor(kept, at::kLong);
  made.graph = {at::tensor(offset, at::kLong), to_flat.index_select(0, made.kept),
                cost_flat.index_select(0, made.kept)};
  made.graph.validate();
  return made;
}

std::int64_t lower_to_shortest_paths_(Tensor& table, const Graph& graph) {
  const std::int64_t M = graph.nodes();
  expect_shape("table", table, {kAny, M});
  expect_dtype("table", table, at::kFloat);
  const Tensor offset = graph.offset.contiguous(), cost = graph.cost.contiguous();
  const Tensor target = graph.target.to(at::kInt).contiguous();
  const Edges edges{offset.data_ptr<std::int64_t>(), target.data_ptr<std::int32_t>(),
                    cost.data_ptr<float>()};
  const std::int64_t P = table.size(0);
  const std::int64_t tiles = (P + kLanes - 1) / kLanes;
  std::atomic<std::int64_t> most_sweeps = 0;
  at::parallel_for(0, tiles, 1, [&](std::int64_t begin, std::int64_t end) {
    const at::NoGradGuard no_grad;
    for (std::int64_t tile = begin; tile < end; ++tile) {
      const std::int64_t first = tile * kLanes, count = std::min(kLanes, P - first);
      // Lanes without a goal repeat the first one and are dropped.
      Tensor lanes = at::empty({M, kLanes});
      lanes.copy_(table.narrow(0, first, 1).t().expand({M, kLanes}));
      lanes.narrow(1, 0, count).copy_(table.narrow(0, first, count).t());
      const std::int64_t sweeps = sweep_until_still(edges, M, lanes.data_ptr<float>());
      table.narrow(0, first, count).copy_(lanes.narrow(1, 0, count).t());
      std::int64_t most = most_sweeps;
      while (sweeps > most && !most_sweeps.compare_exchange_weak(most, sweeps)) {
      }
    }
  });
  return most_sweeps;
}

}  // namespace forethink
