// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/convolutional_encoder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

TEST(ConvolutionalEncoder, EqualsASmallCaseByHand) {
  // A 3 x 3 image, one 3 x 3 filter that picks its middle pixel, stride 2: the four corners.
  ConvolutionalEncoder encoder({3, 3, 1}, 4, "none", {.channels = {1}});
  const torch::NoGradGuard no_grad;
  for (auto& parameter : encoder.parameters()) parameter.zero_();
  encoder.named_parameters()["layer0.weight"][0][0][1][1] = 1.0;
  encoder.named_parameters()["out.weight"].copy_(torch::eye(4));
  const Tensor image = (128 + torch::arange(9) * 8).to(at::kByte).view({1, 3, 3, 1});
  EXPECT_TRUE(torch::equal(encoder.forward(image),
                           torch::tensor({{0.0F, 2.0F, 6.0F, 8.0F}}) * 8.0 / 128.0));
}

TEST(ConvolutionalEncoder, IsNearlyTheSameInBf16) {
  const torch::NoGradGuard no_grad;
  RandomStream rng(5, "convolutional");
  ConvolutionalEncoder encoder({64, 64, 3}, 32, "layer_norm");
  initialise(encoder, rng);
  const Tensor image = rng.integers({4, 64, 64, 3}, 0, 256).to(at::kByte);
  const Tensor exact = encoder.forward(image);
  const Bf16Scope scope(true);
  EXPECT_LT((encoder.forward(image) - exact).square().mean().sqrt().item<double>(), 0.05);
}

TEST(ConvolutionalEncoder, RefusesWrongSettingsAndImages) {
  EXPECT_THROW(ConvolutionalEncoder({64, 64, 3}, 32, "none", {.channels = {}}), ConfigError);
  EXPECT_THROW(ConvolutionalEncoder({64, 64, 3}, 32, "none", {.kernel = 4}), ConfigError);
  EXPECT_THROW(ConvolutionalEncoder({64}, 32, "none"), ConfigError);
  ConvolutionalEncoder encoder({64, 64, 3}, 32, "none");
  EXPECT_THROW(encoder.forward(torch::zeros({2, 3, 64, 64})), ShapeError);
}

}  // namespace
}  // namespace forethink
