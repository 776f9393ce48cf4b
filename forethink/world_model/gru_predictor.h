// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// GRU predictor: the state is the hidden vector, the action the input.
//
//   s' = norm(GRU(input = [a, z], hidden = s))
//
// Few parameters: 3 D (D + A + Z).
//
// Role:    world model; the predictor of small JEPAs.
// Source:  Cho et al., 2014; used so in Sobal et al., Learning from Reward-Free Offline Data, 2025.
#pragma once

#include <memory>

#include "forethink/nn/gru.h"
#include "forethink/nn/module.h"
#include "forethink/nn/state_norm.h"
#include "forethink/world_model/predictor.h"

namespace forethink {

class GruPredictor final : public Predictor {
 public:
  /// Uses `latent_dim` and `norm` of `options`.
  GruPredictor(std::int64_t state_dim, std::int64_t action_dim, const PredictorOptions& options);

  Tensor forward(const Tensor& s, const Tensor& a, const Tensor& z) override;
  Value describe(Formula& formula, Value s, Value a) const override;
  std::int64_t state_dim() const override { return state_dim_; }
  std::int64_t action_dim() const override { return action_dim_; }
  std::int64_t latent_dim() const override { return latent_dim_; }

 private:
  std::int64_t state_dim_;
  std::int64_t action_dim_;
  std::int64_t latent_dim_;
  std::shared_ptr<GruCell> cell_;
  std::shared_ptr<StateNorm> norm_;
};

}  // namespace forethink
