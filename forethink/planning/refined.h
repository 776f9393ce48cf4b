// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Refined planner: sampling finds the valley, a few gradient steps go down in it.
//
// iCEM first, then Adam on its best elites; only what lowers the energy is accepted.
//
// Role:    one of the searches the actor may run in Mode-2, for long horizons.
// Source:  ours, from the parts in icem.h and gradient.h.
#pragma once

#include "forethink/core/random.h"
#include "forethink/planning/energy.h"
#include "forethink/planning/icem.h"
#include "forethink/planning/plan.h"

namespace forethink {

/// Settings of `refined`. Rates are in half-widths of the bounds.
struct RefinedOptions {
  IcemOptions sampling = {};     ///< The search that comes first.
  std::int64_t starts = 4;       ///< Elites that are refined; 1 <= starts <= sampling.elites.
  std::int64_t iterations = 15;  ///< Adam steps at most; >= 1.
  double learning_rate = 0.05;   ///< > 0.
  double tolerance = 0.003;      ///< A gain below this share of the total is none; 0 <= . < 1.
  std::int64_t patience = 8;     ///< Steps without gain after which a problem stops; >= 1.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;

  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("sampling", self.sampling);
    visit("starts", self.starts);
    visit("iterations", self.iterations);
    visit("learning_rate", self.learning_rate);
    visit("tolerance", self.tolerance);
    visit("patience", self.patience);
  }
};

/// Searches for the action sequences of least energy.
///
/// @param energy  Called as by `icem`, then `iterations` times with [B, starts, H, A] and
///                differentiated, and once without.
/// @param start   As for `icem`.
/// @param rng     The only source of chance: equal state, equal plan.
/// @returns       The best sequence seen; `elites` are those of the sampling.
/// @throws ConfigError  if `options` break a rule, or the energy is not differentiable.
/// @throws ShapeError   if `start` does not fit or `energy` does not return [B, S].
Plan refined(const Energy& energy, const PlanStart& start, RandomStream& rng,
             const RefinedOptions& options = {});

}  // namespace forethink
