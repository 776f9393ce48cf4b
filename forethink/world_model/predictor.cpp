// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/predictor.h"

#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/nn/state_norm.h"
#include "forethink/world_model/fixed_predictor.h"
#include "forethink/world_model/gru_predictor.h"
#include "forethink/world_model/residual_mlp_predictor.h"

namespace forethink {

void PredictorOptions::validate(std::string_view section) const {
  const std::string at(section);
  const bool untrained = kind == "none" || kind == "fixed";
  expect_setting(kind == "residual_mlp" || kind == "gru" || untrained, at + ".kind", kind,
                 "one of residual_mlp, gru, none, fixed");
  expect_setting(conditioning == "concatenate" || conditioning == "film", at + ".conditioning",
                 conditioning, "one of concatenate, film");
  expect_setting(hidden >= 1, at + ".hidden", hidden, "hidden >= 1");
  expect_setting(layers >= 1, at + ".layers", layers, "layers >= 1");
  expect_setting(action_embedding >= 1, at + ".action_embedding", action_embedding,
                 "action_embedding >= 1");
  expect_setting(latent_dim >= 0, at + ".latent_dim", latent_dim, "latent_dim >= 0");
  expect_setting(latent_dim == 0 || !untrained, at + ".latent_dim", latent_dim,
                 "latent_dim = 0 where kind = \"" + kind + "\"");
  expect_setting(final_scale >= 0.0, at + ".final_scale", final_scale, "final_scale >= 0");
  StateNorm::expect_kind(at + ".norm", norm);
  expect_setting(kind != "fixed" || norm != "batch_norm", at + ".norm", norm,
                 "layer_norm or none where kind = \"fixed\": a batch norm would learn");
}

std::shared_ptr<Predictor> make_predictor(const PredictorOptions& options, std::int64_t state_dim,
                                          std::int64_t action_dim) {
  options.validate("predictor");
  if (options.kind == "none") return std::make_shared<IdentityPredictor>(state_dim, action_dim);
  if (options.kind == "fixed") {
    return std::make_shared<ShiftPredictor>(state_dim, action_dim, options.norm);
  }
  if (options.kind == "gru") return std::make_shared<GruPredictor>(state_dim, action_dim, options);
  if (options.conditioning == "film") {
    return std::make_shared<FilmPredictor>(state_dim, action_dim, options);
  }
  return std::make_shared<ResidualMlpPredictor>(state_dim, action_dim, options);
}

void widen_predictor(Predictor& wide, const Predictor& narrow, std::int64_t at) {
  const torch::NoGradGuard no_grad;
  const std::int64_t more = wide.state_dim() - narrow.state_dim();
  const auto expect_fit = [](bool fits) {
    if (!fits) {
      throw ConfigError("widen_predictor: the predictors differ in more than the width of states");
    }
  };
  // Where the numbers of a narrow axis lie on the wide one: states stand first on every axis.
  const auto places = [&](std::int64_t narrow_size, std::int64_t wide_size) {
    expect_fit(wide_size == narrow_size || wide_size == narrow_size + more);
    const Tensor all = torch::arange(narrow_size, torch::kLong);
    return wide_size == narrow_size ? all : all + more * all.ge(at).to(torch::kLong);
  };
  const auto widen = [&](const auto& targets, const auto& sources) {
    expect_fit(targets.size() == sources.size());
    for (const auto& source : sources) {
      const Tensor& from = source.value();
      const Tensor* found = targets.find(source.key());
      expect_fit(found != nullptr && found->dim() == from.dim());
      Tensor to = *found, rows = from;
      if (from.dim() == 2) {
        rows = torch::zeros({from.size(0), to.size(1)});
        rows.index_copy_(1, places(from.size(1), to.size(1)), from);
      }
      if (from.dim() == 0) {
        to.copy_(from);
      } else {
        to.index_copy_(0, places(from.size(0), to.size(0)), rows);
      }
    }
  };
  expect_fit(more >= 0 && 0 <= at && at <= narrow.state_dim());
  widen(wide.named_parameters(), narrow.named_parameters());
  widen(wide.named_buffers(), narrow.named_buffers());
}

Tensor join_latent(const Tensor& a, const Tensor& z, std::int64_t latent_dim) {
  if (latent_dim == 0) return a;
  if (!z.defined()) return torch::cat({a, a.new_zeros({a.size(0), latent_dim})}, /*dim=*/1);
  expect_shape("z", z, {a.size(0), latent_dim});
  return torch::cat({a, z}, /*dim=*/1);
}

}  // namespace forethink
