// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// RemainingCost: how much it still costs to get from a state to a goal, in steps.
//
// Latent distance is not cost-to-go: a shut door puts near states far apart. Whoever knows the
// remaining cost plans with a short horizon. Two things know it: the roadmap (dynamic programming
// over remembered states) and critics (trained networks).
//
// Role:    the long-term part of the cost module (figure 6, TC; figure 4's dynamic programming).
#pragma once

#include <memory>
#include <string>

#include "forethink/core/types.h"
#include "forethink/nn/formula.h"

namespace forethink {

/// The remaining cost to a fixed table of P goals.
class CostToGoals {
 public:
  virtual ~CostToGoals() = default;
  /// Remaining model steps [B, N] from states [B, N, D] to goal tasks[b], with tasks [B] in 0..P-1.
  virtual Tensor operator()(const Tensor& states, const Tensor& tasks) const = 0;
  /// The same as a formula: a state [rows, D] -> [rows, 1], of each row's task.
  /// @throws NotCompiled, which is what costs without one do.
  virtual Value describe(Formula& formula, Value state) const;
};

class RemainingCost {
 public:
  virtual ~RemainingCost() = default;
  virtual std::string name() const = 0;
  /// Prepares goals [P, D] once (dynamic programming, or the goal side of a network).
  virtual std::unique_ptr<const CostToGoals> to(const Tensor& goals) const = 0;
};

}  // namespace forethink
