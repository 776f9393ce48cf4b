// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// StateNorm: what the last layer of every encoder and predictor passes through.
//
//   "layer_norm"  (s - mean_j s) / sqrt(var_j s + eps), without scale and shift: states lie on one
//                 sphere, and an imagined state lies on it too;
//   "batch_norm"  Linear, BatchNorm, ReLU, Linear: free norms, which SIGReg needs;
//   "none"        the identity.
//
// The result is float32 (or float64) even inside a Bf16Scope: bf16 states would lose small moves.
//
// Role:    nn; ends perception's encoders and the world model's predictors alike.
// Source:  Ba, Kiros, Hinton, Layer Normalization, 2016; Balestriero & LeCun, LeJEPA, 2025.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include <string>
#include <string_view>

#include "forethink/core/types.h"
#include "forethink/nn/formula.h"

namespace forethink {

class StateNorm final : public torch::nn::Module {
 public:
  /// @throws ConfigError if `kind` is not one of the three names.
  StateNorm(std::string_view kind, std::int64_t dim);

  /// [N, D] -> [N, D].
  Tensor forward(const Tensor& s);

  /// The same as a formula. @throws NotCompiled for a batch norm that is still in training mode.
  Value describe(Formula& formula, Value s) const;

  /// Throws ConfigError naming `field` unless `kind` is one of the three names.
  static void expect_kind(std::string_view field, std::string_view kind);

  const std::string& kind() const { return kind_; }

 private:
  std::string kind_;
  std::int64_t dim_;
  torch::nn::Linear widen_{nullptr};
  torch::nn::BatchNorm1d batch_norm_{nullptr};
  torch::nn::Linear narrow_{nullptr};
};

}  // namespace forethink
