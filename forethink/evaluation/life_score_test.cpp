// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/evaluation/life_score.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "forethink/agent/test_body.h"
#include "forethink/core/error.h"

namespace forethink {
namespace {

LivesResult four_lives() {
  LivesResult result;
  result.alive = at::tensor({1, 1, 1, 0}, at::kLong).gt(0);
  result.steps = at::tensor({100, 100, 100, 40}, at::kLong);
  result.energy = at::zeros({4, kDrives});
  result.energy.select(1, 0).copy_(at::tensor({.1, .2, .3, .6}));  // Hunger.
  result.energy.select(1, 5).fill_(0.5);                           // Effort.
  result.honesty_gap = at::full({4, kDrives}, std::numeric_limits<float>::quiet_NaN());
  result.honesty_gap[0].fill_(0.02);
  result.honesty_gap[1].fill_(0.04);
  result.model_steps = 6000;
  result.acts = 60;
  result.act_ms = {20.0, 10.0, 30.0};
  return result;
}

TEST(ScoreLives, CountsAndWeighs) {
  const LivesEntry entry = score_lives(four_lives(), {.effort = 0.1}, 100, "full", "deliberate");
  EXPECT_EQ(entry.worlds, 4);
  EXPECT_EQ(entry.alive, 3);
  EXPECT_DOUBLE_EQ(entry.survival_rate, 0.75);
  EXPECT_LT(entry.wilson_low, 0.75);
  EXPECT_GT(entry.wilson_high, 0.75);
  EXPECT_DOUBLE_EQ(entry.steps_mean, 85.0);
  EXPECT_NEAR(entry.energy_mean, 0.3 + 0.05, 1e-6);
  EXPECT_NEAR(entry.energy_error, 0.2160247 / 2.0, 1e-5);
  double sum = 0.0;
  for (const auto& [drive, energy] : entry.energy_by_drive) sum += energy;
  EXPECT_NEAR(sum, entry.energy_mean, 1e-6);
  EXPECT_NEAR(entry.honesty_gap.at(0).second, 0.03, 1e-6);
  EXPECT_DOUBLE_EQ(entry.model_steps_per_act, 100.0);
  EXPECT_DOUBLE_EQ(entry.act_ms_p50, 1.0);  // 20 acts share each batch.
  EXPECT_DOUBLE_EQ(entry.survival_curve.front(), 1.0);
  EXPECT_DOUBLE_EQ(entry.survival_curve.back(), 0.75);
  EXPECT_DOUBLE_EQ(entry.survival_curve[19], 1.0);   // Step 38.
  EXPECT_DOUBLE_EQ(entry.survival_curve[20], 0.75);  // Step 40, which the last did not survive.
  EXPECT_NE(describe(entry).find("75.0 %"), std::string::npos);
}

TEST(ScoreVitalsPrediction, ComparesWithStayingTheSame) {
  const SlowHunger model(4);
  const std::int64_t D = model.state_dim(1);
  Tensor states = at::zeros({6, 4, D});
  for (std::int64_t t = 0; t < 4; ++t) {  // Energy falls by 0.003 a step, water rests.
    states.select(1, t).select(1, D - kVitals).fill_(0.5 - 0.003 * static_cast<double>(t));
  }
  const auto scored = score_vitals_prediction(model, states, at::zeros({6, 3, 8}), {1, 3});
  ASSERT_EQ(scored.size(), 2U * kVitals);
  EXPECT_EQ(scored[kVitals].steps, 3);
  EXPECT_EQ(scored[kVitals].vital, "energy");
  EXPECT_NEAR(scored[kVitals].error, 0.006, 1e-6);
  EXPECT_NEAR(scored[kVitals].persistence_error, 0.009, 1e-6);
  EXPECT_NEAR(scored[kVitals + 1].error, 0.003, 1e-6);
  EXPECT_NEAR(scored[kVitals + 1].persistence_error, 0.0, 1e-6);
  EXPECT_THROW(score_vitals_prediction(model, states, at::zeros({6, 3, 8}), {4}), ShapeError);
}

}  // namespace
}  // namespace forethink
