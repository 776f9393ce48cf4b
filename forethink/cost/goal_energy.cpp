// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/goal_energy.h"

#include <torch/torch.h>

#include <cmath>

#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {

void GoalEnergyOptions::validate() const {
  expect_setting(combine == "sum" || combine == "last" || combine == "min", "goal_energy.combine",
                 combine, "one of sum, last, min");
  expect_setting(mean_weight >= 0.0 && std::isfinite(mean_weight), "goal_energy.mean_weight",
                 mean_weight, "0 <= mean_weight < infinity");
  expect_setting(terminal_weight >= 0.0 && std::isfinite(terminal_weight),
                 "goal_energy.terminal_weight", terminal_weight, "0 <= terminal_weight < infinity");
}

GoalEnergy::GoalEnergy(const Tensor& goals, const GoalEnergyOptions& options)
    : goals_(goals), options_(options) {
  options.validate();
  expect_shape("goals", goals, {kAny, kAny});
}

Tensor GoalEnergy::energy(const Imagined& imagined) const {
  const std::int64_t steps = imagined.states.size(2) - 1;
  expect_shape("imagined.states", imagined.states, {kAny, kAny, kAny, goals_.size(1)});
  const Tensor goals = goals_.index_select(0, imagined.tasks).unsqueeze(1).unsqueeze(1);
  const auto distance = [&](std::int64_t first, std::int64_t count) {
    return (imagined.states.narrow(2, first, count) - goals).square().mean(-1);  // [B, S, count]
  };
  if (options_.combine == "last") {
    return distance(steps, 1).squeeze(2) * (1.0 + options_.terminal_weight);
  }
  const Tensor e = distance(1, steps);  // [B, S, H]
  const Tensor combined =
      options_.combine == "sum" ? e.sum(-1) : e.amin(-1) + options_.mean_weight * e.mean(-1);
  if (options_.terminal_weight == 0.0) return combined;
  return combined + options_.terminal_weight * e.select(2, steps - 1);
}

StepEnergy GoalEnergy::describe(Formula& formula, const StepValues& step,
                                std::int64_t horizon) const {
  StepEnergy parts{.energy =
                       formula.mean_square(formula.subtract(step.state, formula.of_task(goals_)))};
  parts.final_weight = options_.terminal_weight;
  if (options_.combine == "last") {
    parts.final_weight += 1.0;
    return parts;
  }
  parts.last_steps = horizon;
  if (options_.combine == "min") {
    parts.join = StepEnergy::Join::kMin;
    parts.mean_weight = options_.mean_weight;
  }
  return parts;
}

}  // namespace forethink
