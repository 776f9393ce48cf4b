// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink evaluate` in a mortal world: agents of several kinds live in the same held-out worlds.
#include <torch/torch.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/forethink/commands.h"
#include "apps/forethink/experiment.h"
#include "apps/forethink/living.h"
#include "apps/forethink/machine.h"
#include "forethink/core/interrupt.h"
#include "forethink/environments/meadow_film.h"
#include "forethink/evaluation/life_camera.h"
#include "forethink/evaluation/life_score.h"
#include "forethink/evaluation/report_data.h"
#include "forethink/nn/precision.h"
#include "forethink/training/joint_states.h"
#include "forethink/training/own_lives.h"

namespace forethink {
namespace {

constexpr std::int64_t kFilmScale = 4;             // Pixels a unit.
constexpr std::int64_t kPredictionWindows = 4096;  // That imagined vitals are scored on.
const std::vector<std::int64_t> kPredictedSteps = {1, 8, 32};

// Several onlookers of the same lives.
class Onlookers final : public LifeWatcher {
 public:
  void add(LifeWatcher& watcher) { watchers_.push_back(&watcher); }
  void looked(const Look& look, const ShortTermMemory& memory) override {
    for (LifeWatcher* watcher : watchers_) watcher->looked(look, memory);
  }
  void stepped(std::int64_t step, const Tensor& actions, const Environment& world) override {
    for (LifeWatcher* watcher : watchers_) watcher->stepped(step, actions, world);
  }

 private:
  std::vector<LifeWatcher*> watchers_;
};

std::unique_ptr<Environment> held_out_worlds(const Run& run) {
  const EvaluateLivesOptions& options = run.settings.living.evaluate;
  auto environment = make_environment(run.settings.environment);
  RandomStream worlds(static_cast<std::uint64_t>(options.seed), "held-out worlds");
  environment->reset(options.worlds, worlds);
  return environment;
}

LifeFilm film_of(const Run& run) {
  if (run.settings.environment.name != "meadow") return {};
  return [view = run.settings.environment.meadow.view](const Tensor& states) {
    return film_meadow(states, {.view = view, .scale = kFilmScale});
  };
}

// Lives in `worlds`, just drawn.
LivesEntry live_and_score(const Run& run, const LivingModel& model, const AgentKind& kind,
                          Environment& worlds, LifeWatcher* watcher, LivesResult& result) {
  RandomStream search(static_cast<std::uint64_t>(run.settings.seed), "search");
  const LivingOptions& options = run.settings.living;
  result = live_as(worlds, model, options, kind, search, watcher);
  return score_lives(result, options.intrinsic, options.life.steps, kind.name, kind.mode);
}

// What came true of what the critic and the world model said of these lives.
void score_foresight(const Run& run, const LivingModel& model, const Trajectories& lives,
                     LivesReport& report) {
  const std::int64_t skip = run.settings.jepa.window.skip;
  const LivingOptions& options = run.settings.living;
  const Trajectories known = as_known(lives, model, options);
  report.calibration =
      calibrate_drives(*model.drive_critic, recorded_lives(known, skip, model.intrinsic),
                       options.drive_critic.training.targets);
  const Windows windows(known, at::arange(known.episodes(), at::kLong),
                        {.length = kPredictedSteps.back() + 1, .skip = skip});
  RandomStream picks(0, "vitals prediction");
  const WindowBatch batch = windows.get(picks.integers({kPredictionWindows}, 0, windows.size()));
  const Tensor states = known.columns.at("embedding")
                            .index_select(0, batch.rows.flatten())
                            .view({batch.rows.size(0), batch.rows.size(1), -1});
  const Bf16Scope precision(bf16_pays());
  report.vitals_prediction =
      score_vitals_prediction(*model.world_model, states, batch.actions, kPredictedSteps);
}

std::vector<std::int64_t> first_worlds(const EvaluateLivesOptions& options) {
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < std::min(options.stories, options.worlds); ++i) rows.push_back(i);
  return rows;
}

}  // namespace

int evaluate_lives(Run run, const LivesWanted& wanted) {
  const LivingModel model = load_living_model(run);
  EvaluateLivesOptions& options = run.settings.living.evaluate;
  if (wanted.worlds > 0) options.worlds = wanted.worlds;
  if (wanted.seed >= 0) options.seed = wanted.seed;
  if (!wanted.agents.empty()) options.agents = wanted.agents;
  options.validate();
  nlohmann::json all = nlohmann::json::array();
  for (const std::string& name : options.agents) {
    if (interrupted()) return kInterruptedBySignal;
    LivesResult result;
    const auto worlds = held_out_worlds(run);
    const LivesEntry entry = live_and_score(run, model, agent_kind(name), *worlds, nullptr, result);
    std::fprintf(stderr, "%s\n", describe(entry).c_str());
    all.push_back(agent_to_json(entry));
    all.back()["not_compiled"] = result.not_compiled;
  }
  if (wanted.json) {
    const nlohmann::json json{
        {"agents", all}, {"seed", run.settings.seed}, {"worlds_seed", options.seed}};
    std::printf("%s\n", json.dump().c_str());
  }
  return kOk;
}

int evaluate_living_stage(const Run& run) {
  const LivingModel model = load_living_model(run);
  const LivingOptions& options = run.settings.living;
  LivesReport report;
  report.steps = options.life.steps;
  for (const std::string& name : options.evaluate.agents) {
    if (interrupted()) return kInterruptedBySignal;
    const AgentKind kind = agent_kind(name);
    const auto worlds = held_out_worlds(run);
    LivesResult result;
    if (!report.agents.empty()) {
      report.agents.push_back(live_and_score(run, model, kind, *worlds, nullptr, result));
    } else {  // The first is told in full.
      LifeRecorder recorder(*worlds);
      LifeCamera camera(first_worlds(options.evaluate), options.life.recollection.scale, *worlds);
      Onlookers onlookers;
      onlookers.add(recorder);
      onlookers.add(camera);
      report.agents.push_back(live_and_score(run, model, kind, *worlds, &onlookers, result));
      report.stories = camera.stories(name, result, film_of(run));
      const auto render = [&](const Tensor& states) { return worlds->render(states); };
      score_foresight(run, model,
                      lives_until_death(recorder.states(), recorder.actions(), render,
                                        run.settings.jepa.window.skip, kLeastLife),
                      report);
    }
    std::fprintf(stderr, "  %s\n", describe(report.agents.back()).c_str());
  }
  write_lives(run.folder / "lives.json", report);
  for (const DriveCalibration& drive : report.calibration) {
    std::fprintf(stderr, "  critic, %s: rank correlation %.2f\n", drive.drive.c_str(),
                 drive.rank_correlation);
  }
  RunResults results;
  results.experiment = run.settings.environment.name;
  results.machine = machine_name();
  results.commit = commit_name();
  results.seed = run.settings.seed;
  results.training_seconds = training_seconds(run);
  write_results(run.folder / "results.json", results);
  return kOk;
}

}  // namespace forethink
