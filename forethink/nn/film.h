// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// FiLM: a condition scales and shifts the features of a layer.
//
//   h' = (1 + gamma(c)) * h + beta(c),   gamma and beta linear in c and zero at the start,
//
// so that an untrained modulation is exactly the identity.
//
// Role:    nn; actions modulate predictors.
// Source:  Perez et al., FiLM: Visual Reasoning with a General Conditioning Layer, 2018.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include "forethink/core/types.h"
#include "forethink/nn/formula.h"
#include "forethink/nn/init.h"

namespace forethink {

class FilmLayer final : public torch::nn::Module, public AdjustsInitialWeights {
 public:
  FilmLayer(std::int64_t condition_dim, std::int64_t feature_dim);

  /// features [N, F], condition [N, C] -> [N, F].
  Tensor forward(const Tensor& features, const Tensor& condition);

  /// The same as a formula.
  Value describe(Formula& formula, Value features, Value condition) const;

  void adjust_initial_weights() override;

 private:
  torch::nn::Linear modulation_{nullptr};  // [C] -> gamma and beta, 2F.
};

}  // namespace forethink
