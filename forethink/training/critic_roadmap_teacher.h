// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// A critic's teacher that knows: the remaining costs of one roadmap over everything, or of one
// roadmap per scene (scenes.h).
//
// A lesson mixes three kinds of pairs. Near pairs are recorded ones a few steps apart, which bound
// the cost from above. The rest are (node, goal node) pairs with the roadmap's cost, half of them
// drawn evenly and half from those that the critic got most wrong the last time. Pairs that no path
// joins are left out: whether two states belong to the same layout is thereby discovered, not told.
//
// Role:    training; the fast way to a critic, when there is a roadmap.
#pragma once

#include "forethink/cost/roadmap.h"
#include "forethink/training/critic_pairs.h"
#include "forethink/training/critic_teacher.h"

namespace forethink {

/// Settings of `RoadmapTeacher`.
struct RoadmapTeacherOptions {
  std::int64_t goals = 1000;           ///< Nodes of the roadmap that are goals; >= 1. 64 KB each at
                                       ///< 16 000 nodes.
  double near_share = 0.25;            ///< Of a lesson; in [0, 1].
  std::int64_t near_steps = 3;         ///< Model steps that near pairs are apart at most; >= 0.
  double hard_share = 0.5;             ///< Of what is not near; in [0, 1].
  std::int64_t hard_capacity = 32768;  ///< Pairs whose last error is remembered; >= 1024.
  std::int64_t hard_choose_from = 8;   ///< Hard pairs are the worst of this many; >= 1.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("goals", self.goals);
    visit("near_share", self.near_share);
    visit("near_steps", self.near_steps);
    visit("hard_share", self.hard_share);
    visit("hard_capacity", self.hard_capacity);
    visit("hard_choose_from", self.hard_choose_from);
  }
};

/// Remaining costs that are known: of S roadmaps with M nodes each, to G of their nodes.
struct KnownCosts {
  Tensor states;       ///< [R, D] that the nodes are among.
  Tensor nodes;        ///< [S, M] int64, rows of `states`.
  Tensor goals;        ///< [S, G] int64, which of a roadmap's nodes 0 .. M-1 are goals.
  Tensor cost;         ///< [S, G, M] float32, model steps.
  double unreachable;  ///< The cost where no path leads.
};

/// Solves one roadmap for `goals` of its nodes, which `rng` chooses.
KnownCosts known_costs(const Roadmap& roadmap, std::int64_t goals, RandomStream& rng);

class RoadmapTeacher final : public CriticTeacher {
 public:
  /// @param rng  Chooses what `examine` asks.
  /// @throws ConfigError, ShapeError, DataError if no two nodes are joined.
  RoadmapTeacher(KnownCosts known, const RecordedStates& recorded,
                 const RoadmapTeacherOptions& options, RandomStream rng);

  std::string name() const override { return "roadmap"; }
  CriticLesson draw(std::int64_t batch, double share, const TrainableCritic& slow,
                    RandomStream& rng) override;
  void record(const Tensor& errors) override;
  /// "rank_correlation" with the roadmap and "mean_error" in model steps, over pairs that are
  /// fixed; "far_error": over the farther half of them.
  Measurements examine(const TrainableCritic& critic) const override;
  std::map<std::string, Tensor> state() const override;
  void restore(const std::map<std::string, Tensor>& tensors) override;

  double reached() const;  ///< Share of pairs that a path joins.

 private:
  // Pairs are a goal's number, 0 .. S*G-1, and a node of its roadmap, 0 .. M-1.
  Tensor joined_pairs(std::int64_t n, RandomStream& rng) const;  // [2, n]
  Tensor costs_of(const Tensor& goals, const Tensor& nodes) const;
  Tensor node_states(const Tensor& goals, const Tensor& nodes) const;
  Tensor goal_states(const Tensor& goals) const;

  KnownCosts known_;
  RecordedStates recorded_;
  EpisodeRows episodes_;
  RoadmapTeacherOptions options_;
  HardPairs hard_;
  Tensor examined_;  // [2, n] pairs for examine().
  // The lesson drawn last: slots of hard pairs, then even pairs [2, n], then near ones.
  Tensor drawn_slots_, drawn_even_;
};

}  // namespace forethink
