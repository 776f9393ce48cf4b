// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/optimizer.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"

namespace forethink {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;

const Tensor& find_like(const std::map<std::string, Tensor>& tensors, const std::string& name,
                        const Tensor& like) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) {
    throw CheckpointError("optimizer state \"" + name + "\" is missing from the checkpoint");
  }
  if (found->second.sizes() != like.sizes()) {
    throw CheckpointError("optimizer state \"" + name + "\" has another shape than its parameter");
  }
  return found->second;
}

}  // namespace

void OptimizerOptions::validate(std::string_view section) const {
  const std::string name = std::string(section) + ".";
  expect_setting(learning_rate > 0, name + "learning_rate", learning_rate, "learning_rate > 0");
  expect_setting(weight_decay >= 0, name + "weight_decay", weight_decay, "weight_decay >= 0");
  expect_setting(clip > 0, name + "clip", clip, "clip > 0");
  expect_setting(warmup_steps >= 0, name + "warmup_steps", warmup_steps, "warmup_steps >= 0");
  expect_setting(floor >= 0 && floor <= 1, name + "floor", floor, "0 <= floor <= 1");
}

double learning_rate_share(const OptimizerOptions& options, std::int64_t step, std::int64_t steps) {
  if (step < options.warmup_steps) {
    return static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps + 1);
  }
  const double progress =
      static_cast<double>(step - options.warmup_steps) /
      static_cast<double>(std::max<std::int64_t>(1, steps - options.warmup_steps));
  const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * std::min(1.0, progress)));
  return options.floor + (1.0 - options.floor) * cosine;
}

AdamW::AdamW(std::vector<Tensor> parameters, const OptimizerOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  for (const Tensor& parameter : parameters_) {
    mean_.push_back(at::zeros_like(parameter));
    variance_.push_back(at::zeros_like(parameter));
    steps_.push_back(at::zeros({}, at::kFloat));
  }
}

void AdamW::zero_grad() {
  for (Tensor& parameter : parameters_) parameter.mutable_grad().reset();
}

double AdamW::step(double share) {
  const at::NoGradGuard no_grad;
  std::vector<Tensor> weights, gradients, means, variances, steps;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!parameters_[i].grad().defined()) continue;  // A head that this step did not use.
    weights.push_back(parameters_[i]);
    gradients.push_back(parameters_[i].grad());
    means.push_back(mean_[i]);
    variances.push_back(variance_[i]);
    steps.push_back(steps_[i]);
  }
  if (weights.empty()) return 0.0;
  const double norm = at::stack(at::_foreach_norm(gradients)).norm().item<double>();
  if (!std::isfinite(norm)) return norm;
  std::optional<Tensor> clipped;  // What the kernel divides gradients by, in the same pass.
  if (norm > options_.clip) clipped = at::full({}, norm / options_.clip, at::kFloat);
  at::_foreach_add_(steps, 1.0);
  at::_fused_adamw_(weights, gradients, means, variances, {}, steps, options_.learning_rate * share,
                    kBeta1, kBeta2, options_.weight_decay, kEpsilon,
                    /*amsgrad=*/false, /*maximize=*/false, clipped);
  return norm;
}

void AdamW::save(const std::string& prefix, std::map<std::string, Tensor>& tensors) const {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const std::string name = prefix + std::to_string(i);
    tensors[name + ".m"] = mean_[i].clone();
    tensors[name + ".v"] = variance_[i].clone();
    tensors[name + ".steps"] = steps_[i].clone();
  }
}

void AdamW::load(const std::string& prefix, const std::map<std::string, Tensor>& tensors) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const std::string name = prefix + std::to_string(i);
    mean_[i].copy_(find_like(tensors, name + ".m", mean_[i]));
    variance_[i].copy_(find_like(tensors, name + ".v", variance_[i]));
    steps_[i].copy_(find_like(tensors, name + ".steps", steps_[i]));
  }
}

}  // namespace forethink
