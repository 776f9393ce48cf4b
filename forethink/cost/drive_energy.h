// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Drive energy: what one drive of the intrinsic cost makes of an imagined trajectory.
//
//   E_i = sum_{h=1..H} discount^(h-1) IC_i(vitals(s[h]), a[h-1])
//
// One term per drive, so that the weights u_i of  C = sum_i u_i IC_i + sum_j v_j TC_j  are those of
// the cost, and its breakdown is by drive. The action is the one that led to the state.
//
// Role:    the intrinsic part of the cost (figure 6, IC), over imagined steps (figure 4).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "forethink/cost/cost.h"
#include "forethink/cost/intrinsic_cost.h"

namespace forethink {

/// Which columns of a state are the vitals that the world model predicts: `kVitals` from `first`.
struct VitalsSlice {
  std::int64_t first = 0;

  /// The last columns of states [.., D]. @throws ConfigError if D < kVitals.
  static VitalsSlice last_of(std::int64_t state_dim);
  /// States [..., D] -> vitals [..., V]. @throws ShapeError if the states are too narrow.
  Tensor of(const Tensor& states) const;
};

/// One weight for each drive: u_i of intrinsic terms, v_j of trainable ones.
struct DriveWeights {
  double hunger = 1.0;  ///< >= 0, as all of them.
  double thirst = 1.0;
  double pain = 1.0;
  double cold = 1.0;
  double heat = 1.0;
  double effort = 0.1;
  double rules = 1.0;

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  /// In the order of `Drive`.
  std::vector<double> list() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("hunger", self.hunger);
    visit("thirst", self.thirst);
    visit("pain", self.pain);
    visit("cold", self.cold);
    visit("heat", self.heat);
    visit("effort", self.effort);
    visit("rules", self.rules);
  }
};

/// Settings of `DriveEnergy`.
struct DriveEnergyOptions {
  double discount = 1.0;  ///< Per imagined step; in (0, 1].

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("discount", self.discount);
  }
};

class DriveEnergy final : public CostTerm {
 public:
  /// @param drive  A name of `drive_names()`, and the term's.
  /// @throws ConfigError if `options` break a rule, or nearest-name error for an unknown drive.
  DriveEnergy(IntrinsicCost intrinsic, const std::string& drive, VitalsSlice vitals,
              const DriveEnergyOptions& options = {});

  std::string name() const override { return name_; }
  Tensor energy(const Imagined& imagined) const override;
  StepEnergy describe(Formula& formula, const StepValues& step,
                      std::int64_t horizon) const override;

 private:
  IntrinsicCost intrinsic_;
  std::string name_;
  Drive drive_;
  VitalsSlice vitals_;
  DriveEnergyOptions options_;
};

/// Adds every drive to `cost`, with weight zero, too, so that a breakdown shows it.
/// @throws ConfigError naming a weight that is negative or not finite.
void add_drives_(Cost& cost, const IntrinsicCost& intrinsic, VitalsSlice vitals,
                 const DriveWeights& weights = {}, const DriveEnergyOptions& options = {});

}  // namespace forethink
