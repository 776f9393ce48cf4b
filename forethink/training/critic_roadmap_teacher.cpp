// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/critic_roadmap_teacher.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/cost/calibration.h"

namespace forethink {
namespace {

constexpr std::int64_t kJoinedExamined = 4096;  // Pairs that an examination asks.
constexpr std::int64_t kOversample = 8;         // Pairs tried for one that is joined.

RoadmapTeacherOptions validated(const RoadmapTeacherOptions& options) {
  options.validate();
  return options;
}

}  // namespace

void RoadmapTeacherOptions::validate() const {
  expect_setting(goals >= 1, "roadmap_teacher.goals", goals, "goals >= 1");
  expect_setting(near_share >= 0.0 && near_share <= 1.0, "roadmap_teacher.near_share", near_share,
                 "0 <= near_share <= 1");
  expect_setting(near_steps >= 0, "roadmap_teacher.near_steps", near_steps, "near_steps >= 0");
  expect_setting(hard_share >= 0.0 && hard_share <= 1.0, "roadmap_teacher.hard_share", hard_share,
                 "0 <= hard_share <= 1");
  expect_setting(hard_capacity >= 1024, "roadmap_teacher.hard_capacity", hard_capacity,
                 "hard_capacity >= 1024");
  expect_setting(hard_choose_from >= 1, "roadmap_teacher.hard_choose_from", hard_choose_from,
                 "hard_choose_from >= 1");
}

KnownCosts known_costs(const Roadmap& roadmap, std::int64_t goals, RandomStream& rng) {
  const std::int64_t M = roadmap.bank().size(0);
  const Tensor nodes = rng.permutation(M).narrow(0, 0, std::min(goals, M)).contiguous();
  return {.states = roadmap.bank(),
          .nodes = at::arange(M).unsqueeze(0),
          .goals = nodes.unsqueeze(0),
          .cost = roadmap.distances_to(nodes).cost.unsqueeze(0),
          .unreachable = roadmap.options().unreachable};
}

RoadmapTeacher::RoadmapTeacher(KnownCosts known, const RecordedStates& recorded,
                               const RoadmapTeacherOptions& options, RandomStream rng)
    : known_(std::move(known)),
      recorded_(recorded),
      episodes_(recorded),
      options_(validated(options)),
      hard_(options.hard_capacity, options.hard_choose_from) {
  expect_shape("known.states", known_.states, {kAny, recorded.dim()});
  expect_shape("known.nodes", known_.nodes, {kAny, kAny});
  const std::int64_t S = known_.nodes.size(0), M = known_.nodes.size(1);
  expect_shape("known.goals", known_.goals, {S, kAny});
  expect_shape("known.cost", known_.cost, {S, known_.goals.size(1), M});
  examined_ = joined_pairs(kJoinedExamined, rng);
}

Tensor RoadmapTeacher::costs_of(const Tensor& goals, const Tensor& nodes) const {
  return known_.cost.view(-1).index_select(0, goals * known_.nodes.size(1) + nodes);
}

Tensor RoadmapTeacher::node_states(const Tensor& goals, const Tensor& nodes) const {
  const Tensor roadmaps = goals.floor_divide(known_.goals.size(1));
  const Tensor rows =
      known_.nodes.view(-1).index_select(0, roadmaps * known_.nodes.size(1) + nodes);
  return known_.states.index_select(0, rows);
}

Tensor RoadmapTeacher::goal_states(const Tensor& goals) const {
  return node_states(goals, known_.goals.view(-1).index_select(0, goals));
}

double RoadmapTeacher::reached() const {
  return known_.cost.lt(known_.unreachable).sum().item<double>() /
         static_cast<double>(known_.cost.numel());
}

Tensor RoadmapTeacher::joined_pairs(std::int64_t n, RandomStream& rng) const {
  const Tensor goals = rng.integers({n * kOversample}, 0, known_.goals.numel());
  const Tensor nodes = rng.integers({n * kOversample}, 0, known_.nodes.size(1));
  const Tensor joined = costs_of(goals, nodes).lt(known_.unreachable).nonzero().view(-1);
  if (n > 0 && joined.size(0) == 0) {
    throw DataError("roadmap teacher: no path joins any of " + std::to_string(n * kOversample) +
                    " pairs of nodes; the roadmap has too few edges to teach from");
  }
  // Where few are joined, some come twice.
  const Tensor first = joined.index_select(
      0, at::arange(n, at::kLong).remainder(std::max<std::int64_t>(joined.size(0), 1)));
  return at::stack({goals.index_select(0, first), nodes.index_select(0, first)});
}

CriticLesson RoadmapTeacher::draw(std::int64_t batch, double, const TrainableCritic&,
                                  RandomStream& rng) {
  const auto near =
      static_cast<std::int64_t>(std::lround(static_cast<double>(batch) * options_.near_share));
  const auto hard = static_cast<std::int64_t>(
      std::lround(static_cast<double>(batch - near) * options_.hard_share));
  drawn_slots_ = hard_.draw(hard, rng);
  drawn_even_ = joined_pairs(batch - near - drawn_slots_.size(0), rng);
  const Tensor goals = at::cat({hard_.first(drawn_slots_), drawn_even_[0]});
  const Tensor nodes = at::cat({hard_.second(drawn_slots_), drawn_even_[1]});
  const Tensor from = episodes_.rows(near, rng);
  const Tensor to = episodes_.near_future(from, options_.near_steps, rng);
  const std::int64_t taught = nodes.size(0);
  return {.states = at::cat({node_states(goals, nodes), recorded_.states.index_select(0, from)}),
          .goals = at::cat({goal_states(goals), recorded_.states.index_select(0, to)}),
          .targets = at::cat({costs_of(goals, nodes), (to - from).to(at::kFloat)}),
          .expectile = at::cat({at::full({taught}, 0.5), at::ones({near})})};
}

void RoadmapTeacher::record(const Tensor& errors) {
  const std::int64_t hard = drawn_slots_.size(0), even = drawn_even_.size(1);
  hard_.update(drawn_slots_, errors.narrow(0, 0, hard));
  hard_.insert(drawn_even_[0], drawn_even_[1], errors.narrow(0, hard, even));
}

Measurements RoadmapTeacher::examine(const TrainableCritic& critic) const {
  const at::NoGradGuard no_grad;
  const Tensor truth = costs_of(examined_[0], examined_[1]);
  const Tensor answers =
      critic.distances(node_states(examined_[0], examined_[1]), goal_states(examined_[0])).amax(0);
  const Tensor errors = (answers - truth).abs();
  const Tensor far = truth.ge(truth.median());
  return {{"rank_correlation", rank_correlation(answers, truth)},
          {"mean_error", errors.mean().item<double>()},
          {"far_error", errors.masked_select(far).mean().item<double>()}};
}

std::map<std::string, Tensor> RoadmapTeacher::state() const {
  std::map<std::string, Tensor> tensors;
  hard_.save(tensors);
  return tensors;
}

void RoadmapTeacher::restore(const std::map<std::string, Tensor>& tensors) { hard_.load(tensors); }

}  // namespace forethink
