// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/plan.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"

namespace forethink {
namespace {

TEST(ShiftPlan, MovesOnAndRepeatsTheLastAction) {
  const Tensor actions = at::arange(8.0).view({1, 4, 2});  // [B, H, A]
  EXPECT_TRUE(shift_plan(actions, 0).equal(actions));
  EXPECT_TRUE(shift_plan(actions, 1)
                  .flatten()
                  .equal(at::tensor({2.0F, 3.0F, 4.0F, 5.0F, 6.0F, 7.0F, 6.0F, 7.0F})));
  EXPECT_TRUE(shift_plan(actions, 9).flatten().equal(at::tensor({6.0F, 7.0F}).repeat(4)));
}

TEST(ShiftPlan, MovesElitesToo) {
  const Tensor elites = at::arange(24.0).view({2, 2, 3, 2});  // [B, K, H, A]
  const Tensor moved = shift_plan(elites, 2);
  EXPECT_EQ(moved.sizes(), elites.sizes());
  EXPECT_TRUE(moved.select(2, 0).equal(elites.select(2, 2)));
}

TEST(ShiftPlan, RefusesWhatItCannotMove) {
  EXPECT_THROW(shift_plan(at::zeros({1, 4, 2}), -1), ConfigError);
  EXPECT_THROW(shift_plan(at::zeros({4}), 1), ShapeError);
  EXPECT_THROW(shift_plan(at::zeros({1, 0, 2}), 1), ShapeError);
}

}  // namespace
}  // namespace forethink
