// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Plan: what a search for actions starts from and what it returns, for B problems at once.
//
// Role:    Mode-2 search (figure 4, "optimization or search procedure"); what all planners share.
#pragma once

#include <chrono>
#include <optional>

#include "forethink/core/types.h"

namespace forethink {

/// Why a search ended. Where several hold, the one further down this list is reported.
enum class PlanStatus {
  kFinished,  ///< All iterations done, or nothing left to gain.
  kDeadline,  ///< Stopped early to keep the deadline; the plan is the best so far.
  kLate,      ///< Returned after the deadline; the plan is valid all the same.
  kNotFinite  ///< No candidate of some problem had a finite energy; its warm start is returned.
};

/// What a search returns, for B problems.
struct Plan {
  Tensor actions = {};  ///< [B, H, A], always within the bounds.
  Tensor energy = {};   ///< [B], of `actions`; +inf if not finite, NaN if there was no time to ask.
  Tensor elites = {};   ///< [B, K, H, A] good sequences, best first, if the planner keeps any.
  PlanStatus status = PlanStatus::kFinished;
  std::int64_t model_steps = 0;  ///< Summed over problems; a gradient step counts 3.
  std::int64_t iterations = 0;
  double milliseconds = 0.0;
};

/// What a search starts from.
struct PlanStart {
  Tensor mean = {};  ///< [B, H, A] warm start, or undefined for the middle of the bounds.
  std::optional<std::chrono::steady_clock::time_point> deadline = {};  ///< Soft; see PlanStatus.
  Tensor elites = {};  ///< [B, K, H, A] of the last plan, moved on as the mean is; or undefined.
};

/// The previous plan moved on by `steps`, its tail filled with the last action: the warm start
/// after executing `steps` actions. [..., H, A] -> [..., H, A], so it moves elites on as well.
/// @throws ConfigError if `steps` is negative.
/// @throws ShapeError  if there are fewer than two axes, or no action.
Tensor shift_plan(const Tensor& actions, std::int64_t steps);

}  // namespace forethink
