// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Roadmap: the remaining cost by dynamic programming over remembered states.
//
// Nodes are some ten thousand remembered states. From each, the world model imagines short pushes;
// the state a push leads to is snapped to the nearest remembered one, and becomes an edge if that
// is near enough. Latent distance is trusted over such short reaches only. Far costs come from
// Bellman's equation, solved backwards from the goals.
//
//   edge of a push of n model steps:   n + snap_penalty sqrt(d2)
//   edge between near neighbours:      neighbour_cost + distance_cost sqrt(d2)
//   remaining cost of a state s:       min over its nearest nodes u of distance_cost sqrt(d2(s, u))
//   + D[u]
//
// with d2 = |.|^2 / D. Snapping matters: imagined chains drift into places that do not exist, such
// as the inside of a wall, from where both sides are one step away. A snapped chain is real after
// every push. One wrong edge can join what is apart, so the threshold is strict, and
// `reached_fraction` tells without any label whether loosening it would join more.
//
// Role:    cost; a RemainingCost that needs no training, and the teacher of critics.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "forethink/core/types.h"
#include "forethink/cost/remaining_cost.h"
#include "forethink/cost/shortest_paths.h"
#include "forethink/nn/nearest.h"

namespace forethink {

/// One model step: states [N, D], actions [N, A] -> next states [N, D].
using StepFunction = std::function<Tensor(const Tensor& states, const Tensor& actions)>;

/// Told the share of the work that is done, 0 .. 1.
using ProgressFunction = std::function<void(double share)>;

/// Settings of `Roadmap`. Distances are d2 = squared distance per dimension; costs are model steps.
struct RoadmapOptions {
  bool in_steps = false;              ///< d2 in that of one model step (the median of all pushes of
                                      ///< one step): settings then hold for states of any scale.
  std::int64_t push_steps = 2;        ///< Longest push; each length from 1 gives an edge; >= 1.
  double snap_threshold = 0.02;       ///< Largest d2 between an imagined state and its node; > 0.
  double snap_penalty = 1.4;          ///< Cost per sqrt(d2) of a snap; >= 0.
  std::int64_t neighbours = 4;        ///< Nearest nodes tried as neighbour edges; >= 0.
  double neighbour_threshold = 0.01;  ///< Largest d2 of a neighbour edge; >= 0.
  double neighbour_cost = 0.1;        ///< Of a neighbour edge, beside its distance; >= 0.
  double distance_cost = 2.0;         ///< Per sqrt(d2), where no push tells: about 1 / (sqrt(d2) of
                                      ///< one model step at full speed); > 0.
  std::int64_t goal_nodes = 4;        ///< Nodes that a goal is joined to; >= 1.
  std::int64_t state_nodes = 2;       ///< Nodes that a state is looked up at; >= 1.
  double join_threshold = 0.05;       ///< Largest d2 of such nodes but the nearest, which always
                                      ///< counts; >= 0.
  double unreachable = 1000.0;        ///< Remaining cost where no path leads; longer paths count as
                                      ///< none; > 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("in_steps", self.in_steps);
    visit("push_steps", self.push_steps);
    visit("snap_threshold", self.snap_threshold);
    visit("snap_penalty", self.snap_penalty);
    visit("neighbours", self.neighbours);
    visit("neighbour_threshold", self.neighbour_threshold);
    visit("neighbour_cost", self.neighbour_cost);
    visit("distance_cost", self.distance_cost);
    visit("goal_nodes", self.goal_nodes);
    visit("state_nodes", self.state_nodes);
    visit("join_threshold", self.join_threshold);
    visit("unreachable", self.unreachable);
  }
};

/// What building took.
struct RoadmapCounters {
  std::int64_t model_steps = 0;
  std::int64_t imagined = 0;  ///< Ends of pushes.
  std::int64_t dropped = 0;   ///< Of these (or of the recorded steps), farther than the threshold
                              ///< from any node, or not finite.
  double milliseconds = 0.0;  ///< Not kept in checkpoints.
};

/// Remaining cost of every node to each of P goals.
struct RoadmapTable {
  Tensor cost;              ///< [P, M] float32, model steps; `unreachable` where no path leads.
  std::int64_t sweeps = 0;  ///< Of the dynamic programming.
  double reached = 0.0;     ///< Share of the table that is less than `unreachable`.
  double milliseconds = 0.0;
};

class Roadmap final : public RemainingCost {
 public:
  /// Imagines pushes from every node and connects them.
  ///
  /// @param bank        [M, D] float32 remembered states.
  /// @param step        The world model; called with no gradient, from one thread.
  /// @param candidates  Actions held for a push: [K, A] the same from every node, or [M, K, A].
  /// @throws ConfigError, ShapeError.
  static Roadmap build(const Tensor& bank, const StepFunction& step, const Tensor& candidates,
                       const RoadmapOptions& options = {}, const ProgressFunction& progress = {});

  /// The same from what was recorded alone, without a world model: an edge leads from the node
  /// nearest to a recorded state to the node nearest to the state that followed, at the cost of one
  /// model step and two snaps. Both snaps must be within the threshold.
  ///
  /// @param states  [N, D] float32 recorded states.
  /// @param from    [E] int64 rows of `states` that have a successor.
  /// @param to      [E] int64 rows of their successors, one model step later.
  /// @throws ConfigError, ShapeError.
  static Roadmap of_recordings(const Tensor& bank, const Tensor& states, const Tensor& from,
                               const Tensor& to, const RoadmapOptions& options = {});

  std::string name() const override { return "roadmap"; }

  /// Solves for the goals once; states are then looked up. Differentiable in the states through
  /// their distance to the nodes. Where both are within `snap_threshold`, the direct distance to
  /// the goal counts if it is less.
  std::unique_ptr<const CostToGoals> to(const Tensor& goals) const override;

  RoadmapTable table_to(const Tensor& goals) const;  ///< Goals [P, D].
  /// The same for nodes [P] int64 as goals: what critics are taught.
  RoadmapTable distances_to(const Tensor& nodes) const;

  /// Share of (node, goal) pairs joined by a path of edges whose d2 is at most `snap_threshold`,
  /// over `goals` nodes evenly spread, in the unit of the options. It should not grow with the
  /// threshold: growth means that single wrong edges join what is apart.
  double reached_fraction(double snap_threshold, std::int64_t goals = 64) const;

  const Tensor& bank() const { return nearest_.bank(); }  ///< [M, D].
  const Graph& graph() const { return graph_; }
  const RoadmapCounters& counters() const { return counters_; }
  /// The options with all distances in those of the states.
  const RoadmapOptions& options() const { return options_; }
  double unit() const { return unit_; }  ///< d2 of one model step, or 1 unless `in_steps`.

  /// The roadmap as tensors, for a checkpoint, and back.
  std::map<std::string, Tensor> state() const;
  /// @throws CheckpointError naming the tensor that is missing or does not fit.
  static Roadmap restore(const std::map<std::string, Tensor>& tensors,
                         const RoadmapOptions& options = {});

 private:
  Roadmap(NearestBank nearest, Graph graph, Tensor snap, const RoadmapOptions& options,
          double unit);
  RoadmapTable solve(Tensor table, const Graph& graph) const;

  NearestBank nearest_;
  Graph graph_;
  Tensor snap_;             // [E] d2 of each edge.
  RoadmapOptions options_;  // In the states' distances.
  double unit_;
  RoadmapCounters counters_;
};

}  // namespace forethink
