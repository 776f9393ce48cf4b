// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Model predictive path integral control (MPPI): the mean moves to the weighted mean of all
// samples.
//
//   w_i = exp(-(J_i - J_min) / temperature) / sum,   mean <- sum_i w_i a_i
//
// The temperature is found for each problem by bisection, so that the effective number of samples
// 1 / sum w^2 is a fixed share of all: no tuning to the scale of the energies. Or it is given.
//
// Role:    one of the searches the actor may run in Mode-2.
// Source:  Williams et al., Model Predictive Path Integral Control, 2017. Temperature: ours.
#pragma once

#include "forethink/core/random.h"
#include "forethink/planning/energy.h"
#include "forethink/planning/plan.h"

namespace forethink {

/// Settings of `mppi`. Deviations are in half-widths of the bounds.
struct MppiOptions {
  std::int64_t samples = 64;    ///< S, sequences scored per iteration; >= 2.
  std::int64_t iterations = 3;  ///< >= 1.
  double std_init = 0.5;        ///< First standard deviation; > 0.
  double std_min = 0.05;        ///< Least standard deviation; 0 <= std_min <= std_init.
  double correlation = 0.7;     ///< Of the noise of one step with the next; 0 <= correlation < 1.
  double effective = 0.15;      ///< Effective share of the samples, 4 samples at least; 0 < . <= 1.
  double temperature = 0.0;     ///< 0: from `effective`; > 0: fixed, in units of the energy.
  std::int64_t elites = 0;      ///< K, samples of least energy that count; 0: all; <= S.
  bool refit_std = true;        ///< Deviations follow the weighted samples; otherwise std_init.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;

  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("samples", self.samples);
    visit("iterations", self.iterations);
    visit("std_init", self.std_init);
    visit("std_min", self.std_min);
    visit("correlation", self.correlation);
    visit("effective", self.effective);
    visit("temperature", self.temperature);
    visit("elites", self.elites);
    visit("refit_std", self.refit_std);
  }
};

/// Searches for the action sequences of least energy.
///
/// @param energy  Called `iterations` times with [B, S, H, A], and once with [B, 1, H, A].
/// @param start   Its mean is the first mean; its elites, such as what a policy proposes, are among
///                the candidates of every iteration.
/// @param rng     The only source of chance: equal state, equal plan.
/// @returns       The mean of least energy, the warm start included; the best sample for a problem
///                whose means never had a finite energy.
/// @throws ConfigError  if `options` break a rule.
/// @throws ShapeError   if `start.mean` is not [B, H, A] or `energy` does not return [B, S].
Plan mppi(const Energy& energy, const PlanStart& start, RandomStream& rng,
          const MppiOptions& options = {});

/// The weights [B, S] that `mppi` gives to energies [B, S]; 0 for those that are not finite.
Tensor mppi_weights(const Tensor& energies, const MppiOptions& options);

}  // namespace forethink
