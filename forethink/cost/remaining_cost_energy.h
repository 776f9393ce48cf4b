// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Remaining-cost energy: what it would still cost to reach the goal from where a plan ends.
//
//   E = min_{h > H - last_steps} d(s[h], g) + mean_weight mean_h d(s[h], g)
//
// d is the remaining cost in model steps, from a roadmap or a critic.
//
// Role:    the critic's place in the cost (figure 6, TC): with it a horizon of one or two steps is
//          enough.
#pragma once

#include <memory>
#include <string>

#include "forethink/cost/cost.h"
#include "forethink/cost/remaining_cost.h"

namespace forethink {

/// Settings of `RemainingCostEnergy`.
struct RemainingCostEnergyOptions {
  std::int64_t last_steps = 1;  ///< Final imagined steps to take the minimum over; >= 1.
  double mean_weight = 0.0;     ///< Of the mean over all imagined steps; >= 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("last_steps", self.last_steps);
    visit("mean_weight", self.mean_weight);
  }
};

/// Reads the remaining cost at the end of imagined trajectories.
class RemainingCostEnergy final : public CostTerm {
 public:
  /// @throws ConfigError if `options` break a rule or `to_goals` is null.
  explicit RemainingCostEnergy(std::shared_ptr<const CostToGoals> to_goals,
                               const RemainingCostEnergyOptions& options = {});

  std::string name() const override { return "remaining"; }
  Tensor energy(const Imagined& imagined) const override;
  StepEnergy describe(Formula& formula, const StepValues& step,
                      std::int64_t horizon) const override;

 private:
  std::shared_ptr<const CostToGoals> to_goals_;
  RemainingCostEnergyOptions options_;
};

}  // namespace forethink
