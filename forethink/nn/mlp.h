// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Multi-layer perceptron: x -> W_n f(... f(W_1 x + b_1) ...) + b_n.
//
// Role:    nn; critics, heads, embeddings of actions and the body of predictors.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <string>
#include <string_view>
#include <vector>

#include "forethink/core/types.h"
#include "forethink/kernels/activation.h"
#include "forethink/nn/formula.h"
#include "forethink/nn/init.h"

namespace forethink {

/// "relu", "silu", "gelu", "mish", "tanh" or "softplus". @throws ConfigError "<field> = <name>,
/// must satisfy ..." otherwise.
Activation parse_activation(std::string_view field, std::string_view name);

Tensor activate(Activation kind, const Tensor& x);

/// A layer norm as a formula.
Value describe_norm(Formula& formula, Value x, const torch::nn::LayerNorm& norm);

/// Settings of `Mlp`.
struct MlpOptions {
  std::vector<std::int64_t> widths = {512,
                                      512};  ///< Hidden widths, each >= 1; empty: one linear map.
  std::string activation = "silu";           ///< Of the hidden layers.
  double final_scale = 1.0;                  ///< Factor on the last layer's initial weights; >= 0.
  bool layer_norm = false;                   ///< Normalise each hidden layer before its activation.

  /// Throws ConfigError with `section`, the field, its value and the rule it breaks.
  void validate(std::string_view section) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("widths", self.widths);
    visit("activation", self.activation);
    visit("final_scale", self.final_scale);
    visit("layer_norm", self.layer_norm);
  }
};

class Mlp final : public torch::nn::Module, public AdjustsInitialWeights {
 public:
  /// @throws ConfigError if `options` break a rule.
  Mlp(std::int64_t inputs, std::int64_t outputs, const MlpOptions& options = {});

  /// [..., inputs] -> [..., outputs].
  Tensor forward(const Tensor& x);

  void adjust_initial_weights() override;

  const std::vector<torch::nn::Linear>& layers() const { return layers_; }  ///< In order.

  /// The same as a formula, of values side by side. Inputs that are left out at the end are zero.
  Value describe(Formula& formula, const std::vector<Value>& inputs) const;

 private:
  std::vector<torch::nn::Linear> layers_;
  std::vector<torch::nn::LayerNorm> norms_;  // One per hidden layer, or none.
  Activation activation_;
  double final_scale_;
};

}  // namespace forethink
