// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Inverse dynamics: which action led from one state to the next?
//
//   a = MLP([s, 4 (s' - s)])
//
// The difference is given to the network, scaled to the size of s itself: states of neighbouring
// steps are so alike that a network given [s, s'] first has to learn to subtract.
//
// Role:    nn; used in training only. It makes the encoder keep whatever the agent moves.
// Source:  Pathak et al., Curiosity-driven Exploration, 2017 (inverse model as a feature learner).
#pragma once

#include <torch/nn/module.h>

#include "forethink/nn/mlp.h"

namespace forethink {

class InverseDynamicsHead final : public torch::nn::Module {
 public:
  /// @param action_dim  A of one model step (a block of primitive actions, concatenated).
  InverseDynamicsHead(std::int64_t state_dim, std::int64_t action_dim,
                      const MlpOptions& options = {.widths = {256, 256}, .activation = "relu"});

  /// s [..., D], s_next [..., D] -> estimated action [..., A].
  Tensor forward(const Tensor& s, const Tensor& s_next);

  std::int64_t state_dim() const { return state_dim_; }
  std::int64_t action_dim() const { return action_dim_; }

 private:
  std::int64_t state_dim_;
  std::int64_t action_dim_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace forethink
