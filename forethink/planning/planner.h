// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Planner: search for action sequences of least energy, for B problems at once.
//
// Each search is a free function in its own file (`cem.h`, `icem.h`, ...) that takes an Energy, a
// warm start and settings. This file holds what they share, and a table that maps a name in the
// settings to the function.
//
// Role:    Mode-2 search (figure 4, "optimization or search procedure").
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/planning/energy.h"

namespace forethink {

/// Why a search ended.
enum class PlanStatus {
  kFinished,  ///< All iterations done.
  kDeadline,  ///< Stopped early to keep the deadline; the plan is the best so far.
  kLate,      ///< Returned after the deadline; the plan is valid all the same.
  kNotFinite  ///< No candidate of some problem had a finite energy; its warm start is returned.
};

/// What a search returns, for B problems.
struct Plan {
  Tensor actions;  ///< [B, H, A], always within the bounds.
  Tensor energy;   ///< [B], of `actions`.
  PlanStatus status = PlanStatus::kFinished;
  std::int64_t model_steps = 0;  ///< Summed over problems; a gradient step counts 3.
  std::int64_t iterations = 0;
  double milliseconds = 0.0;
};

/// What a search starts from.
struct PlanStart {
  Tensor mean;  ///< [B, H, A] warm start, or undefined for zeros (the middle of the bounds).
  std::optional<std::chrono::steady_clock::time_point> deadline;  ///< Soft; a valid plan in any case.
};

/// The previous plan moved on by `steps`, its tail filled with the last action: the warm start after
/// executing `steps` actions. [B, H, A] -> [B, H, A].
Tensor shift_plan(const Tensor& actions, std::int64_t steps);

}  // namespace forethink
