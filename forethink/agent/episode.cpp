// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/agent/episode.h"

#include <torch/torch.h>

#include <chrono>
#include <memory>
#include <optional>

#include "forethink/agent/warm_starts.h"
#include "forethink/core/clock.h"
#include "forethink/core/error.h"
#include "forethink/core/frames.h"
#include "forethink/core/settings.h"

namespace forethink {
namespace {

// The last readings of P episodes, as many as perception looks at.
class RecentReadings {
 public:
  explicit RecentReadings(std::int64_t frames) : frames_(static_cast<std::size_t>(frames)) {}
  void see(const Observation& x) {
    if (readings_.empty()) readings_.assign(frames_, x);  // Nothing came before the first.
    readings_.erase(readings_.begin());
    readings_.push_back(x);
  }
  Observation of(const Tensor& active) const {
    return select_rows(stack_frames(readings_), active);
  }

 private:
  std::size_t frames_;
  std::vector<Observation> readings_;  // Oldest first.
};

}  // namespace

void EpisodeOptions::validate() const {
  deliberation.validate();
  rollout.validate();
  expect_setting(budget >= 1, "episode.budget", budget, "budget >= 1");
  expect_setting(replan_every >= 1 && replan_every % deliberation.hold == 0 &&
                     replan_every <= deliberation.horizon * deliberation.hold,
                 "episode.replan_every", replan_every,
                 "a multiple of deliberation.hold, at most horizon x hold");
}

EpisodeResult run_episodes(Environment& environment, const Agent& agent, RandomStream& rng,
                           const EpisodeOptions& options, EpisodeWatcher* watcher) {
  options.validate();
  if (environment.spec().mortal) {
    throw ConfigError("run_episodes: " + environment.spec().name +
                      " has no goals to reach; what ends there is a life");
  }
  const std::int64_t hold = options.deliberation.hold;
  const std::int64_t actions_done = options.replan_every / hold;
  const auto& action_spec = environment.spec().action;
  const ActionBounds bounds{action_spec.low, action_spec.high};
  const std::int64_t P = environment.state().size(0), A = action_spec.shape.front();

  EpisodeResult result;
  result.success = at::zeros({P}, at::kBool);
  result.steps = at::full({P}, options.budget, at::kLong);
  const double norm = environment.spec().action_norm;
  const auto rollout = try_to_compile(
      agent.world_model, agent.cost,
      {.horizon = options.deliberation.horizon, .hold = options.deliberation.hold, .norm = norm},
      options.rollout, result.not_compiled);
  RecentReadings recent(agent.perception.frames());
  WarmStarts warm_starts(P, actions_done);
  Tensor active = at::arange(P, at::kLong);
  if (watcher) watcher->saw(0, environment);

  for (std::int64_t step = 0; step < options.budget && active.size(0) > 0;) {
    const auto started = std::chrono::steady_clock::now();
    recent.see(environment.observe());
    const Tensor s = agent.perception.estimate(recent.of(active));  // [B, D]
    const ImaginedEnergy imagined(agent.world_model, agent.cost, s, active, options.deliberation,
                                  bounds, norm);
    std::optional<CompiledEnergy> compiled;
    if (rollout) compiled.emplace(*rollout, s, active, bounds);
    const Energy& energy = compiled ? static_cast<const Energy&>(*compiled) : imagined;
    const Plan plan = deliberate(energy, warm_starts.of(active), rng, options.deliberation);
    result.plan_ms.push_back(1e3 * seconds_since(started));
    result.planning_seconds += seconds_since(started);
    result.model_steps += plan.model_steps;
    result.late_plans += plan.status == PlanStatus::kLate ? 1 : 0;
    warm_starts.keep(active, plan);
    if (watcher) watcher->planned(step, active, imagined, plan);

    for (std::int64_t i = 0; i < options.replan_every && step < options.budget; ++i) {
      Tensor actions = at::zeros({P, A});
      actions.index_copy_(0, active, plan.actions.select(1, i / hold));
      const StepResult outcome = environment.step(actions);
      ++step;
      const Tensor arrived = outcome.terminated.logical_and(result.success.logical_not());
      result.steps.masked_fill_(arrived, step);
      result.success.logical_or_(outcome.terminated);
      if (watcher) watcher->saw(step, environment);
      // Look on the way only if the next plan will want to have seen it.
      const std::int64_t until_plan = options.replan_every - 1 - i;
      if (until_plan > 0 && until_plan < agent.perception.frames()) {
        recent.see(environment.observe());
      }
    }
    active = result.success.logical_not().nonzero().flatten();
  }
  return result;
}

}  // namespace forethink
