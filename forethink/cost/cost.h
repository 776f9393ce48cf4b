// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Cost: the energy of imagined futures, a weighted sum of terms.
//
//   C = sum_i u_i IC_i + sum_j v_j TC_j
//
// Every term looks at whole imagined trajectories, so that an energy may be summed over steps,
// taken at the end, or depend on the actions. Weights belong to the configuration; terms do not
// know them.
//
// Role:    the cost module (figures 2 and 6).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "forethink/core/types.h"
#include "forethink/nn/formula.h"

namespace forethink {

/// One imagined step, as a formula sees it.
struct StepValues {
  Value before;           ///< [rows, D], the state before the action.
  Value state;            ///< [rows, D], after the action.
  Value action;           ///< [rows, A] of the plan.
  Value previous_action;  ///< The one before it; the same in the first step.
};

/// A term as an energy e[h] of single imagined steps, h = 1 .. H, and a rule that joins them:
///   E = sum of discount^(h-1) e[h], or min of e[h], over the last `last_steps`
///       +  mean_weight mean_h e[h]  +  final_weight e[H]
struct StepEnergy {
  enum class Join { kSum, kMin };
  Value energy;  ///< [rows, 1].
  Join join = Join::kSum;
  std::int64_t last_steps = 0;  ///< H or more: all; 0: none.
  double discount = 1.0;
  double mean_weight = 0.0;
  double final_weight = 0.0;
};

/// One energy of imagined trajectories.
class CostTerm {
 public:
  virtual ~CostTerm() = default;
  virtual std::string name() const = 0;
  /// The same as a formula. @throws NotCompiled, which is what a term without one does.
  virtual StepEnergy describe(Formula& formula, const StepValues& step, std::int64_t horizon) const;
  /// [B, S] from states [B, S, H+1, D] and actions [B, S, H, A].
  virtual Tensor energy(const Imagined& imagined) const = 0;
};

/// A weighted sum of terms. A value; terms are shared and immutable.
class Cost {
 public:
  struct Weighted {
    std::shared_ptr<const CostTerm> term;
    double weight;
  };

  /// Adds a term. @throws ConfigError if `weight` is negative or not finite, or the name is taken.
  void add(std::shared_ptr<const CostTerm> term, double weight);

  /// Total energy [B, S].
  Tensor operator()(const Imagined& imagined) const;

  /// Weighted energy of each term [B, S], in the order added: what reports and films show.
  std::vector<std::pair<std::string, Tensor>> breakdown(const Imagined& imagined) const;

  const std::vector<Weighted>& terms() const { return terms_; }

 private:
  std::vector<Weighted> terms_;
};

}  // namespace forethink
