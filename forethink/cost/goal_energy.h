// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Goal energy: how far imagined states are from a wanted state.
//
//   e[h] = |s[h] - g|^2 / D,   h = 1 .. H
//   E    = combine(e[1] .. e[H]) + terminal_weight e[H]
//
// combine is "sum", "last" (only e[H]), or "min": min_h e[h] + mean_weight mean_h e[h]. The minimum
// rewards a plan that passes through the goal, whatever it does afterwards: a sum over a fixed
// horizon parks the agent behind a wall because the way round costs more, and the last step alone
// gives no slope along the way. The small mean breaks ties between plans that pass equally near.
//
// Role:    a cost term that needs no training (figure 6); the distance alone that critics improve.
#pragma once

#include <string>

#include "forethink/cost/cost.h"

namespace forethink {

/// Settings of `GoalEnergy`.
struct GoalEnergyOptions {
  std::string combine = "min";   ///< "sum", "last" or "min", over imagined steps.
  double mean_weight = 0.05;     ///< Of mean_h e[h], with "min" only; >= 0.
  double terminal_weight = 0.0;  ///< Of e[H], added to every kind; >= 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("combine", self.combine);
    visit("mean_weight", self.mean_weight);
    visit("terminal_weight", self.terminal_weight);
  }
};

/// Mean squared distance per dimension to the goal state of each task, over imagined steps.
class GoalEnergy final : public CostTerm {
 public:
  /// @param goals  [P, D] wanted states; imagined.tasks chooses the row.
  /// @throws ConfigError if `options` break a rule, ShapeError if `goals` is not [P, D].
  explicit GoalEnergy(const Tensor& goals, const GoalEnergyOptions& options = {});

  std::string name() const override { return "goal"; }
  Tensor energy(const Imagined& imagined) const override;
  StepEnergy describe(Formula& formula, const StepValues& step,
                      std::int64_t horizon) const override;

 private:
  Tensor goals_;  // [P, D]
  GoalEnergyOptions options_;
};

}  // namespace forethink
