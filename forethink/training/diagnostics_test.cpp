// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/diagnostics.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

#include "forethink/core/error.h"

namespace forethink {
namespace {

// s' = s + gain * a, with A = D.
class Adder final : public WorldModel {
 public:
  Adder(std::int64_t dim, double gain) : dim_(dim), gain_(gain) {}
  std::int64_t state_dim(std::int64_t) const override { return dim_; }
  std::int64_t action_dim(std::int64_t) const override { return dim_; }
  std::int64_t latent_dim(std::int64_t) const override { return 0; }
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor&, std::int64_t) const override {
    return s + gain_ * a;
  }

 private:
  std::int64_t dim_;
  double gain_;
};

// A true world s' = s + a: windows x [B, T, D] and actions [B, T-1, D].
struct World {
  Tensor x, actions;
};

World walk(std::int64_t B, std::int64_t T, std::int64_t D, std::uint64_t seed = 1) {
  RandomStream rng(seed, "diagnostics_test");
  const Tensor first = 3.0 * rng.normal({B, 1, D});
  const Tensor actions = rng.normal({B, T - 1, D});
  return {torch::cat({first, first + actions.cumsum(1)}, 1), actions};
}

TEST(RankMe, CountsEqualDirections) {
  // +-e_k, k = 1..D: D equal singular values around a mean of zero.
  const Tensor eye = torch::eye(8);
  EXPECT_NEAR(rank_me(torch::cat({eye, -eye})), 8.0, 1e-4);
  EXPECT_NEAR(participation_ratio(torch::cat({eye, -eye})), 8.0, 1e-9);
  EXPECT_NEAR(rank_me(torch::tensor({{1.0F, 2.0F}, {3.0F, 4.0F}})), 1.0, 1e-4);
}

TEST(RankMe, HasTheKnownValueOfAnUnevenSpectrum) {
  // Singular values sqrt(2) * (3, 1): p = 3/4, 1/4.
  const Tensor rows = torch::tensor({{3.0F, 0.0F}, {-3.0F, 0.0F}, {0.0F, 1.0F}, {0.0F, -1.0F}});
  const double entropy = -(0.75 * std::log(0.75) + 0.25 * std::log(0.25));
  EXPECT_NEAR(rank_me(rows), std::exp(entropy), 1e-5);
  EXPECT_NEAR(participation_ratio(rows), (9.0 + 1.0) * (9.0 + 1.0) / (81.0 + 1.0), 1e-9);
}

TEST(RankMe, DoesNotCountTheMean) {
  RandomStream rng(3, "rank");
  const Tensor rows = rng.normal({300, 6});
  EXPECT_NEAR(rank_me(rows + 1000.0), rank_me(rows), 1e-3);
}

TEST(StateStatistics, HasTheKnownNumbersOfFourPoints) {
  // Deviations sqrt(4/3) = 1.1547 and 0; covariance 0 beside the diagonal.
  const StateStatistics some =
      state_statistics(torch::tensor({{1.0F, 5.0F}, {-1.0F, 5.0F}, {1.0F, 5.0F}, {-1.0F, 5.0F}}));
  EXPECT_EQ(some.dims, 2);
  EXPECT_NEAR(some.deviation_mean, std::sqrt(4.0 / 3.0) / 2.0, 1e-12);
  EXPECT_NEAR(some.deviation_min, 0.0, 1e-12);
  EXPECT_EQ(some.deviation_low_share, 0.5);
  EXPECT_NEAR(some.covariance_off_diagonal, 0.0, 1e-12);
  // Two equal columns: every covariance is 4/3, so the mean square beside the diagonal is 16/9.
  const Tensor column = torch::tensor({1.0F, -1.0F, 1.0F, -1.0F});
  EXPECT_NEAR(state_statistics(torch::stack({column, column}, 1)).covariance_off_diagonal,
              16.0 / 9.0, 1e-12);
}

TEST(StateStatistics, RefusesOneRow) {
  EXPECT_THROW(state_statistics(torch::zeros({1, 4})), ShapeError);
  EXPECT_THROW(rank_me(torch::zeros({4})), ShapeError);
}

TEST(ActionSensitivity, IsOneForAModelThatIgnoresActionsAndKnownForANoisyOne) {
  const World world = walk(1, 4001, 4);
  Transitions data{
      .s = world.x[0].slice(0, 0, 4000), .a = world.actions[0], .s_next = world.x[0].slice(0, 1)};
  RandomStream rng(1, "shuffle");
  EXPECT_NEAR(action_sensitivity(Adder(4, 0.0), data, rng), 1.0, 1e-6);
  EXPECT_EQ(action_sensitivity(Adder(4, 1.0), data, rng), 1000.0);
  // gain g: error (1-g)^2 with the own action, 1 + g^2 with another's. g = 0.5: 1.25 / 0.25 = 5.
  EXPECT_NEAR(action_sensitivity(Adder(4, 0.5), data, rng), 5.0, 0.3);  // 4000 rows of chance.
}

TEST(ActionSensitivity, NeverDealsARowItsOwnAction) {
  // Two rows: the only other deal is the exchange. s' = s + a with a = 1, 2: errors 0 and 1.
  const Transitions data{.s = torch::zeros({2, 1}),
                         .a = torch::tensor({{1.0F}, {2.0F}}),
                         .s_next = torch::tensor({{1.5F}, {2.5F}})};  // Own error 0.25.
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    RandomStream rng(seed, "deal");
    EXPECT_NEAR(action_sensitivity(Adder(1, 1.0), data, rng), (0.25 + 2.25) / 2.0 / 0.25, 1e-6);
  }
}

TEST(CopySkill, IsOneForAPerfectModelAndZeroForACopy) {
  const World world = walk(1, 501, 4);
  const Transitions data{
      .s = world.x[0].slice(0, 0, 500), .a = world.actions[0], .s_next = world.x[0].slice(0, 1)};
  EXPECT_NEAR(copy_skill(Adder(4, 1.0), data), 1.0, 1e-6);
  EXPECT_NEAR(copy_skill(Adder(4, 0.0), data), 0.0, 1e-6);
  EXPECT_NEAR(copy_skill(Adder(4, 0.5), data), 0.75, 1e-5);
  EXPECT_NEAR(copy_skill(Adder(4, -1.0), data), -3.0, 1e-5);
}

TEST(RolloutErrors, ArePowersOfTwoAsFarAsTheWindowsReach) {
  const World world = walk(2, 66, 3);
  std::vector<std::int64_t> steps;
  for (const auto& [k, error] : rollout_errors(Adder(3, 1.0), world.x, world.x, world.actions)) {
    steps.push_back(k);
    EXPECT_LT(error, 1e-9) << k;
  }
  EXPECT_EQ(steps, (std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 64}));
  const World shorter = walk(2, 6, 3);
  EXPECT_EQ(rollout_errors(Adder(3, 1.0), shorter.x, shorter.x, shorter.actions).back().first, 4);
}

TEST(RolloutErrors, GrowAsTheMissingStepsDo) {
  // A model that copies is off by k unit steps: k per dimension, over the variance.
  const World world = walk(2000, 9, 4);
  const double variance = world.x.reshape({-1, 4}).var(0).mean().item<double>();
  for (const auto& [k, error] : rollout_errors(Adder(4, 0.0), world.x, world.x, world.actions)) {
    const auto expected = static_cast<double>(k) / variance;
    EXPECT_NEAR(error, expected, 0.05 * expected) << k;  // 8000 squares: 1.6 % of chance each.
  }
}

TEST(JudgeCollapse, PassesAHealthyModel) {
  const World world = walk(64, 9, 16);
  RandomStream rng(2, "judge");
  const Diagnosis diagnosis = diagnose_states(Adder(16, 1.0), world.x, world.x, world.actions, rng);
  EXPECT_FALSE(judge_collapse(diagnosis).collapsed) << judge_collapse(diagnosis).cause;
  EXPECT_EQ(judge_collapse(diagnosis).cause, "");
  const auto named = diagnosis.measurements();
  EXPECT_EQ(named.size(), 12U);
  EXPECT_EQ(named.at("action_sensitivity"), 1000.0);
  EXPECT_GT(named.at("effective_rank"), 15.0);
  EXPECT_TRUE(named.contains("rollout_error_8"));
}

TEST(JudgeCollapse, NamesTotalCollapse) {
  const World world = walk(64, 9, 16);
  RandomStream rng(2, "judge");
  const Tensor equal = torch::ones_like(world.x) + 1e-4 * world.x;
  const CollapseVerdict verdict =
      judge_collapse(diagnose_states(Adder(16, 0.0), equal, equal, world.actions, rng));
  EXPECT_TRUE(verdict.collapsed);
  EXPECT_EQ(verdict.cause.substr(0, 14), "total collapse") << verdict.cause;
  const Tensor exactly = torch::ones_like(world.x);
  EXPECT_EQ(judge_collapse(diagnose_states(Adder(16, 0.0), exactly, exactly, world.actions, rng))
                .cause.substr(0, 14),
            "total collapse");
}

TEST(JudgeCollapse, NamesDimensionalCollapse) {
  const World world = walk(64, 9, 64);
  RandomStream rng(2, "judge");
  // All is said by 3 of 64 directions.
  const Tensor basis = rng.normal({64, 3});
  const Tensor project = basis.mm(torch::pinverse(basis));
  const Tensor flat = world.x.matmul(project) + 1e-4 * world.x;
  const Diagnosis diagnosis =
      diagnose_states(Adder(64, 1.0), flat, flat, world.actions.matmul(project), rng);
  EXPECT_NEAR(diagnosis.states.effective_rank, 3.0, 0.3);
  const CollapseVerdict verdict = judge_collapse(diagnosis);
  EXPECT_TRUE(verdict.collapsed);
  EXPECT_EQ(verdict.cause.substr(0, 20), "dimensional collapse") << verdict.cause;
  EXPECT_FALSE(judge_collapse(diagnosis, {.rank_share = 0.0}).collapsed);
}

TEST(JudgeCollapse, NamesIgnoredActions) {
  const World world = walk(64, 9, 16);
  RandomStream rng(2, "judge");
  const CollapseVerdict verdict =
      judge_collapse(diagnose_states(Adder(16, 0.0), world.x, world.x, world.actions, rng));
  EXPECT_TRUE(verdict.collapsed);
  EXPECT_EQ(verdict.cause.substr(0, 15), "actions ignored") << verdict.cause;
}

TEST(JudgeCollapse, NamesStatesThatAreNotFinite) {
  World world = walk(8, 9, 4);
  world.x[3][2][1] = std::numeric_limits<float>::quiet_NaN();
  RandomStream rng(2, "judge");
  const CollapseVerdict verdict =
      judge_collapse(diagnose_states(Adder(4, 1.0), world.x, world.x, world.actions, rng));
  EXPECT_TRUE(verdict.collapsed);
  EXPECT_EQ(verdict.cause.substr(0, 21), "states are not finite") << verdict.cause;
}

TEST(DiagnoseStates, LooksAtThePoorerOfTwoEncoders) {
  const World world = walk(64, 9, 16);
  RandomStream rng(2, "judge");
  const Tensor flat = world.x.slice(2, 0, 1).expand_as(world.x);
  for (const bool sources : {false, true}) {
    const Diagnosis diagnosis = diagnose_states(Adder(16, 1.0), sources ? flat : world.x,
                                                sources ? world.x : flat, world.actions, rng);
    EXPECT_NEAR(diagnosis.states.effective_rank, 1.0, 0.01);
  }
}

TEST(CollapseLimits, NameTheSettingThatBreaksItsRule) {
  EXPECT_NO_THROW(CollapseLimits{}.validate());
  EXPECT_THROW(CollapseLimits{.rank_share = 1.5}.validate(), ConfigError);
  EXPECT_THROW(CollapseLimits{.action_sensitivity = 0.5}.validate(), ConfigError);
  EXPECT_THROW(CollapseLimits{.deviation_mean = -1.0}.validate(), ConfigError);
}

}  // namespace
}  // namespace forethink
