// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Residual predictors: the next state is the present one plus what the action changes.
//
//   concatenate:  s' = norm(s + MLP([s, a, z]))
//   film:         e = MLP([a, z]);  x = W_in [s, e] + b_in;
//                 x <- x + W_2 SiLU(film(LN(W_1 x); e)) per block;  s' = norm(s + W_out x)
//
// The last layer starts small, so that an untrained predictor says "nothing changes".
//
// Role:    world model; the default predictors.
// Source:  He et al., Deep Residual Learning, 2016; Perez et al., FiLM, 2018.
#pragma once

#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <memory>
#include <vector>

#include "forethink/nn/film.h"
#include "forethink/nn/mlp.h"
#include "forethink/nn/module.h"
#include "forethink/nn/state_norm.h"
#include "forethink/world_model/predictor.h"

namespace forethink {

class ResidualMlpPredictor final : public Predictor {
 public:
  ResidualMlpPredictor(std::int64_t state_dim, std::int64_t action_dim,
                       const PredictorOptions& options);

  Tensor forward(const Tensor& s, const Tensor& a, const Tensor& z) override;
  Value describe(Formula& formula, Value s, Value a) const override;
  std::int64_t state_dim() const override { return state_dim_; }
  std::int64_t action_dim() const override { return action_dim_; }
  std::int64_t latent_dim() const override { return latent_dim_; }

 private:
  std::int64_t state_dim_;
  std::int64_t action_dim_;
  std::int64_t latent_dim_;
  std::shared_ptr<Mlp> mlp_;
  std::shared_ptr<StateNorm> norm_;
};

/// One block x + W_2 SiLU(film(LN(W_1 x); e)).
class FilmBlock final : public torch::nn::Module {
 public:
  FilmBlock(std::int64_t width, std::int64_t condition_dim);
  Tensor forward(const Tensor& x, const Tensor& condition);
  Value describe(Formula& formula, Value x, Value condition) const;

 private:
  torch::nn::Linear in_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  std::shared_ptr<FilmLayer> film_;
  torch::nn::Linear out_{nullptr};
};

class FilmPredictor final : public Predictor, public AdjustsInitialWeights {
 public:
  FilmPredictor(std::int64_t state_dim, std::int64_t action_dim, const PredictorOptions& options);

  Tensor forward(const Tensor& s, const Tensor& a, const Tensor& z) override;
  Value describe(Formula& formula, Value s, Value a) const override;
  std::int64_t state_dim() const override { return state_dim_; }
  std::int64_t action_dim() const override { return action_dim_; }
  std::int64_t latent_dim() const override { return latent_dim_; }

  void adjust_initial_weights() override;

 private:
  std::int64_t state_dim_;
  std::int64_t action_dim_;
  std::int64_t latent_dim_;
  double final_scale_;
  std::shared_ptr<Mlp> embed_;
  torch::nn::Linear in_{nullptr};
  std::vector<std::shared_ptr<FilmBlock>> blocks_;
  torch::nn::Linear out_{nullptr};
  std::shared_ptr<StateNorm> norm_;
};

}  // namespace forethink
