// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The perception-action episode, for many episodes at once: towards a goal, or for a life.
//
// `run_episodes`, Mode-2 with a goal: see, estimate the state, imagine plans and search them, act
// out the first few actions, look again: model-predictive control with a receding horizon. Episodes
// that have reached their goal leave the batch, and a plan does not depend on which episodes still
// share it.
//
// `live`, both modes, with a body and its needs. At each look:
//
//   see         s[0] = [Enc(x), felt], where memory returns one of the felt readings
//   remember    (s[0], f[0]) is stored, f[0] = IC(s[0]); what had been predicted is confirmed
//   act         Mode-1: a = A(s[0]).  Mode-2: propose, imagine, cost, search for the least energy
//   predict     (s[1], f[1]) of the action chosen is stored, until its observation arrives
//   adjust      optionally, the world model learns from what came instead
//
// A life ends with death or with the last step.
//
// Role:    the agent's loops (figures 3 and 4).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "forethink/actor/deliberation.h"
#include "forethink/actor/policy.h"
#include "forethink/cost/intrinsic_cost.h"
#include "forethink/cost/place_worth.h"
#include "forethink/environments/environment.h"
#include "forethink/memory/recollection.h"
#include "forethink/memory/short_term_memory.h"
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

/// The modules of an agent with a body (figure 2). All are borrowed: they outlive the agent.
struct LivingAgent {
  const Perception& perception;  ///< Of the sensors that need an encoder.
  /// Readings that states end with, in this order, as the world model learnt them. "recollection"
  /// is what memory returns; the last one is "vitals".
  std::vector<std::string> felt = {"proprioception", "recollection", "vitals"};
  const WorldModel& world_model;
  const IntrinsicCost& intrinsic;
  const Cost& cost;         ///< What Mode-2 lowers.
  Policy* policy;           ///< Mode-1 acts by it, Mode-2 starts its search from it; may be null.
  const PlaceWorth& worth;  ///< What memory keeps of a place.
  /// Figure 3's "adjust", called after each look but the first; empty: never. An agent that adjusts
  /// imagines by the plain path, for a compiled model would not notice.
  std::function<void(const ShortTermMemory&)> adjust = {};
};

/// Settings of `live`.
struct LifeOptions {
  std::string mode = "deliberate";  ///< "reactive" (Mode-1), "deliberate" (Mode-2), or "random".
  std::int64_t steps = 1000;        ///< Primitive steps of a whole life; >= 1.
  bool remember = true;             ///< Else only the present place comes to mind.
  bool predict = true;              ///< Whether Mode-1 and "random" imagine what comes next.
  std::int64_t replan_every = 4;    ///< Mode-2: primitive steps of a plan that are acted out before
                                    ///< the next, looks on the way or not; a multiple of
                                    ///< deliberation.hold, at most horizon x hold.
  DeliberationOptions deliberation{.horizon = 8, .hold = 4};  ///< `hold` steps between two looks.
  RolloutOptions rollout;                                     ///< How the processor imagines.
  ShortTermMemoryOptions memory{.capacity = 320};
  RecollectionOptions recollection;

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("mode", self.mode);
    visit("steps", self.steps);
    visit("remember", self.remember);
    visit("predict", self.predict);
    visit("replan_every", self.replan_every);
    visit("deliberation", self.deliberation);
    visit("rollout", self.rollout);
    visit("memory", self.memory);
    visit("recollection", self.recollection);
  }
};

/// What happened in P lives.
struct LivesResult {
  Tensor alive;   ///< [P] bool, at the last step.
  Tensor steps;   ///< [P] int64, lived.
  Tensor energy;  ///< [P, drives]: intrinsic energy a step, mean over a whole life. One that has
                  ///< ended goes on paying what its last step cost.
  Tensor honesty_gap;  ///< [P, drives]: |IC(predicted) - IC(observed)|, mean over looks; NaN where
                       ///< nothing was predicted.
  std::int64_t model_steps = 0;           ///< Of deliberation, summed over lives.
  std::int64_t acts = 0;                  ///< Looks that were acted on, summed over lives.
  std::vector<double> act_ms;             ///< Of each batched act: seeing, remembering, choosing.
  std::vector<std::string> not_compiled;  ///< As in EpisodeResult.
};

/// One look at the lives that go on.
struct Look {
  std::int64_t step;             ///< Primitive steps lived.
  const Tensor& active;          ///< [B] int64 of 0 .. P-1: who still lives.
  const Tensor& state;           ///< [B, D], s[0].
  const Tensor& recollection;    ///< [B, 3 J + 3], what memory returned.
  const Tensor& action;          ///< [B, A], chosen; to be held.
  const Tensor& predicted;       ///< [B, D], s[1]; undefined if nothing was predicted.
  const ImaginedEnergy* energy;  ///< Of a plan that was made at this look, else null.
  const Plan* plan;              ///< The same.
};

/// Looks on without taking part.
class LifeWatcher {
 public:
  virtual ~LifeWatcher() = default;
  virtual void looked(const Look& look, const ShortTermMemory& memory) = 0;
  /// After every primitive step. `actions` [P, A] as they were asked for; 0 for the dead.
  virtual void stepped(std::int64_t step, const Tensor& actions, const Environment& world) = 0;
};

/// Lives in every world that `environment` was reset to, until death or `options.steps`.
///
/// @param environment  Mortal, just reset; P rows, with the sensors "vitals" and "proprioception".
/// @param rng          The only source of chance of the agent.
/// @param watcher      May be null.
/// @throws ConfigError  if options break a rule, the world is not mortal, the mode needs a policy
///                      that is not there, or perception looks at several frames.
/// @throws ShapeError   if a sensor is missing or not finite, or the modules do not fit each other.
LivesResult live(Environment& environment, const LivingAgent& agent, RandomStream& rng,
                 const LifeOptions& options, LifeWatcher* watcher = nullptr);

}  // namespace forethink
