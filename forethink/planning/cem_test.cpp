// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/cem.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/planning/analytic_energies.h"

namespace forethink {
namespace {

// Adds fresh noise to every energy it is asked for.
class NoisyEnergy final : public AnalyticEnergy {
 public:
  NoisyEnergy(const Bowl& bowl, double noise)
      : AnalyticEnergy(bowl.problem_ids(), bowl.horizon(), bowl.action_dim()),
        bowl_(bowl),
        noise_(noise) {}

  Tensor operator()(const Tensor& actions) const override {
    return bowl_(actions) + noise_ * rng_.normal_rows(problem_ids(), {actions.size(1)});
  }

 private:
  const Bowl& bowl_;
  double noise_;
  mutable RandomStream rng_{3, "noise"};
};

TEST(Cem, ReachesTheBottomOfABowl) {
  const Bowl bowl(at::arange(8), 4, 2);
  RandomStream rng(1, "cem");
  const Plan plan =
      cem(bowl, {}, rng, {.samples = 128, .elites = 12, .iterations = 20, .std_min = 0.01});
  // The narrowest Gaussian has a deviation of 0.01, and the best sample lies within a few of them.
  EXPECT_LT((plan.actions - bowl.target).abs().max().item<double>(), 0.05);
}

TEST(Cem, FindsTheWayRoundAWall) {
  const Wall wall(at::arange(4), 8);
  RandomStream rng(1, "cem");
  const Plan plan =
      cem(wall, {}, rng, {.samples = 256, .elites = 24, .iterations = 60, .std_min = 0.02});
  EXPECT_LT(plan.energy.max().item<double>(), 1.15 * Wall::kLeast);
}

TEST(Cem, SeesThroughNoise) {
  const Bowl bowl(at::arange(16), 4, 2);
  const NoisyEnergy noisy(bowl, 0.05);
  RandomStream rng(1, "cem");
  const Plan plan = cem(noisy, {}, rng, {.samples = 128, .elites = 16, .iterations = 10});
  const double before = bowl(at::zeros({16, 1, 4, 2})).mean().item<double>();
  const double after = bowl(plan.actions.unsqueeze(1)).mean().item<double>();
  EXPECT_GT(before, 0.2);
  EXPECT_LT(after, 0.05);  // One deviation of the noise.
}

TEST(Cem, GainsFromAWarmStart) {
  const Bowl bowl(at::arange(16), 8, 2);
  RandomStream rng(1, "cem");
  const Plan first = cem(bowl, {}, rng);
  RandomStream cold_rng(2, "cem");
  RandomStream warm_rng(2, "cem");
  const CemOptions options{.std_init = 0.3};
  const Plan cold = cem(bowl, {}, cold_rng, options);
  const Plan warm = cem(bowl, {.mean = first.actions}, warm_rng, options);
  EXPECT_EQ(cold.model_steps, warm.model_steps);
  EXPECT_LT(warm.energy.mean().item<double>(), 0.5 * cold.energy.mean().item<double>());
}

TEST(Cem, ServesProblemsOfAllScalesAtOnce) {
  Bowl bowl(at::arange(3), 4, 2);
  bowl.scale = at::tensor({1e-6F, 1.0F, 1e6F}).unsqueeze(1);
  bowl.offset = at::tensor({0.0F, -3.0F, 1e6F}).unsqueeze(1);
  RandomStream rng(1, "cem");
  const Plan plan = cem(bowl, {}, rng, {.samples = 128, .elites = 12, .iterations = 20});
  EXPECT_LT((plan.actions - bowl.target).abs().max().item<double>(), 0.15);
}

TEST(Cem, NamesTheSettingThatBreaksItsRule) {
  const auto message = [](const CemOptions& options) -> std::string {
    try {
      options.validate();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({}), "");
  EXPECT_EQ(message({.samples = 8, .elites = 9}),
            "cem.elites = 9, must satisfy 1 <= elites <= samples");
  EXPECT_EQ(message({.samples = 0}), "cem.samples = 0, must satisfy 1 <= samples");
  EXPECT_EQ(message({.elites = 0}), "cem.elites = 0, must satisfy 1 <= elites <= samples");
  EXPECT_EQ(message({.iterations = 0}), "cem.iterations = 0, must satisfy 1 <= iterations");
  EXPECT_EQ(message({.std_init = -1.0}), "cem.std_init = -1, must satisfy 0 < std_init < infinity");
  EXPECT_EQ(message({.std_min = 2.0}), "cem.std_min = 2, must satisfy 0 <= std_min <= std_init");
  EXPECT_EQ(message({.momentum = 1.0}), "cem.momentum = 1, must satisfy 0 <= momentum < 1");
  EXPECT_NE(message({.std_init = std::nan("")}), "");
}

TEST(Cem, ChecksItsSettingsBeforeAnyWork) {
  const Bowl bowl(at::arange(1), 4, 2);
  RandomStream rng(1, "cem");
  EXPECT_THROW(cem(bowl, {}, rng, {.samples = 0}), ConfigError);
  EXPECT_EQ(rng.draws(), 0U);
}

}  // namespace
}  // namespace forethink
