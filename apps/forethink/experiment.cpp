// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "apps/forethink/experiment.h"

#include <torch/torch.h>

#include <algorithm>
#include <numbers>

#include "forethink/core/checkpoint.h"
#include "forethink/core/error.h"
#include "forethink/cost/trainable_critic.h"
#include "forethink/datasets/hdf5.h"
#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

constexpr const char* kSettingsFile = "config.resolved.toml";

void validate_weight(const std::string& name, double weight) {
  expect_setting(std::isfinite(weight) && weight >= 0, name, weight, "weight >= 0");
}

}  // namespace

void ActOptions::validate() const {
  validate_weight("act.goal_weight", goal_weight);
  validate_weight("act.remaining_weight", remaining_weight);
  validate_weight("act.action_weight", action_weight);
  goal.validate();
  remaining.validate();
  episode.validate();
}

void RoadmapStageOptions::validate() const {
  expect_setting(nodes >= 1, "roadmap.nodes", nodes, "nodes >= 1");
  expect_setting(directions >= 1, "roadmap.directions", directions, "directions >= 1");
  graph.validate();
}

void RoadmapCriticOptions::validate() const {
  expect_setting(method == "roadmap" || method == "scenes", "critic_roadmap.method", method,
                 "one of roadmap, scenes");
  network.validate();
  scenes.validate();
  teacher.validate();
  training.validate();
}

void RecordingsCriticOptions::validate() const {
  network.validate();
  expect_setting(method == "recorded_ways" || method == "value_iteration",
                 "critic_recordings.method", method, "one of recorded_ways, value_iteration");
  expect_setting(nodes >= 1, "critic_recordings.nodes", nodes, "nodes >= 1");
  graph.validate();
  ways.validate();
  expect_setting(directions >= 1, "critic_recordings.directions", directions, "directions >= 1");
  teacher.validate();
  training.validate();
}

const ActOptions& ActTable::at(const std::string& cost) const {
  std::vector<std::string> known;
  const ActOptions* found = nullptr;
  fields(*this, [&](std::string_view name, const ActOptions& options) {
    known.emplace_back(name);
    if (name == cost) found = &options;
  });
  if (found) return *found;
  const std::string nearest = nearest_name(cost, known);
  throw ConfigError("cost \"" + cost + "\" is not known" +
                    (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
}

void EvaluateOptions::validate() const {
  expect_setting(!tasks.empty(), "evaluate.tasks", "[]", "at least one task list");
  push_test.validate();
  expect_setting(films >= 0, "evaluate.films", films, "films >= 0");
}

bool ExperimentSettings::learns(const std::string& part) const {
  return std::find(learn.begin(), learn.end(), part) != learn.end();
}

void ExperimentSettings::validate() const {
  for (const std::string& part : learn) {
    expect_setting(part == "roadmap" || part == "critic_roadmap" || part == "critic_recordings",
                   "learn", part, "each one of roadmap, critic_roadmap, critic_recordings");
  }
  if (learns("critic_roadmap") && critic_roadmap.method == "roadmap" && !learns("roadmap")) {
    throw ConfigError("learn = [\"critic_roadmap\"] needs \"roadmap\", which teaches it");
  }
  expect_setting(seed >= 0, "seed", seed, "seed >= 0");
  expect_setting(validation_share > 0 && validation_share < 1, "validation_share", validation_share,
                 "0 < validation_share < 1");
  environment.validate();
  collect.validate();
  encoder.validate("encoder");
  predictor_network.validate("predictor_network");
  jepa.validate();
  predictor.validate();
  roadmap.validate();
  critic_roadmap.validate();
  critic_recordings.validate();
  ActTable::fields(act, [](std::string_view, const ActOptions& options) { options.validate(); });
  for (const std::string& cost : evaluate.costs) act.at(cost);
  for (const std::string& cost : evaluate.costs_once) act.at(cost);
  act.at(evaluate.headline);
  evaluate.validate();
  living.validate();
}

ExperimentSettings read_experiment(const std::filesystem::path& path,
                                   const std::vector<std::string>& overrides) {
  SettingsTable table = read_settings(path);
  for (const std::string& assignment : overrides) override_setting(table, assignment);
  ExperimentSettings settings;
  load_settings(settings, table);
  settings.validate();
  return settings;
}

Run open_run(const std::filesystem::path& folder, const std::vector<std::string>& overrides) {
  if (!std::filesystem::exists(folder / kSettingsFile)) {
    throw IoError(folder.string() + " is not a run: it has no " + kSettingsFile +
                  ". Make one with `forethink run experiments/four_rooms.toml --run-dir " +
                  folder.string() + "`");
  }
  return {read_experiment(folder / kSettingsFile, overrides), folder};
}

std::shared_ptr<Predictor> make_predictor_network(const ExperimentSettings& settings,
                                                  const EnvironmentSpec& spec,
                                                  std::int64_t state_dim) {
  const std::int64_t block = spec.action.shape.front() * settings.jepa.window.skip;
  return make_predictor(settings.predictor_network, state_dim, block);
}

std::shared_ptr<Encoder> make_sensor_encoder(const ExperimentSettings& settings,
                                             const EnvironmentSpec& spec) {
  const ArraySpec* sensor = nullptr;
  for (const ArraySpec& reading : spec.observation) {
    if (reading.name == settings.sensor) sensor = &reading;
  }
  if (!sensor) {
    throw ConfigError("sensor = \"" + settings.sensor + "\" is not a sensor of " + spec.name);
  }
  return make_encoder(settings.encoder, sensor->shape);
}

std::shared_ptr<Jepa> make_jepa(const ExperimentSettings& settings, const EnvironmentSpec& spec) {
  const auto encoder = make_sensor_encoder(settings, spec);
  const auto predictor = make_predictor_network(settings, spec, encoder->dim());
  auto jepa = std::make_shared<Jepa>(encoder, encoder, predictor);
  RandomStream rng(static_cast<std::uint64_t>(settings.seed), "weights");
  initialise(*jepa, rng);
  return jepa;
}

Perception make_perception(const ExperimentSettings& settings, const Jepa& jepa) {
  return Perception({{settings.sensor, jepa.encoder_x()}}, settings.encoder.frames);
}

std::map<std::string, Tensor> in_single_precision(std::map<std::string, Tensor> tensors) {
  for (auto& [name, tensor] : tensors) {
    if (tensor.scalar_type() == at::kBFloat16) tensor = tensor.to(at::kFloat);
  }
  return tensors;
}

std::map<std::string, Tensor> load_part(const Run& run, const std::string& name) {
  return in_single_precision(load_checkpoint(run.part(name)).tensors);
}

Model load_model(const Run& run) {
  const auto environment = make_environment(run.settings.environment);
  Model model;
  model.jepa = make_jepa(run.settings, environment->spec());
  tensors_to_module(load_part(run, "world_model"), "", *model.jepa);
  model.jepa->eval();
  model.perception = std::make_unique<Perception>(make_perception(run.settings, *model.jepa));
  const auto has = [&](const char* name) { return std::filesystem::exists(run.part(name)); };
  if (has("probe")) {
    model.position_probe = Probe::load(load_part(run, "probe"), "position.");
  }
  if (has("roadmap")) {
    model.remaining["roadmap"] = std::make_shared<Roadmap>(
        Roadmap::restore(load_part(run, "roadmap"), run.settings.roadmap.graph));
  }
  const std::pair<const char*, const CriticOptions*> critics[] = {
      {"critic_roadmap", &run.settings.critic_roadmap.network},
      {"critic_recordings", &run.settings.critic_recordings.network}};
  for (const auto& [name, options] : critics) {
    if (!has(name)) continue;
    RandomStream unused(0, "restored");  // The weights are overwritten at once.
    auto critic = std::make_shared<TrainableCritic>(model.jepa->state_dim(), *options, unused);
    critic->restore(load_part(run, name));
    model.remaining[name] = critic;
  }
  return model;
}

Trajectories load_recordings(const Run& run, const Environment& environment) {
  Trajectories data = read_hdf5(run.recordings());
  data.render = [&environment](const Tensor& states) { return environment.render(states); };
  const EnvironmentSpec& spec = environment.spec();
  try {
    data.validate();
    // States before sensors, which are drawn from them.
    expect_column(data, "state", spec.state.shape, spec.state.dtype);
    expect_column(data, "action", spec.action.shape, spec.action.dtype);
    for (const ArraySpec& sensor : spec.observation) {
      expect_column(data, sensor.name, sensor.shape, sensor.dtype);
    }
  } catch (const DataError& error) {
    throw DataError("'" + run.recordings().string() + "': " + error.what());
  }
  data.frames = run.settings.encoder.frames;
  return data;
}

Tensor push_blocks(const EnvironmentSpec& spec, std::int64_t hold, std::int64_t count,
                   std::int64_t starts, RandomStream& rng) {
  const std::int64_t A = spec.action.shape.front();
  if (A != 2) {
    throw ConfigError("push directions are made for actions of 2 numbers; " + spec.name +
                      " takes " + std::to_string(A));
  }
  const double apart = 2 * std::numbers::pi / static_cast<double>(count);
  const Tensor angle = rng.uniform({starts, 1}, 0.0, apart) + at::arange(count) * apart;
  const Tensor push = at::stack({angle.cos(), angle.sin()}, 2) * spec.action.high;
  return push.repeat({1, 1, hold});  // [starts, count, hold*A]
}

std::vector<PushResult> run_push_test(const ExperimentSettings& settings, const Jepa& jepa,
                                      const Perception& perception, const Probe& probe) {
  const at::NoGradGuard no_grad;
  const Bf16Scope precision(bf16_pays());
  const auto environment = make_environment(settings.environment);
  const PushSubject subject{
      .model = jepa,
      .render = [&](const Tensor& states) { return environment->render(states); },
      .encode = [&](const Observation& x) { return perception.estimate_at_rest(x); },
      .decode_position = [&](const Tensor& s) { return probe.apply(s); }};
  return push_test(subject, environment_pushes(settings.environment), RandomStream(0, "push_test"),
                   settings.evaluate.push_test);
}

std::vector<std::pair<std::string, double>> training_seconds(const Run& run) {
  std::vector<std::pair<std::string, double>> seconds;
  for (const char* part : {"world_model", "roadmap", "critic_roadmap", "critic_recordings",
                           "sight_critic", "drive_critic", "policy"}) {
    if (!std::filesystem::exists(run.part(part))) continue;
    const auto metadata = load_checkpoint(run.part(part)).metadata;
    if (const auto found = metadata.find("seconds"); found != metadata.end()) {
      seconds.emplace_back(part, std::stod(found->second));
    }
  }
  return seconds;
}

}  // namespace forethink
