// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/scenes.h"

#include <torch/torch.h>

#include <algorithm>
#include <string>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/nn/nearest.h"

namespace forethink {
namespace {

constexpr std::int64_t kRows = 65536;  // Rows whose covariance is summed at once.
constexpr double kRidge = 1e-4;        // Of the mean variance: directions that never move.

}  // namespace

void SceneOptions::validate() const {
  expect_setting(scenes >= 1, "scenes.scenes", scenes, "scenes >= 1");
  expect_setting(nodes >= 2, "scenes.nodes", nodes, "nodes >= 2");
  expect_setting(goals >= 1, "scenes.goals", goals, "goals >= 1");
  expect_setting(lasting >= 1, "scenes.lasting", lasting, "lasting >= 1");
  expect_setting(directions >= 1, "scenes.directions", directions, "directions >= 1");
  graph.validate();
}

Tensor what_lasts(const RecordedStates& recorded, std::int64_t count) {
  expect_setting(count >= 1, "scenes.lasting", count, "lasting >= 1");
  recorded.validate();
  const at::NoGradGuard no_grad;
  const std::int64_t E = recorded.ep_len.size(0), D = recorded.dim(), rows = recorded.rows();
  const Tensor episode = at::arange(E).repeat_interleave(recorded.ep_len);  // [rows]
  const Tensor mean = at::zeros({E, D}).index_add_(0, episode, recorded.states) /
                      recorded.ep_len.to(at::kFloat).unsqueeze(1);
  Tensor within = at::zeros({D, D}, at::kDouble);
  for (std::int64_t first = 0; first < rows; first += kRows) {
    const std::int64_t n = std::min(kRows, rows - first);
    const Tensor moved =
        recorded.states.narrow(0, first, n) - mean.index_select(0, episode.narrow(0, first, n));
    within += at::matmul(moved.t(), moved).to(at::kDouble);
  }
  within /= static_cast<double>(rows);
  within += kRidge * within.trace() / static_cast<double>(D) * at::eye(D, at::kDouble);
  // Scale W to the identity; then B's principal directions are those of the largest ratios.
  const auto [spread, axes] = at::linalg_eigh(within);
  const Tensor white = axes * spread.rsqrt();  // [D, D]
  const Tensor centred = at::matmul((mean - mean.mean(0)).to(at::kDouble), white);
  const auto [ratio, directions] = at::linalg_eigh(at::matmul(centred.t(), centred));
  const std::int64_t kept = std::min(count, D);  // The largest come last.
  return at::matmul(centred, directions.narrow(1, D - kept, kept)).to(at::kFloat);
}

KnownCosts scene_costs(const RecordedStates& recorded, const StepFunction& step,
                       const Tensor& pushes, const SceneOptions& options, RandomStream& rng,
                       const ProgressFunction& progress) {
  options.validate();
  expect_shape("pushes", pushes, {options.nodes, kAny, kAny});
  if (recorded.rows() < options.nodes) {
    throw DataError(
        "scenes: " + std::to_string(recorded.rows()) +
        " recorded states are fewer than scenes.nodes = " + std::to_string(options.nodes));
  }
  const Tensor lasting = what_lasts(recorded, options.lasting);
  const std::int64_t E = recorded.ep_len.size(0), M = options.nodes;
  const std::int64_t S = std::min(options.scenes, E), G = std::min(options.goals, M);
  const std::int64_t shortest = recorded.ep_len.min().item<std::int64_t>();
  // As many episodes as may be needed for all nodes; of the last ones not every state is.
  const std::int64_t episodes = std::min(E, (M + shortest - 1) / shortest);
  const Tensor alike = NearestBank(lasting, /*bf16=*/false)
                           .find(lasting.index_select(0, rng.permutation(E).narrow(0, 0, S)),
                                 episodes)
                           .index;  // [S, episodes]
  KnownCosts known{.states = recorded.states,
                   .nodes = at::empty({S, M}, at::kLong),
                   .goals = at::empty({S, G}, at::kLong),
                   .cost = at::empty({S, G, M}),
                   .unreachable = options.graph.unreachable};
  for (std::int64_t scene = 0; scene < S; ++scene) {
    std::vector<Tensor> rows;
    for (std::int64_t i = 0; i < episodes; ++i) {
      const auto e = alike[scene][i].item<std::int64_t>();
      const auto first = recorded.ep_offset[e].item<std::int64_t>();
      rows.push_back(at::arange(first, first + recorded.ep_len[e].item<std::int64_t>()));
    }
    known.nodes[scene] = at::cat(rows).narrow(0, 0, M);
    known.goals[scene] = rng.permutation(M).narrow(0, 0, G);
    const Roadmap roadmap = Roadmap::build(recorded.states.index_select(0, known.nodes[scene]),
                                           step, pushes, options.graph);
    known.cost[scene] = roadmap.distances_to(known.goals[scene]).cost;
    if (progress) progress(static_cast<double>(scene + 1) / static_cast<double>(S));
  }
  return known;
}

}  // namespace forethink
