// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink evaluate`: act on a list of tasks and measure.
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/forethink/commands.h"
#include "apps/forethink/experiment.h"
#include "apps/forethink/machine.h"
#include "forethink/core/checkpoint.h"
#include "forethink/core/clock.h"
#include "forethink/core/error.h"
#include "forethink/core/interrupt.h"
#include "forethink/core/progress.h"
#include "forethink/environments/tasks.h"
#include "forethink/evaluation/camera.h"
#include "forethink/evaluation/report_data.h"
#include "forethink/evaluation/score.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

constexpr std::uint64_t kWorldSeed = 1;  // Of what is unpredictable in the world while acting.

// One way of acting on one list of tasks.
struct Trial {
  std::string cost;     // A name of the act table.
  std::string planner;  // A name of the planner table.
  std::string label() const { return planner == "random" ? "random" : planner + ", " + cost; }
};

struct Outcome {
  Score score;
  EpisodeResult result;
};

Tensor encode_goals(const Run& run, const Model& model, const Environment& environment,
                    const TaskList& tasks) {
  const Observation goals = environment.render(tasks.goals);
  return model.perception->estimate_at_rest({{run.settings.sensor, goals.at(run.settings.sensor)}});
}

Cost make_cost(const ActOptions& act, const std::string& name, const Model& model,
               const Tensor& goals) {
  Cost cost;
  if (act.goal_weight > 0) cost.add(std::make_shared<GoalEnergy>(goals, act.goal), act.goal_weight);
  if (act.remaining_weight > 0) {
    const auto remaining = model.remaining.find(name);
    if (remaining == model.remaining.end()) {
      throw CheckpointError(
          "the run has no \"" + name +
          "\" to act by; train it with `forethink train`, or act with --cost goal");
    }
    cost.add(std::make_shared<RemainingCostEnergy>(remaining->second->to(goals), act.remaining),
             act.remaining_weight);
  }
  if (act.action_weight > 0) cost.add(std::make_shared<ActionEnergy>(), act.action_weight);
  return cost;
}

// A cost that needs nothing learnt, for plans that do not lower it.
Cost any_cost(const Tensor& goals) {
  Cost cost;
  cost.add(std::make_shared<GoalEnergy>(goals), 1.0);
  return cost;
}

Outcome act_on(const Run& run, const Model& model, const TaskList& tasks, const Trial& trial,
               EpisodeWatcher* watcher = nullptr) {
  const Bf16Scope precision(bf16_pays());
  const auto environment = make_environment(run.settings.environment);
  expect_tasks_for(tasks, environment->spec());
  const ActOptions& act = run.settings.act.at(trial.cost);
  EpisodeOptions options = act.episode;
  options.deliberation.planner.name = trial.planner;
  options.budget = tasks.steps;

  const auto started = std::chrono::steady_clock::now();
  const Tensor goals = encode_goals(run, model, *environment, tasks);
  const Cost cost =
      trial.planner == "random" ? any_cost(goals) : make_cost(act, trial.cost, model, goals);
  const double preparation_s = seconds_since(started);

  RandomStream world(kWorldSeed, "world");
  RandomStream search(static_cast<std::uint64_t>(run.settings.seed), "search");
  environment->reset_to(tasks.starts, tasks.goals, world);
  const Agent agent{*model.perception, *model.jepa, cost};
  Outcome outcome;
  outcome.result = run_episodes(*environment, agent, search, options, watcher);
  outcome.score = score_episodes(outcome.result, preparation_s);
  outcome.score.name = trial.label();
  outcome.score.tasks = tasks.name;
  outcome.score.planner = trial.planner;
  outcome.score.cost = trial.planner == "random" ? "none" : trial.cost;
  return outcome;
}

// The floor: uniformly random plans, acted out as those of the headline are.
Trial random_trial(const Run& run) { return {run.settings.evaluate.headline, "random"}; }

TaskList find_tasks(const std::string& name_or_path) {
  if (std::filesystem::exists(name_or_path)) return read_task_list(name_or_path);
  for (const std::filesystem::path& root : {std::filesystem::path("."), source_folder()}) {
    const auto path = root / "experiments" / "tasks" / (name_or_path + ".json");
    if (std::filesystem::exists(path)) return read_task_list(path);
  }
  throw DataError("there is no task list \"" + name_or_path +
                  "\": give a file, or a name from experiments/tasks");
}

PlannerEntry to_entry(const Score& score) {
  PlannerEntry entry;
  entry.name = score.name;
  entry.tasks = score.tasks;
  entry.mode = score.mode;
  entry.cost = score.cost;
  entry.success_rate = score.success_rate;
  entry.wilson_low = score.wilson_low;
  entry.wilson_high = score.wilson_high;
  entry.episodes = score.episodes;
  if (std::isfinite(score.steps_to_success_median)) {
    entry.steps_to_success_median = score.steps_to_success_median;
  }
  entry.model_steps_per_episode = score.model_steps_per_episode;
  entry.planning_seconds_per_episode = score.planning_seconds_per_episode;
  entry.plan_ms_p50 = score.plan_ms_p50;
  entry.plan_ms_p99 = score.plan_ms_p99;
  return entry;
}

// What the cost of the headline is made of.
std::vector<CostTermEntry> cost_terms(const ActOptions& act) {
  const CostTermEntry all[] = {
      {"goal", "squared distance of imagined states to the goal state", act.goal_weight},
      {"remaining", "model steps that it still takes to the goal, at the last imagined state",
       act.remaining_weight},
      {"action", "mean square of the actions", act.action_weight}};
  std::vector<CostTermEntry> used;
  for (const CostTermEntry& term : all) {
    if (term.weight.value_or(0.0) > 0.0) used.push_back(term);
  }
  return used;
}

std::vector<std::int64_t> first_rows(const Tensor& mask, std::int64_t count) {
  const Tensor rows = mask.nonzero().flatten();
  std::vector<std::int64_t> first;
  for (std::int64_t i = 0; i < std::min(count, rows.size(0)); ++i) {
    first.push_back(rows[i].item<std::int64_t>());
  }
  return first;
}

// A camera for whoever can read positions from states.
std::unique_ptr<Camera> make_camera(const Run& run, const Model& model) {
  if (!model.position_probe || run.settings.evaluate.films == 0) return nullptr;
  const EnvironmentSpec spec = make_environment(run.settings.environment)->spec();
  CameraOptions options;
  options.sensor = run.settings.sensor;
  options.world_size = spec.world_size;
  options.goal_radius = spec.goal_radius;
  options.stride = run.settings.jepa.window.skip;
  return std::make_unique<Camera>(
      [&model](const Tensor& states) { return model.position_probe->apply(states); }, options);
}

// A few successes, then a few failures: half of the films, or fewer.
std::vector<std::int64_t> worth_a_film(const EpisodeResult& result, std::int64_t films) {
  const auto failures = first_rows(result.success.logical_not(), films / 2);
  auto episodes = first_rows(result.success, films - static_cast<std::int64_t>(failures.size()));
  episodes.insert(episodes.end(), failures.begin(), failures.end());
  return episodes;
}

std::vector<ReferenceEntry> published_results() {
  return {{"LeWM, flat (published, 224 pixels)", "four_rooms_300", 0.407},
          {"H-JEPA, 3 levels (published, 224 pixels)", "four_rooms_300", 0.960},
          {"HWM, 3 levels (published, 224 pixels)", "four_rooms_300", 0.993},
          {"eb_jepa, MPPI (published)", "two_rooms_random_300", 0.97},
          {"eb_jepa, MPPI (published)", "two_rooms_fixed_300", 0.98},
          {"PLDM, MPPI (published)", "two_rooms_strict_300", 0.978},
          {"latent-lab, CEM (published)", "unit_rooms_300", 0.97}};
}

}  // namespace

int evaluate_stage(const Run& run) {
  if (make_environment(run.settings.environment)->spec().mortal) return evaluate_living_stage(run);
  const Model model = load_model(run);
  RunResults results;
  results.experiment = run.settings.environment.name;
  results.machine = machine_name();
  results.commit = commit_name();
  results.seed = run.settings.seed;
  results.training_seconds = training_seconds(run);
  results.reference = published_results();
  results.cost_terms = cost_terms(run.settings.act.at(run.settings.evaluate.headline));
  if (model.position_probe) {
    for (const auto& [name, value] : load_checkpoint(run.part("probe")).metadata) {
      results.probes.emplace_back(name, std::stod(value));
    }
    for (const PushResult& push :
         run_push_test(run.settings, *model.jepa, *model.perception, *model.position_probe)) {
      results.push_test.push_back(
          {push.kind, push.steps_done, push.agreement, push.trials, push.readable});
    }
  }
  const EvaluateOptions& wanted = run.settings.evaluate;
  std::vector<Film> films;
  for (const std::string& name : wanted.tasks) {
    const TaskList tasks = find_tasks(name);
    const Outcome floor = act_on(run, model, tasks, random_trial(run));
    results.task_lists.push_back(
        {tasks.name, tasks.sha256, tasks.size(), floor.score.success_rate});
    if (!results.random_success_rate) results.random_success_rate = floor.score.success_rate;
    std::fprintf(stderr, "%s (%lld tasks)\n", tasks.name.c_str(),
                 static_cast<long long>(tasks.size()));
    std::vector<std::string> costs = wanted.costs;
    if (name == wanted.tasks.back()) {
      costs.insert(costs.end(), wanted.costs_once.begin(), wanted.costs_once.end());
    }
    for (const std::string& cost : costs) {
      for (const std::string& planner : wanted.planners) {
        if (interrupted()) return kInterruptedBySignal;
        const Trial trial{cost, planner};
        const bool filmed =
            planner == wanted.planners.front() && (cost == wanted.headline || cost == "goal");
        const auto camera = filmed ? make_camera(run, model) : nullptr;
        const Outcome outcome = act_on(run, model, tasks, trial, camera.get());
        results.planners.push_back(to_entry(outcome.score));
        std::fprintf(stderr, "  %s\n", describe(outcome.score).c_str());
        if (!camera) continue;
        const auto environment = make_environment(run.settings.environment);
        for (const std::int64_t episode : worth_a_film(outcome.result, wanted.films)) {
          Film& film =
              films.emplace_back(camera->film(episode, *environment, tasks.goals, outcome.result));
          film.tasks = tasks.name;
          film.planner = trial.label();
        }
      }
    }
    std::fprintf(stderr, "  %s\n", describe(floor.score).c_str());
  }
  write_results(run.folder / "results.json", results);
  write_films(run.folder / "films.json", films);
  return kOk;
}

Command add_evaluate(CLI::App& app) {
  struct Options {
    std::string run;
    std::string tasks;
    std::int64_t episodes = 0;
    std::int64_t seed = -1;
    std::string mode = "deliberate";
    std::string planner = "icem";
    std::string cost;
    std::vector<std::string> agents;
    std::string trial;
    std::vector<std::string> overrides;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  app.add_option("run", options->run, "folder of a run, or a model of models/")->required();
  app.add_option(
      "--tasks", options->tasks,
      "frozen task list: a file, or a name of experiments/tasks (default: the run's first)");
  app.add_option("--episodes", options->episodes, "how many tasks, or worlds (default: all)");
  app.add_option("--seed", options->seed, "draw fresh tasks, or worlds, from this seed");
  app.add_option("--mode", options->mode, "deliberate")->check(CLI::IsMember({"deliberate"}));
  app.add_option("--planner", options->planner, "cem, icem, mppi, gradient, refined or random");
  app.add_option("--cost", options->cost, "goal, roadmap, critic_roadmap or critic_recordings");
  app.add_option(
         "--agent", options->agents,
         "mortal worlds: \"full\", \"no memory\", \"no critic\", \"reactive\" or \"random\"; may "
         "be repeated")
      ->allow_extra_args(false);
  app.add_option("--trial", options->trial, "meadow: a trial of memory or of adjustment")
      ->check(CLI::IsMember({"memory", "adjustment"}));
  app.add_option("--set", options->overrides, "section.key=value")->allow_extra_args(false);
  app.add_flag("--json", options->json, "one JSON object on the last line");
  return [options]() -> int {
    const Run run = open_run(options->run, options->overrides);
    if (options->episodes < 0) throw ConfigError("--episodes must be at least 1");
    if (make_environment(run.settings.environment)->spec().mortal) {
      if (!options->tasks.empty() || !options->cost.empty() || options->planner != "icem") {
        throw ConfigError(
            "--tasks, --cost and --planner are for worlds with goals; here --agent "
            "says who lives, and --set living.life.deliberation.planner.name=NAME "
            "how it searches");
      }
      if (!options->trial.empty() &&
          (!options->agents.empty() || options->json || options->seed >= 0)) {
        throw ConfigError("--trial says its own agents and worlds; it takes --episodes alone");
      }
      if (!options->trial.empty()) return living_trial(run, options->trial, options->episodes);
      return evaluate_lives(run,
                            {options->agents, options->episodes, options->seed, options->json});
    }
    if (!options->agents.empty() || !options->trial.empty()) {
      throw ConfigError("--agent and --trial are for mortal worlds, not for " +
                        run.settings.environment.name);
    }
    const Model model = load_model(run);
    TaskList tasks =
        options->seed >= 0
            ? make_tasks(run.settings.environment, options->episodes > 0 ? options->episodes : 300,
                         options->seed)
            : find_tasks(options->tasks.empty() ? run.settings.evaluate.tasks.front()
                                                : options->tasks);
    if (options->episodes > tasks.size()) {
      throw ConfigError("--episodes " + std::to_string(options->episodes) + ": the list has " +
                        std::to_string(tasks.size()) + "; --seed draws as many as you like");
    }
    if (options->episodes > 0 && options->episodes < tasks.size()) {
      tasks.starts = tasks.starts.slice(0, 0, options->episodes);
      tasks.goals = tasks.goals.slice(0, 0, options->episodes);
      tasks.sha256 = task_list_digest(tasks);
    }
    const std::string cost = options->cost.empty() ? run.settings.evaluate.headline : options->cost;
    const Outcome outcome = act_on(run, model, tasks, {cost, options->planner});
    const Outcome floor = act_on(run, model, tasks, random_trial(run));
    std::fprintf(stderr, "%s\n%s\n", describe(outcome.score).c_str(),
                 describe(floor.score).c_str());
    if (options->json) {
      nlohmann::json json = to_json(outcome.score);
      json["seed"] = run.settings.seed;
      json["random_success_rate"] = floor.score.success_rate;
      json["tasks_sha256"] = tasks.sha256;
      json["not_compiled"] = outcome.result.not_compiled;
      std::printf("%s\n", json.dump().c_str());
    }
    return kOk;
  };
}

}  // namespace forethink
