// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What every planner has to do, as a GoogleTest suite.
//
//   INSTANTIATE_TEST_SUITE_P(Mine, PlannerConformance,
//                            testing::Values(PlannerUnderTest{.name = "mine", .run = ...}),
//                            planner_test_name);
//
// Role:    conformance; planner_test.cpp runs it on the whole table of planners.
#pragma once

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <thread>

#include "forethink/core/error.h"
#include "forethink/core/random.h"
#include "forethink/planning/analytic_energies.h"
#include "forethink/planning/energy.h"
#include "forethink/planning/plan.h"

namespace forethink {

/// A planner and what it promises beyond the contract of all.
struct PlannerUnderTest {
  std::string name = {};
  /// Searches with about `iterations` iterations.
  std::function<Plan(const Energy&, const PlanStart&, RandomStream&, std::int64_t iterations)> run =
      {};
  bool searches = true;  ///< More iterations lower the energy, and no plan is worse than its start.
};

inline std::string planner_test_name(const testing::TestParamInfo<PlannerUnderTest>& info) {
  return info.param.name;
}

/// Passes on to another energy, and counts.
class CountingEnergy final : public Energy {
 public:
  explicit CountingEnergy(const Energy& energy) : energy_(energy) {}

  Tensor operator()(const Tensor& actions) const override {
    const bool recorded = actions.requires_grad() && at::GradMode::is_enabled();
    model_steps +=
        actions.size(0) * actions.size(1) * model_steps_per_sequence() * (recorded ? 3 : 1);
    ++calls;
    recorded_calls += recorded ? 1 : 0;
    low = std::min(low, actions.min().item<float>());
    high = std::max(high, actions.max().item<float>());
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
    return energy_(actions);
  }
  std::int64_t problems() const override { return energy_.problems(); }
  std::int64_t horizon() const override { return energy_.horizon(); }
  std::int64_t action_dim() const override { return energy_.action_dim(); }
  ActionBounds bounds() const override { return energy_.bounds(); }
  Tensor problem_ids() const override { return energy_.problem_ids(); }
  /// Not the horizon, so that a planner which counts horizons is found out.
  std::int64_t model_steps_per_sequence() const override { return 5; }

  std::chrono::milliseconds pause{0};
  mutable std::int64_t model_steps = 0;
  mutable std::int64_t calls = 0;
  mutable std::int64_t recorded_calls = 0;
  mutable float low = std::numeric_limits<float>::infinity();
  mutable float high = -std::numeric_limits<float>::infinity();

 private:
  const Energy& energy_;
};

/// A bowl whose energy is not finite for some candidates of some problems: `broken` [B, 1] says for
/// which share of the first action's range (0 none, 1 all) it is NaN, +inf or -inf.
class BrokenBowl final : public AnalyticEnergy {
 public:
  BrokenBowl(const Tensor& problem_ids, const Tensor& broken)
      : AnalyticEnergy(problem_ids, 4, 2), bowl(problem_ids, 4, 2), broken_(broken) {}

  Tensor operator()(const Tensor& actions) const override {
    const Tensor first = actions.select(3, 0).select(2, 0);  // [B, S]
    const Tensor place = 0.5 * (first + 1);
    const Tensor bad =
        at::where(place < 0.1, at::full({}, std::nan("")),
                  at::where(place < 0.2, at::full({}, -std::numeric_limits<float>::infinity()),
                            at::full({}, std::numeric_limits<float>::infinity())));
    return at::where((place < broken_).logical_or(broken_ >= 1), bad, bowl(actions));
  }

  Bowl bowl;

 private:
  Tensor broken_;
};

class PlannerConformance : public testing::TestWithParam<PlannerUnderTest> {
 protected:
  static Plan run(const Energy& energy, const PlanStart& start = {}, std::int64_t iterations = 4,
                  std::uint64_t seed = 1) {
    RandomStream rng(seed, "planner");
    return GetParam().run(energy, start, rng, iterations);
  }

  static void expect_valid(const Plan& plan, const Energy& energy) {
    ASSERT_EQ(plan.actions.sizes(), (std::vector<std::int64_t>{energy.problems(), energy.horizon(),
                                                               energy.action_dim()}));
    ASSERT_EQ(plan.energy.sizes(), (std::vector<std::int64_t>{energy.problems()}));
    // In double: a float beside the bound must not lie outside it.
    EXPECT_GE(plan.actions.to(at::kDouble).min().item<double>(), energy.bounds().low);
    EXPECT_LE(plan.actions.to(at::kDouble).max().item<double>(), energy.bounds().high);
    EXPECT_FALSE(plan.actions.requires_grad());
    EXPECT_FALSE(plan.actions.is_inference());
  }
};

TEST_P(PlannerConformance, StaysWithinBoundsThatNoFloatHits) {
  const Bowl bowl(at::arange(5), 6, 3, {.low = -2.45, .high = 0.7});
  const CountingEnergy energy(bowl);
  const Plan plan = run(energy, {.mean = at::full({5, 6, 3}, 9.0)});
  expect_valid(plan, energy);
  EXPECT_GE(static_cast<double>(energy.low), -2.45);
  EXPECT_LE(static_cast<double>(energy.high), 0.7);
}

TEST_P(PlannerConformance, TellsTheEnergyOfItsActions) {
  const Bowl energy(at::arange(5), 6, 3);
  const Plan plan = run(energy);
  const Tensor again = energy(plan.actions.unsqueeze(1)).squeeze(1);
  EXPECT_TRUE(at::allclose(plan.energy, again));
  EXPECT_EQ(plan.status, PlanStatus::kFinished);
  EXPECT_GE(plan.milliseconds, 0.0);
}

TEST_P(PlannerConformance, CountsModelSteps) {
  const Bowl bowl(at::arange(3), 4, 2);
  const CountingEnergy energy(bowl);
  const Plan plan = run(energy);
  EXPECT_EQ(plan.model_steps, energy.model_steps);
  EXPECT_GT(plan.model_steps, 0);
  EXPECT_GE(plan.iterations, 1);
  EXPECT_LE(plan.iterations, energy.calls);
}

TEST_P(PlannerConformance, EqualSeedsGiveEqualPlans) {
  const Bowl energy(at::arange(3), 4, 2);
  EXPECT_TRUE(run(energy).actions.equal(run(energy).actions));
  EXPECT_FALSE(run(energy).actions.equal(run(energy, {}, 4, /*seed=*/2).actions));
}

TEST_P(PlannerConformance, PlansDoNotDependOnTheNumberOfThreads) {
  const Bowl energy(at::arange(300), 6, 2);  // Large enough that two threads share the work.
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Plan one = run(energy);
  at::set_num_threads(2);
  const Plan two = run(energy);
  at::set_num_threads(threads);
  EXPECT_TRUE(one.actions.equal(two.actions));
  EXPECT_TRUE(one.energy.equal(two.energy));
}

TEST_P(PlannerConformance, PlansDoNotDependOnTheOthersInTheBatch) {
  const Tensor ids = at::arange(40) * 3;
  const Tensor some = at::tensor({33, 2, 17}, at::kLong);
  const Tensor warm = RandomStream(5, "warm").uniform({40, 7, 3}, -1.0, 1.0);
  const Plan all = run(Bowl(ids, 7, 3), {.mean = warm});
  const Plan few = run(Bowl(ids.index_select(0, some), 7, 3), {.mean = warm.index_select(0, some)});
  EXPECT_TRUE(all.actions.index_select(0, some).equal(few.actions));
  EXPECT_TRUE(all.energy.index_select(0, some).equal(few.energy));
}

TEST_P(PlannerConformance, PlansDoNotDependOnTheScaleOfTheEnergy) {
  // Powers of two change no bit of a mantissa, so that the plans must be equal and not only close.
  const Tensor ids = at::full({3}, 4, at::kLong);
  Bowl energy(ids, 4, 2);
  energy.scale = at::tensor({1.0F, 0x1p-20F, 0x1p20F}).unsqueeze(1);
  const Tensor actions = run(energy).actions;
  EXPECT_TRUE(actions[0].equal(actions[1]));
  EXPECT_TRUE(actions[0].equal(actions[2]));
}

TEST_P(PlannerConformance, MoreIterationsLowerTheEnergy) {
  if (!GetParam().searches) GTEST_SKIP() << "does not search";
  const Bowl energy(at::arange(32), 5, 2);
  double last = energy(at::zeros({32, 1, 5, 2})).mean().item<double>();
  for (const std::int64_t iterations : {1, 3, 9}) {
    const double now = run(energy, {}, iterations).energy.mean().item<double>();
    EXPECT_LT(now, last) << iterations << " iterations";
    last = now;
  }
}

TEST_P(PlannerConformance, IsNeverWorseThanItsWarmStart) {
  if (!GetParam().searches) GTEST_SKIP() << "does not search";
  Bowl energy(at::arange(16), 5, 2);
  // Every other problem starts at its optimum, where nothing can be gained.
  Tensor warm = RandomStream(5, "warm").uniform({16, 5, 2}, -1.0, 1.0);
  warm.slice(0, 0, 16, 2).copy_(energy.target.slice(0, 0, 16, 2));
  const Tensor before = energy(warm.unsqueeze(1)).squeeze(1);
  const Plan plan = run(energy, {.mean = warm}, 1);
  EXPECT_TRUE((plan.energy <= before).all().item<bool>());
}

TEST_P(PlannerConformance, DoesNotWriteToItsWarmStart) {
  const Bowl energy(at::arange(3), 4, 2);
  const Tensor warm = RandomStream(5, "warm").uniform({3, 4, 2}, -1.0, 1.0);
  const Tensor copy = warm.clone();
  run(energy, {.mean = warm});
  EXPECT_TRUE(warm.equal(copy));
}

TEST_P(PlannerConformance, ReturnsTheWarmStartWhenItIsLateAlready) {
  const Bowl bowl(at::arange(3), 4, 2);
  const CountingEnergy energy(bowl);
  PlanStart start{.mean = at::full({3, 4, 2}, 5.0)};
  start.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  const Plan plan = run(energy, start);
  expect_valid(plan, energy);
  EXPECT_EQ(plan.status, PlanStatus::kLate);
  EXPECT_EQ(plan.model_steps, 0);
  EXPECT_TRUE(plan.actions.equal(at::ones({3, 4, 2})));
  EXPECT_TRUE(plan.energy.isnan().all().item<bool>());
}

TEST_P(PlannerConformance, StopsToKeepItsDeadline) {
  if (!GetParam().searches) GTEST_SKIP() << "does not search";
  const Bowl bowl(at::arange(3), 4, 2);
  CountingEnergy energy(bowl);
  energy.pause = std::chrono::milliseconds(20);
  PlanStart start;
  start.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(150);
  const Plan plan = run(energy, start, 1000);
  expect_valid(plan, energy);
  // A loaded machine may make it late, which it must say then.
  EXPECT_TRUE(plan.status == PlanStatus::kDeadline || plan.status == PlanStatus::kLate);
  EXPECT_GE(plan.iterations, 1);
  EXPECT_LE(plan.iterations, 8);
  EXPECT_TRUE(plan.energy.isfinite().all().item<bool>());
}

TEST_P(PlannerConformance, PassesOverEnergiesThatAreNotFinite) {
  const Tensor broken = at::tensor({0.0F, 0.3F, 0.45F}).unsqueeze(1);
  const BrokenBowl energy(at::arange(3), broken);
  const Plan plan = run(energy, {}, 8);
  expect_valid(plan, energy);
  if (GetParam().searches) {
    EXPECT_EQ(plan.status, PlanStatus::kFinished);
    const Tensor middle = energy(at::zeros({3, 1, 4, 2})).squeeze(1);
    EXPECT_TRUE((plan.energy < 0.7 * middle).all().item<bool>());
  }
}

TEST_P(PlannerConformance, ReturnsTheWarmStartWhereNoEnergyIsFinite) {
  const Tensor broken = at::tensor({0.0F, 1.0F}).unsqueeze(1);
  const BrokenBowl energy(at::arange(2), broken);
  const Tensor warm = at::full({2, 4, 2}, 0.25);
  const Plan plan = run(energy, {.mean = warm});
  expect_valid(plan, energy);
  EXPECT_EQ(plan.status, PlanStatus::kNotFinite);
  EXPECT_TRUE(plan.actions[1].equal(warm[1]));
  EXPECT_FALSE(plan.actions[0].equal(warm[0]));
  EXPECT_TRUE(plan.energy[0].isfinite().item<bool>());
  EXPECT_TRUE(plan.energy[1].isinf().item<bool>());
}

TEST_P(PlannerConformance, AnEmptyBatchGivesAnEmptyPlan) {
  const Bowl energy(at::empty({0}, at::kLong), 4, 2);
  const Plan plan = run(energy);
  EXPECT_EQ(plan.actions.sizes(), (std::vector<std::int64_t>{0, 4, 2}));
  EXPECT_EQ(plan.model_steps, 0);
}

TEST_P(PlannerConformance, LeavesAutogradAsItWas) {
  const Bowl energy(at::arange(2), 4, 2);
  const at::AutoGradMode on(true);
  run(energy);
  EXPECT_TRUE(at::GradMode::is_enabled());
  const c10::InferenceMode inference;
  expect_valid(run(energy), energy);
  EXPECT_TRUE(c10::InferenceMode::is_enabled());
}

TEST_P(PlannerConformance, RefusesWhatDoesNotFit) {
  const Bowl energy(at::arange(2), 4, 2);
  EXPECT_THROW(run(energy, {.mean = at::zeros({2, 3, 2})}), ShapeError);
  EXPECT_THROW(run(energy, {.mean = at::full({2, 4, 2}, std::nan(""))}), ShapeError);
  EXPECT_THROW(run(Bowl(at::arange(2), 4, 2, {.low = 1.0, .high = 1.0})), ConfigError);
}

}  // namespace forethink
