// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/cost.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "forethink/core/error.h"
#include "forethink/core/random.h"
#include "forethink/cost/action_energy.h"
#include "forethink/cost/goal_energy.h"
#include "forethink/cost/remaining_cost_energy.h"

namespace forethink {
namespace {

// The energy of every plan is `value`.
class ConstantTerm final : public CostTerm {
 public:
  ConstantTerm(std::string name, double value) : name_(std::move(name)), value_(value) {}
  std::string name() const override { return name_; }
  Tensor energy(const Imagined& imagined) const override {
    return at::full({imagined.states.size(0), imagined.states.size(1)}, value_);
  }

 private:
  std::string name_;
  double value_;
};

// Returns [B] where [B, S] is wanted.
class MisshapenTerm final : public CostTerm {
 public:
  std::string name() const override { return "misshapen"; }
  Tensor energy(const Imagined& imagined) const override {
    return at::zeros({imagined.states.size(0)});
  }
};

// Remaining cost = first coordinate of the state + 100 * task.
class FirstCoordinate final : public CostToGoals {
 public:
  Tensor operator()(const Tensor& states, const Tensor& tasks) const override {
    return states.select(2, 0) + 100 * tasks.unsqueeze(1);
  }
};

// One problem, one plan, states on a line: [1, 1, H+1, 1].
Imagined on_a_line(std::vector<float> positions, std::vector<float> actions) {
  const auto steps = static_cast<std::int64_t>(actions.size());
  return {at::tensor(positions).reshape({1, 1, steps + 1, 1}),
          at::tensor(actions).reshape({1, 1, steps, 1}), at::zeros({1}, at::kLong)};
}

template <class Options>
std::string message(const Options& options) {
  try {
    options.validate();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Cost, IsTheWeightedSumOfItsTerms) {
  Cost cost;
  cost.add(std::make_shared<ConstantTerm>("a", 2.0), 0.5);
  cost.add(std::make_shared<ConstantTerm>("b", 3.0), 10.0);
  const Imagined imagined = on_a_line({0, 1}, {1});
  EXPECT_FLOAT_EQ(cost(imagined).item<float>(), 31.0F);
  const auto parts = cost.breakdown(imagined);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].first, "a");
  EXPECT_FLOAT_EQ(parts[0].second.item<float>(), 1.0F);
  EXPECT_EQ(parts[1].first, "b");
  EXPECT_FLOAT_EQ(parts[1].second.item<float>(), 30.0F);
}

TEST(Cost, WithoutTermsIsZero) { EXPECT_EQ(Cost()(on_a_line({0, 1}, {1})).item<float>(), 0.0F); }

TEST(Cost, IgnoresATermThatIsSwitchedOffEvenIfItIsInfinite) {
  Cost cost;
  cost.add(std::make_shared<ConstantTerm>("a", std::numeric_limits<double>::infinity()), 0.0);
  EXPECT_EQ(cost(on_a_line({0, 1}, {1})).item<float>(), 0.0F);
  EXPECT_EQ(cost.breakdown(on_a_line({0, 1}, {1}))[0].second.item<float>(), 0.0F);
}

TEST(Cost, RefusesBadWeightsAndTakenNames) {
  Cost cost;
  cost.add(std::make_shared<ConstantTerm>("a", 1.0), 1.0);
  EXPECT_THROW(cost.add(std::make_shared<ConstantTerm>("a", 1.0), 1.0), ConfigError);
  EXPECT_THROW(cost.add(std::make_shared<ConstantTerm>("b", 1.0), -1.0), ConfigError);
  EXPECT_THROW(cost.add(std::make_shared<ConstantTerm>("b", 1.0), std::nan("")), ConfigError);
  EXPECT_THROW(cost.add(nullptr, 1.0), ConfigError);
  try {
    cost.add(std::make_shared<ConstantTerm>("b", 1.0), -2.0);
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "cost.b.weight = -2, must satisfy 0 <= weight < infinity");
  }
}

TEST(Cost, RefusesShapesThatDoNotFit) {
  Cost cost;
  Imagined imagined = on_a_line({0, 1, 2}, {1, 1});
  imagined.actions = imagined.actions.narrow(2, 0, 1);
  EXPECT_THROW(cost(imagined), ShapeError);
  cost.add(std::make_shared<MisshapenTerm>(), 1.0);
  EXPECT_THROW(cost(on_a_line({0, 1}, {1})), ShapeError);
}

TEST(GoalEnergy, CombinesStepsAsTheFormulaSays) {
  // Goal at 3: squared distances of steps 1..3 are 4, 0, 1; step 0 does not count.
  const Imagined imagined = on_a_line({9, 1, 3, 4}, {0, 0, 0});
  const Tensor goal = at::full({1, 1}, 3.0);
  const auto energy = [&](const GoalEnergyOptions& options) {
    return GoalEnergy(goal, options).energy(imagined).item<double>();
  };
  EXPECT_NEAR(energy({.combine = "sum"}), 5.0, 1e-6);
  EXPECT_NEAR(energy({.combine = "last"}), 1.0, 1e-6);
  EXPECT_NEAR(energy({.combine = "min", .mean_weight = 0.3}), 0.5, 1e-6);
  EXPECT_NEAR(energy({.combine = "sum", .terminal_weight = 2.0}), 7.0, 1e-6);
  EXPECT_NEAR(energy({.combine = "last", .terminal_weight = 2.0}), 3.0, 1e-6);
  EXPECT_NEAR(energy({.combine = "min", .mean_weight = 0.0, .terminal_weight = 2.0}), 2.0, 1e-6);
}

TEST(GoalEnergy, IsPerDimensionAndReadsTheGoalOfEachTask) {
  const Tensor goals = at::tensor({0.0F, 0.0F, 1.0F, 1.0F}).reshape({2, 2});
  const Tensor states = at::ones({2, 3, 2, 2});
  const Imagined imagined{states, at::zeros({2, 3, 1, 1}), at::tensor({1, 0}, at::kLong)};
  const Tensor energy = GoalEnergy(goals, {.combine = "last"}).energy(imagined);
  ASSERT_EQ(energy.sizes(), at::IntArrayRef({2, 3}));
  EXPECT_TRUE(at::equal(energy[0], at::zeros({3})));
  EXPECT_TRUE(at::equal(energy[1], at::ones({3})));
}

TEST(GoalEnergy, GradientAgreesWithFiniteDifferences) {
  RandomStream rng(7, "goal energy");
  const Tensor goals = rng.normal({1, 3}).to(at::kDouble);
  const Tensor base = rng.normal({1, 1, 4, 3}).to(at::kDouble);
  const Tensor actions = at::zeros({1, 1, 3, 1}, at::kDouble);
  const GoalEnergy term(goals, {.combine = "min", .mean_weight = 0.1, .terminal_weight = 0.5});
  const auto value = [&](const Tensor& states) {
    return term.energy({states, actions, at::zeros({1}, at::kLong)}).sum();
  };
  const Tensor states = base.clone().requires_grad_();
  value(states).backward();
  const double step = 1e-6;
  for (std::int64_t i = 0; i < base.numel(); ++i) {
    Tensor up = base.clone(), down = base.clone();
    up.view(-1)[i] += step;
    down.view(-1)[i] -= step;
    const double slope = (value(up) - value(down)).item<double>() / (2 * step);
    EXPECT_NEAR(states.grad().view(-1)[i].item<double>(), slope, 1e-8);
  }
}

TEST(GoalEnergy, NamesTheSettingThatBreaksItsRule) {
  EXPECT_NE(
      message(GoalEnergyOptions{.combine = "median"}).find("goal_energy.combine = \"median\""),
      std::string::npos);
  EXPECT_NE(message(GoalEnergyOptions{.mean_weight = -1}).find("goal_energy.mean_weight = -1"),
            std::string::npos);
  EXPECT_NE(message(GoalEnergyOptions{.terminal_weight = -1}).find("goal_energy.terminal_weight"),
            std::string::npos);
  EXPECT_THROW(GoalEnergy(at::zeros({3})), ShapeError);
}

TEST(ActionEnergy, IsTheMeanSquareOfActionsAndChanges) {
  const Imagined imagined = on_a_line({0, 0, 0, 0}, {1, 3, 3});
  EXPECT_NEAR(ActionEnergy().energy(imagined).item<double>(), 19.0 / 3, 1e-6);
  EXPECT_NEAR(ActionEnergy({.size_weight = 0, .change_weight = 1}).energy(imagined).item<double>(),
              2.0, 1e-6);
  const Imagined one_step = on_a_line({0, 0}, {2});
  EXPECT_NEAR(ActionEnergy({.change_weight = 5}).energy(one_step).item<double>(), 4.0, 1e-6);
}

TEST(ActionEnergy, NamesTheSettingThatBreaksItsRule) {
  EXPECT_NE(message(ActionEnergyOptions{.size_weight = -1}).find("action_energy.size_weight = -1"),
            std::string::npos);
  EXPECT_NE(message(ActionEnergyOptions{.change_weight = -2}).find("action_energy.change_weight"),
            std::string::npos);
}

TEST(RemainingCostEnergy, ReadsTheEndOfThePlan) {
  const Imagined imagined = on_a_line({0, 5, 2, 4}, {0, 0, 0});
  const auto to_goals = std::make_shared<FirstCoordinate>();
  const auto energy = [&](const RemainingCostEnergyOptions& options) {
    return RemainingCostEnergy(to_goals, options).energy(imagined).item<double>();
  };
  EXPECT_NEAR(energy({}), 4.0, 1e-6);
  EXPECT_NEAR(energy({.last_steps = 2}), 2.0, 1e-6);
  // More than there are: the present state, 0, is never among them.
  EXPECT_NEAR(energy({.last_steps = 9}), 2.0, 1e-6);
  EXPECT_NEAR(energy({.mean_weight = 3.0}), 4.0 + 11.0, 1e-6);
}

TEST(RemainingCostEnergy, KeepsPlansAndTasksApart) {
  const Tensor states = at::arange(2 * 3 * 2, at::kFloat).reshape({2, 3, 2, 1});
  const Imagined imagined{states, at::zeros({2, 3, 1, 1}), at::tensor({1, 0}, at::kLong)};
  const Tensor energy = RemainingCostEnergy(std::make_shared<FirstCoordinate>()).energy(imagined);
  const Tensor expected = at::tensor({101.0F, 103.0F, 105.0F, 7.0F, 9.0F, 11.0F}).reshape({2, 3});
  EXPECT_TRUE(at::equal(energy, expected));
}

TEST(RemainingCostEnergy, NamesTheSettingThatBreaksItsRule) {
  EXPECT_NE(message(RemainingCostEnergyOptions{.last_steps = 0})
                .find("remaining_cost_energy.last_steps = 0"),
            std::string::npos);
  EXPECT_THROW(RemainingCostEnergy(nullptr), ConfigError);
}

}  // namespace
}  // namespace forethink
