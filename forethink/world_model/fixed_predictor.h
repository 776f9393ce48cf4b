// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Predictors that training does not touch: the two simplest variations of a JEPA.
//
//   none:   s' = s                 The representations of x and y are forced to be equal, so that
//                                  only what does not change between them can stay in the state.
//   fixed:  s' = norm(s + M a)     M [D, A] is drawn once. The encoder has to lay the world out so
//                                  that every action is a shift by the same vector everywhere.
//
// A shift and not a frozen random network: shifts compose (k steps are the sum of their actions),
// undo each other and say what they ask of the encoder; a random network asks for coordinates that
// no one can name, and that need not exist. What acts differently in different places, such as a
// wall, cannot be laid out so and is left to a predictor that learns.
//
// Role:    world model; figure 12's variations "no predictor" and "a fixed predictor, no latent".
// Source:  LeCun, A Path Towards Autonomous Machine Intelligence, 2022, section 4.4.
#pragma once

#include <torch/nn/modules/linear.h>

#include <memory>

#include "forethink/nn/module.h"
#include "forethink/nn/state_norm.h"
#include "forethink/world_model/predictor.h"

namespace forethink {

/// s' = s, whatever the action.
class IdentityPredictor final : public Predictor {
 public:
  IdentityPredictor(std::int64_t state_dim, std::int64_t action_dim)
      : state_dim_(state_dim), action_dim_(action_dim) {}

  Tensor forward(const Tensor& s, const Tensor& a, const Tensor& z) override;
  Value describe(Formula& formula, Value s, Value a) const override;
  std::int64_t state_dim() const override { return state_dim_; }
  std::int64_t action_dim() const override { return action_dim_; }
  std::int64_t latent_dim() const override { return 0; }

 private:
  std::int64_t state_dim_;
  std::int64_t action_dim_;
};

/// s' = norm(s + M a). M is a parameter, so that it is initialised and saved as all are, but has no
/// gradient.
class ShiftPredictor final : public Predictor {
 public:
  /// @param norm  "layer_norm" or "none": a batch norm would learn.
  ShiftPredictor(std::int64_t state_dim, std::int64_t action_dim, std::string_view norm);

  Tensor forward(const Tensor& s, const Tensor& a, const Tensor& z) override;
  Value describe(Formula& formula, Value s, Value a) const override;
  std::int64_t state_dim() const override { return state_dim_; }
  std::int64_t action_dim() const override { return action_dim_; }
  std::int64_t latent_dim() const override { return 0; }

 private:
  std::int64_t state_dim_;
  std::int64_t action_dim_;
  torch::nn::Linear shift_{nullptr};  // M, without a bias.
  std::shared_ptr<StateNorm> norm_;
};

}  // namespace forethink
