// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/state_norm.h"

#include <torch/torch.h>

#include "forethink/core/settings.h"

namespace forethink {
namespace {

constexpr std::int64_t kWidening = 2;  // Hidden width of the "batch_norm" projector, in units of D.

// float32, except that float64 (gradient checks) is kept.
Tensor in_full_precision(const Tensor& s) {
  return s.scalar_type() == at::kDouble ? s : s.to(at::kFloat);
}

}  // namespace

void StateNorm::expect_kind(std::string_view field, std::string_view kind) {
  expect_setting(kind == "layer_norm" || kind == "batch_norm" || kind == "none", field, kind,
                 "one of layer_norm, batch_norm, none");
}

StateNorm::StateNorm(std::string_view kind, std::int64_t dim) : kind_(kind), dim_(dim) {
  expect_kind("state_norm.kind", kind);
  if (kind_ != "batch_norm") return;
  widen_ = register_module("widen", torch::nn::Linear(dim, kWidening * dim));
  batch_norm_ = register_module("batch_norm", torch::nn::BatchNorm1d(kWidening * dim));
  narrow_ = register_module("narrow", torch::nn::Linear(kWidening * dim, dim));
}

Tensor StateNorm::forward(const Tensor& s) {
  if (kind_ == "layer_norm") return torch::layer_norm(in_full_precision(s), {dim_});
  if (kind_ == "none") return in_full_precision(s);
  const Tensor wide = in_full_precision(widen_->forward(s));
  return in_full_precision(narrow_->forward(torch::relu(batch_norm_->forward(wide))));
}

Value StateNorm::describe(Formula& formula, Value s) const {
  // Of torch::layer_norm.
  constexpr double kEpsilon = 1e-5;
  if (kind_ == "layer_norm") return formula.layer_norm(s, {}, {}, kEpsilon);
  if (kind_ == "none") return s;
  if (batch_norm_->is_training()) {
    throw NotCompiled("a state norm of kind batch_norm in training mode; call eval() first");
  }
  // A batch norm that no longer learns is a scale and a shift, which the layer before it takes in.
  const at::NoGradGuard no_grad;
  const Tensor scale =
      batch_norm_->weight / (batch_norm_->running_var + batch_norm_->options.eps()).sqrt();
  const Tensor weight = widen_->weight * scale.unsqueeze(1);
  const Tensor bias = (widen_->bias - batch_norm_->running_mean) * scale + batch_norm_->bias;
  const Value wide = formula.activate(formula.linear({s}, weight, bias), Activation::kRelu);
  return formula.linear({wide}, narrow_->weight, narrow_->bias);
}

}  // namespace forethink
