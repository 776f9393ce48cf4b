// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/actor/deliberation.h"

#include <torch/torch.h>

#include <utility>

#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
void DeliberationOptions::validate() const {
  expect_setting(horizon >= 1, "deliberation.horizon", horizon, "horizon >= 1");
  expect_setting(hold >= 1, "deliberation.hold", hold, "hold >= 1");
  planner.validate();
}

ImaginedEnergy::ImaginedEnergy(const WorldModel& model, const Cost& cost, Tensor states,
                               Tensor tasks, const DeliberationOptions& options,
                               ActionBounds bounds, double norm)
    : model_(model),
      cost_(cost),
      states_(std::move(states)),
      tasks_(std::move(tasks)),
      shape_{.horizon = options.horizon, .hold = options.hold, .norm = norm},
      action_dim_(shape_.action_dim(model)),
      bounds_(bounds) {
  expect_shape("states", states_, {kAny, model.state_dim()});
  expect_shape("tasks", tasks_, {states_.size(0)});
}

Imagined ImaginedEnergy::imagine(const Tensor& plans) const {
  return {imagine_plans(model_, states_, plans, shape_), plans, tasks_};
}

Tensor ImaginedEnergy::operator()(const Tensor& actions) const { return cost_(imagine(actions)); }

Plan deliberate(const Energy& energy, const PlanStart& start, RandomStream& rng,
                const DeliberationOptions& options) {
  return plan(energy, start, rng, options.planner);
}

}  // namespace forethink
