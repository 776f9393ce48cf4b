// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Plan with a world model of your own: a cart on a line that is pushed to a wanted place.
//
// The state is (position, velocity), the action a push in [-1, 1]. The cost wants position 1 at
// rest. At every step the actor imagines pushes ahead, keeps the plan of least energy, acts out its
// first push, looks again, and starts from the old plan moved on by one step (Mode-2, figure 4).
//
// Run:     build/release/examples/example_your_own_model
// Expect:  the cart at rest at 1.0 within 0.05, and exit code 0.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>

#include "forethink/actor/deliberation.h"
#include "forethink/cost/goal_energy.h"

using namespace forethink;

class Cart final : public WorldModel {
 public:
  std::int64_t state_dim(std::int64_t) const override { return 2; }
  std::int64_t action_dim(std::int64_t) const override { return 1; }
  std::int64_t latent_dim(std::int64_t) const override { return 0; }

  // s [N, 2], a [N, 1] -> s' [N, 2].
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor&, std::int64_t) const override {
    const Tensor velocity = 0.9 * s.slice(1, 1, 2) + 0.1 * a;
    return at::cat({s.slice(1, 0, 1) + velocity, velocity}, 1);
  }
};

int main() {
  const Cart cart;
  Cost cost;
  cost.add(std::make_shared<GoalEnergy>(at::tensor({1.0F, 0.0F}).view({1, 2}),
                                        GoalEnergyOptions{.combine = "sum"}),
           1.0);

  const DeliberationOptions options{.horizon = 8, .hold = 1};  // iCEM, unless told otherwise.
  const Tensor task = at::zeros({1}, at::kLong);               // Row 0 of the goals.
  RandomStream rng(/*seed=*/1, "cart");

  Tensor state = at::zeros({1, 2});
  PlanStart start;
  std::int64_t model_steps = 0;
  for (int t = 0; t < 30; ++t) {
    const ImaginedEnergy energy(cart, cost, state, task, options, {.low = -1.0, .high = 1.0});
    const Plan plan = deliberate(energy, start, rng, options);      // actions [1, H, 1]
    state = cart.predict(state, plan.actions.select(1, 0), {}, 1);  // The world is the model here.
    start.mean = shift_plan(plan.actions, 1);
    model_steps += plan.model_steps;
  }

  const double position = state[0][0].item<double>(), velocity = state[0][1].item<double>();
  std::cout << "position " << position << ", velocity " << velocity << " after " << model_steps
            << " model steps\n";
  return std::max(std::abs(position - 1.0), std::abs(velocity)) < 0.05 ? 0 : 1;
}
