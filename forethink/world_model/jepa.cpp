// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/jepa.h"

#include <torch/torch.h>

#include <cmath>
#include <numbers>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/world_model/discrete_latent.h"

namespace forethink {
namespace {

void expect_level_one(std::int64_t level) {
  if (level != 1) {
    throw ConfigError("jepa: level = " + std::to_string(level) + ", must satisfy level = 1");
  }
}

}  // namespace

void JepaOptions::validate(std::string_view section) const {
  expect_setting(latent_weight >= 0.0, std::string(section) + ".latent_weight", latent_weight,
                 "latent_weight >= 0");
}

void LatentSearchOptions::validate(std::string_view section) const {
  const std::string at(section);
  expect_setting(steps >= 1, at + ".steps", steps, "steps >= 1");
  expect_setting(learning_rate > 0.0, at + ".learning_rate", learning_rate, "learning_rate > 0");
}

Jepa::Jepa(std::shared_ptr<Encoder> encoder_x, std::shared_ptr<Encoder> encoder_y,
           std::shared_ptr<Predictor> predictor, const JepaOptions& options)
    : encoder_x_(std::move(encoder_x)),
      encoder_y_(std::move(encoder_y)),
      predictor_(std::move(predictor)),
      options_(options) {
  options_.validate("jepa");
  const std::int64_t dim = predictor_->state_dim();
  expect_setting(encoder_x_->dim() <= dim, "jepa.encoder_x.dim", encoder_x_->dim(),
                 "dim <= " + std::to_string(dim) + ", the predictor's");
  expect_setting(encoder_y_->dim() == encoder_x_->dim(), "jepa.encoder_y.dim", encoder_y_->dim(),
                 "dim = " + std::to_string(encoder_x_->dim()) + ", encoder_x's");
  expect_setting(!options_.discrete_latent || predictor_->latent_dim() >= 2,
                 "jepa.predictor.latent_dim", predictor_->latent_dim(),
                 "latent_dim >= 2 where the latent is discrete");
  register_module("encoder_x", encoder_x_);
  // A shared encoder is registered once, so that its parameters are stepped and saved once.
  if (!shares_encoder()) register_module("encoder_y", encoder_y_);
  register_module("predictor", predictor_);
}

std::int64_t Jepa::state_dim(std::int64_t level) const {
  expect_level_one(level);
  return predictor_->state_dim();
}

std::int64_t Jepa::action_dim(std::int64_t level) const {
  expect_level_one(level);
  return predictor_->action_dim();
}

std::int64_t Jepa::latent_dim(std::int64_t level) const {
  expect_level_one(level);
  return predictor_->latent_dim();
}

Tensor Jepa::predict(const Tensor& s, const Tensor& a, const Tensor& z, std::int64_t level) const {
  expect_level_one(level);
  return predictor_->forward(s, a, z);
}

Value Jepa::describe(Formula& formula, Value s, Value a, std::int64_t level) const {
  expect_setting(level == 1, "level", level, "level = 1");
  return predictor_->describe(formula, s, a);
}

Tensor Jepa::state_energy(const Tensor& s_x, const Tensor& s_y, const Tensor& a,
                          const Tensor& z) const {
  expect_shape("s_y", s_y, {s_x.size(0), state_dim()});
  Tensor error = (predict(s_x, a, z) - s_y).square().mean(/*dim=*/1);  // [N]
  if (latent_dim() == 0 || !z.defined()) return error;
  return error + options_.latent_weight * 0.5 * z.square().sum(/*dim=*/1);
}

Tensor Jepa::energy(const Tensor& x, const Tensor& y, const Tensor& a, const Tensor& z) const {
  return state_energy(encode_x(x), encode_y(y), a, z);
}

MinimisedEnergy Jepa::least_of_codes(const Tensor& s_x, const Tensor& s_y, const Tensor& a) const {
  const std::int64_t N = s_x.size(0), K = latent_dim();
  const Tensor codes = latent_codes(K).to(s_x.options());
  const auto for_each_code = [&](const Tensor& rows) { return rows.repeat_interleave(K, 0); };
  const Tensor energies =
      state_energy(for_each_code(s_x), for_each_code(s_y), for_each_code(a), codes.repeat({N, 1}))
          .view({N, K});
  const auto [least, code] = energies.min(/*dim=*/1);
  return {.energy = least, .z = codes.index_select(0, code), .model_steps = K};
}

MinimisedEnergy Jepa::minimum_energy(const Tensor& x, const Tensor& y, const Tensor& a,
                                     const LatentSearchOptions& options) const {
  options.validate("latent_search");
  const Tensor s_x = encode_x(x);
  const Tensor s_y = encode_y(y);
  if (latent_dim() == 0)
    return {.energy = state_energy(s_x, s_y, a, Tensor()), .z = {}, .model_steps = 1};
  if (options_.discrete_latent) return least_of_codes(s_x, s_y, a);

  const Tensor from = s_x.detach();
  const Tensor to = s_y.detach();
  Tensor z = from.new_zeros({from.size(0), latent_dim()});
  Tensor best_z = z.clone();
  Tensor best = torch::full({from.size(0)}, std::numeric_limits<double>::infinity(), z.options());
  const auto keep_best = [&](const Tensor& energies) {
    const Tensor better = energies < best;  // False where not finite.
    best = torch::where(better, energies, best);
    best_z = torch::where(better.unsqueeze(1), z.detach(), best_z);
  };

  // Pairs are independent, so Adam on the sum of their energies is one search for each of them.
  z.requires_grad_(true);
  torch::optim::Adam adam({z}, torch::optim::AdamOptions(options.learning_rate));
  for (std::int64_t step = 0; step < options.steps; ++step) {
    Tensor energies;
    {
      const torch::AutoGradMode with_gradients(true);
      energies = state_energy(from, to, a, z);
      z.mutable_grad() = torch::autograd::grad({energies.sum()}, {z}).front();
    }
    keep_best(energies.detach());
    const double share = static_cast<double>(step) / static_cast<double>(options.steps);
    adam.param_groups().front().options().set_lr(options.learning_rate * 0.5 *
                                                 (1.0 + std::cos(std::numbers::pi * share)));
    adam.step();
  }
  {
    const torch::NoGradGuard no_grad;
    keep_best(state_energy(from, to, a, z.detach()));
  }
  return {.energy = state_energy(s_x, s_y, a, best_z),
          .z = best_z,
          .model_steps = 3 * options.steps + 2};
}

}  // namespace forethink
