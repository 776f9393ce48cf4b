// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/planner.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "tests/conformance/planner_conformance.h"

namespace forethink {
namespace {

// Every planner of the table with its defaults, but for the number of iterations.
std::vector<PlannerUnderTest> all_planners() {
  std::vector<PlannerUnderTest> planners;
  for (const std::string& name : planner_names()) {
    const auto run = [name](const Energy& energy, const PlanStart& start, RandomStream& rng,
                            std::int64_t iterations) {
      PlannerOptions options{.name = name};
      options.cem.iterations = iterations;
      options.icem.iterations = iterations;
      options.mppi.iterations = iterations;
      options.gradient.iterations = iterations;
      options.gradient.patience = iterations;
      options.refined.sampling.iterations = iterations;
      options.refined.iterations = iterations;
      return plan(energy, start, rng, options);
    };
    planners.push_back({.name = name, .run = run, .searches = name != "random"});
  }
  return planners;
}

INSTANTIATE_TEST_SUITE_P(Planners, PlannerConformance, testing::ValuesIn(all_planners()),
                         planner_test_name);

TEST(Planner, KnowsEveryPlannerByName) {
  EXPECT_EQ(planner_names(),
            (std::vector<std::string>{"cem", "icem", "mppi", "gradient", "refined", "random"}));
  for (const std::string& name : planner_names()) {
    EXPECT_NO_THROW(PlannerOptions{.name = name}.validate());
  }
}

TEST(Planner, RunsThePlannerThatIsNamedWithItsSettings) {
  const Bowl energy(at::arange(3), 4, 2);
  PlannerOptions options{.name = "cem"};
  options.cem.samples = 16;
  RandomStream rng(1, "planner");
  RandomStream same_rng(1, "planner");
  EXPECT_TRUE(plan(energy, {}, rng, options)
                  .actions.equal(cem(energy, {}, same_rng, {.samples = 16}).actions));
}

TEST(Planner, ListsTheKnownNamesToOneItDoesNotKnow) {
  const PlannerOptions options{.name = "icme"};
  const std::string wanted =
      "planner.name = icme, must be one of cem icem mppi gradient refined random";
  try {
    options.validate();
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()).substr(0, wanted.size()), wanted);
    EXPECT_NE(std::string(error.what()).find("did you mean"), std::string::npos);
  }
  const Bowl energy(at::arange(1), 4, 2);
  RandomStream rng(1, "planner");
  EXPECT_THROW(plan(energy, {}, rng, options), ConfigError);
}

TEST(Planner, ChecksTheSettingsOfEveryPlanner) {
  PlannerOptions options;
  options.mppi.samples = 0;
  EXPECT_THROW(options.validate(), ConfigError);
}

TEST(Planner, ReadsItsSettings) {
  PlannerOptions options;
  load_settings(options,
                parse_settings("name = \"refined\"\n[refined.sampling]\nsamples = 48\n", "test"));
  EXPECT_EQ(options.name, "refined");
  EXPECT_EQ(options.refined.sampling.samples, 48);
  EXPECT_THROW(load_settings(options, parse_settings("[icem]\nsample = 3\n", "test")), ConfigError);
}

TEST(Wall, HasTheOptimumThatItClaims) {
  const Wall wall(at::arange(1), 8);
  const double short_of_goal = Wall::kDetour / (1 + Wall::kGoalWeight);
  // Straight to a tip, straight towards the goal, in equal steps of nearly the same length.
  const Tensor up = at::tensor({0.25, 0.1875001}, at::kFloat).repeat({4, 1});
  const Tensor down =
      at::tensor({0.25, -0.1875}, at::kFloat).repeat({4, 1}) * (1 - short_of_goal / 1.25);
  const Tensor round = at::cat({up, down}).view({1, 1, 8, 2});
  EXPECT_NEAR(wall(round).item<double>(), Wall::kLeast, 0.01 * Wall::kLeast);
  EXPECT_GE(wall(round).item<double>(), Wall::kLeast);
  const Tensor straight = at::tensor({0.25F, 0.0F}).repeat({1, 1, 8, 1});
  // Exactly on the wall after four steps, which is where it crosses.
  EXPECT_NEAR(wall(straight).item<double>(), Wall::kStraight, 1e-3);
}

}  // namespace
}  // namespace forethink
