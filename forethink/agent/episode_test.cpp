// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/agent/episode.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/agent/test_plane.h"
#include "forethink/core/error.h"
#include "forethink/cost/goal_energy.h"
#include "forethink/environments/meadow_grid.h"

namespace forethink {
namespace {

class Counter final : public EpisodeWatcher {
 public:
  void planned(std::int64_t, const Tensor& active, const ImaginedEnergy&, const Plan&) override {
    active_counts.push_back(active.size(0));
  }
  void saw(std::int64_t step, const Environment&) override { last_step = step; }
  std::vector<std::int64_t> active_counts;
  std::int64_t last_step = 0;
};

struct Outcome {
  EpisodeResult result;
  std::vector<std::int64_t> active_counts;
};

Outcome run(const Tensor& starts, const Tensor& goals, const EpisodeOptions& options) {
  Plane plane;
  RandomStream world(1, "world"), search(2, "search");
  plane.reset_to(starts, goals, world);
  const Perception perception({{"place", std::make_shared<Identity>()}});
  const Mover model;
  Cost cost;
  cost.add(std::make_shared<GoalEnergy>(goals, GoalEnergyOptions{.combine = "last"}), 1.0);
  Counter counter;
  const Agent agent{perception, model, cost};
  EpisodeResult result = run_episodes(plane, agent, search, options, &counter);
  return {result, counter.active_counts};
}

EpisodeOptions options() { return plane_options(/*budget=*/40); }

TEST(RunEpisodes, ReachesNearGoalsSoonAndFarGoalsLater) {
  const Tensor starts = torch::zeros({3, 2});
  const Tensor goals = torch::tensor({{2.0F, 0.0F}, {10.0F, 0.0F}, {0.0F, -20.0F}});
  const Outcome run_of_three = run(starts, goals, options());
  EXPECT_TRUE(run_of_three.result.success.all().item<bool>());
  // At most one unit a step: no fewer steps than the distance less the reach.
  const Tensor steps = run_of_three.result.steps;
  EXPECT_GE(steps[1].item<std::int64_t>(), 10);
  EXPECT_GE(steps[2].item<std::int64_t>(), 20);
  EXPECT_LE(steps[2].item<std::int64_t>(), 30);
  EXPECT_EQ(run_of_three.active_counts.front(), 3);
  EXPECT_EQ(run_of_three.active_counts.back(), 1);  // The others had left the batch.
}

TEST(RunEpisodes, AnEpisodeDoesNotDependOnWhoSharesItsBatch) {
  const Tensor starts = torch::zeros({3, 2});
  const Tensor goals = torch::tensor({{12.0F, 3.0F}, {1.5F, 0.0F}, {-9.0F, 8.0F}});
  const Outcome together = run(starts, goals, options());
  // The same first episode with other companions: its noise is indexed by its own number.
  const Tensor others = torch::tensor({{12.0F, 3.0F}, {30.0F, 0.0F}, {2.0F, 0.0F}});
  const Outcome apart = run(starts, others, options());
  EXPECT_EQ(together.result.steps[0].item<std::int64_t>(),
            apart.result.steps[0].item<std::int64_t>());
}

TEST(RunEpisodes, StopsAtTheBudget) {
  const Outcome far = run(torch::zeros({1, 2}), torch::tensor({{100.0F, 0.0F}}), options());
  EXPECT_FALSE(far.result.success.item<bool>());
  EXPECT_EQ(far.result.steps.item<std::int64_t>(), 40);
  EXPECT_EQ(far.active_counts.size(), 20U);
}

TEST(RunEpisodes, CountsModelSteps) {
  EpisodeOptions few = options();
  few.deliberation.planner.cem.samples = 10;
  few.deliberation.planner.cem.elites = 2;
  few.deliberation.planner.cem.iterations = 3;
  const Outcome far = run(torch::zeros({1, 2}), torch::tensor({{100.0F, 0.0F}}), few);
  EXPECT_EQ(far.result.model_steps, 20 * 10 * 3 * 2);  // plans x samples x iterations x horizon
}

TEST(RunEpisodes, RefusesWorldsWhereToEndIsToDie) {
  MeadowGrid meadow;
  RandomStream world(1, "world"), search(2, "search");
  meadow.reset(1, world);
  const Perception perception({{"place", std::make_shared<Identity>()}});
  const Mover model;
  const Cost cost;
  EXPECT_THROW(run_episodes(meadow, {perception, model, cost}, search, options()), ConfigError);
}

TEST(EpisodeOptions, RefusesToActLongerThanItPlanned) {
  EpisodeOptions wrong = options();
  wrong.replan_every = 6;
  try {
    wrong.validate();
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "episode.replan_every = 6, must satisfy a multiple of deliberation.hold, at most "
                 "horizon x hold");
  }
}

}  // namespace
}  // namespace forethink
