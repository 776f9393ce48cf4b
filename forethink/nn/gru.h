// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Gated recurrent unit, one step.
//
//   r, u = sigmoid(W_r x + U_r h), sigmoid(W_u x + U_u h)
//   n = tanh(W_n x + r * (U_n h)),   h' = u * h + (1 - u) * n        (biases not written)
//
// Role:    nn; a predictor whose hidden vector is the state itself.
// Source:  Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/rnn.h>

#include "forethink/core/types.h"
#include "forethink/nn/formula.h"

namespace forethink {

class GruCell final : public torch::nn::Module {
 public:
  GruCell(std::int64_t inputs, std::int64_t hidden);

  /// x [N, inputs], h [N, hidden] -> [N, hidden], of the type of h. Products run in bf16 within a
  /// Bf16Scope, gates always in the type of h.
  Tensor forward(const Tensor& x, const Tensor& h);

  /// The same as a formula. Inputs that are left out at the end are zero.
  Value describe(Formula& formula, const std::vector<Value>& x, Value h) const;

 private:
  torch::nn::GRUCell cell_{nullptr};
};

}  // namespace forethink
