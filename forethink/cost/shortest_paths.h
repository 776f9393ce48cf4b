// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Dynamic programming backwards from many goals over one directed graph.
//
//   D[g, u] <- min(D[g, u], min_e C[e] + D[g, target(e)])   over the edges e that leave u
//
// repeated until nothing changes: Bellman's equation for every goal g at once. Sixteen goals lie
// side by side, so an edge is read once for sixteen additions; the goals are spread over the
// threads.
//
// Role:    the inner loop of the roadmap (figure 4's dynamic programming).
// Source:  Bellman, On a Routing Problem, 1958.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// Directed edges, those that leave node u at places offset[u] .. offset[u+1]-1.
struct Graph {
  Tensor offset;  ///< [M+1] int64, from 0 to E.
  Tensor target;  ///< [E] int64, node each edge leads to.
  Tensor cost;    ///< [E] float32, >= 0.

  std::int64_t nodes() const { return offset.size(0) - 1; }
  std::int64_t edges() const { return target.size(0); }
  /// @throws ShapeError if a shape or type differs, an offset or target is out of range, or a cost
  ///         is negative or not finite.
  void validate() const;
};

/// Makes a graph of loose edges: of those between the same two nodes the cheapest stays, those from
/// a node to itself go. `kept` is where each edge of the graph was in the list.
/// @param from, to  [E] int64, in 0 .. nodes-1.   @param cost  [E] float32.
struct GraphOfEdges {
  Graph graph;
  Tensor kept;  ///< [edges] int64.
};
GraphOfEdges make_graph(std::int64_t nodes, const Tensor& from, const Tensor& to,
                        const Tensor& cost);

/// Lowers `table` [P, M] float32 to the solution of Bellman's equation: entry (g, u) becomes the
/// least over all paths from u of what the path costs plus what the table held at its end. The
/// result depends neither on the order of sweeps nor on the number of threads.
/// @returns  Sweeps that the slowest goal took, the last of which changed nothing.
std::int64_t lower_to_shortest_paths_(Tensor& table, const Graph& graph);

}  // namespace forethink
