// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "apps/forethink/living.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "apps/forethink/experiment.h"
#include "forethink/core/checkpoint.h"
#include "forethink/core/error.h"
#include "forethink/cost/drive_energy.h"
#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"
#include "forethink/training/joint_states.h"

namespace forethink {
namespace {

const std::vector<AgentKind>& agent_kinds() {
  static const std::vector<AgentKind> kinds = {
      {.name = "full"},
      {.name = "no memory", .memory = false},
      {.name = "no critic", .critic = false},
      {.name = "reactive", .mode = "reactive"},
      {.name = "random", .mode = "random"},
  };
  return kinds;
}

// A part that was learnt with our intrinsic cost.
std::map<std::string, Tensor> load_stamped(const Run& run, const IntrinsicCost& intrinsic,
                                           const std::string& part) {
  Checkpoint checkpoint = load_checkpoint(run.part(part));
  check_stamp(intrinsic, checkpoint);
  return in_single_precision(std::move(checkpoint.tensors));
}

}  // namespace

void DriveCriticStageOptions::validate() const {
  network.validate();
  training.validate();
}

void OwnLivesOptions::validate() const {
  const std::string at = "living.own_lives.";
  expect_setting(rounds >= 0, at + "rounds", rounds, "rounds >= 0");
  expect_setting(committed >= 0, at + "committed", committed, "committed >= 0");
  expect_setting(plain >= 2, at + "plain", plain, "plain >= 2");
  expect_setting(predictor_steps >= 1, at + "predictor_steps", predictor_steps,
                 "predictor_steps >= 1");
  expect_setting(std::isfinite(learning_rate) && learning_rate > 0, at + "learning_rate",
                 learning_rate, "learning_rate > 0");
  expect_setting(hard_share >= 0 && hard_share <= 1, at + "hard_share", hard_share,
                 "0 <= hard_share <= 1");
  expect_setting(critic_steps >= 1, at + "critic_steps", critic_steps, "critic_steps >= 1");
}

void EvaluateLivesOptions::validate() const {
  expect_setting(worlds >= 1, "living.evaluate.worlds", worlds, "worlds >= 1");
  expect_setting(seed >= 0, "living.evaluate.seed", seed, "seed >= 0");
  expect_setting(!agents.empty(), "living.evaluate.agents", "[]", "at least one agent");
  for (const std::string& name : agents) agent_kind(name);
  expect_setting(stories >= 0, "living.evaluate.stories", stories, "stories >= 0");
}

LivingOptions::LivingOptions() {
  sight_critic.network.networks = 2;
  sight_critic.training.steps = 2000;
  sight_critic.training.targets.discount = 0.9;
  round_critic.network.networks = 2;
  round_critic.training.steps = 2000;
  drive_critic.network.networks = 2;
  drive_critic.training.steps = 2000;
  policy.steps = 2000;
  life.deliberation.planner.icem.samples = 32;
  life.deliberation.planner.icem.iterations = 3;
}

void LivingOptions::validate() const {
  sight_critic.validate();
  round_critic.validate();
  drive_critic.validate();
  policy.validate();
  own_lives.validate();
  intrinsic.validate();
  critic.validate();
  expect_setting(std::isfinite(critic_weight) && critic_weight >= 0, "living.critic_weight",
                 critic_weight, "critic_weight >= 0");
  expect_setting(discount > 0 && discount <= 1, "living.discount", discount, "0 < discount <= 1");
  life.validate();
  adjustment.validate();
  evaluate.validate();
}

PlaceWorth LivingModel::worth(const LivingOptions& options) const {
  return PlaceWorth(sight_critic, world_model->encoder_x()->dim(),
                    options.sight_critic.training.targets.discount);
}

AgentKind agent_kind(const std::string& name) {
  std::vector<std::string> known;
  for (const AgentKind& kind : agent_kinds()) {
    if (kind.name == name) return kind;
    known.push_back(kind.name);
  }
  const std::string nearest = nearest_name(name, known);
  throw ConfigError("agent \"" + name + "\" is not known" +
                    (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
}

LivingModel make_living_model(const Run& run) {
  const ExperimentSettings& settings = run.settings;
  const LivingOptions& living = settings.living;
  const EnvironmentSpec spec = make_environment(settings.environment)->spec();
  const auto seed = static_cast<std::uint64_t>(settings.seed);
  const auto encoder = make_sensor_encoder(settings, spec);
  const std::int64_t D = encoder->dim();
  const std::int64_t sight = D + felt_width(spec, sight_felt());
  const std::int64_t state = D + felt_width(spec, all_felt());
  const auto predictor = make_predictor_network(settings, spec, state);
  LivingModel model;
  model.world_model = std::make_shared<Jepa>(encoder, encoder, predictor);
  RandomStream weights(seed, "weights");
  initialise(*model.world_model, weights);
  model.perception = std::make_unique<Perception>(make_perception(settings, *model.world_model));
  RandomStream sight_weights(seed, "sight critic"), critic_weights(seed, "drive critic");
  model.sight_critic =
      std::make_shared<DriveCritic>(sight, living.sight_critic.network, sight_weights);
  model.drive_critic =
      std::make_shared<DriveCritic>(state, living.drive_critic.network, critic_weights);
  model.policy = std::make_shared<Policy>(state, spec.action.shape.front(), spec.action.high);
  RandomStream policy(seed, "policy");
  initialise(*model.policy, policy);
  model.policy->eval();
  return model;
}

std::shared_ptr<DriveCritic> make_round_critic(const Run& run, const LivingModel& model) {
  // A search finds the encoded futures that a young critic is wrong about; it reads what is felt.
  DriveCriticOptions network = run.settings.living.round_critic.network;
  network.unread = model.world_model->encoder_x()->dim();
  RandomStream weights(static_cast<std::uint64_t>(run.settings.seed), "round critic");
  return std::make_shared<DriveCritic>(model.world_model->state_dim(), network, weights);
}

LivingModel load_living_model(const Run& run) {
  LivingModel model = make_living_model(run);
  tensors_to_module(load_stamped(run, model.intrinsic, "world_model"), "", *model.world_model);
  model.world_model->eval();
  model.sight_critic->restore(load_stamped(run, model.intrinsic, "sight_critic"));
  model.drive_critic->restore(load_stamped(run, model.intrinsic, "drive_critic"));
  tensors_to_module(load_stamped(run, model.intrinsic, "policy"), "", *model.policy);
  model.policy->eval();
  return model;
}

const std::vector<std::string>& sight_felt() {
  static const std::vector<std::string> felt = {"proprioception", "vitals"};
  return felt;
}

const std::vector<std::string>& all_felt() {
  static const std::vector<std::string> felt = {"proprioception", "recollection", "vitals"};
  return felt;
}

std::int64_t felt_width(const EnvironmentSpec& spec, const std::vector<std::string>& felt) {
  std::int64_t width = 0;
  for (const std::string& name : felt) {
    if (name == "recollection") {
      width += recollection_dim(static_cast<std::int64_t>(place_needs().size()));
      continue;
    }
    const auto found = std::find_if(spec.observation.begin(), spec.observation.end(),
                                    [&](const ArraySpec& sensor) { return sensor.name == name; });
    if (found == spec.observation.end()) {
      throw ConfigError(spec.name + " has no sensor \"" + name + "\", which a body feels");
    }
    width += found->shape.front();
  }
  return width;
}

Cost living_cost(const LivingModel& model, const LivingOptions& options, const AgentKind& kind) {
  const std::int64_t D = model.world_model->state_dim();
  Cost cost;
  add_drives_(cost, model.intrinsic, VitalsSlice::last_of(D), options.intrinsic,
              {.discount = options.discount});
  if (kind.critic) {
    cost.add(
        std::make_shared<DriveCriticEnergy>(model.drive_critic, options.critic,
                                            DriveCriticEnergyOptions{.discount = options.discount}),
        options.critic_weight);
  }
  return cost;
}

LivesResult live_as(Environment& environment, const LivingModel& model,
                    const LivingOptions& options, const AgentKind& kind, RandomStream& rng,
                    LifeWatcher* watcher) {
  const Bf16Scope precision(bf16_pays());
  const Cost cost = living_cost(model, options, kind);
  const PlaceWorth worth = model.worth(options);
  const LivingAgent agent{*model.perception,  all_felt(), *model.world_model, model.intrinsic, cost,
                          model.policy.get(), worth};
  LifeOptions life = options.life;
  life.mode = kind.mode;
  life.remember = kind.memory;
  return live(environment, agent, rng, life, watcher);
}

Trajectories as_known(const Trajectories& lives, const LivingModel& model,
                      const LivingOptions& options) {
  const Bf16Scope precision(bf16_pays());
  Trajectories known = encode_trajectories(lives, *model.perception, sight_felt());
  known.columns["recollection"] = recorded_recollections(
      known, model.worth(options), model.intrinsic, options.life.recollection);
  return join_felt(known, all_felt());
}

}  // namespace forethink
