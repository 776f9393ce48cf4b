// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// AdamW with gradient clipping, whose whole state is a list of tensors.
//
//   m <- b1 m + (1-b1) g,  v <- b2 v + (1-b2) g^2,  w <- w - lr (m^ / (sqrt(v^) + eps) + wd w)
//
// One fused pass over each parameter. A step whose gradient is not finite changes nothing.
//
// Role:    training; every trainer commits its parameters through here.
// Source:  Loshchilov & Hutter, Decoupled Weight Decay Regularization, 2019.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "forethink/core/types.h"

namespace forethink {

/// Settings of AdamW and of its schedule: linear warm-up, then a cosine down to `floor`.
struct OptimizerOptions {
  double learning_rate = 1e-3;     ///< Peak; > 0.
  double weight_decay = 1e-4;      ///< >= 0.
  double clip = 2.0;               ///< Largest gradient norm, scaled down beyond it; > 0.
  std::int64_t warmup_steps = 50;  ///< >= 0.
  double floor = 0.02;             ///< Last learning rate as a share of the peak; in [0, 1].

  /// Throws ConfigError with `section`, the field, its value and the rule it breaks.
  void validate(std::string_view section) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("learning_rate", self.learning_rate);
    visit("weight_decay", self.weight_decay);
    visit("clip", self.clip);
    visit("warmup_steps", self.warmup_steps);
    visit("floor", self.floor);
  }
};

/// Share of the peak learning rate at `step` of `steps`.
double learning_rate_share(const OptimizerOptions& options, std::int64_t step, std::int64_t steps);

class AdamW {
 public:
  AdamW(std::vector<Tensor> parameters, const OptimizerOptions& options);

  void zero_grad();

  /// Commits one step at `share` of the peak learning rate and returns the gradient norm before
  /// clipping. If the norm is not finite, nothing is changed and the norm is returned as it is.
  double step(double share);

  /// The state as tensors named `prefix`0.m, `prefix`0.v, ..., `prefix`steps.
  void save(const std::string& prefix, std::map<std::string, Tensor>& tensors) const;
  /// @throws CheckpointError naming what is missing or of another shape.
  void load(const std::string& prefix, const std::map<std::string, Tensor>& tensors);

 private:
  std::vector<Tensor> parameters_;
  std::vector<Tensor> mean_;      // m
  std::vector<Tensor> variance_;  // v
  std::vector<Tensor> steps_;     // Scalars, one per parameter, as the fused kernel wants them.
  OptimizerOptions options_;
};

}  // namespace forethink
