// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/mppi.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "forethink/core/error.h"
#include "forethink/planning/analytic_energies.h"

namespace forethink {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(MppiWeights, FollowTheTemperature) {
  const Tensor energies = at::tensor({1.0F, 1.5F, kInfinity}).unsqueeze(0);
  const Tensor weights = mppi_weights(energies, {.temperature = 0.5});
  const double e = std::exp(-1.0);  // exp(-(1.5 - 1) / 0.5)
  EXPECT_NEAR(weights[0][0].item<double>(), 1 / (1 + e), 1e-6);
  EXPECT_NEAR(weights[0][1].item<double>(), e / (1 + e), 1e-6);
  EXPECT_EQ(weights[0][2].item<double>(), 0.0);
}

TEST(MppiWeights, HaveTheEffectiveNumberAskedForAtAnyScale) {
  Tensor energies = RandomStream(1, "energies").normal({5, 100});
  energies *= at::tensor({1e-12F, 1.0F, 1e12F, 1.0F, 1.0F}).unsqueeze(1);
  energies[3][7] = 1e9;  // A crash among ordinary ones must not set the scale.
  energies[4] += 100.0;
  const Tensor weights = mppi_weights(energies, {.effective = 0.2});
  const Tensor effective = 1 / weights.square().sum(1);
  EXPECT_TRUE(at::allclose(effective, at::full({5}, 20.0), 0.011));  // Bisection stops within 1 %.
  EXPECT_TRUE(at::allclose(weights.sum(1), at::ones({5})));
}

TEST(MppiWeights, AreEqualWhereNothingTellsCandidatesApart) {
  const Tensor energies = at::full({1, 8}, 3.0);
  EXPECT_TRUE(at::allclose(mppi_weights(energies, {}), at::full({1, 8}, 0.125)));
  Tensor few = at::full({1, 8}, kInfinity);
  few[0][2] = 1.0;
  few[0][5] = 2.0;
  // Four are wanted and two are there: nearly equal.
  const Tensor weights = mppi_weights(few, {});
  EXPECT_NEAR(weights[0][2].item<double>(), 0.5, 0.06);
  EXPECT_NEAR(weights.sum().item<double>(), 1.0, 1e-6);
  EXPECT_EQ(mppi_weights(at::full({1, 8}, kInfinity), {}).sum().item<double>(), 0.0);
}

TEST(Mppi, ReachesTheBottomOfABowl) {
  const Bowl bowl(at::arange(8), 4, 2);
  RandomStream rng(1, "mppi");
  const Plan plan =
      mppi(bowl, {}, rng, {.samples = 128, .iterations = 25, .std_min = 0.01, .correlation = 0.0});
  EXPECT_LT((plan.actions - bowl.target).abs().max().item<double>(), 0.05);
}

TEST(Mppi, ReachesTheBottomOfABowlWithAFixedTemperatureAndDeviation) {
  const Bowl bowl(at::arange(8), 2, 1);
  RandomStream rng(1, "mppi");
  const Plan plan = mppi(bowl, {}, rng,
                         {.samples = 256,
                          .iterations = 10,
                          .std_init = 0.3,
                          .temperature = 0.005,
                          .refit_std = false});
  EXPECT_LT((plan.actions - bowl.target).abs().max().item<double>(), 0.1);
}

TEST(Mppi, FindsTheWayRoundAWall) {
  const Wall wall(at::arange(4), 8);
  RandomStream rng(1, "mppi");
  const Plan plan =
      mppi(wall, {}, rng, {.samples = 256, .iterations = 60, .std_min = 0.02, .effective = 0.05});
  EXPECT_LT(plan.energy.max().item<double>(), 1.2 * Wall::kLeast);
}

TEST(Mppi, FallsBackOnASampleWhereNoMeanIsFinite) {
  // Only the outer half of the range is allowed, on both sides: the mean stays in the middle.
  class Fork final : public AnalyticEnergy {
   public:
    Fork() : AnalyticEnergy(at::arange(1), 1, 1) {}
    Tensor operator()(const Tensor& actions) const override {
      const Tensor a = actions.squeeze(-1).squeeze(-1).abs();
      return at::where(a > 0.5, 1 - a, at::full({}, kInfinity));
    }
  };
  RandomStream rng(1, "mppi");
  const Plan plan = mppi(Fork(), {}, rng, {.samples = 64, .iterations = 1, .effective = 1.0});
  EXPECT_EQ(plan.status, PlanStatus::kFinished);
  EXPECT_GT(plan.actions.abs().item<double>(), 0.5);
}

TEST(Mppi, FollowsAProposalThatNoSampleWouldFind) {
  class Needle final : public AnalyticEnergy {
   public:
    Needle() : AnalyticEnergy(at::arange(1), 2, 1) {}
    Tensor operator()(const Tensor& actions) const override {
      const Tensor off = (actions - 0.9).abs().amax({2, 3});
      return off.gt(1e-6).to(at::kFloat);
    }
  };
  RandomStream rng(1, "mppi");
  const PlanStart start{.elites = at::full({1, 1, 2, 1}, 0.9)};
  const MppiOptions options{.samples = 16, .iterations = 1, .temperature = 1.0, .elites = 1};
  const Plan plan = mppi(Needle(), start, rng, options);
  EXPECT_TRUE(at::allclose(plan.actions, at::full({1, 2, 1}, 0.9)));
  EXPECT_EQ(plan.energy.item<float>(), 0.0F);
  // With all samples weighed, the others drag the mean away from it.
  const Plan all = mppi(Needle(), start, rng, {.samples = 16, .iterations = 1, .temperature = 1.0});
  EXPECT_EQ(all.energy.item<float>(), 1.0F);
}

TEST(Mppi, EffectiveIsAShareOfAllSamplesWhereElitesCount) {
  // Remembers what it was asked for: the first mean that was searched comes back at last.
  class Remembering final : public AnalyticEnergy {
   public:
    Remembering() : AnalyticEnergy(at::arange(1), 2, 1) {}
    Tensor operator()(const Tensor& actions) const override {
      asked.push_back(actions.clone());
      return (actions - 0.3).square().sum({2, 3});
    }
    mutable std::vector<Tensor> asked;
  };
  const Remembering energy;
  RandomStream rng(1, "mppi");
  const MppiOptions options{.samples = 64, .iterations = 1, .effective = 0.15, .elites = 16};
  mppi(energy, {}, rng, options);
  ASSERT_EQ(energy.asked.size(), 2U);
  const Tensor candidates = energy.asked[0];  // [1, 64, 2, 1]
  const Tensor energies = (candidates - 0.3).square().sum({2, 3});
  const Tensor worst = std::get<0>(energies.topk(16, 1, /*largest=*/false)).amax(1, true);
  const Tensor weights =
      mppi_weights(energies.masked_fill(energies > worst, kInfinity), options);  // [1, 64]
  // 0.15 * 64; the bisection stops within a hundredth.
  EXPECT_NEAR(1.0 / weights.square().sum().item<double>(), 9.6, 0.1);
  const Tensor mean = (weights.view({1, 64, 1, 1}) * candidates).sum(1);
  // Sums of 64 floats in another order.
  EXPECT_TRUE(at::allclose(energy.asked[1].squeeze(1), mean, 0.0, 1e-6));
}

TEST(Mppi, NamesTheSettingThatBreaksItsRule) {
  const auto message = [](const MppiOptions& options) -> std::string {
    try {
      options.validate();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({}), "");
  EXPECT_EQ(message({.samples = 1}), "mppi.samples = 1, must satisfy 2 <= samples");
  EXPECT_EQ(message({.iterations = 0}), "mppi.iterations = 0, must satisfy 1 <= iterations");
  EXPECT_EQ(message({.std_init = 0.0}), "mppi.std_init = 0, must satisfy 0 < std_init < infinity");
  EXPECT_EQ(message({.std_min = 1.0}), "mppi.std_min = 1, must satisfy 0 <= std_min <= std_init");
  EXPECT_EQ(message({.correlation = -1.0}),
            "mppi.correlation = -1, must satisfy 0 <= correlation < 1");
  EXPECT_EQ(message({.effective = 0.0}), "mppi.effective = 0, must satisfy 0 < effective <= 1");
  EXPECT_EQ(message({.samples = 8, .elites = 9}),
            "mppi.elites = 9, must satisfy 0 <= elites <= samples");
  EXPECT_EQ(message({.temperature = -1.0}),
            "mppi.temperature = -1, must satisfy 0 <= temperature < infinity");
}

}  // namespace
}  // namespace forethink
