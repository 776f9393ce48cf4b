// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/patch_encoder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>

#include "forethink/core/error.h"
#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

constexpr PatchEncoderOptions kSmall{
    .patch = 2, .patch_dim = 3, .merge = 2, .merge_dim = 5, .hidden = 7};

std::vector<double> linear(const torch::OrderedDict<std::string, Tensor>& weights,
                           const std::string& name, const std::vector<double>& x, bool relu) {
  const Tensor weight = weights[name + ".weight"];
  std::vector<double> y(static_cast<std::size_t>(weight.size(0)));
  for (std::int64_t i = 0; i < weight.size(0); ++i) {
    double sum = weights.contains(name + ".bias") ? weights[name + ".bias"][i].item<double>() : 0.0;
    for (std::int64_t j = 0; j < weight.size(1); ++j) {
      sum += weight[i][j].item<double>() * x[static_cast<std::size_t>(j)];
    }
    y[static_cast<std::size_t>(i)] = relu ? std::max(sum, 0.0) : sum;
  }
  return y;
}

// The encoder of an [8, 8, 2] image written out pixel by pixel, with P = M = 2 and no final norm.
std::vector<double> encode_by_hand(const torch::OrderedDict<std::string, Tensor>& weights,
                                   const Tensor& image) {
  std::vector<double> whole;
  for (int by = 0; by < 2; ++by) {
    for (int bx = 0; bx < 2; ++bx) {
      std::vector<double> block;
      for (const auto& [my, mx] : {std::pair{0, 0}, {0, 1}, {1, 0}, {1, 1}}) {
        std::vector<double> patch;
        for (const auto& [py, px] : {std::pair{0, 0}, {0, 1}, {1, 0}, {1, 1}}) {
          for (int c = 0; c < 2; ++c) {
            const Tensor byte = image[4 * by + 2 * my + py][4 * bx + 2 * mx + px][c];
            patch.push_back((byte.item<double>() - 128.0) / 128.0);
          }
        }
        const auto features = linear(weights, "patch", patch, true);
        block.insert(block.end(), features.begin(), features.end());
      }
      const auto features = linear(weights, "merge", block, true);
      whole.insert(whole.end(), features.begin(), features.end());
    }
  }
  auto state = linear(weights, "out", linear(weights, "hidden", whole, true), false);
  const auto skip = linear(weights, "skip", whole, false);
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += skip[i];
  return state;
}

TEST(PatchEncoder, EqualsASmallCaseByHand) {
  const torch::NoGradGuard no_grad;
  RandomStream rng(5, "patch");
  PatchEncoder encoder({8, 8, 2}, 4, "none", kSmall);
  initialise(encoder, rng);
  encoder.to(at::kDouble);
  const Tensor image = rng.integers({1, 8, 8, 2}, 0, 256).to(at::kByte);
  const auto wanted = encode_by_hand(encoder.named_parameters(), image[0]);
  EXPECT_TRUE(
      torch::allclose(encoder.forward(image)[0], torch::tensor(wanted, at::kDouble), 1e-12, 1e-12));
}

TEST(PatchEncoder, FillsUpAGridThatMergingDoesNotDivide) {
  const torch::NoGradGuard no_grad;
  RandomStream rng(5, "patch");
  PatchEncoder small({6, 6, 2}, 4, "none", kSmall);  // 3 x 3 patches, merged as 4 x 4.
  PatchEncoder whole({8, 8, 2}, 4, "none", kSmall);
  initialise(small, rng);
  for (const auto& weight : small.named_parameters()) {
    whole.named_parameters()[weight.key()].copy_(weight.value());
  }
  const Tensor image = rng.integers({3, 6, 6, 2}, 0, 256).to(at::kByte);
  // By hand: two more rows and columns of the byte that means zero.
  Tensor filled = torch::full({3, 8, 8, 2}, 128, at::kByte);
  filled.slice(1, 0, 6).slice(2, 0, 6).copy_(image);
  EXPECT_TRUE(torch::equal(small.forward(image), whole.forward(filled)));
  PatchEncoder odd({65, 65, 2}, 16, "layer_norm", {.patch = 5});
  EXPECT_EQ(odd.forward(torch::zeros({2, 65, 65, 2}, at::kByte)).sizes().vec(),
            (std::vector<std::int64_t>{2, 16}));
}

TEST(PatchEncoder, IsDifferentiableInThePixels) {
  RandomStream rng(5, "patch");
  PatchEncoder encoder({8, 8, 2}, 4, "layer_norm", kSmall);
  initialise(encoder, rng);
  encoder.to(at::kDouble);
  Tensor image = rng.uniform({2, 8, 8, 2}).to(at::kDouble).requires_grad_(true);
  const Tensor probe = rng.normal({2, 4}).to(at::kDouble);
  const auto value = [&](const Tensor& x) { return (encoder.forward(x) * probe).sum(); };
  const Tensor gradient = torch::autograd::grad({value(image)}, {image}).front();
  const torch::NoGradGuard no_grad;
  const Tensor direction = rng.normal(image.sizes()).to(at::kDouble);
  const double step = 1e-6;  // Small enough that no ReLU changes side.
  const double slope =
      ((value(image + step * direction) - value(image - step * direction)) / (2.0 * step))
          .item<double>();
  EXPECT_NEAR((gradient * direction).sum().item<double>(), slope, 1e-6 * (1.0 + std::abs(slope)));
}

TEST(PatchEncoder, IsNearlyTheSameInBf16) {
  const torch::NoGradGuard no_grad;
  RandomStream rng(5, "patch");
  PatchEncoder encoder({64, 64, 3}, 128, "layer_norm");
  initialise(encoder, rng);
  const Tensor image = rng.integers({4, 64, 64, 3}, 0, 256).to(at::kByte);
  const Tensor exact = encoder.forward(image);
  const Bf16Scope scope(true);
  const Tensor rough = encoder.forward(image);
  EXPECT_EQ(rough.scalar_type(), at::kFloat);
  // States have deviation 1; activations are rounded to 8 significant bits five times over.
  EXPECT_LT((rough - exact).square().mean().sqrt().item<double>(), 0.03);
}

TEST(PatchEncoder, RefusesOtherImages) {
  PatchEncoder encoder({8, 8, 2}, 4, "none", kSmall);
  try {
    encoder.forward(torch::zeros({1, 8, 4, 2}, at::kByte));
    FAIL() << "expected ShapeError";
  } catch (const ShapeError& error) {
    EXPECT_EQ(std::string(error.what()).find("image has shape [1, 8, 4, 2]"), 0U) << error.what();
  }
}

TEST(PatchEncoder, RefusesPatchesThatDoNotTileTheImage) {
  try {
    const PatchEncoder encoder({62, 64, 3}, 128, "none");
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()).find("patch_encoder.patch = 4, must satisfy"), 0U)
        << error.what();
  }
  EXPECT_THROW(PatchEncoder({64, 64, 3}, 128, "none", {.hidden = 0}), ConfigError);
}

}  // namespace
}  // namespace forethink
