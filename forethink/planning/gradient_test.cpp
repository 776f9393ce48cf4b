// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/gradient.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/planning/analytic_energies.h"

namespace forethink {
namespace {

TEST(Gradient, ReachesTheBottomOfABowl) {
  const Bowl bowl(at::arange(8), 4, 2);
  RandomStream rng(1, "gradient");
  const Plan plan = gradient(bowl, {}, rng, {.iterations = 100, .tolerance = 0.0, .patience = 100});
  EXPECT_LT((plan.actions - bowl.target).abs().max().item<double>(), 0.02);
}

TEST(Gradient, ReachesABottomOutsideTheBoundsAsFarAsItMay) {
  Bowl bowl(at::arange(4), 4, 2);
  bowl.target = at::full({4, 4, 2}, -3.0);
  RandomStream rng(1, "gradient");
  EXPECT_TRUE(gradient(bowl, {}, rng).actions.equal(at::full({4, 4, 2}, -1.0)));
}

TEST(Gradient, FindsTheWayRoundAWallFromSeveralStarts) {
  const Wall wall(at::arange(4), 8);
  RandomStream rng(1, "gradient");
  const Plan plan = gradient(
      wall, {}, rng,
      {.starts = 16, .iterations = 150, .learning_rate = 0.05, .tolerance = 0.0, .patience = 150});
  EXPECT_LT(plan.energy.max().item<double>(), 1.1 * Wall::kLeast);
  // One start straight ahead never leaves the ridge: this is what the others are for.
  RandomStream again(1, "gradient");
  const Plan alone = gradient(wall, {}, again, {.starts = 1, .iterations = 150});
  EXPECT_GT(alone.energy.min().item<double>(), 2 * Wall::kLeast);
}

TEST(Gradient, StopsEachProblemOnItsOwn) {
  // The second problem starts at its optimum and ends at once; the first goes on as if alone.
  Bowl bowl(at::arange(2), 4, 2);
  bowl.target[1] = 0.0;
  const GradientOptions options{.starts = 1, .iterations = 60, .patience = 3};
  RandomStream rng(1, "gradient");
  const Plan both = gradient(bowl, {}, rng, options);
  EXPECT_TRUE(both.actions[1].equal(at::zeros({4, 2})));
  RandomStream alone_rng(1, "gradient");
  const Plan alone = gradient(Bowl(at::arange(1), 4, 2), {}, alone_rng, options);
  EXPECT_TRUE(both.actions[0].equal(alone.actions[0]));
  EXPECT_GT(alone.iterations, 3);
  EXPECT_LT(alone.iterations, 60);
}

TEST(Gradient, CountsThreeModelStepsForAGradient) {
  const Bowl bowl(at::arange(2), 5, 2);
  RandomStream rng(1, "gradient");
  const Plan plan =
      gradient(bowl, {}, rng, {.starts = 4, .iterations = 6, .tolerance = 0.0, .patience = 6});
  // Six gradients and one look at where the last step led, of 4 sequences of 5 steps, 2 problems.
  EXPECT_EQ(plan.model_steps, (6 * 3 + 1) * 4 * 5 * 2);
  EXPECT_EQ(plan.iterations, 6);
}

TEST(Gradient, SaysThatAnEnergyIsNotDifferentiable) {
  class Steps final : public AnalyticEnergy {
   public:
    Steps() : AnalyticEnergy(at::arange(1), 2, 1) {}
    Tensor operator()(const Tensor& actions) const override { return actions.detach().sum({2, 3}); }
  };
  RandomStream rng(1, "gradient");
  EXPECT_THROW(gradient(Steps(), {}, rng), ConfigError);
}

TEST(Gradient, NamesTheSettingThatBreaksItsRule) {
  const auto message = [](const GradientOptions& options) -> std::string {
    try {
      options.validate();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({}), "");
  EXPECT_EQ(message({.starts = 0}), "gradient.starts = 0, must satisfy 1 <= starts");
  EXPECT_EQ(message({.iterations = 0}), "gradient.iterations = 0, must satisfy 1 <= iterations");
  EXPECT_EQ(message({.learning_rate = 0.0}),
            "gradient.learning_rate = 0, must satisfy 0 < learning_rate < infinity");
  EXPECT_EQ(message({.std_init = 0.0}),
            "gradient.std_init = 0, must satisfy 0 < std_init < infinity");
  EXPECT_EQ(message({.correlation = 1.0}),
            "gradient.correlation = 1, must satisfy 0 <= correlation < 1");
  EXPECT_EQ(message({.tolerance = 1.0}), "gradient.tolerance = 1, must satisfy 0 <= tolerance < 1");
  EXPECT_EQ(message({.patience = 0}), "gradient.patience = 0, must satisfy 1 <= patience");
}

}  // namespace
}  // namespace forethink
