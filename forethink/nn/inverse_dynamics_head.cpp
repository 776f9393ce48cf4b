// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/inverse_dynamics_head.h"

#include <torch/torch.h>

namespace forethink {
namespace {
constexpr double kDifferenceScale = 4.0;
}  // namespace

InverseDynamicsHead::InverseDynamicsHead(std::int64_t state_dim, std::int64_t action_dim,
                                         const MlpOptions& options)
    : state_dim_(state_dim),
      action_dim_(action_dim),
      mlp_(register_module("mlp", std::make_shared<Mlp>(2 * state_dim, action_dim, options))) {}

Tensor InverseDynamicsHead::forward(const Tensor& s, const Tensor& s_next) {
  return mlp_->forward(torch::cat({s, kDifferenceScale * (s_next - s)}, /*dim=*/-1));
}

}  // namespace forethink
