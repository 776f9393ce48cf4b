// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Action energy: what effort and jerkiness cost.
//
//   E = size_weight mean_{h,i} a[h,i]^2 + change_weight mean_{h,i} (a[h+1,i] - a[h,i])^2
//
// Role:    a cost term (figure 6) that makes plans short of breath and smooth.
#pragma once

#include <string>

#include "forethink/cost/cost.h"

namespace forethink {

/// Settings of `ActionEnergy`.
struct ActionEnergyOptions {
  double size_weight = 1.0;    ///< Of the mean square of the actions; >= 0.
  double change_weight = 0.0;  ///< Of the mean square of their changes from step to step; >= 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("size_weight", self.size_weight);
    visit("change_weight", self.change_weight);
  }
};

/// Mean square of the actions and of their changes; a plan of one step has no change.
class ActionEnergy final : public CostTerm {
 public:
  /// @throws ConfigError if `options` break a rule.
  explicit ActionEnergy(const ActionEnergyOptions& options = {});

  std::string name() const override { return "action"; }
  Tensor energy(const Imagined& imagined) const override;
  StepEnergy describe(Formula& formula, const StepValues& step,
                      std::int64_t horizon) const override;

 private:
  ActionEnergyOptions options_;
};

}  // namespace forethink
