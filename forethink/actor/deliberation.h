// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Deliberation: the actor in Mode-2. It builds the energy of imagined plans and searches it.
//
// An action of the plan is held for one model step, which spans `hold` primitive steps, so the
// search is over H x A numbers while the model sees blocks of hold x A.
//
// Role:    the actor module, Mode-2 (figure 4: propose, imagine, sum the costs, lower the total).
#pragma once

#include <limits>

#include "forethink/core/random.h"
#include "forethink/cost/cost.h"
#include "forethink/planning/planner.h"
#include "forethink/world_model/world_model.h"

namespace forethink {

/// Settings of `deliberate`.
struct DeliberationOptions {
  std::int64_t horizon = 2;  ///< H, model steps imagined; >= 1.
  std::int64_t hold = 5;     ///< Primitive steps that one plan action is held for; >= 1.
  PlannerOptions planner;    ///< Which search, and its settings.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("horizon", self.horizon);
    visit("hold", self.hold);
    visit("planner", self.planner);
  }
};

/// The total energy of imagined futures, as a planner sees it: roll the world model out from the
/// present states, and let the cost judge what was imagined.
class ImaginedEnergy final : public Energy {
 public:
  /// @param states  [B, D] present states.
  /// @param tasks   [B] int64, the row of the cost's goal table each problem serves.
  /// @param norm    Plan actions longer than this are imagined as the effectors will make them:
  ///                shortened to it.
  /// @throws ShapeError if the model does not take blocks of hold x A.
  ImaginedEnergy(const WorldModel& model, const Cost& cost, Tensor states, Tensor tasks,
                 const DeliberationOptions& options, ActionBounds bounds,
                 double norm = std::numeric_limits<double>::infinity());

  Tensor operator()(const Tensor& actions) const override;
  std::int64_t problems() const override { return states_.size(0); }
  std::int64_t horizon() const override { return shape_.horizon; }
  std::int64_t action_dim() const override { return action_dim_; }
  ActionBounds bounds() const override { return bounds_; }
  Tensor problem_ids() const override { return tasks_; }

  /// What the world model expects of plans [B, S, H, A].
  Imagined imagine(const Tensor& plans) const;

  const Cost& cost() const { return cost_; }

 private:
  const WorldModel& model_;
  const Cost& cost_;
  Tensor states_;  // [B, D]
  Tensor tasks_;   // [B]
  PlanShape shape_;
  std::int64_t action_dim_;
  ActionBounds bounds_;
};

/// Mode-2: the plan of least energy from each present state.
///
/// @param energy  An ImaginedEnergy, or the same compiled.
Plan deliberate(const Energy& energy, const PlanStart& start, RandomStream& rng,
                const DeliberationOptions& options);

}  // namespace forethink
