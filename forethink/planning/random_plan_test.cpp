// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/random_plan.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/planning/analytic_energies.h"

namespace forethink {
namespace {

TEST(RandomPlan, IsUniformWithinTheBounds) {
  const Bowl bowl(at::arange(100), 10, 10, {.low = -1.0, .high = 3.0});
  RandomStream rng(1, "random");
  const Plan plan = random_plan(bowl, {}, rng);
  // Of 10,000 numbers: mean 1 and variance 4^2 / 12, each within four standard errors.
  EXPECT_NEAR(plan.actions.mean().item<double>(), 1.0, 4 * std::sqrt(16.0 / 12 / 1e4));
  EXPECT_NEAR(plan.actions.var().item<double>(), 16.0 / 12, 0.05);
  EXPECT_LT(plan.actions.min().item<double>(), -0.99);
  EXPECT_GT(plan.actions.max().item<double>(), 2.99);
}

TEST(RandomPlan, TakesNoAdviceFromTheWarmStart) {
  const Bowl bowl(at::arange(2), 4, 2);
  RandomStream rng(1, "random");
  RandomStream same_rng(1, "random");
  EXPECT_TRUE(random_plan(bowl, {}, rng)
                  .actions.equal(random_plan(bowl, {.mean = bowl.target}, same_rng).actions));
}

}  // namespace
}  // namespace forethink
