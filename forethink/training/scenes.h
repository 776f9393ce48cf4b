// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Scenes: remembering all that was seen of one place, over many episodes.
//
// What lasts through an episode, such as where a wall and its door are, is its scene. Episodes of
// the same scene are found without being told: with W the covariance within episodes and B that
// between their means, the directions v that solve
//
//   B v = ratio W v
//
// with the largest ratios are those in which episodes differ by what lasts in them and not by what
// moves. Along these, scaled so that W is the identity, near episodes are of one scene.
//
// A roadmap needs all its nodes in one scene and many of them. Where every episode has a scene of
// its own, no single roadmap can hold them; one per scene, over the states of the episodes most
// alike, can.
//
// Role:    training; the remaining costs that a critic is taught where the world's layout differs
//          from episode to episode.
// Source:  Fisher, The Use of Multiple Measurements in Taxonomic Problems, 1936 (the directions).
#pragma once

#include "forethink/cost/roadmap.h"
#include "forethink/training/critic_roadmap_teacher.h"

namespace forethink {

/// What lasts in each recorded episode [E, count]: its mean along the `count` directions of the
/// largest ratios (or all D of them), in units of the deviation within episodes.
/// @throws DataError if `recorded` does not hold together. A `count` below 1 is a ConfigError.
Tensor what_lasts(const RecordedStates& recorded, std::int64_t count);

/// Settings of `scene_costs`.
struct SceneOptions {
  std::int64_t scenes = 1500;   ///< Roadmaps; >= 1. Each is of the scene of a drawn episode.
  std::int64_t nodes = 736;     ///< Of each roadmap, of the episodes most alike; >= 2.
  std::int64_t goals = 32;      ///< Of each roadmap's nodes, to solve for; >= 1.
  std::int64_t lasting = 64;    ///< Directions along which episodes are compared; >= 1.
  std::int64_t directions = 8;  ///< Full-speed pushes from each node, turned at random; >= 1.
  RoadmapOptions graph;

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("scenes", self.scenes);
    visit("nodes", self.nodes);
    visit("goals", self.goals);
    visit("lasting", self.lasting);
    visit("directions", self.directions);
    visit("graph", self.graph);
  }
};

/// Builds and solves one roadmap per scene.
///
/// @param step    The world model.
/// @param pushes  [options.nodes, K, A] actions held for a push from each node of a roadmap.
/// @throws ConfigError, ShapeError, DataError if all episodes together have fewer rows than nodes.
KnownCosts scene_costs(const RecordedStates& recorded, const StepFunction& step,
                       const Tensor& pushes, const SceneOptions& options, RandomStream& rng,
                       const ProgressFunction& progress = {});

}  // namespace forethink
