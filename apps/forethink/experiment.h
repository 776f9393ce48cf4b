// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// An experiment: one settings file, one run folder, four stages (collect, train, evaluate, report).
//
// Role:    apps; the commands share this. The folder of a run:
//
//   config.resolved.toml   every setting as it was used
//   recordings.h5          what was watched
//   checkpoints/<stage>/   for resuming a stage that was cut off
//   model/<part>/          world_model, probe, roadmap, critic_roadmap, critic_recordings; of a
//                          mortal world: world_model, sight_critic, drive_critic, policy
//   own_lives_<round>.h5   what came of the agent's own lives, of a mortal world
//   lives.json             the same of its evaluation
//   metrics.jsonl, events.out.tfevents.*, results.json, films.json, report.html
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/forethink/living.h"
#include "forethink/agent/episode.h"
#include "forethink/core/settings.h"
#include "forethink/cost/action_energy.h"
#include "forethink/cost/goal_energy.h"
#include "forethink/cost/remaining_cost_energy.h"
#include "forethink/cost/roadmap.h"
#include "forethink/datasets/trajectories.h"
#include "forethink/environments/registry.h"
#include "forethink/evaluation/push_agreement.h"
#include "forethink/training/critic_recordings_teacher.h"
#include "forethink/training/critic_roadmap_teacher.h"
#include "forethink/training/critic_trainer.h"
#include "forethink/training/jepa_trainer.h"
#include "forethink/training/predictor_trainer.h"
#include "forethink/training/probe.h"
#include "forethink/training/scenes.h"
#include "forethink/world_model/jepa.h"
#include "forethink/world_model/predictor.h"

namespace forethink {

/// Which states the roadmap remembers, and how it pushes from them.
struct RoadmapStageOptions {
  std::int64_t nodes = 16384;   ///< Remembered states; >= 1.
  std::int64_t directions = 8;  ///< Full-speed pushes from each node, turned at random; >= 1.
  RoadmapOptions graph;

  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("nodes", self.nodes);
    visit("directions", self.directions);
    visit("graph", self.graph);
  }
};

/// A critic taught by the roadmap ("roadmap"), or by one roadmap for each scene ("scenes").
struct RoadmapCriticOptions {
  std::string method = "roadmap";
  CriticOptions network;
  SceneOptions scenes;
  RoadmapTeacherOptions teacher;
  CriticTrainerOptions training;

  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("method", self.method);
    visit("network", self.network);
    visit("scenes", self.scenes);
    visit("teacher", self.teacher);
    visit("training", self.training);
  }
};

/// A critic taught by the recordings alone: by dynamic programming over the ways that were gone
/// ("recorded_ways"), or by value iteration through imagined pushes ("value_iteration").
struct RecordingsCriticOptions {
  std::string method = "recorded_ways";
  CriticOptions network;
  std::int64_t nodes = 16384;        ///< Remembered states that ways lead over; >= 1.
  RoadmapOptions graph;              ///< Of the recorded ways.
  RoadmapTeacherOptions ways;        ///< Teaches what the recorded ways cost.
  std::int64_t directions = 8;       ///< Of value iteration: full-speed pushes from each state,
                                     ///< turned at random; >= 1.
  RecordingsTeacherOptions teacher;  ///< Of value iteration.
  CriticTrainerOptions training;

  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("method", self.method);
    visit("network", self.network);
    visit("nodes", self.nodes);
    visit("graph", self.graph);
    visit("ways", self.ways);
    visit("directions", self.directions);
    visit("teacher", self.teacher);
    visit("training", self.training);
  }
};

/// One way of acting: what the cost is made of, and how it is searched.
struct ActOptions {
  double goal_weight = 0.0;       ///< Of the goal energy; >= 0.
  double remaining_weight = 0.0;  ///< Of the remaining cost; >= 0.
  double action_weight = 0.0;     ///< Of the action energy; >= 0.
  GoalEnergyOptions goal;
  RemainingCostEnergyOptions remaining;
  EpisodeOptions episode;

  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("goal_weight", self.goal_weight);
    visit("remaining_weight", self.remaining_weight);
    visit("action_weight", self.action_weight);
    visit("goal", self.goal);
    visit("remaining", self.remaining);
    visit("episode", self.episode);
  }
};

/// The ways of acting that can be named with --cost.
struct ActTable {
  ActOptions goal;               ///< Latent distance to the goal alone.
  ActOptions roadmap;            ///< Dynamic programming over remembered states.
  ActOptions critic_roadmap;     ///< A critic taught by roadmaps.
  ActOptions critic_recordings;  ///< A critic taught by the recordings alone.

  const ActOptions& at(const std::string& cost) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("goal", self.goal);
    visit("roadmap", self.roadmap);
    visit("critic_roadmap", self.critic_roadmap);
    visit("critic_recordings", self.critic_recordings);
  }
};

/// What `evaluate` and `run` measure.
struct EvaluateOptions {
  std::vector<std::string> tasks = {"four_rooms_300"};   ///< Lists in experiments/tasks.
  std::vector<std::string> costs = {"goal", "roadmap"};  ///< Of the act table.
  std::vector<std::string> costs_once;                   ///< The same, on the last list alone.
  std::vector<std::string> planners = {"icem"};          ///< Each with each cost.
  std::string headline = "roadmap";                      ///< The cost that the films show.
  PushTestOptions push_test;
  std::int64_t films = 8;  ///< >= 0.

  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("tasks", self.tasks);
    visit("costs", self.costs);
    visit("costs_once", self.costs_once);
    visit("planners", self.planners);
    visit("headline", self.headline);
    visit("push_test", self.push_test);
    visit("films", self.films);
  }
};

/// Everything that an experiment file may say.
struct ExperimentSettings {
  std::int64_t seed = 0;           ///< Of everything that is learnt; >= 0.
  std::string sensor = "image";    ///< What perception looks at.
  double validation_share = 0.04;  ///< Of the recorded episodes; in (0, 1).
  /// What is learnt beyond the world model, of these.
  std::vector<std::string> learn = {"roadmap", "critic_roadmap", "critic_recordings"};
  EnvironmentOptions environment;
  RecordingOptions collect;
  EncoderOptions encoder;
  PredictorOptions predictor_network;
  JepaTrainerOptions jepa;
  PredictorTrainerOptions predictor;
  RoadmapStageOptions roadmap;
  RoadmapCriticOptions critic_roadmap;
  RecordingsCriticOptions critic_recordings;
  ActTable act;
  EvaluateOptions evaluate;
  LivingOptions living;  ///< Of mortal worlds, which have no goals; they read none of the four
                         ///< parts before this.

  bool learns(const std::string& part) const;

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("seed", self.seed);
    visit("sensor", self.sensor);
    visit("validation_share", self.validation_share);
    visit("learn", self.learn);
    visit("environment", self.environment);
    visit("collect", self.collect);
    visit("encoder", self.encoder);
    visit("predictor_network", self.predictor_network);
    visit("jepa", self.jepa);
    visit("predictor", self.predictor);
    visit("roadmap", self.roadmap);
    visit("critic_roadmap", self.critic_roadmap);
    visit("critic_recordings", self.critic_recordings);
    visit("act", self.act);
    visit("evaluate", self.evaluate);
    visit("living", self.living);
  }
};

/// Reads an experiment file and applies overrides "section.key=value".
/// @throws ConfigError naming the file, line, key and the nearest known one.
ExperimentSettings read_experiment(const std::filesystem::path& path,
                                   const std::vector<std::string>& overrides);

/// A run: its settings, and where its files are.
struct Run {
  ExperimentSettings settings;
  std::filesystem::path folder;

  std::filesystem::path recordings() const { return folder / "recordings.h5"; }
  std::filesystem::path checkpoints(const std::string& stage) const {
    return folder / "checkpoints" / stage;
  }
  std::filesystem::path part(const std::string& name) const { return folder / "model" / name; }
};

/// Opens the run in `folder` with the settings that it was made with, and `overrides`.
Run open_run(const std::filesystem::path& folder, const std::vector<std::string>& overrides = {});

/// What has been learnt, as far as it is there.
struct Model {
  std::shared_ptr<Jepa> jepa;
  std::unique_ptr<Perception> perception;
  std::optional<Probe> position_probe;  ///< For films and the push test only; never for acting.
  std::map<std::string, std::shared_ptr<const RemainingCost>> remaining;  ///< By name of the cost.
};

/// The predictor of the settings, with any weights.
std::shared_ptr<Predictor> make_predictor_network(const ExperimentSettings& settings,
                                                  const EnvironmentSpec& spec,
                                                  std::int64_t state_dim);

/// The encoder of the sensor that perception looks at, with any weights.
std::shared_ptr<Encoder> make_sensor_encoder(const ExperimentSettings& settings,
                                             const EnvironmentSpec& spec);

/// A world model with initial weights from the run's seed.
std::shared_ptr<Jepa> make_jepa(const ExperimentSettings& settings, const EnvironmentSpec& spec);
Perception make_perception(const ExperimentSettings& settings, const Jepa& jepa);

/// The tensors of one part of the model, in single precision: exported models are stored in half of
/// it.
std::map<std::string, Tensor> load_part(const Run& run, const std::string& name);
/// The same of a checkpoint that is loaded already.
std::map<std::string, Tensor> in_single_precision(std::map<std::string, Tensor> tensors);

/// Loads every part that the run has. @throws CheckpointError if the world model is not there.
Model load_model(const Run& run);

/// The recordings of the run, drawn by `environment` as they are looked at.
Trajectories load_recordings(const Run& run, const Environment& environment);

/// Full-speed pushes from `starts` places in `count` evenly spread directions, turned by a random
/// angle at each place, as blocks of the world model's actions [starts, count, hold*A].
Tensor push_blocks(const EnvironmentSpec& spec, std::int64_t hold, std::int64_t count,
                   std::int64_t starts, RandomStream& rng);

/// The push test of a world model, positions decoded by `probe`.
std::vector<PushResult> run_push_test(const ExperimentSettings& settings, const Jepa& jepa,
                                      const Perception& perception, const Probe& probe);

/// Seconds that each part of the model took, from what the parts say of themselves.
std::vector<std::pair<std::string, double>> training_seconds(const Run& run);

/// Says on standard error how a stage of training ended. @returns an exit code.
int report_outcome(const std::string& stage, const TrainOutcome& outcome);

/// Rows that a recorded life has at least; shorter ones teach little.
inline constexpr std::int64_t kLeastLife = 60;

/// The four stages. Each does nothing that is already done, and can be cut off at any moment.
void collect_stage(const Run& run);
/// @returns  An exit code: kOk, kDiverged, or kInterruptedBySignal.
int train_stage(const Run& run);
int evaluate_stage(const Run& run);
void report_stage(const Run& run);

}  // namespace forethink
