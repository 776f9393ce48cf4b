// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/vit_encoder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>

#include "forethink/core/error.h"
#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

const VitEncoderOptions kTiny{
    .patch = 4, .width = 8, .layers = 2, .block = {.heads = 2, .hidden = 12}};

std::shared_ptr<VitEncoder> tiny() {
  RandomStream rng(5, "vit");
  auto encoder = std::make_shared<VitEncoder>(at::IntArrayRef{8, 12, 2}, 6, "layer_norm", kTiny);
  initialise(*encoder, rng);
  return encoder;
}

// Swaps the patch at the top left with the one at the bottom right.
Tensor swap_patches(const Tensor& image) {
  Tensor swapped = image.clone();
  swapped.slice(1, 0, 4).slice(2, 0, 4).copy_(image.slice(1, 4, 8).slice(2, 8, 12));
  swapped.slice(1, 4, 8).slice(2, 8, 12).copy_(image.slice(1, 0, 4).slice(2, 0, 4));
  return swapped;
}

TEST(VitEncoder, TellsPlacesApartByItsPositionsAlone) {
  const torch::NoGradGuard no_grad;
  const auto encoder = tiny();
  encoder->to(at::kDouble);
  const Tensor image = RandomStream(6, "image").integers({2, 8, 12, 2}, 0, 256).to(at::kByte);
  EXPECT_GT(
      (encoder->forward(image) - encoder->forward(swap_patches(image))).abs().max().item<double>(),
      1e-3);
  encoder->named_parameters()["position.weight"].zero_();
  EXPECT_TRUE(
      torch::allclose(encoder->forward(image), encoder->forward(swap_patches(image)), 1e-9, 1e-9));
}

TEST(VitEncoder, AveragesPatchesWhenItsBlocksAreSilent) {
  // Blocks that add nothing: s = W mean_i norm(W_p patch_i + b_p + position_i) + b.
  const torch::NoGradGuard no_grad;
  RandomStream rng(5, "vit");
  VitEncoder encoder({4, 8, 1}, 3, "none", kTiny);
  initialise(encoder, rng);
  encoder.to(at::kDouble);
  const auto weights = encoder.named_parameters();
  for (const std::string block : {"block0", "block1"}) {
    for (const std::string layer : {".out", ".mlp.layer1"}) {
      weights[block + layer + ".weight"].zero_();
      weights[block + layer + ".bias"].zero_();
    }
  }
  const Tensor image = rng.integers({1, 4, 8, 1}, 0, 256).to(at::kByte);
  const Tensor pixels = (image.to(at::kDouble) - 128.0) / 128.0;
  Tensor sum = torch::zeros({8}, at::kDouble);
  for (std::int64_t i = 0; i < 2; ++i) {
    const Tensor patch = pixels[0].slice(1, 4 * i, 4 * i + 4).reshape({16});
    const Tensor token = weights["patch.weight"].matmul(patch) + weights["patch.bias"] +
                         weights["position.weight"][i];
    sum += torch::layer_norm(token, {8});
  }
  const Tensor wanted = weights["out.weight"].matmul(sum / 2) + weights["out.bias"];
  EXPECT_TRUE(torch::allclose(encoder.forward(image)[0], wanted, 1e-10, 1e-12));
}

TEST(VitEncoder, IsNearlyTheSameInBf16) {
  const torch::NoGradGuard no_grad;
  RandomStream rng(5, "vit");
  VitEncoder encoder({64, 64, 3}, 32, "layer_norm");
  initialise(encoder, rng);
  const Tensor image = rng.integers({4, 64, 64, 3}, 0, 256).to(at::kByte);
  const Tensor exact = encoder.forward(image);
  const Bf16Scope scope(true);
  const Tensor rough = encoder.forward(image);
  EXPECT_EQ(rough.scalar_type(), at::kFloat);
  // States have deviation 1, but what differs between random images is a fraction of the mean
  // token, which the last norm enlarges together with the rounding.
  EXPECT_LT((rough - exact).square().mean().sqrt().item<double>(), 0.05);
}

TEST(VitEncoder, LearnsInEveryParameterAndDependsOnTheSeedOnly) {
  const auto encoder = tiny();
  RandomStream rng(6, "image");
  const Tensor image = rng.integers({2, 8, 12, 2}, 0, 256).to(at::kByte);
  const Tensor s = encoder->forward(image);
  EXPECT_EQ(s.sizes().vec(), (std::vector<std::int64_t>{2, 6}));
  EXPECT_TRUE(torch::equal(s, tiny()->forward(image)));
  (s * rng.normal({2, 6})).sum().backward();
  for (const auto& parameter : encoder->named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_GT(parameter.value().grad().abs().max().item<double>(), 0.0) << parameter.key();
  }
}

TEST(VitEncoder, RefusesWrongSettingsAndImages) {
  const auto refusal = [](at::IntArrayRef shape, const VitEncoderOptions& options) -> std::string {
    try {
      const VitEncoder encoder(shape, 6, "none", options);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(refusal({65, 65, 2}, {}),
            "vit_encoder.patch = 8, must satisfy patch divides the image's rows and columns; the "
            "image is [65, 65, 2]");
  EXPECT_EQ(refusal({64, 64, 3}, {.width = 30}),
            "vit_encoder.block.heads = 4, must satisfy heads divides the width 30");
  EXPECT_NE(refusal({64, 64, 3}, {.layers = 0}), "no error");
  EXPECT_NE(refusal({64}, {}), "no error");
  EXPECT_THROW(tiny()->forward(torch::zeros({1, 8, 8, 2}, at::kByte)), ShapeError);
}

}  // namespace
}  // namespace forethink
