// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/sim_norm.h"

#include <torch/torch.h>

namespace forethink {

Tensor sim_norm(const Tensor& x, std::int64_t group) {
  return x.unflatten(-1, {-1, group}).softmax(-1).flatten(-2);
}

Tensor symexp_expectation(const Tensor& logits, const Tensor& bins) {
  const Tensor mean = (logits.softmax(-1) * bins).sum(-1);
  return mean.sign() * mean.abs().expm1();
}

}  // namespace forethink
