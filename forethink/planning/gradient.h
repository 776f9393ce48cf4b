// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Gradient planner: Adam on the actions, through the energy, from several starts.
//
//   a <- clamp(a - rate * m / sqrt(v)),  m and v the running moments of dE/da
//
// Fast where the energy is smooth; stays in the valley where a start lies, hence several of them.
//
// Role:    one of the searches the actor may run in Mode-2; figure 4 with the gradient of the cost.
// Source:  Kingma & Ba, Adam: A Method for Stochastic Optimization, 2015.
#pragma once

#include "forethink/core/random.h"
#include "forethink/planning/energy.h"
#include "forethink/planning/plan.h"

namespace forethink {

/// Settings of `gradient`. Deviations and rates are in half-widths of the bounds.
struct GradientOptions {
  std::int64_t starts = 8;       ///< S; the first is the warm start itself; >= 1.
  std::int64_t iterations = 40;  ///< Adam steps at most; >= 1.
  double learning_rate = 0.1;    ///< > 0.
  double std_init = 0.5;       ///< Standard deviation of the other starts from the warm start; > 0.
  double correlation = 0.7;    ///< Of the noise of one step with the next; 0 <= correlation < 1.
  double tolerance = 0.003;    ///< A gain below this share of the total is none; 0 <= . < 1.
  std::int64_t patience = 15;  ///< Steps without gain after which a problem stops; >= 1.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;

  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("starts", self.starts);
    visit("iterations", self.iterations);
    visit("learning_rate", self.learning_rate);
    visit("std_init", self.std_init);
    visit("correlation", self.correlation);
    visit("tolerance", self.tolerance);
    visit("patience", self.patience);
  }
};

/// Searches for the action sequences of least energy.
///
/// @param energy  Called `iterations` times with [B, S, H, A] and differentiated, and once without.
/// @param start   Its mean is the first start, the others lie around it.
/// @param rng     The only source of chance: equal state, equal plan.
/// @returns       The best sequence seen; never of higher energy than the warm start.
/// @throws ConfigError  if `options` break a rule, or the energy is not differentiable.
/// @throws ShapeError   if `start.mean` is not [B, H, A] or `energy` does not return [B, S].
Plan gradient(const Energy& energy, const PlanStart& start, RandomStream& rng,
              const GradientOptions& options = {});

}  // namespace forethink
