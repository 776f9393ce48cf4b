// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/jepa.h"

#include <torch/torch.h>

#include <cmath>
#include <numbers>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

void expect_level_one(std::int64_t level) {
  if (level != 1) {
    throw ConfigError("jepa: level = " + std::to_string(level) + ", must satisfy level = 1");
  }
}

}  // namespace

void LatentSearchOptions::validate(std::string_view section) const {
  const std::string at(section);
  expect_setting(steps >= 1, at + ".steps", steps, "steps >= 1");
  expect_setting(learning_rate > 0.0, at + ".learning_rate", learning_rate, "learning_rate > 0");
}

Jepa::Jepa(std::shared_ptr<Encoder> encoder_x, std::shared_ptr<Encoder> encoder_y,
           std::shared_ptr<Predictor> predictor, double latent_weight)
    : encoder_x_(std::move(encoder_x)),
      encoder_y_(std::move(encoder_y)),
      predictor_(std::move(predictor)),
      latent_weight_(latent_weight) {
  const std::int64_t dim = predictor_->state_dim();
  expect_setting(encoder_x_->dim() == dim, "jepa.encoder_x.dim", encoder_x_->dim(),
                 "dim = " + std::to_string(dim) + ", the predictor's");
  expect_setting(encoder_y_->dim() == dim, "jepa.encoder_y.dim", encoder_y_->dim(),
                 "dim = " + std::to_string(dim) + ", the predictor's");
  expect_setting(latent_weight >= 0.0, "jepa.latent_weight", latent_weight, "latent_weight >= 0");
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

Tensor Jepa::state_energy(const Tensor& s_x, const Tensor& s_y, const Tensor& a,
                          const Tensor& z) const {
  expect_shape("s_y", s_y, {s_x.size(0), state_dim()});
  const Tensor error = (predict(s_x, a, z) - s_y).square().mean(/*dim=*/1);  // [N]
  if (latent_dim() == 0 || !z.defined()) return error;
  return error + latent_weight_ * 0.5 * z.square().sum(/*dim=*/1);
}

Tensor Jepa::energy(const Tensor& x, const Tensor& y, const Tensor& a, const Tensor& z) const {
  return state_energy(encode_x(x), encode_y(y), a, z);
}

MinimisedEnergy Jepa::minimum_energy(const Tensor& x, const Tensor& y, const Tensor& a,
                                     const LatentSearchOptions& options) const {
  options.validate("latent_search");
  const Tensor s_x = encode_x(x);
  const Tensor s_y = encode_y(y);
  if (latent_dim() == 0)
    return {.energy = state_energy(s_x, s_y, a, Tensor()), .z = {}, .model_steps = 1};

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
