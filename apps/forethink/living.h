// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Experiments in mortal worlds: an agent with a body, its drives, critic and memory.
//
// Role:    apps. What it learns, in this order, each from what came before:
//
//   world_model   a JEPA that also feels; then wider, with what memory returns; then on its own
//   lives sight_critic  what is to come of what is seen: it says what a place is worth to be
//   remembered drive_critic  what is to come of what is felt and remembered policy        an
//   imitation of what was watched
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "forethink/agent/episode.h"
#include "forethink/core/settings.h"
#include "forethink/cost/drive_critic.h"
#include "forethink/cost/intrinsic_cost.h"
#include "forethink/datasets/trajectories.h"
#include "forethink/training/drive_critic_trainer.h"
#include "forethink/training/online_adjustment.h"
#include "forethink/training/policy_trainer.h"
#include "forethink/world_model/jepa.h"

namespace forethink {

struct Run;

/// A critic of drives, and how it learns.
struct DriveCriticStageOptions {
  DriveCriticOptions network;
  DriveCriticTrainerOptions training;

  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("network", self.network);
    visit("training", self.training);
  }
};

/// What the agent learns from its own lives.
struct OwnLivesOptions {
  std::int64_t rounds = 3;              ///< Times that it lives and learns; >= 0.
  std::int64_t committed = 100;         ///< Lives of a round that act out whole plans; >= 0.
  std::int64_t plain = 60;              ///< Lives of a round as it would live; >= 2.
  std::int64_t predictor_steps = 2500;  ///< Of a round; >= 1.
  double learning_rate = 4e-4;          ///< Of the predictor; > 0.
  double hard_share = 0.5;              ///< Of its batches, mined; in [0, 1].
  std::int64_t critic_steps = 2000;     ///< Of a round; >= 1.

  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("rounds", self.rounds);
    visit("committed", self.committed);
    visit("plain", self.plain);
    visit("predictor_steps", self.predictor_steps);
    visit("learning_rate", self.learning_rate);
    visit("hard_share", self.hard_share);
    visit("critic_steps", self.critic_steps);
  }
};

/// What `evaluate` measures of lives.
struct EvaluateLivesOptions {
  std::int64_t worlds = 200;  ///< Held out; >= 1.
  std::int64_t seed = 7001;   ///< Of the worlds; >= 0. Training draws its own from another stream.
  std::vector<std::string> agents = {"full", "no memory", "no critic", "reactive", "random"};
  std::int64_t stories = 4;  ///< Lives of the first agent that are told in full; >= 0.

  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("worlds", self.worlds);
    visit("seed", self.seed);
    visit("agents", self.agents);
    visit("stories", self.stories);
  }
};

/// Everything about an agent with a body that an experiment file may say, under [living].
struct LivingOptions {
  DriveCriticStageOptions sight_critic;
  DriveCriticStageOptions round_critic;  ///< By which it lives while it learns; it reads what is
                                         ///< felt, whatever its `unread` says.
  DriveCriticStageOptions drive_critic;  ///< That it ends with; reads whole states.
  PolicyTrainerOptions policy;
  OwnLivesOptions own_lives;
  DriveWeights intrinsic;      ///< u_i.
  DriveWeights critic;         ///< v_j.
  double critic_weight = 1.0;  ///< Of all v_j together; >= 0.
  double discount = 0.9;       ///< Of imagined steps; in (0, 1].
  LifeOptions life;
  OnlineAdjustmentOptions adjustment;  ///< Of the trial of it.
  EvaluateLivesOptions evaluate;

  LivingOptions();
  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("sight_critic", self.sight_critic);
    visit("round_critic", self.round_critic);
    visit("drive_critic", self.drive_critic);
    visit("policy", self.policy);
    visit("own_lives", self.own_lives);
    visit("intrinsic", self.intrinsic);
    visit("critic", self.critic);
    visit("critic_weight", self.critic_weight);
    visit("discount", self.discount);
    visit("life", self.life);
    visit("adjustment", self.adjustment);
    visit("evaluate", self.evaluate);
  }
};

/// What has been learnt of living, with initial weights where nothing was.
struct LivingModel {
  IntrinsicCost intrinsic;
  std::shared_ptr<Jepa> world_model;  ///< Of [Enc(x), felt].
  std::unique_ptr<Perception> perception;
  std::shared_ptr<DriveCritic> sight_critic;
  std::shared_ptr<DriveCritic> drive_critic;
  std::shared_ptr<Policy> policy;

  PlaceWorth worth(const LivingOptions& options) const;
};

/// A kind of agent, for comparison: "full" lives by all of its modules.
struct AgentKind {
  std::string name;
  std::string mode = "deliberate";
  bool critic = true;
  bool memory = true;
};

/// @throws ConfigError naming the nearest one if there is none of this name.
AgentKind agent_kind(const std::string& name);

/// What is felt before there is a memory, and with one: what states end with, in this order.
const std::vector<std::string>& sight_felt();
const std::vector<std::string>& all_felt();
/// Numbers of these readings together. @throws ConfigError naming one that the world has not.
std::int64_t felt_width(const EnvironmentSpec& spec, const std::vector<std::string>& felt);

/// A model with initial weights from the run's seed.
LivingModel make_living_model(const Run& run);
/// The critic of the rounds, with initial weights.
std::shared_ptr<DriveCritic> make_round_critic(const Run& run, const LivingModel& model);
/// @throws CheckpointError if a part is not there, does not fit, or was learnt with another
///         intrinsic cost.
LivingModel load_living_model(const Run& run);

/// The cost that an agent of this kind lowers.
Cost living_cost(const LivingModel& model, const LivingOptions& options, const AgentKind& kind);

/// Lives in the worlds that `environment` was reset to.
LivesResult live_as(Environment& environment, const LivingModel& model,
                    const LivingOptions& options, const AgentKind& kind, RandomStream& rng,
                    LifeWatcher* watcher);

/// Recorded lives as the agent knows them: states [Enc(x), felt], memory included.
Trajectories as_known(const Trajectories& lives, const LivingModel& model,
                      const LivingOptions& options);

/// As `train_stage` and `evaluate_stage`, for a mortal world.
int train_living_stage(const Run& run);
int evaluate_living_stage(const Run& run);

/// `forethink evaluate` of a mortal world: which agents, in how many worlds, from which seed.
struct LivesWanted {
  std::vector<std::string> agents;  ///< Empty: those of the run.
  std::int64_t worlds = 0;          ///< 0: as many as the run says, as is a negative seed.
  std::int64_t seed = -1;
  bool json = false;  ///< One JSON object on the last line of standard output.
};
int evaluate_lives(Run run, const LivesWanted& wanted);

/// A trial made for one module: "memory" or "adjustment". `worlds` as above.
int living_trial(const Run& run, const std::string& trial, std::int64_t worlds);

}  // namespace forethink
