// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/film.h"

#include <torch/torch.h>

namespace forethink {

FilmLayer::FilmLayer(std::int64_t condition_dim, std::int64_t feature_dim)
    : modulation_(
          register_module("modulation", torch::nn::Linear(condition_dim, 2 * feature_dim))) {
  const torch::NoGradGuard no_grad;
  adjust_initial_weights();
}

Tensor FilmLayer::forward(const Tensor& features, const Tensor& condition) {
  const auto parts = modulation_->forward(condition).chunk(2, /*dim=*/-1);  // Twice [N, F].
  return torch::addcmul(features + parts[1], features, parts[0]);
}

Value FilmLayer::describe(Formula& formula, Value features, Value condition) const {
  return formula.film(features,
                      formula.linear({condition}, modulation_->weight, modulation_->bias));
}

void FilmLayer::adjust_initial_weights() {
  modulation_->weight.zero_();
  modulation_->bias.zero_();
}

}  // namespace forethink
