// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/impala_encoder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

// A convolution that scales its only channel and adds to it.
void set_pixelwise(ImpalaEncoder& encoder, const std::string& name, double scale, double shift) {
  encoder.named_parameters()[name + ".weight"][0][0][1][1] = scale;
  encoder.named_parameters()[name + ".bias"][0] = shift;
}

TEST(ImpalaEncoder, EqualsASmallCaseByHand) {
  const torch::NoGradGuard no_grad;
  ImpalaEncoder encoder({3, 3, 1}, 4, "none", {.channels = {1}, .blocks = 1});
  for (auto& parameter : encoder.parameters()) parameter.zero_();
  const double unit = 1.0 / 16.0;
  set_pixelwise(encoder, "stage0_widen", 1.0, -4.5 * unit);
  set_pixelwise(encoder, "stage0_residual0", 1.0, 0.25 * unit);
  set_pixelwise(encoder, "stage0_residual1", 1.0, 0.0);
  encoder.named_parameters()["out.weight"].copy_(torch::eye(4));
  // Pixels of 0 .. 8 units. The largest of each corner, less 4.5: -0.5, 0.5, 2.5, 3.5. The residual
  // adds 0, 0.75, 2.75, 3.75, and the ReLU at the end of the block takes the first away.
  const Tensor image = (128 + torch::arange(9) * 8).to(at::kByte).view({1, 3, 3, 1});
  EXPECT_TRUE(
      torch::equal(encoder.forward(image), torch::tensor({{0.0F, 1.25F, 5.25F, 7.25F}}) * unit));
}

TEST(ImpalaEncoder, HasThePublishedSize) {
  // EB-JEPA's ImpalaEncoder(input_shape=(2, 65, 65)) has 1 426 096 parameters: 97 456 in
  // convolutions, 81 x 32 x 512 + 512 in the linear map, and 1 024 scales and shifts of its last
  // LayerNorm, which StateNorm does without.
  ImpalaEncoder encoder({65, 65, 2}, 512, "layer_norm");
  std::int64_t count = 0;
  for (const Tensor& parameter : encoder.parameters()) count += parameter.numel();
  EXPECT_EQ(count, 1'426'096 - 1'024);
}

TEST(ImpalaEncoder, IsNearlyTheSameInBf16) {
  const torch::NoGradGuard no_grad;
  RandomStream rng(5, "impala");
  ImpalaEncoder encoder({65, 65, 2}, 32, "layer_norm");
  initialise(encoder, rng);
  const Tensor image = rng.integers({4, 65, 65, 2}, 0, 256).to(at::kByte);
  const Tensor exact = encoder.forward(image);
  const Bf16Scope scope(true);
  const Tensor rough = encoder.forward(image);
  EXPECT_EQ(rough.scalar_type(), at::kFloat);
  // States have deviation 1; activations are rounded to 8 significant bits sixteen times over.
  EXPECT_LT((rough - exact).square().mean().sqrt().item<double>(), 0.1);
}

TEST(ImpalaEncoder, LearnsInEveryParameterAndDependsOnTheSeedOnly) {
  RandomStream rng(5, "impala");
  RandomStream same(5, "impala");
  ImpalaEncoder encoder({16, 16, 3}, 8, "layer_norm");
  ImpalaEncoder twin({16, 16, 3}, 8, "layer_norm");
  initialise(encoder, rng);
  initialise(twin, same);
  const Tensor image = rng.integers({2, 16, 16, 3}, 0, 256).to(at::kByte);
  const Tensor s = encoder.forward(image);
  EXPECT_TRUE(torch::equal(s, twin.forward(image)));
  (s * rng.normal({2, 8})).sum().backward();
  for (const auto& parameter : encoder.named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_GT(parameter.value().grad().abs().max().item<double>(), 0.0) << parameter.key();
  }
}

TEST(ImpalaEncoder, RefusesWrongSettingsAndImages) {
  const auto build = [](at::IntArrayRef shape, const ImpalaEncoderOptions& options) {
    return std::make_unique<ImpalaEncoder>(shape, 32, "none", options);
  };
  EXPECT_THROW(build({64, 64, 3}, {.channels = {}}), ConfigError);
  EXPECT_THROW(build({64, 64, 3}, {.channels = {16, 0}}), ConfigError);
  EXPECT_THROW(build({64, 64, 3}, {.blocks = -1}), ConfigError);
  EXPECT_THROW(build({64}, {}), ConfigError);
  EXPECT_THROW(build({64, 64, 3}, {})->forward(torch::zeros({2, 3, 64, 64})), ShapeError);
}

}  // namespace
}  // namespace forethink
