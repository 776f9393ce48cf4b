// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The two kinds of network that the boxes of the paper are made of: encoders and predictors.
//
// Role:    nn. Perception builds encoders, the world model builds predictors; a JEPA joins them
//          without knowing which kind it holds.
#pragma once

#include <torch/nn/module.h>

#include <string>

#include "forethink/core/types.h"
#include "forethink/nn/formula.h"

namespace forethink {

/// An encoder: one sensor reading [N, ...] -> representation [N, D].
class Encoder : public torch::nn::Module {
 public:
  virtual Tensor forward(const Tensor& x) = 0;
  virtual std::int64_t dim() const = 0;  ///< D.

  /// Called once before training with some readings [N, ...]: an encoder that standardises what it
  /// sees takes the mean and the deviation of each channel from them. Others do nothing.
  virtual void standardise(const Tensor& readings) { static_cast<void>(readings); }
};

/// A predictor: s [N, D], a [N, A], z [N, Z] or undefined -> s' [N, D].
class Predictor : public torch::nn::Module {
 public:
  virtual Tensor forward(const Tensor& s, const Tensor& a, const Tensor& z) = 0;
  /// The same as a formula: s [rows, D], a [rows, A] -> s', with z at its prior's mean, zero.
  /// @throws NotCompiled, which is what a predictor without a formula does.
  virtual Value describe(Formula& formula, Value s, Value a) const;

  virtual std::int64_t state_dim() const = 0;
  virtual std::int64_t action_dim() const = 0;
  virtual std::int64_t latent_dim() const = 0;
};

}  // namespace forethink
