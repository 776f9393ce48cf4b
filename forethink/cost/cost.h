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

namespace forethink {

/// One energy of imagined trajectories.
class CostTerm {
 public:
  virtual ~CostTerm() = default;
  virtual std::string name() const = 0;
  /// [B, S] from states [B, S, H+1, D] and actions [B, S, H, A].
  virtual Tensor energy(const Imagined& imagined) const = 0;
};

/// A weighted sum of terms. A value; terms are shared and immutable.
class Cost {
 public:
  /// Adds a term. @throws ConfigError if `weight` is negative or not finite, or the name is taken.
  void add(std::shared_ptr<const CostTerm> term, double weight);

  /// Total energy [B, S].
  Tensor operator()(const Imagined& imagined) const;

  /// Weighted energy of each term [B, S], in the order added: what reports and films show.
  std::vector<std::pair<std::string, Tensor>> breakdown(const Imagined& imagined) const;

 private:
  struct Weighted {
    std::shared_ptr<const CostTerm> term;
    double weight;
  };
  std::vector<Weighted> terms_;
};

}  // namespace forethink
