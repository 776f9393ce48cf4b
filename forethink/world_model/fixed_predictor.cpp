// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/fixed_predictor.h"

#include <torch/torch.h>

#include "forethink/core/shape.h"

namespace forethink {

Tensor IdentityPredictor::forward(const Tensor& s, const Tensor& a, const Tensor&) {
  expect_shape("s", s, {kAny, state_dim_});
  expect_shape("a", a, {s.size(0), action_dim_});
  return s;
}

Value IdentityPredictor::describe(Formula& formula, Value s, Value) const {
  return formula.scale(s, 1.0);
}

ShiftPredictor::ShiftPredictor(std::int64_t state_dim, std::int64_t action_dim,
                               std::string_view norm)
    : state_dim_(state_dim), action_dim_(action_dim) {
  shift_ = register_module(
      "shift", torch::nn::Linear(torch::nn::LinearOptions(action_dim, state_dim).bias(false)));
  shift_->weight.requires_grad_(false);
  norm_ = register_module("norm", std::make_shared<StateNorm>(norm, state_dim));
}

Tensor ShiftPredictor::forward(const Tensor& s, const Tensor& a, const Tensor&) {
  expect_shape("s", s, {kAny, state_dim_});
  expect_shape("a", a, {s.size(0), action_dim_});
  return norm_->forward(s + shift_->forward(a));
}

Value ShiftPredictor::describe(Formula& formula, Value s, Value a) const {
  return norm_->describe(formula, formula.add(s, formula.linear({a}, shift_->weight, {})));
}

}  // namespace forethink
