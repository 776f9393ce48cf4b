// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/icem.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/planning/analytic_energies.h"
#include "forethink/planning/cem.h"

namespace forethink {
namespace {

TEST(Icem, ReachesTheBottomOfABowl) {
  const Bowl bowl(at::arange(8), 4, 2);
  RandomStream rng(1, "icem");
  // The targets of neighbouring steps have nothing in common, so neither has the noise.
  const Plan plan = icem(bowl, {}, rng,
                         {.samples = 128,
                          .elites = 12,
                          .iterations = 20,
                          .std_min = 0.01,
                          .correlation = 0.0,
                          .shrink = 1.0});
  EXPECT_LT((plan.actions - bowl.target).abs().max().item<double>(), 0.05);
}

TEST(Icem, ReachesATargetThatLastsSoonerWithCorrelatedNoise) {
  Bowl bowl(at::arange(16), 16, 2);
  bowl.target = bowl.target.narrow(1, 0, 1).expand({16, 16, 2}).contiguous();
  const auto energy = [&](double correlation) {
    RandomStream rng(1, "icem");
    return icem(bowl, {}, rng, {.correlation = correlation}).energy.mean().item<double>();
  };
  EXPECT_LT(energy(0.7), 0.9 * energy(0.0));
}

TEST(Icem, FindsTheWayRoundAWall) {
  const Wall wall(at::arange(4), 8);
  RandomStream rng(1, "icem");
  const Plan plan = icem(wall, {}, rng,
                         {.samples = 256,
                          .elites = 24,
                          .iterations = 60,
                          .std_min = 0.02,
                          .momentum = 0.5,
                          .correlation = 0.4,
                          .shrink = 1.0});
  EXPECT_LT(plan.energy.max().item<double>(), 1.15 * Wall::kLeast);
}

TEST(Icem, ShrinksItsPopulation) {
  const Bowl bowl(at::arange(2), 3, 1);
  RandomStream rng(1, "icem");
  const Plan plan =
      icem(bowl, {}, rng, {.samples = 20, .elites = 4, .iterations = 4, .shrink = 2.0});
  // 20 + 10 + 8 + 8 sequences of 3 steps for each of 2 problems: never fewer than twice the elites.
  EXPECT_EQ(plan.model_steps, (20 + 10 + 8 + 8) * 3 * 2);
}

TEST(Icem, TravelsFurtherThanCemForTheSameNumberOfSequences) {
  const Journey journey(at::arange(32), 40);
  RandomStream rng(1, "planner");
  RandomStream same_rng(1, "planner");
  const Plan coloured =
      icem(journey, {}, rng, {.samples = 32, .elites = 6, .iterations = 4, .shrink = 1.0});
  const Plan white =
      cem(journey, {}, same_rng, {.samples = 32, .elites = 6, .iterations = 4, .std_init = 0.5});
  EXPECT_EQ(coloured.model_steps, white.model_steps);
  EXPECT_LT(coloured.energy.mean().item<double>(), 0.6 * white.energy.mean().item<double>());
}

TEST(Icem, GainsFromAWarmStartAndFromElites) {
  const Bowl bowl(at::arange(16), 8, 2);
  RandomStream rng(1, "icem");
  const Plan first = icem(bowl, {}, rng, {.samples = 64, .elites = 8, .iterations = 6});
  ASSERT_EQ(first.elites.sizes(), (std::vector<std::int64_t>{16, 8, 8, 2}));
  const auto again = [&](const PlanStart& start) {
    RandomStream next(2, "icem");
    return icem(bowl, start, next, {.iterations = 1}).energy;
  };
  const Tensor cold = again({});
  const Tensor with_elites = again({.elites = first.elites});
  const Tensor warm = again({.mean = first.actions});
  EXPECT_LT(with_elites.mean().item<double>(), 0.7 * cold.mean().item<double>());
  EXPECT_LT(warm.mean().item<double>(), 0.7 * cold.mean().item<double>());
  // What is kept is scored again: the best elite bounds the energy of the next plan.
  const Tensor best_elite = bowl(first.elites.narrow(1, 0, 1)).squeeze(1);
  EXPECT_TRUE((with_elites <= best_elite).all().item<bool>());
}

TEST(Icem, ReturnsElitesInOrderAndWithinTheBounds) {
  const Bowl bowl(at::arange(4), 3, 2, {.low = -0.3, .high = 0.1});
  RandomStream rng(1, "icem");
  const Plan plan = icem(bowl, {.elites = at::full({4, 7, 3, 2}, 5.0)}, rng);
  const Tensor energies = bowl(plan.elites);  // [B, K]
  EXPECT_TRUE((energies.diff(1, 1) >= 0).all().item<bool>());
  EXPECT_LE(plan.elites.max().item<double>(), 0.1);
}

TEST(Icem, RefusesElitesOfAnotherShape) {
  const Bowl bowl(at::arange(2), 3, 2);
  RandomStream rng(1, "icem");
  EXPECT_THROW(icem(bowl, {.elites = at::zeros({2, 4, 5, 2})}, rng), ShapeError);
}

TEST(Icem, NamesTheSettingThatBreaksItsRule) {
  const auto message = [](const IcemOptions& options) -> std::string {
    try {
      options.validate();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({}), "");
  EXPECT_EQ(message({.samples = 1}), "icem.samples = 1, must satisfy 2 <= samples");
  EXPECT_EQ(message({.samples = 8, .elites = 5}),
            "icem.elites = 5, must satisfy 1 <= elites <= samples / 2");
  EXPECT_EQ(message({.iterations = 0}), "icem.iterations = 0, must satisfy 1 <= iterations");
  EXPECT_EQ(message({.std_init = 0.0}), "icem.std_init = 0, must satisfy 0 < std_init < infinity");
  EXPECT_EQ(message({.std_min = -1.0}), "icem.std_min = -1, must satisfy 0 <= std_min <= std_init");
  EXPECT_EQ(message({.momentum = 1.5}), "icem.momentum = 1.5, must satisfy 0 <= momentum < 1");
  EXPECT_EQ(message({.correlation = 1.0}),
            "icem.correlation = 1, must satisfy 0 <= correlation < 1");
  EXPECT_EQ(message({.shrink = 0.5}), "icem.shrink = 0.5, must satisfy 1 <= shrink < infinity");
  EXPECT_EQ(message({.keep = 2.0}), "icem.keep = 2, must satisfy 0 <= keep <= 1");
}

}  // namespace
}  // namespace forethink
