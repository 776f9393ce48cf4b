// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/mlp.h"

#include <torch/torch.h>

#include <algorithm>

#include "forethink/core/settings.h"

namespace forethink {

Activation parse_activation(std::string_view field, std::string_view name) {
  if (name == "relu") return Activation::kRelu;
  if (name == "gelu") return Activation::kGelu;
  if (name == "mish") return Activation::kMish;
  if (name == "tanh") return Activation::kTanh;
  if (name == "softplus") return Activation::kSoftplus;
  expect_setting(name == "silu", field, name, "one of relu, silu, gelu, mish, tanh, softplus");
  return Activation::kSilu;
}

Tensor activate(Activation kind, const Tensor& x) {
  switch (kind) {
    case Activation::kRelu:
      return torch::relu(x);
    case Activation::kGelu:
      return torch::gelu(x);
    case Activation::kMish:
      return torch::mish(x);
    case Activation::kTanh:
      return torch::tanh(x);
    case Activation::kSoftplus:
      return torch::softplus(x);
    case Activation::kExp:
      return torch::exp(x);
    case Activation::kSymexp:
      return torch::sign(x) * torch::expm1(torch::abs(x));
    case Activation::kSilu:
      break;
  }
  return torch::silu(x);
}

void MlpOptions::validate(std::string_view section) const {
  const std::string at(section);
  for (const std::int64_t width : widths) {
    expect_setting(width >= 1, at + ".widths", width, "each width >= 1");
  }
  parse_activation(at + ".activation", activation);
  expect_setting(final_scale >= 0.0, at + ".final_scale", final_scale, "final_scale >= 0");
}

Mlp::Mlp(std::int64_t inputs, std::int64_t outputs, const MlpOptions& options)
    : final_scale_(options.final_scale) {
  options.validate("mlp");
  activation_ = parse_activation("mlp.activation", options.activation);
  std::int64_t width = inputs;
  for (const std::int64_t next : options.widths) {
    const std::string number = std::to_string(layers_.size());
    layers_.push_back(register_module("layer" + number, torch::nn::Linear(width, next)));
    if (options.layer_norm) {
      norms_.push_back(register_module("norm" + number,
                                       torch::nn::LayerNorm(torch::nn::LayerNormOptions({next}))));
    }
    width = next;
  }
  const std::string number = std::to_string(layers_.size());
  layers_.push_back(register_module("layer" + number, torch::nn::Linear(width, outputs)));
}

Tensor Mlp::forward(const Tensor& x) {
  Tensor h = x;
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
    h = layers_[i]->forward(h);
    if (!norms_.empty()) h = norms_[i]->forward(h);
    h = activate(activation_, h);
  }
  return layers_.back()->forward(h);
}

Value Mlp::describe(Formula& formula, const std::vector<Value>& inputs) const {
  std::int64_t columns = 0;
  for (const Value x : inputs) columns += formula.width(x);
  std::vector<Value> h = inputs;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Tensor weight = layers_[i]->weight;
    if (i == 0) weight = weight.narrow(1, 0, columns);
    Value y = formula.linear(h, weight, layers_[i]->bias);
    if (i + 1 == layers_.size()) return y;
    if (!norms_.empty()) y = describe_norm(formula, y, norms_[i]);
    h = {formula.activate(y, activation_)};
  }
  return h.front();
}

Value describe_norm(Formula& formula, Value x, const torch::nn::LayerNorm& norm) {
  return formula.layer_norm(x, norm->weight, norm->bias, norm->options.eps());
}

void Mlp::adjust_initial_weights() {
  if (final_scale_ == 1.0) return;
  layers_.back()->weight.mul_(final_scale_);
  layers_.back()->bias.mul_(final_scale_);
}

}  // namespace forethink
