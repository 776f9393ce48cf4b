// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/gru_predictor.h"

#include <torch/torch.h>

#include "forethink/core/shape.h"

namespace forethink {

GruPredictor::GruPredictor(std::int64_t state_dim, std::int64_t action_dim,
                           const PredictorOptions& options)
    : state_dim_(state_dim), action_dim_(action_dim), latent_dim_(options.latent_dim) {
  options.validate("predictor");
  cell_ = register_module("cell", std::make_shared<GruCell>(action_dim + latent_dim_, state_dim));
  norm_ = register_module("norm", std::make_shared<StateNorm>(options.norm, state_dim));
}

Tensor GruPredictor::forward(const Tensor& s, const Tensor& a, const Tensor& z) {
  expect_shape("s", s, {kAny, state_dim_});
  expect_shape("a", a, {s.size(0), action_dim_});
  return norm_->forward(cell_->forward(join_latent(a, z, latent_dim_), s));
}

Value GruPredictor::describe(Formula& formula, Value s, Value a) const {
  return norm_->describe(formula, cell_->describe(formula, {a}, s));
}

}  // namespace forethink
