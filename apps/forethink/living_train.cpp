// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink train` in a mortal world: watch, feel, remember, then live and learn from it.
#include <torch/torch.h>

#include <chrono>

#include "apps/forethink/commands.h"
#include "apps/forethink/experiment.h"
#include "apps/forethink/living.h"
#include "forethink/core/checkpoint.h"
#include "forethink/core/clock.h"
#include "forethink/datasets/hdf5.h"
#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"
#include "forethink/training/joint_states.h"
#include "forethink/training/own_lives.h"
#include "forethink/world_model/predictor.h"

namespace forethink {
namespace {

constexpr std::int64_t kStandardiseRows = 4096;  // Looked at to know how pictures vary.
constexpr std::int64_t kHeldOutOfOwn = 10;       // One of so many own lives only tells how well.

// The stages share this: what they learn from, and what is learnt.
struct LivingWorkshop {
  explicit LivingWorkshop(const Run& settings_and_folder)
      : run(settings_and_folder),
        options(run.settings.living),
        environment(make_environment(run.settings.environment)),
        watched(load_recordings(run, *environment)),
        split(split_episodes(watched, run.settings.validation_share, seed())),
        model(make_living_model(run)),
        metrics(run.folder) {}

  std::uint64_t seed() const { return static_cast<std::uint64_t>(run.settings.seed); }
  std::int64_t skip() const { return run.settings.jepa.window.skip; }

  // Trains one stage and adds its time to that of a part. @returns an exit code.
  int learn(Trainer& trainer, const std::string& stage, const LoopOptions& loop, double& seconds) {
    const TrainOutcome outcome = train(trainer, stage, run.checkpoints(stage), metrics, loop);
    seconds += outcome.seconds;
    return report_outcome(stage, outcome);
  }
  // Saves a part of the model, stamped with the intrinsic cost that it was learnt with.
  void keep(const std::string& part, std::map<std::string, Tensor> tensors, double seconds) const {
    Checkpoint checkpoint;
    checkpoint.tensors = std::move(tensors);
    checkpoint.metadata["seconds"] = std::to_string(seconds);
    stamp(model.intrinsic, checkpoint);
    write_checkpoint(run.part(part), checkpoint);
  }

  const Run& run;
  const LivingOptions& options;
  std::unique_ptr<Environment> environment;
  Trajectories watched;
  Split split;  // Of `known`, own lives included as they come.
  LivingModel model;
  MetricsWriter metrics;
  Trajectories known;        // All lives as the agent knows them.
  Tensor own_lives;          // Episodes of `known` that it lived as it would live.
  double model_seconds = 0;  // Spent on the world model, and on the critics and the policy.
  double sight_seconds = 0;
  double critic_seconds = 0;
  double policy_seconds = 0;
};

RecordedLives lives_in(const LivingWorkshop& w, const Trajectories& joint, const Tensor& episodes) {
  return recorded_lives(joint, w.skip(), w.model.intrinsic, episodes);
}

// The JEPA watches, and feels its body; the predictor is still without memory.
int watch(LivingWorkshop& w, std::shared_ptr<Predictor>& narrow) {
  const ExperimentSettings& settings = w.run.settings;
  const auto encoder = w.model.world_model->encoder_x();
  const EnvironmentSpec& spec = w.environment->spec();
  narrow = make_predictor_network(settings, spec, encoder->dim() + felt_width(spec, sight_felt()));
  RandomStream weights(w.seed(), "sight weights");
  initialise(*narrow, weights);
  const auto jepa = std::make_shared<Jepa>(encoder, encoder, narrow);
  RandomStream glances(w.seed(), "standardise");
  const Tensor glimpse = glances.integers({kStandardiseRows}, 0, w.watched.rows());
  encoder->standardise(w.watched.observe(glimpse).at(settings.sensor));
  JepaTrainer trainer(jepa, w.watched, w.split, {settings.sensor, "", sight_felt()}, settings.jepa,
                      w.seed());
  const int code = w.learn(trainer, "jepa", settings.jepa.loop, w.model_seconds);
  jepa->eval();
  return code;
}

int train_sight_critic(LivingWorkshop& w) {
  const Bf16Scope precision(bf16_pays());
  const Trajectories seen =
      join_felt(encode_trajectories(w.watched, *w.model.perception, sight_felt()), sight_felt());
  const DriveCriticTrainerOptions& options = w.options.sight_critic.training;
  DriveCriticTrainer trainer(
      w.model.sight_critic,
      {lives_in(w, seen, w.split.train), lives_in(w, seen, w.split.validation)},
      w.model.intrinsic.digest(), options, w.seed());
  return w.learn(trainer, "sight_critic", options.loop, w.sight_seconds);
}

int train_predictor(LivingWorkshop& w, const std::string& stage,
                    const PredictorTrainerOptions& options) {
  PredictorTrainer trainer(w.model.world_model, w.known, w.split, w.skip(),
                           w.environment->spec().action.high, options, w.seed());
  const int code = w.learn(trainer, stage, options.loop, w.model_seconds);
  w.model.world_model->eval();
  return code;
}

// The critic of a round.
int train_round_critic(LivingWorkshop& w, const std::string& stage, const Tensor& episodes,
                       const Tensor& held_out, std::int64_t steps) {
  DriveCriticTrainerOptions options = w.options.round_critic.training;
  options.steps = steps;
  DriveCriticTrainer trainer(w.model.drive_critic,
                             {lives_in(w, w.known, episodes), lives_in(w, w.known, held_out)},
                             w.model.intrinsic.digest(), options, w.seed());
  return w.learn(trainer, stage, options.loop, w.critic_seconds);
}

// The critic that the agent ends with. It learns from states as they came and as the world model
// foretells them, for a search asks it about these.
int train_drive_critic(LivingWorkshop& w, const Tensor& episodes, const Tensor& held_out) {
  RandomStream foresight(w.seed(), "foretold lives");
  RecordedLives lives = lives_in(w, w.known, episodes);
  {
    const Bf16Scope precision(bf16_pays());
    lives =
        join_lives(lives, foretold_lives(w.known, *w.model.world_model, w.skip(), w.model.intrinsic,
                                         w.run.settings.predictor.rollout, foresight, episodes));
  }
  const DriveCriticTrainerOptions& options = w.options.drive_critic.training;
  DriveCriticTrainer trainer(w.model.drive_critic,
                             {std::move(lives), lives_in(w, w.known, held_out)},
                             w.model.intrinsic.digest(), options, w.seed());
  return w.learn(trainer, "drive_critic", options.loop, w.critic_seconds);
}

// States and the actions taken in them; the last row of an episode has none.
Deeds deeds_in(const Trajectories& known, const Tensor& episodes) {
  const Windows steps(known, episodes, {.length = 2, .skip = 1});
  const Tensor rows =
      steps.get(at::arange(0, steps.size(), 2, at::kLong)).rows.select(1, 0).contiguous();
  return {known.columns.at("embedding").index_select(0, rows),
          known.columns.at("action").index_select(0, rows)};
}

int train_policy(LivingWorkshop& w) {
  PolicyTrainer trainer(w.model.policy, deeds_in(w.known, w.split.train),
                        deeds_in(w.known, w.split.validation), w.options.policy, w.seed());
  const int code = w.learn(trainer, "policy", w.options.policy.loop, w.policy_seconds);
  w.model.policy->eval();
  return code;
}

// One kind of lives of a round.
struct OwnTrial {
  const char* name;
  bool critic;
  bool commits;  // To whole plans.
  std::int64_t lives;
};

Trajectories live_and_record(LivingWorkshop& w, const OwnTrial& trial, const RandomStream& round) {
  const auto world = make_environment(w.run.settings.environment);
  RandomStream worlds = round.child(std::string(trial.name) + " worlds");
  RandomStream search = round.child(std::string(trial.name) + " search");
  world->reset(trial.lives, worlds);
  LivingOptions options = w.options;
  const DeliberationOptions& deliberation = options.life.deliberation;
  options.life.predict = false;
  if (trial.commits) options.life.replan_every = deliberation.horizon * deliberation.hold;
  AgentKind kind = agent_kind("full");
  kind.critic = trial.critic;
  LifeRecorder recorder(*world);
  const LivesResult result = live_as(*world, w.model, options, kind, search, &recorder);
  w.metrics.write(std::string("own_lives_") + trial.name, 1,
                  {{"alive", result.alive.to(at::kDouble).mean().item<double>()},
                   {"steps", result.steps.to(at::kDouble).mean().item<double>()},
                   {"energy", result.energy.sum(1).mean().item<double>()}});
  return lives_until_death(recorder.states(), recorder.actions(), w.watched.render, w.skip(),
                           kLeastLife);
}

// The lives of one round, those that were lived plainly last; kept, for they cost planning.
struct OwnRound {
  Trajectories lives;
  std::int64_t plain = 0;
};

OwnRound own_round(LivingWorkshop& w, std::int64_t round) {
  const std::filesystem::path file = w.run.folder / ("own_lives_" + std::to_string(round) + ".h5");
  const std::filesystem::path plain_file =
      w.run.folder / ("own_lives_" + std::to_string(round) + "_plain.h5");
  const auto started = std::chrono::steady_clock::now();
  if (!std::filesystem::exists(plain_file)) {
    const RandomStream stream(w.seed(), "own lives " + std::to_string(round));
    const OwnLivesOptions& own = w.options.own_lives;
    if (own.committed > 0) {
      Trajectories committed = live_and_record(w, {"committed", true, true, own.committed}, stream);
      append_trajectories(
          committed,
          live_and_record(w, {"committed_without_critic", false, true, own.committed}, stream));
      write_hdf5(file, committed);
    }
    write_hdf5(plain_file, live_and_record(w, {"plain", true, false, own.plain}, stream));
  }
  const auto read = [&](const std::filesystem::path& path) {
    Trajectories lives = read_hdf5(path);
    lives.render = w.watched.render;
    lives.frames = w.watched.frames;
    return lives;
  };
  OwnRound own{read(plain_file), 0};
  own.plain = own.lives.episodes();
  if (std::filesystem::exists(file)) {
    Trajectories all = read(file);
    append_trajectories(all, own.lives);
    own.lives = std::move(all);
  }
  w.model_seconds += seconds_since(started);
  return own;
}

Tensor every_tenth(const Tensor& episodes, bool held_out) {
  const Tensor is_held = at::arange(episodes.size(0), at::kLong).remainder(kHeldOutOfOwn).eq(0);
  return episodes.masked_select(held_out ? is_held : is_held.logical_not());
}

// Lives, and learns what came of it: the world model from all lives, the critic from those that
// were lived as the agent would live, and from what it watched.
int live_and_learn(LivingWorkshop& w, std::int64_t round, const Tensor& watched_episodes) {
  const OwnLivesOptions& own = w.options.own_lives;
  const OwnRound lived = own_round(w, round);
  const std::int64_t before = w.known.episodes();
  append_trajectories(w.known, as_known(lived.lives, w.model, w.options));
  const Tensor fresh = at::arange(before, w.known.episodes(), at::kLong);
  w.split.train = at::cat({w.split.train, every_tenth(fresh, false)});
  w.split.validation = at::cat({w.split.validation, every_tenth(fresh, true)});
  w.own_lives = at::cat({w.own_lives, fresh.slice(0, fresh.size(0) - lived.plain)});

  PredictorTrainerOptions predictor = w.run.settings.predictor;
  predictor.steps = own.predictor_steps;
  predictor.optimizer.learning_rate = own.learning_rate;
  predictor.hard_share = own.hard_share;
  const std::string suffix = "_" + std::to_string(round);
  if (const int code = train_predictor(w, "predictor" + suffix, predictor); code != kOk)
    return code;
  return train_round_critic(w, "round_critic" + suffix,
                            at::cat({watched_episodes, every_tenth(w.own_lives, false)}),
                            every_tenth(w.own_lives, true), own.critic_steps);
}

void keep_all(const LivingWorkshop& w) {
  std::map<std::string, Tensor> tensors;
  w.keep("sight_critic", w.model.sight_critic->state(), w.sight_seconds);
  w.keep("drive_critic", w.model.drive_critic->state(), w.critic_seconds);
  module_to_tensors(*w.model.policy, "", tensors);
  w.keep("policy", tensors, w.policy_seconds);
  tensors.clear();
  module_to_tensors(*w.model.world_model, "", tensors);
  w.keep("world_model", tensors, w.model_seconds);
}

}  // namespace

int train_living_stage(const Run& run) {
  if (std::filesystem::exists(run.part("world_model"))) return kOk;  // Kept last.
  LivingWorkshop w(run);
  const Tensor watched_episodes = w.split.train;
  std::shared_ptr<Predictor> narrow;
  if (const int code = watch(w, narrow); code != kOk) return code;
  if (const int code = train_sight_critic(w); code != kOk) return code;
  // Now that memory knows what places are worth, the state gets the reading that it returns.
  w.known = as_known(w.watched, w.model, w.options);
  widen_predictor(*w.model.world_model->predictor(), *narrow,
                  w.model.world_model->encoder_x()->dim() +
                      felt_width(w.environment->spec(), {sight_felt().front()}));
  if (const int code = train_predictor(w, "predictor", run.settings.predictor); code != kOk) {
    return code;
  }
  const std::shared_ptr<DriveCritic> last = w.model.drive_critic;
  w.model.drive_critic = make_round_critic(run, w.model);
  if (const int code = train_round_critic(w, "round_critic", w.split.train, w.split.validation,
                                          w.options.round_critic.training.steps);
      code != kOk) {
    return code;
  }
  if (const int code = train_policy(w); code != kOk) return code;
  w.own_lives = at::zeros({0}, at::kLong);
  for (std::int64_t round = 1; round <= w.options.own_lives.rounds; ++round) {
    if (const int code = live_and_learn(w, round, watched_episodes); code != kOk) return code;
  }
  w.model.drive_critic = last;
  const Tensor own_too = at::cat({watched_episodes, every_tenth(w.own_lives, false)});
  const Tensor held_out =
      w.options.own_lives.rounds > 0 ? every_tenth(w.own_lives, true) : w.split.validation;
  if (const int code = train_drive_critic(w, own_too, held_out); code != kOk) return code;
  keep_all(w);
  return kOk;
}

}  // namespace forethink
