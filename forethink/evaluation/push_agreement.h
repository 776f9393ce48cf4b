// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The push test: does the world model know what stops the agent?
//
// Push straight at a wall, a shut door or an open one, imagine where that ends, and compare with
// what happens. A model that lets the agent through a shut door makes plans that fail in front of
// it, and neither the mean prediction error nor a probe shows that: such frames are rare.
//
// Role:    evaluation, and a diagnosis during training. Uses the simulator's truth, so nothing that
//          learns or acts may see its results.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/datasets/trajectories.h"
#include "forethink/environments/push_trials.h"
#include "forethink/evaluation/wilson.h"
#include "forethink/world_model/world_model.h"

namespace forethink {

/// Settings of `push_test`.
struct PushTestOptions {
  std::int64_t trials = 200;                  ///< N per kind; >= 1.
  std::vector<std::int64_t> steps{4, 8, 25};  ///< Primitive steps of pushing; each >= 1.
  std::vector<double> speeds{1.0, 0.75};      ///< Shares of the full; each in (0, 1]. Recordings
                                              ///< hold no push at a shut door above 0.8.
  double tolerance = 3.5;                     ///< Units; the agent's radius; >= 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("trials", self.trials);
    visit("steps", self.steps);
    visit("speeds", self.speeds);
    visit("tolerance", self.tolerance);
  }
};

/// Who is tested, as functions of batches of N.
struct PushSubject {
  const WorldModel& model;                                 ///< Action: `skip` pushes of 2 numbers.
  RenderFunction render;                                   ///< True states -> what is seen.
  std::function<Tensor(const Observation&)> encode;        ///< What is seen -> s [N, D].
  std::function<Tensor(const Tensor& s)> decode_position;  ///< s -> [N, 2], units; a probe.
};

/// How often imagined and true pushes of one kind and length ended alike.
struct PushResult {
  std::string kind;        ///< A kind of the world's; below full speed for example "wall at 0.75".
  double speed = 1.0;      ///< Share of the full.
  std::int64_t steps = 0;  ///< Primitive steps asked for.
  std::int64_t model_steps = 0;
  std::int64_t steps_done = 0;  ///< Primitive steps that these model steps cover, >= `steps`.
  std::int64_t agreed = 0;
  std::int64_t trials = 0;
  double agreement = 0.0;  ///< agreed / trials.
  double readable = 0.0;   ///< The same of a model that is always right, read by this probe.
  Interval interval;       ///< Of the agreement, 95 %.
};

/// Pushes of every kind that the world knows.
///
/// The state is encoded once, the model is rolled without looking again, and the last state's
/// position is decoded. A trial agrees if it lies in the room in which the agent truly ends, or no
/// further than `tolerance` from there: in an open doorway the rooms meet, and less than a radius
/// across the line is no mistake. (At the walls and shut doors of FourRooms the agent truly ends
/// further than that from the line, so there the room alone decides.)
///
/// A model step is `skip` primitive ones, so lengths are measured at the model step that covers
/// them: with skip 5, 4, 8 and 25 steps are 1, 2 and 5 model steps, which is 5, 10 and 25 steps,
/// for model and truth alike.
///
/// A probe errs too, most where few recordings are. `readable` tells how often it reads the state
/// that truly came as a trial that agrees; a model can hardly be seen to do better.
///
/// @param world  The pushes that the environment knows; chance comes from `rng`.
/// @returns      By speed, then kind, then length: speeds and lengths in the order of `options`,
///               kinds in the order of `world`.
/// @throws ConfigError  if `options` break a rule.
/// @throws ShapeError   if the model's action is no multiple of 2 numbers, or an encoded state or
///                      decoded position has another shape.
std::vector<PushResult> push_test(const PushSubject& subject, const PushWorld& world,
                                  const RandomStream& rng, const PushTestOptions& options = {});

/// The longest pushes as named shares, for the metrics of a run: push_wall_25, push_closed_door_25
/// ..
std::map<std::string, double> push_measurements(const std::vector<PushResult>& results);

}  // namespace forethink
