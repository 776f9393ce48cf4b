// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/precision.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace forethink {
namespace {

at::ScalarType product_type() {
  const Tensor x = torch::ones({2, 2});
  return torch::mm(x, x).scalar_type();
}

TEST(Bf16Scope, LastsAsLongAsItLives) {
  EXPECT_EQ(product_type(), at::kFloat);
  {
    const Bf16Scope outer(true);
    EXPECT_EQ(product_type(), at::kBFloat16);
    {
      const Bf16Scope inner(true);
      EXPECT_EQ(product_type(), at::kBFloat16);
    }
    EXPECT_EQ(product_type(), at::kBFloat16);
  }
  EXPECT_EQ(product_type(), at::kFloat);
}

TEST(Bf16Scope, DoesNothingWhenOff) {
  const Bf16Scope scope(false);
  EXPECT_EQ(product_type(), at::kFloat);
}

TEST(Bf16Scope, SeesWeightsThatChangedBetweenScopes) {
  torch::nn::Linear layer(torch::nn::LinearOptions(1, 1).bias(false));
  const Tensor x = torch::ones({1, 1});
  for (const double weight : {1.0, 2.0}) {
    {
      const torch::NoGradGuard no_grad;
      layer->weight.fill_(weight);
    }
    const Bf16Scope scope(true);
    EXPECT_EQ(layer->forward(x).item<double>(), weight);
  }
}

TEST(Bf16Scope, LeavesGradientsInFloat32) {
  torch::nn::Linear layer(4, 2);
  Tensor loss;
  {
    const Bf16Scope scope(true);
    loss = layer->forward(torch::ones({3, 4})).to(at::kFloat).sum();
  }
  loss.backward();
  EXPECT_EQ(layer->weight.grad().scalar_type(), at::kFloat);
  EXPECT_TRUE(torch::equal(layer->weight.grad(), torch::full({2, 4}, 3.0)));
}

}  // namespace
}  // namespace forethink
