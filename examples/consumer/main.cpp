// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The smallest project that uses an installed Forethink: find the bottom of a bowl.
//
// Expect:  an energy below 0.001 and exit code 0.
#include <iostream>

#include "forethink/planning/cem.h"

using namespace forethink;

// Two problems at once, each a sequence of three actions of two numbers; the bottom is at 0.3.
class Bowl final : public Energy {
 public:
  Tensor operator()(const Tensor& actions) const override {  // [B, S, H, A] -> [B, S]
    return (actions - 0.3).square().mean({2, 3});
  }
  std::int64_t problems() const override { return 2; }
  std::int64_t horizon() const override { return 3; }
  std::int64_t action_dim() const override { return 2; }
  ActionBounds bounds() const override { return {.low = -1.0, .high = 1.0}; }
  Tensor problem_ids() const override { return at::arange(2, at::kLong); }
};

int main() {
  RandomStream rng(/*seed=*/1, "consumer");
  const Plan plan = cem(Bowl(), PlanStart{}, rng, {.samples = 256, .elites = 16, .iterations = 20});
  const double energy = plan.energy.max().item<double>();
  std::cout << "energy " << energy << " after " << plan.model_steps << " model steps\n";
  return energy < 1e-3 ? 0 : 1;
}
