// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/drive_critic.h"

#include <torch/torch.h>

#include <cmath>
#include <utility>

#include "forethink/core/checkpoint.h"
#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/nn/init.h"
#include "forethink/nn/mlp.h"

namespace forethink {

class DriveNet final : public torch::nn::Module {
 public:
  DriveNet(std::int64_t dim, const DriveCriticOptions& options)
      : trunk_(register_module(
            "trunk", std::make_shared<Mlp>(dim, options.width,
                                           MlpOptions{.widths = std::vector<std::int64_t>(
                                                          options.layers - 1, options.width),
                                                      .layer_norm = true}))),
        norm_(register_module("norm",
                              torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.width})))),
        heads_(register_module("heads", torch::nn::Linear(options.width, kDrives))) {}

  // [N, D] -> [N, drives], without the scale.
  Tensor forward(const Tensor& states) {
    return torch::softplus(heads_->forward(torch::silu(norm_->forward(trunk_->forward(states)))));
  }

  Value describe(Formula& formula, Value state) const {
    const Value h = describe_norm(formula, trunk_->describe(formula, {state}), norm_);
    const Value heads =
        formula.exact_linear(formula.activate(h, Activation::kSilu), heads_->weight, heads_->bias);
    return formula.activate(heads, Activation::kSoftplus);
  }

 private:
  std::shared_ptr<Mlp> trunk_;
  torch::nn::LayerNorm norm_;
  torch::nn::Linear heads_;
};

namespace {

// [K * drives, drives] that puts drive j into column j * K + k, so that the answers of all networks
// on one drive lie side by side.
Tensor beside_each_other(std::int64_t k, std::int64_t networks) {
  Tensor places = at::zeros({networks * kDrives, kDrives});
  for (std::int64_t j = 0; j < kDrives; ++j) places[j * networks + k][j] = 1.0;
  return places;
}

std::vector<double> valid_list(const DriveWeights& weights) {
  weights.validate();
  return weights.list();
}

std::vector<double> only(Drive drive) {
  std::vector<double> weights(kDrives, 0.0);
  weights[static_cast<std::size_t>(drive)] = 1.0;
  return weights;
}

}  // namespace

void DriveCriticOptions::validate() const {
  expect_setting(networks >= 1, "drive_critic.networks", networks, "networks >= 1");
  expect_setting(width >= 1, "drive_critic.width", width, "width >= 1");
  expect_setting(layers >= 1, "drive_critic.layers", layers, "layers >= 1");
  expect_setting(scale > 0.0 && std::isfinite(scale), "drive_critic.scale", scale,
                 "0 < scale < infinity");
  expect_setting(unread >= 0, "drive_critic.unread", unread, "unread >= 0");
  expect_setting(pessimism >= 0.0 && std::isfinite(pessimism), "drive_critic.pessimism", pessimism,
                 "0 <= pessimism < infinity");
}

DriveCritic::DriveCritic(std::int64_t state_dim, const DriveCriticOptions& options,
                         RandomStream& rng)
    : state_dim_(state_dim), options_(options) {
  options.validate();
  expect_setting(state_dim >= 1, "drive_critic.state_dim", state_dim, "state_dim >= 1");
  expect_setting(options.unread < state_dim, "drive_critic.unread", options.unread,
                 "unread < " + std::to_string(state_dim) + ", the width of a state");
  for (std::int64_t k = 0; k < options.networks; ++k) {
    nets_.push_back(std::make_shared<DriveNet>(state_dim - options.unread, options));
    initialise(*nets_.back(), rng);
  }
}

Tensor DriveCritic::predictions(const Tensor& states) const {
  expect_shape("states", states, {kAny, state_dim_});
  // In float32 whatever the caller's precision: 8 bits do not tell two nearly equal futures apart.
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCPU);
  std::vector<Tensor> answers;
  for (const auto& net : nets_) answers.push_back(net->forward(states.slice(1, options_.unread)));
  return options_.scale * at::stack(answers);  // [K, N, drives]
}

Tensor DriveCritic::operator()(const Tensor& states) const {
  if (!states.defined() || states.dim() < 1 || states.size(-1) != state_dim_) {
    throw ShapeError("states must be [..., " + std::to_string(state_dim_) + "]");
  }
  std::vector<std::int64_t> sizes = states.sizes().vec();
  sizes.back() = kDrives;
  const Tensor answers = predictions(states.reshape({-1, state_dim_}));
  const Tensor mean = answers.mean(0);  // [N, drives]
  if (options_.pessimism == 0.0 || options_.networks == 1) return mean.view(sizes);
  // A norm has slope zero, not infinite, where all networks agree.
  const double share = options_.pessimism / std::sqrt(static_cast<double>(options_.networks));
  const Tensor spread = at::linalg_vector_norm(answers - mean, 2, at::IntArrayRef({0}));
  return (mean + share * spread).view(sizes);
}

Value DriveCritic::describe(Formula& formula, Value state,
                            const std::vector<double>& weights) const {
  const std::int64_t K = options_.networks;
  const Value read = options_.unread == 0
                         ? state
                         : formula.part(state, options_.unread, state_dim_ - options_.unread);
  std::vector<Value> answers;
  for (const auto& net : nets_) answers.push_back(net->describe(formula, read));
  Value mean = answers[0];
  for (std::int64_t k = 1; k < K; ++k) mean = formula.add(mean, answers[k]);
  mean = formula.scale(mean, 1.0 / static_cast<double>(K));  // [rows, drives]
  const Tensor v = at::tensor(weights, at::kFloat).view({1, kDrives});
  Value total = formula.exact_linear(mean, options_.scale * v, {});
  if (options_.pessimism == 0.0 || K == 1) return total;
  Value spread;  // [rows, drives * K]
  for (std::int64_t k = 0; k < K; ++k) {
    const Value apart =
        formula.exact_linear(formula.subtract(answers[k], mean), beside_each_other(k, K), {});
    spread = k == 0 ? apart : formula.add(spread, apart);
  }
  const double share = options_.scale * options_.pessimism / std::sqrt(static_cast<double>(K));
  for (std::int64_t j = 0; j < kDrives; ++j) {
    if (weights[j] == 0.0) continue;
    const Value of_drive = formula.norm(formula.part(spread, j * K, K));
    total = formula.add(total, formula.scale(of_drive, share * weights[j]));
  }
  return total;
}

std::vector<Tensor> DriveCritic::parameters() const {
  std::vector<Tensor> all;
  for (const auto& net : nets_) {
    for (const Tensor& parameter : net->parameters()) all.push_back(parameter);
  }
  return all;
}

std::map<std::string, Tensor> DriveCritic::state() const {
  std::map<std::string, Tensor> tensors;
  for (std::size_t k = 0; k < nets_.size(); ++k) {
    module_to_tensors(*nets_[k], "net" + std::to_string(k) + ".", tensors);
  }
  return tensors;
}

void DriveCritic::restore(const std::map<std::string, Tensor>& tensors) {
  for (std::size_t k = 0; k < nets_.size(); ++k) {
    tensors_to_module(tensors, "net" + std::to_string(k) + ".", *nets_[k]);
  }
}

void DriveCriticEnergyOptions::validate() const {
  expect_setting(discount > 0.0 && discount <= 1.0, "drive_critic_energy.discount", discount,
                 "0 < discount <= 1");
  expect_setting(mean_weight >= 0.0 && std::isfinite(mean_weight),
                 "drive_critic_energy.mean_weight", mean_weight, "0 <= mean_weight < infinity");
}

DriveCriticEnergy::DriveCriticEnergy(std::shared_ptr<const DriveCritic> critic, std::string name,
                                     std::vector<double> weights,
                                     const DriveCriticEnergyOptions& options)
    : critic_(std::move(critic)),
      name_(std::move(name)),
      weights_(std::move(weights)),
      options_(options) {
  options.validate();
  if (!critic_) throw ConfigError("drive_critic_energy: the critic is null");
}

DriveCriticEnergy::DriveCriticEnergy(std::shared_ptr<const DriveCritic> critic,
                                     const DriveWeights& weights,
                                     const DriveCriticEnergyOptions& options)
    : DriveCriticEnergy(std::move(critic), "future_drives", valid_list(weights), options) {}

DriveCriticEnergy DriveCriticEnergy::of_drive(std::shared_ptr<const DriveCritic> critic,
                                              const std::string& drive,
                                              const DriveCriticEnergyOptions& options) {
  return {std::move(critic), "future_" + drive, only(parse_drive(drive)), options};
}

Tensor DriveCriticEnergy::energy(const Imagined& imagined) const {
  const Tensor& states = imagined.states;
  expect_shape("imagined.states", states, {kAny, kAny, kAny, critic_->state_dim()});
  const std::int64_t H = states.size(2) - 1;
  // The mean needs every step; without it only the last one is looked at, which is what costs.
  const std::int64_t used = options_.mean_weight > 0.0 ? H : 1;
  const Tensor drives = (*critic_)(states.narrow(2, H + 1 - used, used));  // [B, S, used, drives]
  const Tensor weights = at::tensor(weights_, drives.options());
  const Tensor energies = drives.matmul(weights);  // [B, S, used]
  const double share = std::pow(options_.discount, static_cast<double>(H));
  const Tensor energy = share * energies.select(2, used - 1);
  if (options_.mean_weight == 0.0) return energy;
  return energy + options_.mean_weight * energies.mean(2);
}

StepEnergy DriveCriticEnergy::describe(Formula& formula, const StepValues& step,
                                       std::int64_t horizon) const {
  return {.energy = critic_->describe(formula, step.state, weights_),
          .mean_weight = options_.mean_weight,
          .final_weight = std::pow(options_.discount, static_cast<double>(horizon))};
}

}  // namespace forethink
