// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Transformer block: tokens look at one another, then each thinks for itself.
//
//   x' = x + W_o attend(norm(x)),   y = x' + MLP(norm(x'))
//   attend: per head softmax(q k^T / sqrt(F / heads)) v,   [q, k, v] = W_qkv norm(x) + b
//
// Normalisation comes first in each branch, so the sum runs through from end to end and deep stacks
// train without a warm-up. Without positions added to the tokens, their order has no meaning.
//
// Role:    nn; the body of encoders over patches and, causal, of what predicts a sequence.
// Source:  Vaswani et al., Attention Is All You Need, 2017; Xiong et al., On Layer Normalization in
//          the Transformer Architecture, 2020.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <memory>
#include <string_view>

#include "forethink/nn/mlp.h"

namespace forethink {

/// Sizes of `TransformerBlock`.
struct TransformerBlockOptions {
  std::int64_t heads = 4;     ///< >= 1; divides the width F of a token.
  std::int64_t hidden = 256;  ///< Width of the MLP's hidden layer; >= 1.

  /// Throws ConfigError with `section`, the field, its value and the rule it breaks.
  void validate(std::string_view section) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("heads", self.heads);
    visit("hidden", self.hidden);
  }
};

/// Which tokens a token may look at.
enum class AttentionMask {
  kNone,   ///< All of them.
  kCausal  ///< Itself and those before it.
};

class TransformerBlock final : public torch::nn::Module {
 public:
  /// @param width  F, numbers of a token.
  /// @throws ConfigError if `options` break a rule.
  explicit TransformerBlock(std::int64_t width, const TransformerBlockOptions& options = {},
                            AttentionMask mask = AttentionMask::kNone);

  /// Tokens [B, N, F] -> [B, N, F]. Within a Bf16Scope linear maps run in bf16; attention, sums and
  /// norms stay in the type of `x`.
  Tensor forward(const Tensor& x);

 private:
  Tensor attend(const Tensor& x);

  std::int64_t heads_;
  AttentionMask mask_;
  torch::nn::LayerNorm norm_attention_{nullptr};
  torch::nn::Linear qkv_{nullptr};  // F -> 3 F.
  torch::nn::Linear out_{nullptr};  // F -> F.
  torch::nn::LayerNorm norm_mlp_{nullptr};
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace forethink
