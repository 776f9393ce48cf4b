// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/init.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>

#include "forethink/core/error.h"
#include "forethink/nn/mlp.h"

namespace forethink {
namespace {

Tensor all_weights(const torch::nn::Module& module) {
  std::vector<Tensor> flat;
  for (const Tensor& parameter : module.parameters()) flat.push_back(parameter.detach().flatten());
  return torch::cat(flat);
}

TEST(Initialise, DependsOnTheStreamOnly) {
  RandomStream rng(7, "init");
  RandomStream same(7, "init");
  torch::manual_seed(1);
  Mlp first(3, 2);
  initialise(first, rng);
  torch::manual_seed(2);
  Mlp second(3, 2);
  initialise(second, same);
  EXPECT_TRUE(torch::equal(all_weights(first), all_weights(second)));
}

TEST(Initialise, GivesTheNextModuleOtherWeights) {
  RandomStream rng(7, "init");
  Mlp first(3, 2);
  Mlp second(3, 2);
  initialise(first, rng);
  initialise(second, rng);
  EXPECT_FALSE(torch::equal(all_weights(first), all_weights(second)));
}

TEST(Initialise, DrawsWithinTheFanInBound) {
  RandomStream rng(7, "init");
  Mlp mlp(16, 400, {.widths = {}});
  initialise(mlp, rng);
  const Tensor weights = mlp.layers().front()->weight.detach();
  EXPECT_LE(weights.abs().max().item<double>(), 0.25);
  // A uniform on [-b, b] has deviation b / sqrt(3); 6400 draws tell it within 2 %.
  EXPECT_NEAR(weights.std().item<double>(), 0.25 / std::sqrt(3.0), 0.003);
  EXPECT_LE(mlp.layers().front()->bias.detach().abs().max().item<double>(), 0.25);
}

TEST(Initialise, ResetsNormalisations) {
  torch::nn::BatchNorm1d norm(4);
  norm->forward(torch::ones({8, 4}));  // Moves the running statistics.
  ASSERT_FALSE(torch::equal(norm->running_mean, torch::zeros({4})));
  RandomStream rng(7, "init");
  initialise(*norm, rng);
  EXPECT_TRUE(torch::equal(norm->running_mean, torch::zeros({4})));
  EXPECT_TRUE(torch::equal(norm->running_var, torch::ones({4})));
  EXPECT_TRUE(torch::equal(norm->weight, torch::ones({4})));
}

TEST(Initialise, NamesAModuleWithoutARule) {
  torch::nn::Sequential network(torch::nn::Linear(2, 4), torch::nn::Bilinear(4, 4, 1));
  RandomStream rng(7, "init");
  try {
    initialise(*network, rng);
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("module '1'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace forethink
