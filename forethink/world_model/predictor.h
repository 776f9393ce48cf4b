// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The settings of predictors, and the table that builds the one that is named.
//
// Role:    world model; a JEPA holds a predictor without knowing its kind.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "forethink/nn/module.h"

namespace forethink {

/// Which predictor, and its settings.
struct PredictorOptions {
  std::string kind = "residual_mlp";         ///< "residual_mlp", "gru", "none", "fixed".
  std::string conditioning = "concatenate";  ///< residual_mlp: "concatenate" or "film".
  std::int64_t hidden = 512;           ///< Width of the residual MLP; >= 1. A GRU's width is D.
  std::int64_t layers = 2;             ///< Hidden layers (concatenate) or blocks (film); >= 1.
  std::int64_t action_embedding = 32;  ///< film: width of the embedding of (a, z); >= 1.
  std::int64_t latent_dim = 0;         ///< Z; 0: no latent.
  double final_scale = 0.1;            ///< Factor on the last layer's initial weights; >= 0.
  std::string norm = "layer_norm";     ///< End of the predictor; the same as the encoder's.

  /// Throws ConfigError with `section`, the field, its value and the rule it breaks.
  void validate(std::string_view section) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("kind", self.kind);
    visit("conditioning", self.conditioning);
    visit("hidden", self.hidden);
    visit("layers", self.layers);
    visit("action_embedding", self.action_embedding);
    visit("latent_dim", self.latent_dim);
    visit("final_scale", self.final_scale);
    visit("norm", self.norm);
  }
};

/// Builds the predictor that `options.kind` names. Its weights are not yet from a stream of ours:
/// call `initialise`.
/// @throws ConfigError if `options` break a rule.
std::shared_ptr<Predictor> make_predictor(const PredictorOptions& options, std::int64_t state_dim,
                                          std::int64_t action_dim);

/// Gives `wide` the weights of `narrow`, a predictor of the same kind whose states lack the numbers
/// from `at` on: it predicts the others as before, does not look at the new ones yet, and predicts
/// these by its own initial weights.
/// @throws ConfigError if the two do not differ in the width of their states alone.
void widen_predictor(Predictor& wide, const Predictor& narrow, std::int64_t at);

/// a and z side by side, [N, A+Z]; a itself if there is no latent. An undefined z is the prior's
/// mean, zero. @throws ShapeError if z is given and is not [N, Z].
Tensor join_latent(const Tensor& a, const Tensor& z, std::int64_t latent_dim);

}  // namespace forethink
