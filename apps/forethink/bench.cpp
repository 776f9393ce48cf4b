// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink bench`: the speed of the main loops, on this machine, in a few seconds.
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/forethink/commands.h"
#include "apps/forethink/experiment.h"
#include "apps/forethink/machine.h"
#include "forethink/core/clock.h"
#include "forethink/core/error.h"
#include "forethink/environments/tasks.h"
#include "forethink/evaluation/wilson.h"
#include "forethink/nn/precision.h"
#include "forethink/rollout/compiled_rollout.h"

namespace forethink {
namespace {

constexpr int kRepeats = 7;
constexpr std::int64_t kWorlds = 4096;
constexpr std::int64_t kFrames = 576;
constexpr std::int64_t kImagined = 7200;

struct Measured {
  std::string name;
  std::string unit;
  double value;
};

// Units per second: the median of a few repeats, after one to warm up.
Measured measure(std::string name, std::string unit, double units,
                 const std::function<void()>& work) {
  work();
  std::vector<double> rates;
  for (int i = 0; i < kRepeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    rates.push_back(
        units / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return {std::move(name), std::move(unit), median(rates)};
}

std::vector<Measured> bench_environment(const ExperimentSettings& settings) {
  const auto environment = make_environment(settings.environment);
  RandomStream rng(0, "bench");
  environment->reset(kWorlds, rng);
  const Tensor actions = rng.uniform({kWorlds, environment->spec().action.shape.front()}, -1, 1);
  return {measure("environment_steps", "steps", kWorlds, [&] { environment->step(actions); }),
          measure("environment_frames", "frames", kWorlds, [&] { environment->observe(); })};
}

std::vector<Measured> bench_model(const ExperimentSettings& settings) {
  const at::NoGradGuard no_grad;
  const Bf16Scope precision(bf16_pays());
  const auto environment = make_environment(settings.environment);
  RandomStream rng(0, "bench");
  environment->reset(kFrames, rng);
  const auto jepa = make_jepa(settings, environment->spec());
  jepa->eval();
  const Tensor frames = environment->observe().at(settings.sensor);
  const Tensor s = rng.normal({kImagined, jepa->state_dim()});
  const Tensor a = rng.uniform({kImagined, jepa->action_dim()}, -1, 1);
  return {measure("encoder_frames", "frames", kFrames, [&] { jepa->encode_x(frames); }),
          measure("model_steps", "steps", kImagined, [&] { jepa->predict(s, a, {}); })};
}

// A trained model on tasks of its world, and what it would plan by.
struct Planning {
  Tensor states;  // [B, D]
  Tensor tasks;   // [B]
  Cost cost;
};

constexpr std::int64_t kProblems = 32;
constexpr std::int64_t kCandidates = 512;
constexpr std::int64_t kElites = 64;
constexpr int kPlans = 300;

Planning planning_of(const Run& run, const Model& model) {
  const TaskList tasks = make_tasks(run.settings.environment, kProblems, /*seed=*/1);
  const auto environment = make_environment(run.settings.environment);
  const auto see = [&](const Tensor& places) {
    const Observation x = environment->render(places);
    return model.perception->estimate_at_rest({{run.settings.sensor, x.at(run.settings.sensor)}});
  };
  const std::string& name = run.settings.evaluate.headline;
  const ActOptions& act = run.settings.act.at(name);
  const Tensor goals = see(tasks.goals);
  Planning planning{see(tasks.starts), at::arange(kProblems), {}};
  if (act.goal_weight > 0) {
    planning.cost.add(std::make_shared<GoalEnergy>(goals, act.goal), act.goal_weight);
  }
  const auto remaining = model.remaining.find(name);
  if (act.remaining_weight > 0 && remaining != model.remaining.end()) {
    planning.cost.add(
        std::make_shared<RemainingCostEnergy>(remaining->second->to(goals), act.remaining),
        act.remaining_weight);
  }
  return planning;
}

// Of the K candidates of least energy by the one, the share that is among those of the other.
double elite_overlap(const Tensor& a, const Tensor& b) {
  const auto elites = [](const Tensor& energies) {
    const Tensor best = std::get<1>(energies.topk(kElites, 1, /*largest=*/false));
    return at::zeros(energies.sizes(), at::kBool).scatter_(1, best, true);
  };
  const double common = elites(a).logical_and(elites(b)).sum().item<double>();
  return common / static_cast<double>(kElites * a.size(0));
}

// Model steps a second by the plain path and compiled, how far bfloat16 picks the elites of
// float32, and how long one plan takes for one problem.
std::vector<Measured> bench_rollout(const Run& run) {
  const at::NoGradGuard no_grad;
  const Model model = load_model(run);
  const Planning planning = planning_of(run, model);
  const auto environment = make_environment(run.settings.environment);
  const EpisodeOptions options = run.settings.act.at(run.settings.evaluate.headline).episode;
  const auto& spec = environment->spec().action;
  const ActionBounds bounds{spec.low, spec.high};
  const PlanShape shape{.horizon = options.deliberation.horizon,
                        .hold = options.deliberation.hold,
                        .norm = environment->spec().action_norm};
  RandomStream rng(0, "bench");
  const Tensor actions =
      rng.uniform({kProblems, kCandidates, shape.horizon, spec.shape.front()}, spec.low, spec.high);
  const auto steps = static_cast<double>(kProblems * kCandidates * shape.horizon);

  const ImaginedEnergy plain(*model.jepa, planning.cost, planning.states, planning.tasks,
                             options.deliberation, bounds, shape.norm);
  std::vector<Measured> all;
  {
    const Bf16Scope precision(bf16_pays());
    all.push_back(measure("plain_model_steps", "steps", steps, [&] { plain(actions); }));
  }
  std::vector<Tensor> energies;
  for (const std::string precision : {"float32", "auto"}) {
    const CompiledRollout rollout(*model.jepa, planning.cost, shape, {.precision = precision});
    const CompiledEnergy energy(rollout, planning.states, planning.tasks, bounds);
    const bool half = rollout.precision() == Precision::kBfloat16;
    energies.push_back(energy(actions));
    all.push_back(measure(half ? "bfloat16_model_steps" : "float32_model_steps", "steps", steps,
                          [&] { energy(actions); }));
  }
  all.push_back({"elites_of_float32", "share", elite_overlap(energies[0], energies[1])});
  const CompiledRollout rollout(*model.jepa, planning.cost, shape, options.rollout);
  std::vector<double> plan_ms;
  for (int i = 0; i < kPlans; ++i) {
    const Tensor one = at::full({1}, i % kProblems, at::kLong);
    const auto started = std::chrono::steady_clock::now();
    const CompiledEnergy energy(rollout, planning.states.index_select(0, one), one, bounds);
    plan(energy, {}, rng, options.deliberation.planner);
    plan_ms.push_back(1e3 * seconds_since(started));
  }
  std::sort(plan_ms.begin(), plan_ms.end());
  all.push_back({"plan_p50", "ms", plan_ms[kPlans / 2]});
  all.push_back({"plan_p99", "ms", plan_ms[kPlans * 99 / 100]});
  return all;
}

int bench(const std::string& name, const std::string& run, bool json) {
  const ExperimentSettings settings;
  std::vector<Measured> all;
  if (name == "environment" || name == "all") all = bench_environment(settings);
  if (name == "model" || name == "all") {
    for (const Measured& one : bench_model(settings)) all.push_back(one);
  }
  if (name == "rollout") all = bench_rollout(open_run(run, {}));
  nlohmann::json object{{"machine", machine_name()}};
  for (const Measured& one : all) {
    const bool rate = one.unit != "ms" && one.unit != "share";
    std::fprintf(stderr, rate ? "%-20s %12.0f %s/s\n" : "%-20s %12.3f %s\n", one.name.c_str(),
                 one.value, one.unit.c_str());
    object[one.name + (rate ? "_per_second" : "_" + one.unit)] = one.value;
  }
  if (json) std::printf("%s\n", object.dump().c_str());
  return kOk;
}

}  // namespace

Command add_bench(CLI::App& app) {
  const auto name = std::make_shared<std::string>("all");
  const auto json = std::make_shared<bool>(false);
  const auto run = std::make_shared<std::string>("models/two_rooms_random");
  app.add_option("name", *name, "environment, model, rollout or all (the first two)")
      ->check(CLI::IsMember({"environment", "model", "rollout", "all"}));
  app.add_option("--run", *run, "rollout: folder of a run, or a model of models/");
  app.add_flag("--json", *json, "one JSON object on the last line");
  return [name, run, json] { return bench(*name, *run, *json); };
}

}  // namespace forethink
