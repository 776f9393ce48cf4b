// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/probe.h"

#include <torch/torch.h>

#include <cmath>
#include <functional>

#include "forethink/core/checkpoint.h"
#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/training/optimizer.h"

namespace forethink {
namespace {

// Deviation of each column; 1 where a column is constant, which then standardises to 0.
Tensor scale_of(const Tensor& rows) {
  const Tensor deviation = rows.std(/*dim=*/0, /*unbiased=*/false);
  return at::where(deviation > 0, deviation, at::ones_like(deviation));
}

void check_rows(const Tensor& states, const Tensor& labels) {
  expect_shape("states", states, {kAny, kAny});
  if (states.size(0) < 2 || states.size(1) < 1) {
    throw ShapeError("states has " + std::to_string(states.size(0)) + " rows of " +
                     std::to_string(states.size(1)) + ", expected at least 2 rows of 1");
  }
  expect_finite("states", states);
  if (labels.dim() < 1 || labels.size(0) != states.size(0)) {
    throw ShapeError("labels have " + std::to_string(labels.dim() < 1 ? 0 : labels.size(0)) +
                     " rows, states have " + std::to_string(states.size(0)));
  }
}

// Weights W of least |X W - Y|^2 / n + ridge |W|^2 for standardised X [n, D], centred Y [n, K].
Tensor ridge_weights(const Tensor& x, const Tensor& y, double ridge) {
  const auto n = static_cast<double>(x.size(0));
  const Tensor gram = x.t().mm(x) / n + ridge * at::eye(x.size(1), x.options());
  return at::cholesky_solve(x.t().mm(y) / n, at::linalg_cholesky(gram));
}

using Loss = std::function<Tensor(const Tensor& outputs, const Tensor& rows)>;

// Fits the layers of `probe` to standardised inputs x [n, D] by AdamW.
void descend(Probe& probe, const Tensor& x, const Loss& loss, RandomStream& rng,
             const ProbeOptions& options) {
  const at::AutoGradMode with_grad(true);
  const OptimizerOptions optimizer{
      .learning_rate = options.learning_rate, .weight_decay = 0.0, .floor = 0.0};
  std::vector<Tensor> parameters = probe.weights;
  parameters.insert(parameters.end(), probe.biases.begin(), probe.biases.end());
  for (Tensor& parameter : parameters) parameter.requires_grad_(true);
  AdamW adam(parameters, optimizer);
  // Standardising is done; inside the loop the probe's own would be repeated work.
  Probe bare = probe;
  bare.input_mean = at::zeros_like(probe.input_mean);
  bare.input_scale = at::ones_like(probe.input_scale);
  bare.output_mean = at::zeros_like(probe.output_mean);
  bare.output_scale = at::ones_like(probe.output_scale);
  for (std::int64_t step = 0; step < options.steps; ++step) {
    const Tensor rows = rng.integers({options.batch}, 0, x.size(0));
    adam.zero_grad();
    loss(bare.apply(x.index_select(0, rows)), rows).backward();
    adam.step(learning_rate_share(optimizer, step, options.steps));
  }
  for (Tensor& weight : probe.weights) weight = weight.detach();
  for (Tensor& bias : probe.biases) bias = bias.detach();
}

void draw_layers(Probe& probe, RandomStream& rng, const ProbeOptions& options) {
  const std::int64_t sizes[] = {probe.state_dim(), options.hidden, options.hidden, probe.outputs()};
  for (int layer = 0; layer < 3; ++layer) {
    // He's deviation keeps the size of activations from layer to layer.
    const double deviation = std::sqrt(2.0 / static_cast<double>(sizes[layer]));
    probe.weights.push_back(rng.normal({sizes[layer], sizes[layer + 1]}) * deviation);
    probe.biases.push_back(at::zeros({sizes[layer + 1]}));
  }
}

// A probe that standardises like `states` do, without layers yet.
Probe begin_probe(const Tensor& states, const Tensor& output_mean, const Tensor& output_scale) {
  Probe probe;
  probe.input_mean = states.mean(0).to(at::kFloat);
  probe.input_scale = scale_of(states).to(at::kFloat);
  probe.output_mean = output_mean.to(at::kFloat);
  probe.output_scale = output_scale.to(at::kFloat);
  return probe;
}

}  // namespace

void ProbeOptions::validate() const {
  expect_setting(kind == "linear" || kind == "mlp", "probe.kind", kind, "\"linear\" or \"mlp\"");
  expect_setting(ridge > 0.0, "probe.ridge", ridge, "ridge > 0");
  expect_setting(hidden >= 1, "probe.hidden", hidden, "hidden >= 1");
  expect_setting(steps >= 1, "probe.steps", steps, "steps >= 1");
  expect_setting(batch >= 1, "probe.batch", batch, "batch >= 1");
  expect_setting(learning_rate > 0.0, "probe.learning_rate", learning_rate, "learning_rate > 0");
}

Tensor Probe::apply(const Tensor& states) const {
  expect_shape("states", states, {kAny, state_dim()});
  // bfloat16 would round a position of 224 units to the nearest one.
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  Tensor x = (states.to(at::kFloat) - input_mean) / input_scale;
  for (std::size_t layer = 0; layer < weights.size(); ++layer) {
    if (layer > 0) x = at::silu(x);
    x = at::addmm(biases[layer], x, weights[layer]);
  }
  return x * output_scale + output_mean;  // [N, K]
}

Tensor Probe::classes(const Tensor& states) const {
  if (!classifies)
    throw ConfigError(
        "the probe decodes numbers; fit_classification_probe makes one "
        "that decodes classes");
  return apply(states).argmax(1);
}

void Probe::save(const std::string& prefix, std::map<std::string, Tensor>& tensors) const {
  tensors[prefix + "input_mean"] = input_mean;
  tensors[prefix + "input_scale"] = input_scale;
  tensors[prefix + "output_mean"] = output_mean;
  tensors[prefix + "output_scale"] = output_scale;
  tensors[prefix + "header"] =
      at::tensor({std::int64_t{classifies}, static_cast<std::int64_t>(weights.size())}, at::kLong);
  for (std::size_t layer = 0; layer < weights.size(); ++layer) {
    tensors[prefix + "weight_" + std::to_string(layer)] = weights[layer];
    tensors[prefix + "bias_" + std::to_string(layer)] = biases[layer];
  }
}

Probe Probe::load(const std::map<std::string, Tensor>& tensors, const std::string& prefix) {
  constexpr std::int64_t kMostLayers = 16;
  const auto find = [&](const std::string& name, std::initializer_list<std::int64_t> sizes) {
    return require_tensor(tensors, prefix + name, sizes);
  };
  const Tensor header = find("header", {2}).to(at::kLong);
  const std::int64_t layers = header[1].item<std::int64_t>();
  if (layers < 1 || layers > kMostLayers) {
    throw CheckpointError("probe \"" + prefix + "header\" names " + std::to_string(layers) +
                          " layers, expected 1 to " + std::to_string(kMostLayers));
  }
  Probe probe;
  probe.classifies = header[0].item<std::int64_t>() != 0;
  probe.input_mean = find("input_mean", {kAny});
  probe.input_scale = find("input_scale", {probe.input_mean.size(0)});
  probe.output_mean = find("output_mean", {kAny});
  probe.output_scale = find("output_scale", {probe.output_mean.size(0)});
  std::int64_t width = probe.state_dim();
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    const std::int64_t out = layer + 1 == layers ? probe.outputs() : kAny;
    probe.weights.push_back(find("weight_" + std::to_string(layer), {width, out}));
    width = probe.weights.back().size(1);
    probe.biases.push_back(find("bias_" + std::to_string(layer), {width}));
  }
  return probe;
}

Probe fit_regression_probe(const Tensor& states, const Tensor& labels, RandomStream& rng,
                           const ProbeOptions& options) {
  options.validate();
  check_rows(states, labels);
  expect_shape("labels", labels, {states.size(0), kAny});
  expect_finite("labels", labels);
  const at::NoGradGuard no_grad;
  const Tensor wide = states.to(at::kDouble), target = labels.to(at::kDouble);
  Probe probe = begin_probe(wide, target.mean(0), scale_of(target));
  const Tensor x = (wide - wide.mean(0)) / scale_of(wide);
  const Tensor y = (target - target.mean(0)) / scale_of(target);
  if (options.kind == "linear") {
    probe.weights = {ridge_weights(x, y, options.ridge).to(at::kFloat)};
    probe.biases = {at::zeros({y.size(1)})};
    return probe;
  }
  draw_layers(probe, rng, options);
  const Tensor narrow = y.to(at::kFloat);
  const Loss loss = [&](const Tensor& outputs, const Tensor& rows) {
    return (outputs - narrow.index_select(0, rows)).square().mean();
  };
  descend(probe, x.to(at::kFloat), loss, rng, options);
  return probe;
}

Probe fit_classification_probe(const Tensor& states, const Tensor& classes, std::int64_t count,
                               RandomStream& rng, const ProbeOptions& options) {
  options.validate();
  expect_setting(count >= 2, "probe classes", count, "count >= 2");
  check_rows(states, classes);
  expect_shape("classes", classes, {states.size(0)});
  expect_dtype("classes", classes, at::kLong);
  if (classes.min().item<std::int64_t>() < 0 || classes.max().item<std::int64_t>() >= count) {
    throw ShapeError("classes span " + std::to_string(classes.min().item<std::int64_t>()) + " .. " +
                     std::to_string(classes.max().item<std::int64_t>()) + ", expected 0 .. " +
                     std::to_string(count - 1));
  }
  const at::NoGradGuard no_grad;
  const Tensor wide = states.to(at::kDouble);
  Probe probe = begin_probe(wide, at::zeros({count}), at::ones({count}));
  probe.classifies = true;
  const Tensor x = (wide - wide.mean(0)) / scale_of(wide);
  if (options.kind == "linear") {
    const Tensor indicator = at::one_hot(classes, count).to(at::kDouble);
    const Tensor share = indicator.mean(0);
    probe.weights = {ridge_weights(x, indicator - share, options.ridge).to(at::kFloat)};
    probe.biases = {share.to(at::kFloat)};
    return probe;
  }
  draw_layers(probe, rng, options);
  const Loss loss = [&](const Tensor& outputs, const Tensor& rows) {
    return at::cross_entropy_loss(outputs, classes.index_select(0, rows));
  };
  descend(probe, x.to(at::kFloat), loss, rng, options);
  return probe;
}

ProbeScore score_regression_probe(const Probe& probe, const Tensor& states, const Tensor& labels) {
  expect_shape("labels", labels, {states.size(0), probe.outputs()});
  const at::NoGradGuard no_grad;
  const Tensor target = labels.to(at::kDouble);
  const Tensor error = probe.apply(states).to(at::kDouble) - target;  // [N, K]
  const Tensor distance = error.square().sum(1).sqrt();               // [N]
  const double spread = (target - target.mean(0)).square().sum().item<double>();
  return {.error = distance.mean().item<double>(),
          .error_worst = at::quantile(distance, 0.99).item<double>(),
          .r2 = 1.0 - error.square().sum().item<double>() / spread};
}

double probe_accuracy(const Probe& probe, const Tensor& states, const Tensor& classes) {
  expect_shape("classes", classes, {states.size(0)});
  expect_dtype("classes", classes, at::kLong);
  const at::NoGradGuard no_grad;
  return (probe.classes(states) == classes).to(at::kDouble).mean().item<double>();
}

}  // namespace forethink
