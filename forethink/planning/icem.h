// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Improved cross-entropy method (iCEM): CEM for few samples and long horizons.
//
// Noise that is correlated along time (white noise cancels itself over a long horizon), a
// population that shrinks from iteration to iteration, elites kept within a search and from one
// search to the next, the mean as a candidate of the last iteration, and the best sequence seen as
// the plan. The correlation is that of a first-order autoregression, not of a power law: its
// variance is the same at every step, and it needs no Fourier transform.
//
// Role:    the default search of the actor in Mode-2.
// Source:  Pinneri et al., Sample-efficient Cross-Entropy Method for Real-time Planning, 2020.
#pragma once

#include <string>

#include "forethink/core/random.h"
#include "forethink/planning/energy.h"
#include "forethink/planning/plan.h"

namespace forethink {

/// Settings of `icem`. Deviations are in half-widths of the bounds.
struct IcemOptions {
  std::int64_t samples = 24;    ///< S, sequences scored in the first iteration, kept ones included.
  std::int64_t elites = 4;      ///< K, sequences the Gaussian is refitted to; 1 <= K <= S / 2.
  std::int64_t iterations = 3;  ///< >= 1.
  double std_init = 0.5;        ///< First standard deviation; > 0.
  double std_min = 0.05;        ///< Least standard deviation; 0 <= std_min <= std_init.
  double momentum = 0.1;        ///< Share of the old Gaussian in the new one; 0 <= momentum < 1.
  double correlation = 0.7;     ///< Of the noise of one step with the next; 0 <= correlation < 1.
  double shrink = 1.25;         ///< Samples fall by this factor, to 2 K at least; >= 1.
  double keep = 0.3;            ///< Share of the elites kept as candidates; 0 <= keep <= 1.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate(const std::string& section = "icem") const;

  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("samples", self.samples);
    visit("elites", self.elites);
    visit("iterations", self.iterations);
    visit("std_init", self.std_init);
    visit("std_min", self.std_min);
    visit("momentum", self.momentum);
    visit("correlation", self.correlation);
    visit("shrink", self.shrink);
    visit("keep", self.keep);
  }
};

/// Searches for the action sequences of least energy.
///
/// @param energy  Called once an iteration with [B, S_i, H, A], S_i = max(2 K, S / shrink^i).
/// @param start   Its mean is the first mean and the first candidate; its elites are candidates
/// too.
/// @param rng     The only source of chance: equal state, equal plan.
/// @returns       The best sequence seen, never of higher energy than the warm start; `elites`
/// holds
///                what the next search may keep, once moved on by `shift_plan`.
/// @throws ConfigError  if `options` break a rule.
/// @throws ShapeError   if `start` does not fit or `energy` does not return [B, S_i].
Plan icem(const Energy& energy, const PlanStart& start, RandomStream& rng,
          const IcemOptions& options = {});

namespace detail {

class Search;

/// The loop of `icem` inside a search that goes on: the elites [B, K, H, A] of the last iteration,
/// or the candidates that `start` gave if there was no time for one.
Tensor icem_search(Search& search, const PlanStart& start, RandomStream& rng,
                   const IcemOptions& options);

}  // namespace detail
}  // namespace forethink
