// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// World models for the tests of compiled rollouts: every kind of predictor.
#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/nn/init.h"
#include "forethink/world_model/predictor.h"
#include "forethink/world_model/world_model.h"

namespace forethink {

inline constexpr std::int64_t kState = 40;  // Not a multiple of any vector.
inline constexpr std::int64_t kAction = 2;
inline constexpr std::int64_t kHold = 3;

// A world model that is one predictor.
class PlainModel final : public WorldModel {
 public:
  explicit PlainModel(std::shared_ptr<Predictor> predictor) : predictor_(std::move(predictor)) {}
  std::int64_t state_dim(std::int64_t) const override { return predictor_->state_dim(); }
  std::int64_t action_dim(std::int64_t) const override { return predictor_->action_dim(); }
  std::int64_t latent_dim(std::int64_t) const override { return predictor_->latent_dim(); }
  using WorldModel::predict;
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor& z, std::int64_t) const override {
    return predictor_->forward(s, a, z);
  }
  Value describe(Formula& formula, Value s, Value a, std::int64_t) const override {
    return predictor_->describe(formula, s, a);
  }

 private:
  std::shared_ptr<Predictor> predictor_;
};

inline PlainModel model_of(const PredictorOptions& options) {
  const auto predictor = make_predictor(options, kState, kHold * kAction);
  RandomStream rng(7, "weights");
  initialise(*predictor, rng);
  // Weights that do something: an untrained modulation is the identity.
  const at::NoGradGuard no_grad;
  for (Tensor& parameter : predictor->parameters()) {
    parameter.add_(0.1 * rng.normal(parameter.sizes()));
  }
  predictor->eval();
  return PlainModel(predictor);
}

struct Case {
  std::string name;
  PredictorOptions predictor;
};

inline std::vector<Case> cases() {
  return {{"mlp", {.hidden = 72}},
          {"latent", {.hidden = 72, .latent_dim = 3}},
          {"film", {.conditioning = "film", .hidden = 64, .action_embedding = 9}},
          {"gru", {.kind = "gru"}},
          {"batch_norm", {.hidden = 64, .norm = "batch_norm"}},
          {"none", {.kind = "none"}},
          {"fixed", {.kind = "fixed"}}};
}

}  // namespace forethink
