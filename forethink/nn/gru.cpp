// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/gru.h"

#include <torch/torch.h>

namespace forethink {

GruCell::GruCell(std::int64_t inputs, std::int64_t hidden)
    : cell_(register_module("cell", torch::nn::GRUCell(inputs, hidden))) {}

Tensor GruCell::forward(const Tensor& x, const Tensor& h) {
  // The two products are written out: torch's own cell rejects mixed types under autocast.
  const auto from_input =
      torch::linear(x, cell_->weight_ih, cell_->bias_ih).to(h.dtype()).chunk(3, /*dim=*/1);
  const auto from_hidden =
      torch::linear(h, cell_->weight_hh, cell_->bias_hh).to(h.dtype()).chunk(3, /*dim=*/1);
  const Tensor reset = torch::sigmoid(from_input[0] + from_hidden[0]);
  const Tensor update = torch::sigmoid(from_input[1] + from_hidden[1]);
  const Tensor proposal = torch::tanh(torch::addcmul(from_input[2], reset, from_hidden[2]));
  return torch::lerp(proposal, h, update);
}

Value GruCell::describe(Formula& formula, const std::vector<Value>& x, Value h) const {
  std::int64_t columns = 0;
  for (const Value value : x) columns += formula.width(value);
  const Value from_input =
      formula.linear(x, cell_->weight_ih.narrow(1, 0, columns), cell_->bias_ih);
  const Value from_hidden = formula.linear({h}, cell_->weight_hh, cell_->bias_hh);
  return formula.gru(from_input, from_hidden, h);
}

}  // namespace forethink
