// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Cross-entropy method (CEM): search for a low-energy sequence of actions.
//
// Draw S sequences from a Gaussian, keep the K of least energy, refit the Gaussian to them, repeat.
// Uses energies only, no gradients.
//
// Role:    one of the searches the actor may run in Mode-2.
// Source:  Rubinstein & Kroese, The Cross-Entropy Method, 2004.
#pragma once

#include "forethink/core/random.h"
#include "forethink/planning/energy.h"
#include "forethink/planning/plan.h"

namespace forethink {

/// Settings of `cem`. Deviations are in half-widths of the bounds.
struct CemOptions {
  std::int64_t samples = 64;    ///< S, sequences scored per iteration; >= 1.
  std::int64_t elites = 8;      ///< K, sequences kept; 1 <= K <= S.
  std::int64_t iterations = 5;  ///< >= 1.
  double std_init = 1.0;        ///< First standard deviation; > 0.
  double std_min = 0.05;        ///< Least standard deviation; 0 <= std_min <= std_init.
  double momentum = 0.1;        ///< Share of the old Gaussian in the new one; 0 <= momentum < 1.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;

  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("samples", self.samples);
    visit("elites", self.elites);
    visit("iterations", self.iterations);
    visit("std_init", self.std_init);
    visit("std_min", self.std_min);
    visit("momentum", self.momentum);
  }
};

/// Searches for the action sequences of least energy.
///
/// @param energy  Called `iterations` times with [B, S, H, A].
/// @param start   Its mean is the first mean and the first candidate.
/// @param rng     The only source of chance: equal state, equal plan.
/// @returns       The best sequence seen over all iterations, not the last mean; never of higher
///                energy than the warm start.
/// @throws ConfigError  if `options` break a rule.
/// @throws ShapeError   if `start.mean` is not [B, H, A] or `energy` does not return [B, S].
Plan cem(const Energy& energy, const PlanStart& start, RandomStream& rng,
         const CemOptions& options = {});

}  // namespace forethink
