// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Planner: search for action sequences of least energy, for B problems at once.
//
// Each search is a free function in its own file (`cem.h`, `icem.h`, ...) that takes an Energy, a
// warm start, a random stream and settings. This file is the table that maps a name in the settings
// to the function.
//
// Role:    Mode-2 search (figure 4, "optimization or search procedure").
#pragma once

#include <string>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/planning/cem.h"
#include "forethink/planning/energy.h"
#include "forethink/planning/gradient.h"
#include "forethink/planning/icem.h"
#include "forethink/planning/mppi.h"
#include "forethink/planning/plan.h"
#include "forethink/planning/random_plan.h"
#include "forethink/planning/refined.h"

namespace forethink {

/// Which planner, and the settings of each.
struct PlannerOptions {
  std::string name = "icem";  ///< One of `planner_names()`.
  CemOptions cem = {};
  IcemOptions icem = {};
  MppiOptions mppi = {};
  GradientOptions gradient = {};
  RefinedOptions refined = {};

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;

  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("name", self.name);
    visit("cem", self.cem);
    visit("icem", self.icem);
    visit("mppi", self.mppi);
    visit("gradient", self.gradient);
    visit("refined", self.refined);
  }
};

/// Every planner of the table.
std::vector<std::string> planner_names();

/// Runs the planner that `options` name.
///
/// @param energy  Scores [B, S, H, A] at a time; problems do not influence each other.
/// @param start   Warm start, deadline, and elites of the last search.
/// @param rng     The only source of chance: equal state, equal plan, for any number of threads.
/// @returns       A plan within the bounds in any case; `status` says how the search ended.
/// @throws ConfigError  if `options` break a rule, or the planner needs gradients and has none.
/// @throws ShapeError   if `start` or the returned energies have another shape.
Plan plan(const Energy& energy, const PlanStart& start, RandomStream& rng,
          const PlannerOptions& options);

}  // namespace forethink
