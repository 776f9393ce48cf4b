// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/actor/deliberation.h"

#include <torch/torch.h>

#include <cmath>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

// Actions [..., A] of at most this norm.
Tensor shorten(const Tensor& actions, double norm) {
  if (std::isinf(norm)) return actions;
  const Tensor lengths = actions.norm(2, {-1}, /*keepdim=*/true);
  return actions * (norm / lengths.clamp_min(norm));
}

}  // namespace

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
      horizon_(options.horizon),
      hold_(options.hold),
      bounds_(bounds),
      norm_(norm) {
  expect_shape("states", states_, {kAny, model.state_dim()});
  expect_shape("tasks", tasks_, {states_.size(0)});
  if (model.action_dim() % hold_ != 0) {
    throw ShapeError("the world model takes blocks of " + std::to_string(model.action_dim()) +
                     " numbers, which deliberation.hold = " + std::to_string(hold_) +
                     " does not divide");
  }
}

Imagined ImaginedEnergy::imagine_plans(const Tensor& actions) const {
  const std::int64_t B = actions.size(0), S = actions.size(1), H = actions.size(2);
  const std::int64_t D = states_.size(1);
  const Tensor starts = states_.unsqueeze(1).expand({B, S, D}).reshape({B * S, D});
  const Tensor pushes = shorten(actions.reshape({B * S, H, action_dim()}), norm_);
  const Tensor blocks = pushes.repeat({1, 1, hold_});
  const Tensor states = imagine(model_, starts, blocks);  // [B*S, H+1, D]
  return {states.view({B, S, H + 1, D}), actions, tasks_};
}

Tensor ImaginedEnergy::operator()(const Tensor& actions) const {
  return cost_(imagine_plans(actions));
}

Plan deliberate(const Energy& energy, const PlanStart& start, RandomStream& rng,
                const DeliberationOptions& options) {
  return plan(energy, start, rng, options.planner);
}

}  // namespace forethink
