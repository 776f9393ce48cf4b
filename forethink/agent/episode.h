// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The perception-action episode in Mode-2, for many episodes at once.
//
// See, estimate the state, imagine plans and search them, act out the first few actions, look
// again: model-predictive control with a receding horizon. Episodes that have reached their goal
// leave the batch, and a plan does not depend on which episodes still share it.
//
// Role:    the agent's loop (figure 4).
#pragma once

#include <vector>

#include "forethink/actor/deliberation.h"
#include "forethink/environments/environment.h"
#include "forethink/perception/perception.h"
#include "forethink/rollout/compiled_rollout.h"

namespace forethink {

/// The modules that one agent is made of. All are borrowed: they outlive the agent.
struct Agent {
  const Perception& perception;
  const WorldModel& world_model;
  const Cost& cost;  ///< Its goal table has one row for each episode.
};

/// Settings of `run_episodes`.
struct EpisodeOptions {
  std::int64_t budget = 210;       ///< Primitive steps an episode may take; >= 1.
  std::int64_t replan_every = 10;  ///< Primitive steps acted out before looking again; a multiple
                                   ///< of deliberation.hold, at most horizon x hold.
  DeliberationOptions deliberation;
  RolloutOptions rollout;  ///< How the processor imagines.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("budget", self.budget);
    visit("replan_every", self.replan_every);
    visit("deliberation", self.deliberation);
    visit("rollout", self.rollout);
  }
};

/// What happened in P episodes.
struct EpisodeResult {
  Tensor success;                 ///< [P] bool.
  Tensor steps;                   ///< [P] int64: primitive steps until success, or the budget.
  std::int64_t model_steps = 0;   ///< Summed over the episodes.
  double planning_seconds = 0.0;  ///< Seeing and deliberating, summed over the episodes.
  std::vector<double> plan_ms;    ///< Of each batched plan.
  std::int64_t late_plans = 0;    ///< Batched plans that missed their deadline.
  /// What was imagined by the plain path instead of compiled, and why; empty if nothing was.
  std::vector<std::string> not_compiled;
};

/// Looks on without taking part: films, reports.
class EpisodeWatcher {
 public:
  virtual ~EpisodeWatcher() = default;
  /// Called once per plan; `active` [B] are the episodes it is for.
  virtual void planned(std::int64_t step, const Tensor& active, const ImaginedEnergy& energy,
                       const Plan& plan) = 0;
  /// Called before the first action and after every primitive step.
  virtual void saw(std::int64_t step, const Environment& environment) = 0;
};

/// Runs every episode that `environment` was reset to, until its goal or the budget.
///
/// Where perception looks at several frames, they are those of the last primitive steps, as in
/// recordings; the first reading of an episode stands for those before it.
///
/// @param environment  Just reset, with goals; P rows.
/// @param rng          The only source of chance of the planner.
/// @param watcher      May be null.
/// @throws ConfigError  if options break a rule, or the world is mortal: it has no goals, and what
///                      ends there is a life.
EpisodeResult run_episodes(Environment& environment, const Agent& agent, RandomStream& rng,
                           const EpisodeOptions& options, EpisodeWatcher* watcher = nullptr);

}  // namespace forethink
