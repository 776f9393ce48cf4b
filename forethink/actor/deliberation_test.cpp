// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/actor/deliberation.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/cost/goal_energy.h"

namespace forethink {
namespace {

// A point that moves by the sum of the primitive actions of a block: s' = s + sum_i a_i.
class Mover final : public WorldModel {
 public:
  explicit Mover(std::int64_t hold) : hold_(hold) {}
  std::int64_t state_dim(std::int64_t) const override { return 2; }
  std::int64_t action_dim(std::int64_t) const override { return 2 * hold_; }
  std::int64_t latent_dim(std::int64_t) const override { return 0; }
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor&, std::int64_t) const override {
    return s + a.view({a.size(0), hold_, 2}).sum(1);
  }

 private:
  std::int64_t hold_;
};

DeliberationOptions options(std::int64_t horizon, std::int64_t hold) {
  DeliberationOptions made;
  made.horizon = horizon;
  made.hold = hold;
  made.planner.name = "cem";
  return made;
}

Cost cost_to(const Tensor& goals) {
  Cost cost;
  cost.add(std::make_shared<GoalEnergy>(goals, GoalEnergyOptions{.combine = "last"}), 1.0);
  return cost;
}

TEST(ImaginedEnergy, HoldsEachActionForOneModelStep) {
  const Mover model(5);
  const Cost cost = cost_to(torch::zeros({1, 2}));
  const Tensor s = torch::tensor({{1.0F, 2.0F}});
  const ImaginedEnergy energy(model, cost, s, torch::zeros({1}, at::kLong), options(2, 5), {-1, 1});
  const Tensor actions = torch::tensor({0.1F, -0.2F, 0.3F, 0.0F}).view({1, 1, 2, 2});
  const Imagined imagined = energy.imagine(actions);
  // 1 + 5 * 0.1 = 1.5, then + 5 * 0.3 = 3.0; 2 - 5 * 0.2 = 1, then 1.
  const Tensor expected = torch::tensor({1.0F, 2.0F, 1.5F, 1.0F, 3.0F, 1.0F}).view({1, 1, 3, 2});
  EXPECT_TRUE(at::allclose(imagined.states, expected)) << imagined.states;
  EXPECT_NEAR(energy(actions).item<float>(), (9.0F + 1.0F) / 2.0F, 1e-5);
}

TEST(ImaginedEnergy, ImaginesLongActionsAsTheEffectorsShortenThem) {
  const Mover model(1);
  const Cost cost = cost_to(torch::zeros({1, 2}));
  const ImaginedEnergy energy(model, cost, torch::zeros({1, 2}), torch::zeros({1}, at::kLong),
                              options(2, 1), {-8, 8}, /*norm=*/2.5);
  const Tensor actions = torch::tensor({3.0F, 4.0F, 0.3F, -0.4F}).view({1, 1, 2, 2});
  const Imagined imagined = energy.imagine(actions);
  const Tensor expected = torch::tensor({0.0F, 0.0F, 1.5F, 2.0F, 1.8F, 1.6F}).view({1, 1, 3, 2});
  EXPECT_TRUE(at::allclose(imagined.states, expected)) << imagined.states;
}

TEST(ImaginedEnergy, ServesEachProblemItsOwnGoal) {
  const Mover model(1);
  const Cost cost = cost_to(torch::tensor({{0.0F, 0.0F}, {1.0F, 1.0F}, {2.0F, 2.0F}}));
  const ImaginedEnergy energy(model, cost, torch::zeros({2, 2}), torch::tensor({2, 1}),
                              options(1, 1), {-1, 1});
  const Tensor value = energy(torch::zeros({2, 1, 1, 2}));
  EXPECT_NEAR(value[0].item<float>(), 4.0F, 1e-6);
  EXPECT_NEAR(value[1].item<float>(), 1.0F, 1e-6);
}

TEST(ImaginedEnergy, LetsGradientsFlowIntoTheActions) {
  const Mover model(3);
  const Cost cost = cost_to(torch::tensor({{1.0F, 0.0F}}));
  const ImaginedEnergy energy(model, cost, torch::zeros({1, 2}), torch::zeros({1}, at::kLong),
                              options(1, 3), {-1, 1});
  const Tensor actions = torch::zeros({1, 1, 1, 2}).requires_grad_();
  energy(actions).sum().backward();
  // d/da of mean((3a - g)^2) = 2 * 3 (3a - g) / 2 = -3 at a = 0, g = 1.
  EXPECT_NEAR(actions.grad()[0][0][0][0].item<float>(), -3.0F, 1e-5);
  EXPECT_NEAR(actions.grad()[0][0][0][1].item<float>(), 0.0F, 1e-6);
}

TEST(ImaginedEnergy, RefusesAHoldThatDoesNotFitTheModel) {
  const Mover model(5);
  const Cost cost = cost_to(torch::zeros({1, 2}));
  EXPECT_THROW(ImaginedEnergy(model, cost, torch::zeros({1, 2}), torch::zeros({1}, at::kLong),
                              options(1, 3), {-1, 1}),
               ShapeError);
}

TEST(Deliberate, FindsTheActionThatReachesTheGoal) {
  const Mover model(5);
  const Cost cost = cost_to(torch::tensor({{3.0F, -2.0F}}));
  const DeliberationOptions search = options(1, 5);
  const ImaginedEnergy energy(model, cost, torch::zeros({1, 2}), torch::zeros({1}, at::kLong),
                              search, {-1, 1});
  RandomStream rng(3, "deliberate");
  const Plan plan = deliberate(energy, {}, rng, search);
  EXPECT_NEAR(plan.actions[0][0][0].item<float>(), 0.6F, 0.05F);
  EXPECT_NEAR(plan.actions[0][0][1].item<float>(), -0.4F, 0.05F);
}

}  // namespace
}  // namespace forethink
