// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/roadmap.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

constexpr std::int64_t kChunk = 1024;  // Nodes whose pushes are imagined at once.

class Stopwatch {
 public:
  double milliseconds() const {
    const auto passed = std::chrono::steady_clock::now() - start_;
    return std::chrono::duration<double, std::milli>(passed).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// The same settings with distances in those of the states, where one model step has d2 = `unit`.
RoadmapOptions in_states(RoadmapOptions options, double unit) {
  options.in_steps = false;
  options.snap_threshold *= unit;
  options.neighbour_threshold *= unit;
  options.join_threshold *= unit;
  options.snap_penalty /= std::sqrt(unit);
  options.distance_cost /= std::sqrt(unit);
  return options;
}

// The median d2 between states and their successors [N, D].
double median_step(const Tensor& from, const Tensor& to) {
  const double unit = (to - from).square().mean(1).median().item<double>();
  if (!(unit > 0.0) || !std::isfinite(unit)) {
    throw DataError("roadmap: a model step leads nowhere (median d2 " + std::to_string(unit) +
                    "), so that roadmap.in_steps has no unit");
  }
  return unit;
}

// Loose edges, collected in pieces.
struct EdgeList {
  std::vector<Tensor> from, to, cost, snap;

  void add(const Tensor& from_nodes, const Tensor& to_nodes, const Tensor& costs, const Tensor& d2,
           double threshold) {
    const Tensor near = d2.le(threshold);  // False where d2 is not a number.
    from.push_back(from_nodes.masked_select(near));
    to.push_back(to_nodes.masked_select(near));
    cost.push_back(costs.masked_select(near));
    snap.push_back(d2.masked_select(near));
  }
};

// Edges to the nearest nodes of `count` nodes from `first` on, which need no push.
void add_neighbours(EdgeList& edges, const NearestBank& nearest, std::int64_t first,
                    std::int64_t count, const RoadmapOptions& options) {
  if (options.neighbours == 0) return;
  // One more is asked for, since the nearest node to a node is itself.
  const std::int64_t k = std::min(options.neighbours + 1, nearest.size());
  const Neighbours found = nearest.find(nearest.bank().narrow(0, first, count), k);
  edges.add(at::arange(first, first + count).repeat_interleave(k), found.index.view(-1),
            (options.neighbour_cost + options.distance_cost * found.distance.sqrt()).view(-1),
            found.distance.view(-1), options.neighbour_threshold);
}

struct SnappedGraph {
  Graph graph;
  Tensor snap;  // [E] d2 of each edge.
};

SnappedGraph joined(std::int64_t nodes, const EdgeList& edges) {
  GraphOfEdges made =
      make_graph(nodes, at::cat(edges.from), at::cat(edges.to), at::cat(edges.cost).to(at::kFloat));
  return {std::move(made.graph), at::cat(edges.snap).index_select(0, made.kept)};
}

// Drops what joins through nodes that are far, except through the nearest one.
Tensor join_costs(const Neighbours& nodes, const Tensor& d2, const RoadmapOptions& options) {
  const Tensor costs = options.distance_cost * d2.sqrt();  // [N, k]
  Tensor far = nodes.distance.gt(options.join_threshold);
  far.select(1, 0).fill_(false);
  return costs.masked_fill(far, std::numeric_limits<float>::infinity());
}

class RoadmapToGoals final : public CostToGoals {
 public:
  RoadmapToGoals(NearestBank nearest, Tensor goals, Tensor table, const RoadmapOptions& options)
      : nearest_(std::move(nearest)),
        goals_(std::move(goals)),
        table_(std::move(table)),
        options_(options) {}

  Tensor operator()(const Tensor& states, const Tensor& tasks) const override {
    const std::int64_t D = nearest_.dim();
    expect_shape("states", states, {kAny, kAny, D});
    expect_shape("tasks", tasks, {states.size(0)});
    const std::int64_t B = states.size(0), N = states.size(1);
    const Tensor flat = states.reshape({B * N, D});
    const Neighbours nodes =
        nearest_.find(flat.to(at::kFloat), std::min(options_.state_nodes, nearest_.size()));
    const std::int64_t k = nodes.index.size(1);
    Tensor d2 = nodes.distance.to(states.scalar_type());  // [B*N, k]
    const bool differentiable = at::GradMode::is_enabled() && states.requires_grad();
    if (differentiable) {
      const Tensor found =
          nearest_.bank().index_select(0, nodes.index.view(-1)).view({B * N, k, D});
      // The slope of a root is infinite at zero: a state that is a node stays a hair's breadth
      // away.
      d2 = (flat.unsqueeze(1) - found).square().mean(2).clamp_min(1e-12);
    }
    const Tensor rows = tasks.unsqueeze(1).expand({B, N * k}).reshape(-1);  // [B*N*k]
    const Tensor at_nodes = table_.view(-1)
                                .index_select(0, rows * nearest_.size() + nodes.index.view(-1))
                                .view({B * N, k});
    const Tensor by_roadmap = (join_costs(nodes, d2, options_) + at_nodes).amin(1).view({B, N});
    // Straight there, where latent distance can be trusted.
    const Tensor direct =
        (states - goals_.index_select(0, tasks).unsqueeze(1)).square().mean(2).clamp_min(1e-12);
    return at::where(direct.le(options_.snap_threshold),
                     at::minimum(by_roadmap, options_.distance_cost * direct.sqrt()), by_roadmap);
  }

 private:
  NearestBank nearest_;
  Tensor goals_;  // [P, D]
  Tensor table_;  // [P, M]
  RoadmapOptions options_;
};

const Tensor& required(const std::map<std::string, Tensor>& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw CheckpointError("roadmap: tensor '" + name + "' is missing");
  return found->second;
}

}  // namespace

void RoadmapOptions::validate() const {
  expect_setting(push_steps >= 1, "roadmap.push_steps", push_steps, "push_steps >= 1");
  expect_setting(snap_threshold > 0.0, "roadmap.snap_threshold", snap_threshold,
                 "snap_threshold > 0");
  expect_setting(snap_penalty >= 0.0, "roadmap.snap_penalty", snap_penalty, "snap_penalty >= 0");
  expect_setting(neighbours >= 0, "roadmap.neighbours", neighbours, "neighbours >= 0");
  expect_setting(neighbour_threshold >= 0.0, "roadmap.neighbour_threshold", neighbour_threshold,
                 "neighbour_threshold >= 0");
  expect_setting(neighbour_cost >= 0.0, "roadmap.neighbour_cost", neighbour_cost,
                 "neighbour_cost >= 0");
  expect_setting(distance_cost > 0.0, "roadmap.distance_cost", distance_cost, "distance_cost > 0");
  expect_setting(goal_nodes >= 1, "roadmap.goal_nodes", goal_nodes, "goal_nodes >= 1");
  expect_setting(state_nodes >= 1, "roadmap.state_nodes", state_nodes, "state_nodes >= 1");
  expect_setting(join_threshold >= 0.0, "roadmap.join_threshold", join_threshold,
                 "join_threshold >= 0");
  expect_setting(unreachable > 0.0 && std::isfinite(unreachable), "roadmap.unreachable",
                 unreachable, "0 < unreachable < infinity");
}

Roadmap::Roadmap(NearestBank nearest, Graph graph, Tensor snap, const RoadmapOptions& options,
                 double unit)
    : nearest_(std::move(nearest)),
      graph_(std::move(graph)),
      snap_(std::move(snap)),
      options_(options),
      unit_(unit) {}

Roadmap Roadmap::build(const Tensor& bank, const StepFunction& step, const Tensor& candidates,
                       const RoadmapOptions& given, const ProgressFunction& progress) {
  given.validate();
  NearestBank nearest(bank);
  const std::int64_t M = nearest.size(), D = nearest.dim();
  const bool per_node = candidates.dim() == 3;
  if (per_node) {
    expect_shape("candidates", candidates, {M, kAny, kAny});
  } else {
    expect_shape("candidates", candidates, {kAny, kAny});
  }
  const std::int64_t K = candidates.size(-2), A = candidates.size(-1);
  const at::NoGradGuard no_grad;
  const Stopwatch stopwatch;
  const auto pushes = [&](std::int64_t first, std::int64_t count) {  // [count*K, A]
    return (per_node ? candidates.narrow(0, first, count) : candidates.expand({count, K, A}))
        .reshape({count * K, A});
  };
  RoadmapCounters counters;
  double unit = 1.0;
  if (given.in_steps) {
    const std::int64_t count = std::min(kChunk, M);
    const Tensor from = nearest.bank().narrow(0, 0, count).repeat_interleave(K, 0);
    unit = median_step(from, step(from, pushes(0, count)));
    counters.model_steps += count * K;
  }
  const RoadmapOptions options = in_states(given, unit);
  EdgeList edges;
  for (std::int64_t first = 0; first < M; first += kChunk) {
    const std::int64_t count = std::min(kChunk, M - first);
    const Tensor nodes = at::arange(first, first + count).repeat_interleave(K);  // [n*K]
    const Tensor actions = pushes(first, count);
    Tensor states = nearest.bank().index_select(0, nodes);  // [n*K, D]
    for (std::int64_t length = 1; length <= options.push_steps; ++length) {
      states = step(states, actions);
      expect_shape("the step function's result", states, {count * K, D});
      const Neighbours found = nearest.find(states.to(at::kFloat), 1);
      const Tensor d2 = found.distance.select(1, 0), to = found.index.select(1, 0);
      edges.add(nodes, to, static_cast<double>(length) + options.snap_penalty * d2.sqrt(), d2,
                options.snap_threshold);
      counters.model_steps += count * K;
      counters.imagined += count * K;
      counters.dropped += count * K - edges.from.back().numel();
    }
    add_neighbours(edges, nearest, first, count, options);
    if (progress) progress(static_cast<double>(first + count) / static_cast<double>(M));
  }
  SnappedGraph made = joined(M, edges);
  Roadmap roadmap(std::move(nearest), std::move(made.graph), std::move(made.snap), options, unit);
  counters.milliseconds = stopwatch.milliseconds();
  roadmap.counters_ = counters;
  return roadmap;
}

Roadmap Roadmap::of_recordings(const Tensor& bank, const Tensor& states, const Tensor& from,
                               const Tensor& to, const RoadmapOptions& given) {
  given.validate();
  const at::NoGradGuard no_grad;
  NearestBank nearest(bank);
  expect_shape("states", states, {kAny, nearest.dim()});
  expect_indices("from", from, states.size(0));
  expect_indices("to", to, states.size(0));
  expect_shape("to", to, {from.size(0)});
  const Stopwatch stopwatch;
  const double unit =
      given.in_steps ? median_step(states.index_select(0, from), states.index_select(0, to)) : 1.0;
  const RoadmapOptions options = in_states(given, unit);
  const Neighbours nodes = nearest.find(states, 1);
  const Tensor node = nodes.index.select(1, 0), d2 = nodes.distance.select(1, 0);
  const Tensor from_d2 = d2.index_select(0, from), to_d2 = d2.index_select(0, to);
  EdgeList edges;
  edges.add(node.index_select(0, from), node.index_select(0, to),
            1.0 + options.snap_penalty * (from_d2.sqrt() + to_d2.sqrt()),
            at::maximum(from_d2, to_d2), options.snap_threshold);
  RoadmapCounters counters;
  counters.dropped = from.size(0) - edges.from.back().numel();
  add_neighbours(edges, nearest, 0, nearest.size(), options);
  SnappedGraph made = joined(nearest.size(), edges);
  Roadmap roadmap(std::move(nearest), std::move(made.graph), std::move(made.snap), options, unit);
  counters.milliseconds = stopwatch.milliseconds();
  roadmap.counters_ = counters;
  return roadmap;
}

RoadmapTable Roadmap::solve(Tensor table, const Graph& graph) const {
  const Stopwatch stopwatch;
  RoadmapTable solved;
  solved.sweeps = lower_to_shortest_paths_(table, graph);
  solved.cost = std::move(table);
  const double entries = static_cast<double>(std::max<std::int64_t>(solved.cost.numel(), 1));
  solved.reached =
      static_cast<double>(solved.cost.lt(options_.unreachable).sum().item<std::int64_t>()) /
      entries;
  solved.milliseconds = stopwatch.milliseconds();
  return solved;
}

RoadmapTable Roadmap::table_to(const Tensor& goals) const {
  const at::NoGradGuard no_grad;
  const Neighbours nodes =
      nearest_.find(goals.to(at::kFloat), std::min(options_.goal_nodes, nearest_.size()));
  // [P, M], unreachable but at the nodes that the goals are joined to.
  Tensor table = at::full({goals.size(0), nearest_.size()}, options_.unreachable);
  const Tensor joined = join_costs(nodes, nodes.distance, options_).clamp_max(options_.unreachable);
  table.scatter_(1, nodes.index, joined);
  return solve(std::move(table), graph_);
}

RoadmapTable Roadmap::distances_to(const Tensor& nodes) const {
  expect_shape("nodes", nodes, {kAny});
  Tensor table = at::full({nodes.size(0), nearest_.size()}, options_.unreachable);
  table.scatter_(1, nodes.unsqueeze(1), 0.0);
  return solve(std::move(table), graph_);
}

double Roadmap::reached_fraction(double snap_threshold, std::int64_t goals) const {
  const std::int64_t M = nearest_.size(), P = std::min(goals, M);
  const Tensor kept = snap_.le(snap_threshold * unit_);  // [E]
  const Tensor from = at::arange(M).repeat_interleave(graph_.offset.diff());
  const Graph strict = make_graph(M, from.masked_select(kept), graph_.target.masked_select(kept),
                                  graph_.cost.masked_select(kept))
                           .graph;
  const Tensor nodes = at::arange(P).mul(M).floor_divide(P);
  Tensor table = at::full({P, M}, options_.unreachable);
  table.scatter_(1, nodes.unsqueeze(1), 0.0);
  return solve(std::move(table), strict).reached;
}

std::unique_ptr<const CostToGoals> Roadmap::to(const Tensor& goals) const {
  expect_shape("goals", goals, {kAny, nearest_.dim()});
  return std::make_unique<RoadmapToGoals>(nearest_, goals.detach().clone(), table_to(goals).cost,
                                          options_);
}

std::map<std::string, Tensor> Roadmap::state() const {
  return {{"bank", nearest_.bank()},
          {"edge_offset", graph_.offset},
          {"edge_target", graph_.target},
          {"edge_cost", graph_.cost},
          {"edge_snap", snap_},
          {"unit", at::tensor({unit_}, at::kDouble)},
          // Without the time it took, so that equal roadmaps are equal files.
          {"counters",
           at::tensor({counters_.model_steps, counters_.imagined, counters_.dropped}, at::kLong)}};
}

Roadmap Roadmap::restore(const std::map<std::string, Tensor>& tensors,
                         const RoadmapOptions& options) {
  options.validate();
  try {
    const Tensor& bank = required(tensors, "bank");
    Graph graph{required(tensors, "edge_offset"), required(tensors, "edge_target"),
                required(tensors, "edge_cost")};
    graph.validate();
    NearestBank nearest(bank);
    expect_shape("edge_offset", graph.offset, {nearest.size() + 1});
    const Tensor& snap = required(tensors, "edge_snap");
    expect_shape("edge_snap", snap, {graph.edges()});
    expect_dtype("edge_snap", snap, at::kFloat);
    const Tensor& counters = required(tensors, "counters");
    expect_shape("counters", counters, {3});
    expect_dtype("counters", counters, at::kLong);
    const Tensor& unit = required(tensors, "unit");
    expect_shape("unit", unit, {1});
    expect_dtype("unit", unit, at::kDouble);
    const double d2 = unit.item<double>();
    if (!(d2 > 0.0) || !std::isfinite(d2)) {
      throw CheckpointError("roadmap: tensor 'unit' is not a positive number");
    }
    Roadmap roadmap(std::move(nearest), std::move(graph), snap,
                    in_states(options, options.in_steps ? d2 : 1.0), d2);
    const auto* values = counters.data_ptr<std::int64_t>();
    roadmap.counters_ = {values[0], values[1], values[2], 0.0};
    return roadmap;
  } catch (const ShapeError& error) {
    throw CheckpointError(std::string("roadmap: ") + error.what());
  }
}

}  // namespace forethink
