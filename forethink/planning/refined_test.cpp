// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/refined.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/planning/analytic_energies.h"

namespace forethink {
namespace {

TEST(Refined, ReachesTheBottomOfABowl) {
  const Bowl bowl(at::arange(8), 4, 2);
  RandomStream rng(1, "refined");
  const Plan plan = refined(bowl, {}, rng, {.iterations = 100, .tolerance = 0.0, .patience = 100});
  EXPECT_LT((plan.actions - bowl.target).abs().max().item<double>(), 0.02);
}

TEST(Refined, FindsTheWayRoundAWall) {
  const Wall wall(at::arange(4), 8);
  RandomStream rng(1, "refined");
  const Plan plan = refined(wall, {}, rng,
                            {.sampling = {.samples = 128, .elites = 12, .iterations = 8},
                             .iterations = 100,
                             .learning_rate = 0.03,
                             .tolerance = 0.0,
                             .patience = 100});
  EXPECT_LT(plan.energy.max().item<double>(), 1.1 * Wall::kLeast);
}

TEST(Refined, LowersWhatSamplingFoundAndNothingElse) {
  const Bowl bowl(at::arange(16), 8, 2);
  const RefinedOptions options;
  RandomStream rng(1, "refined");
  RandomStream same_rng(1, "refined");
  const Plan sampled = icem(bowl, {}, rng, options.sampling);
  const Plan plan = refined(bowl, {}, same_rng, options);
  EXPECT_TRUE(plan.elites.equal(sampled.elites));
  EXPECT_TRUE((plan.energy <= sampled.energy).all().item<bool>());
  EXPECT_LT(plan.energy.mean().item<double>(), 0.5 * sampled.energy.mean().item<double>());
}

TEST(Refined, NamesTheSettingThatBreaksItsRule) {
  const auto message = [](const RefinedOptions& options) -> std::string {
    try {
      options.validate();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({}), "");
  EXPECT_EQ(message({.sampling = {.iterations = 0}}),
            "refined.sampling.iterations = 0, must satisfy 1 <= iterations");
  EXPECT_EQ(message({.starts = 9}),
            "refined.starts = 9, must satisfy 1 <= starts <= sampling.elites");
  EXPECT_EQ(message({.iterations = 0}), "refined.iterations = 0, must satisfy 1 <= iterations");
  EXPECT_EQ(message({.learning_rate = -1.0}),
            "refined.learning_rate = -1, must satisfy 0 < learning_rate < infinity");
  EXPECT_EQ(message({.tolerance = -1.0}),
            "refined.tolerance = -1, must satisfy 0 <= tolerance < 1");
  EXPECT_EQ(message({.patience = 0}), "refined.patience = 0, must satisfy 1 <= patience");
}

}  // namespace
}  // namespace forethink
