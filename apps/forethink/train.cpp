// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink train`: world model, roadmap and critics, in the order in which each needs the last.
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "apps/forethink/commands.h"
#include "apps/forethink/experiment.h"
#include "apps/forethink/run_options.h"
#include "forethink/core/checkpoint.h"
#include "forethink/core/clock.h"
#include "forethink/core/interrupt.h"
#include "forethink/core/progress.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

constexpr std::int64_t kProbeRows = 20000;  // States that the last probes are fitted and scored on.
constexpr std::int64_t kGlanceRows = 4000;  // The same during training.

// The stages share this: what they learn from, and what is learnt.
struct Workshop {
  explicit Workshop(const Run& settings_and_folder)
      : run(settings_and_folder),
        environment(make_environment(run.settings.environment)),
        data(load_recordings(run, *environment)),
        split(split_episodes(data, run.settings.validation_share, seed())),
        jepa(make_jepa(run.settings, environment->spec())),
        perception(make_perception(run.settings, *jepa)),
        metrics(run.folder) {}

  std::uint64_t seed() const { return static_cast<std::uint64_t>(run.settings.seed); }
  bool has(const std::string& part) const { return std::filesystem::exists(run.part(part)); }

  // Saves a part of the model, with what is known about it: the seconds it took, its scores.
  void keep(const std::string& part, std::map<std::string, Tensor> tensors,
            const Measurements& known) const {
    Checkpoint checkpoint;
    checkpoint.tensors = std::move(tensors);
    for (const auto& [name, value] : known) checkpoint.metadata[name] = std::to_string(value);
    write_checkpoint(run.part(part), checkpoint);
  }

  // The model step as the roadmap and the critics take it.
  StepFunction step_function() const {
    return [this](const Tensor& s, const Tensor& a) {
      const Bf16Scope precision(bf16_pays());
      return jepa->predict(s, a, {}).to(at::kFloat);
    };
  }

  const Run& run;
  std::unique_ptr<Environment> environment;
  Trajectories data;
  Split split;
  std::shared_ptr<Jepa> jepa;
  Perception perception;
  MetricsWriter metrics;
  Trajectories cached;  // The recordings as the trained perception sees them.
};

// Rows of `data` that belong to `episodes`, at most `count`, evenly drawn.
Tensor rows_of(const Trajectories& data, const Tensor& episodes, std::int64_t count,
               RandomStream rng) {
  const Windows windows(data, episodes, {.length = 2, .skip = 1});
  const Tensor picks = rng.integers({count}, 0, windows.size());
  return windows.get(picks).rows.select(1, 0);
}

// States and what is true in them, to fit read-outs on and to score them.
struct ProbeRows {
  Tensor fit_states, fit_truth;
  Tensor score_states, score_truth;
};

// The truths of the environment, read from frozen states. Never used for acting.
struct Probes {
  Probe position;  // The first truth: where the agent is.
  Measurements scores;
};

Probes fit_probes(const ProbeRows& rows, const std::vector<ProbedTruth>& truths,
                  const std::string& kind) {
  RandomStream rng(0, "probes");
  Probes probes;
  for (std::size_t i = 0; i < truths.size(); ++i) {
    const ProbedTruth& truth = truths[i];
    const auto of = [&](const Tensor& states) {
      return states.slice(1, truth.first, truth.first + truth.fields);
    };
    const std::string name = "probe_" + truth.name;
    if (truth.classes > 0) {
      const auto labels = [&](const Tensor& states) {
        return of(states).select(1, 0).to(at::kLong) - truth.lowest;
      };
      const Probe probe =
          fit_classification_probe(rows.fit_states, labels(rows.fit_truth), truth.classes, rng);
      probes.scores[name + "_accuracy"] =
          probe_accuracy(probe, rows.score_states, labels(rows.score_truth));
    } else {
      const Probe probe =
          fit_regression_probe(rows.fit_states, of(rows.fit_truth), rng, {.kind = kind});
      probes.scores[name] =
          score_regression_probe(probe, rows.score_states, of(rows.score_truth)).error;
      if (i == 0) probes.position = probe;
    }
  }
  return probes;
}

// What the states of the moment tell of the world, and whether imagined pushes leak through walls
// and shut doors. Looks at true states, and therefore only reports.
Measurements look_at_world(const Workshop& w) {
  const at::NoGradGuard no_grad;
  const Bf16Scope precision(bf16_pays());
  RandomStream rng(0, "look_at_world");
  const auto encode_rows = [&](const Tensor& rows) {
    return w.perception.estimate(w.data.observe(rows)).to(at::kFloat);
  };
  const Tensor& truth = w.data.columns.at("state");
  const Tensor fit = rows_of(w.data, w.split.train, kGlanceRows, rng.child("fit"));
  const Tensor score = rows_of(w.data, w.split.validation, kGlanceRows, rng.child("score"));
  const Probes probes = fit_probes({encode_rows(fit), truth.index_select(0, fit),
                                    encode_rows(score), truth.index_select(0, score)},
                                   w.environment->spec().truths, "linear");
  Measurements seen = probes.scores;
  seen.merge(
      push_measurements(run_push_test(w.run.settings, *w.jepa, w.perception, probes.position)));
  return seen;
}

Trajectories encode(const Workshop& w) {
  const Bf16Scope precision(bf16_pays());
  w.jepa->eval();
  return encode_trajectories(w.data, w.perception);
}

Probes last_probes(const Workshop& w) {
  RandomStream rng(0, "last_probes");
  const Tensor &s = w.cached.columns.at("embedding"), &truth = w.cached.columns.at("state");
  const Tensor fit = rows_of(w.cached, w.split.train, kProbeRows, rng.child("fit"));
  const Tensor score = rows_of(w.cached, w.split.validation, kProbeRows, rng.child("score"));
  return fit_probes({s.index_select(0, fit), truth.index_select(0, fit), s.index_select(0, score),
                     truth.index_select(0, score)},
                    w.environment->spec().truths, "mlp");
}

int train_world_model(Workshop& w) {
  const ExperimentSettings& settings = w.run.settings;
  const ExtraDiagnosis glance = [&w] { return look_at_world(w); };
  const Tensor glimpse =
      rows_of(w.data, w.split.train, kGlanceRows, RandomStream(w.seed(), "standardise"));
  w.jepa->encoder_x()->standardise(w.data.observe(glimpse).at(settings.sensor));
  JepaTrainer jepa(w.jepa, w.data, w.split, {settings.sensor}, settings.jepa, w.seed(), glance);
  const TrainOutcome watched =
      train(jepa, "jepa", w.run.checkpoints("jepa"), w.metrics, settings.jepa.loop);
  if (const int code = report_outcome("jepa", watched); code != kOk) return code;

  const auto started = std::chrono::steady_clock::now();
  w.cached = encode(w);
  const double encoding_s = seconds_since(started);
  PredictorTrainer predictor(w.jepa, w.cached, w.split, settings.jepa.window.skip,
                             w.environment->spec().action.high, settings.predictor, w.seed(),
                             glance);
  const TrainOutcome refined = train(predictor, "predictor", w.run.checkpoints("predictor"),
                                     w.metrics, settings.predictor.loop);
  if (const int code = report_outcome("predictor", refined); code != kOk) return code;

  const Probes probes = last_probes(w);
  w.metrics.write("probes", settings.jepa.steps, probes.scores);
  std::map<std::string, Tensor> tensors;
  probes.position.save("position.", tensors);
  w.keep("probe", tensors, probes.scores);
  tensors.clear();
  module_to_tensors(*w.jepa, "", tensors);
  w.keep("world_model", tensors, {{"seconds", watched.seconds + encoding_s + refined.seconds}});
  return kOk;
}

// Shows the share of one piece of work that is done.
ProgressFunction percent_bar(const std::string& name) {
  const auto bar = std::make_shared<Progress>(name, 100);
  return [bar, shown = std::int64_t{0}](double share) mutable {
    const auto percent = static_cast<std::int64_t>(100 * share);
    bar->advance(percent - shown);
    shown = percent;
    if (percent == 100) bar->finish();
  };
}

void build_roadmap(Workshop& w) {
  const RoadmapStageOptions& options = w.run.settings.roadmap;
  const auto started = std::chrono::steady_clock::now();
  RandomStream rng(w.seed(), "roadmap");
  const Tensor& states = w.cached.columns.at("embedding");
  const Tensor rows = rng.permutation(states.size(0)).slice(0, 0, options.nodes);
  const Tensor bank = states.index_select(0, rows).contiguous();
  const Tensor pushes = push_blocks(w.environment->spec(), w.run.settings.jepa.window.skip,
                                    options.directions, bank.size(0), rng);
  const Roadmap roadmap =
      Roadmap::build(bank, w.step_function(), pushes, options.graph, percent_bar("roadmap"));
  const double seconds = seconds_since(started);
  w.keep("roadmap", roadmap.state(), {{"seconds", seconds}});
  w.metrics.write("roadmap", 1,
                  {{"nodes", static_cast<double>(bank.size(0))},
                   {"edges", static_cast<double>(roadmap.graph().edges())},
                   {"dropped", static_cast<double>(roadmap.counters().dropped)},
                   {"model_steps", static_cast<double>(roadmap.counters().model_steps)},
                   {"reached", roadmap.reached_fraction(options.graph.snap_threshold)},
                   {"reached_at_half_threshold",
                    roadmap.reached_fraction(0.5 * options.graph.snap_threshold)}});
}

RecordedStates recorded_states(const Workshop& w) {
  const Trajectories blocks = thin_trajectories(w.cached, w.run.settings.jepa.window.skip);
  return {blocks.columns.at("embedding"), blocks.ep_offset, blocks.ep_len};
}

int train_critic(Workshop& w, const std::string& stage, const CriticOptions& network,
                 std::shared_ptr<CriticTeacher> teacher, const CriticTrainerOptions& options,
                 double preparation_s) {
  RandomStream weights(w.seed(), stage);
  const auto critic = std::make_shared<TrainableCritic>(w.jepa->state_dim(), network, weights);
  CriticTrainer trainer(critic, std::move(teacher), options, w.seed());
  const TrainOutcome outcome =
      train(trainer, stage, w.run.checkpoints(stage), w.metrics, options.loop);
  if (const int code = report_outcome(stage, outcome); code != kOk) return code;
  w.keep(stage, critic->state(), {{"seconds", preparation_s + outcome.seconds}});
  return kOk;
}

KnownCosts costs_of_one_roadmap(const Workshop& w, RandomStream& rng) {
  const Roadmap roadmap =
      Roadmap::restore(load_part(w.run, "roadmap"), w.run.settings.roadmap.graph);
  return known_costs(roadmap, w.run.settings.critic_roadmap.teacher.goals, rng);
}

KnownCosts costs_of_scenes(Workshop& w, const RecordedStates& recorded, RandomStream& rng) {
  const SceneOptions& options = w.run.settings.critic_roadmap.scenes;
  RandomStream turns = rng.child("pushes");
  const Tensor pushes = push_blocks(w.environment->spec(), w.run.settings.jepa.window.skip,
                                    options.directions, options.nodes, turns);
  return scene_costs(recorded, w.step_function(), pushes, options, rng, percent_bar("scenes"));
}

int train_roadmap_critic(Workshop& w) {
  const RoadmapCriticOptions& options = w.run.settings.critic_roadmap;
  const auto started = std::chrono::steady_clock::now();
  const RecordedStates recorded = recorded_states(w);
  RandomStream rng(w.seed(), "roadmap_teacher");
  KnownCosts known =
      options.method == "scenes" ? costs_of_scenes(w, recorded, rng) : costs_of_one_roadmap(w, rng);
  auto teacher = std::make_shared<RoadmapTeacher>(std::move(known), recorded, options.teacher, rng);
  w.metrics.write("roadmap_teacher", 1, {{"reached", teacher->reached()}});
  return train_critic(w, "critic_roadmap", options.network, teacher, options.training,
                      seconds_since(started));
}

std::shared_ptr<CriticTeacher> teacher_of_recorded_ways(Workshop& w, const RecordedStates& recorded,
                                                        RandomStream rng) {
  const RecordingsCriticOptions& options = w.run.settings.critic_recordings;
  const Tensor rows = rng.permutation(recorded.rows()).slice(0, 0, options.nodes);
  const Tensor before = EpisodeRows(recorded).all_with_next();
  const Roadmap ways = Roadmap::of_recordings(recorded.states.index_select(0, rows),
                                              recorded.states, before, before + 1, options.graph);
  w.metrics.write("recorded_ways", 1,
                  {{"edges", static_cast<double>(ways.graph().edges())},
                   {"dropped", static_cast<double>(ways.counters().dropped)},
                   {"reached", ways.reached_fraction(options.graph.snap_threshold)}});
  return std::make_shared<RoadmapTeacher>(known_costs(ways, options.ways.goals, rng), recorded,
                                          options.ways, rng);
}

std::shared_ptr<CriticTeacher> teacher_by_value_iteration(const Workshop& w,
                                                          const RecordedStates& recorded,
                                                          RandomStream rng) {
  const RecordingsCriticOptions& options = w.run.settings.critic_recordings;
  const std::int64_t pool = std::min(options.teacher.pool, recorded.states.size(0));
  RandomStream turns = rng.child("pushes");
  const Tensor pushes = push_blocks(w.environment->spec(), w.run.settings.jepa.window.skip,
                                    options.directions, pool, turns);
  ImaginedPushes imagined =
      imagine_pushes(recorded, w.step_function(), pushes, options.teacher, rng);
  return std::make_shared<RecordingsTeacher>(recorded, std::move(imagined), options.teacher, rng);
}

int train_recordings_critic(Workshop& w) {
  const RecordingsCriticOptions& options = w.run.settings.critic_recordings;
  const auto started = std::chrono::steady_clock::now();
  const RecordedStates recorded = recorded_states(w);
  const RandomStream rng(w.seed(), "recordings_teacher");
  auto teacher = options.method == "recorded_ways" ? teacher_of_recorded_ways(w, recorded, rng)
                                                   : teacher_by_value_iteration(w, recorded, rng);
  return train_critic(w, "critic_recordings", options.network, std::move(teacher), options.training,
                      seconds_since(started));
}

}  // namespace

int report_outcome(const std::string& stage, const TrainOutcome& outcome) {
  switch (outcome.status) {
    case TrainStatus::kFinished:
      if (!outcome.cause.empty()) {
        std::fprintf(stderr, "%s: %s\n", stage.c_str(), outcome.cause.c_str());
      }
      return kOk;
    case TrainStatus::kInterrupted:
      std::fprintf(stderr, "%s: %s; run the same command again to go on\n", stage.c_str(),
                   outcome.cause.c_str());
      return kInterruptedBySignal;
    case TrainStatus::kNotFinite:
    case TrainStatus::kCollapsed:
      break;
  }
  std::fprintf(stderr, "%s stopped: %s\n", stage.c_str(), outcome.cause.c_str());
  return kDiverged;
}

int train_stage(const Run& run) {
  if (make_environment(run.settings.environment)->spec().mortal) return train_living_stage(run);
  std::vector<std::string> parts = run.settings.learn;
  parts.insert(parts.end(), {"probe", "world_model"});
  const auto is_there = [&](const std::string& part) {
    return std::filesystem::exists(run.part(part));
  };
  if (std::all_of(parts.begin(), parts.end(), is_there)) return kOk;
  Workshop w(run);
  if (!w.has("world_model")) {
    if (const int code = train_world_model(w); code != kOk) return code;
  } else {
    tensors_to_module(load_part(run, "world_model"), "", *w.jepa);
  }
  w.jepa->eval();
  if (!w.cached.ep_len.defined()) w.cached = encode(w);
  const auto lacks = [&](const std::string& part) {
    return run.settings.learns(part) && !w.has(part);
  };
  if (lacks("roadmap")) build_roadmap(w);
  if (lacks("critic_roadmap")) {
    if (const int code = train_roadmap_critic(w); code != kOk) return code;
  }
  if (lacks("critic_recordings")) {
    if (const int code = train_recordings_critic(w); code != kOk) return code;
  }
  return kOk;
}

Command add_train(CLI::App& app) {
  const auto options = add_run_options(app);
  return [options] {
    const StartedRun started = start_run(*options);
    collect_stage(started.run);
    return train_stage(started.run);
  };
}

}  // namespace forethink
