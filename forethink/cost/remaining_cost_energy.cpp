// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/remaining_cost_energy.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {

void RemainingCostEnergyOptions::validate() const {
  expect_setting(last_steps >= 1, "remaining_cost_energy.last_steps", last_steps,
                 "last_steps >= 1");
  expect_setting(mean_weight >= 0.0 && std::isfinite(mean_weight),
                 "remaining_cost_energy.mean_weight", mean_weight, "0 <= mean_weight < infinity");
}

RemainingCostEnergy::RemainingCostEnergy(std::shared_ptr<const CostToGoals> to_goals,
                                         const RemainingCostEnergyOptions& options)
    : to_goals_(std::move(to_goals)), options_(options) {
  options.validate();
  if (!to_goals_) throw ConfigError("remaining_cost_energy: the cost to the goals is null");
}

Tensor RemainingCostEnergy::energy(const Imagined& imagined) const {
  const Tensor& states = imagined.states;
  expect_shape("imagined.states", states, {kAny, kAny, kAny, kAny});
  const std::int64_t B = states.size(0), S = states.size(1), H = states.size(2) - 1;
  const std::int64_t last = std::min(options_.last_steps, H);
  // The mean needs every step; without it only the last ones are looked up, which is what costs.
  const std::int64_t used = options_.mean_weight > 0.0 ? H : last;
  const Tensor ends = states.narrow(2, H + 1 - used, used);  // [B, S, used, D]
  const Tensor remaining = (*to_goals_)(ends.reshape({B, S * used, states.size(3)}), imagined.tasks)
                               .reshape({B, S, used});
  const Tensor energy = remaining.narrow(2, used - last, last).amin(2);  // [B, S]
  if (options_.mean_weight == 0.0) return energy;
  return energy + options_.mean_weight * remaining.mean(2);
}

StepEnergy RemainingCostEnergy::describe(Formula& formula, const StepValues& step,
                                         std::int64_t) const {
  return {.energy = to_goals_->describe(formula, step.state),
          .join = StepEnergy::Join::kMin,
          .last_steps = options_.last_steps,
          .mean_weight = options_.mean_weight};
}

Value CostToGoals::describe(Formula&, Value) const {
  throw NotCompiled("this remaining cost has no formula");
}

}  // namespace forethink
