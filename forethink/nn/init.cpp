// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/init.h"

#include <torch/torch.h>

#include <cmath>

#include "forethink/core/error.h"

namespace forethink {
namespace {

void fill_uniform(Tensor& parameter, std::int64_t fan_in, RandomStream& rng) {
  if (!parameter.defined()) return;
  const double bound = 1.0 / std::sqrt(static_cast<double>(std::max<std::int64_t>(fan_in, 1)));
  parameter.copy_(rng.uniform(parameter.sizes(), -bound, bound));
}

// A normalisation: scale one, shift zero, running mean zero, running variance one.
void reset_normalisation(torch::nn::Module& module) {
  for (auto& item : module.named_parameters(/*recurse=*/false)) {
    item.value().fill_(item.key() == "weight" ? 1.0 : 0.0);
  }
  for (auto& item : module.named_buffers(/*recurse=*/false)) {
    item.value().fill_(item.key() == "running_var" ? 1.0 : 0.0);
  }
}

void initialise_own(const std::string& name, torch::nn::Module& module, RandomStream& rng) {
  if (auto* linear = module.as<torch::nn::LinearImpl>()) {
    fill_uniform(linear->weight, linear->weight.size(1), rng);
    fill_uniform(linear->bias, linear->weight.size(1), rng);
  } else if (auto* convolution = module.as<torch::nn::Conv2dImpl>()) {
    const std::int64_t fan_in = convolution->weight[0].numel();
    fill_uniform(convolution->weight, fan_in, rng);
    fill_uniform(convolution->bias, fan_in, rng);
  } else if (auto* embedding = module.as<torch::nn::EmbeddingImpl>()) {
    fill_uniform(embedding->weight, 1, rng);  // Each output is one row.
  } else if (auto* gru = module.as<torch::nn::GRUCellImpl>()) {
    const std::int64_t hidden = gru->options.hidden_size();
    for (Tensor* parameter : {&gru->weight_ih, &gru->weight_hh, &gru->bias_ih, &gru->bias_hh}) {
      fill_uniform(*parameter, hidden, rng);
    }
  } else if (module.as<torch::nn::LayerNormImpl>() || module.as<torch::nn::BatchNorm1dImpl>() ||
             module.as<torch::nn::BatchNorm2dImpl>()) {
    reset_normalisation(module);
  } else if (!module.parameters(/*recurse=*/false).empty()) {
    throw ConfigError("initialise: no rule for the parameters of module '" + name + "' (" +
                      module.name() +
                      "); expected a linear, convolution, embedding, GRU or norm layer");
  }
}

void adjust(torch::nn::Module& module) {
  if (auto* adjusts = dynamic_cast<AdjustsInitialWeights*>(&module)) {
    adjusts->adjust_initial_weights();
  }
}

}  // namespace

void initialise(torch::nn::Module& module, RandomStream& rng) {
  const torch::NoGradGuard no_grad;
  // The module itself is handled apart: torch lists it only when a shared_ptr owns it.
  const auto children = module.named_modules("", /*include_self=*/false);
  initialise_own("", module, rng);
  for (const auto& child : children) initialise_own(child.key(), *child.value(), rng);
  for (const auto& child : children) adjust(*child.value());
  adjust(module);
}

}  // namespace forethink
