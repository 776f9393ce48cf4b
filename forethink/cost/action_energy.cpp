// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/action_energy.h"

#include <torch/torch.h>

#include <cmath>

#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {

void ActionEnergyOptions::validate() const {
  expect_setting(size_weight >= 0.0 && std::isfinite(size_weight), "action_energy.size_weight",
                 size_weight, "0 <= size_weight < infinity");
  expect_setting(change_weight >= 0.0 && std::isfinite(change_weight),
                 "action_energy.change_weight", change_weight, "0 <= change_weight < infinity");
}

ActionEnergy::ActionEnergy(const ActionEnergyOptions& options) : options_(options) {
  options.validate();
}

Tensor ActionEnergy::energy(const Imagined& imagined) const {
  const Tensor& actions = imagined.actions;
  expect_shape("imagined.actions", actions, {kAny, kAny, kAny, kAny});
  const std::int64_t steps = actions.size(2);
  Tensor energy = options_.size_weight * actions.square().mean({2, 3});  // [B, S]
  if (options_.change_weight > 0.0 && steps > 1) {
    const Tensor change = actions.narrow(2, 1, steps - 1) - actions.narrow(2, 0, steps - 1);
    energy = energy + options_.change_weight * change.square().mean({2, 3});
  }
  return energy;
}

StepEnergy ActionEnergy::describe(Formula& formula, const StepValues& step,
                                  std::int64_t horizon) const {
  Value energy = formula.scale(formula.mean_square(step.action), options_.size_weight);
  if (options_.change_weight > 0.0 && horizon > 1) {
    // A mean over H - 1 changes, while the first step's is zero.
    const double share = static_cast<double>(horizon) / static_cast<double>(horizon - 1);
    const Value change = formula.mean_square(formula.subtract(step.action, step.previous_action));
    energy = formula.add(energy, formula.scale(change, options_.change_weight * share));
  }
  return {.energy = energy, .mean_weight = 1.0};
}

}  // namespace forethink
