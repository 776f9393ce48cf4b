// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/transformer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "forethink/core/error.h"
#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

constexpr std::int64_t kWidth = 8;
constexpr TransformerBlockOptions kTiny{.heads = 2, .hidden = 12};

// Float64 with weights from a stream: what is compared then differs by rounding alone.
std::unique_ptr<TransformerBlock> block_of(AttentionMask mask) {
  RandomStream rng(3, "transformer");
  auto block = std::make_unique<TransformerBlock>(kWidth, kTiny, mask);
  initialise(*block, rng);
  block->to(at::kDouble);
  return block;
}

Tensor tokens(at::IntArrayRef shape) {
  RandomStream rng(4, "tokens");
  return rng.normal(shape).to(at::kDouble);
}

// A block that attends to all that it may see alike, hands on what it sees, and has no MLP.
std::unique_ptr<TransformerBlock> averaging_block(AttentionMask mask) {
  auto block = std::make_unique<TransformerBlock>(kWidth, kTiny, mask);
  block->to(at::kDouble);
  const torch::NoGradGuard no_grad;
  for (const auto& parameter : block->named_parameters()) {
    if (parameter.key().find("norm") == std::string::npos) parameter.value().zero_();
  }
  const Tensor identity = torch::eye(kWidth, at::kDouble);
  block->named_parameters()["qkv.weight"].slice(0, 2 * kWidth).copy_(identity);  // v = norm(x).
  block->named_parameters()["out.weight"].copy_(identity);
  return block;
}

TEST(TransformerBlock, WithoutQueriesAddsTheMeanOfTheTokens) {
  const Tensor x = tokens({2, 5, kWidth});
  const Tensor wanted = x + torch::layer_norm(x, {kWidth}).mean(1, /*keepdim=*/true);
  EXPECT_TRUE(torch::allclose(averaging_block(AttentionMask::kNone)->forward(x), wanted));
}

TEST(TransformerBlock, WithoutQueriesAndCausalAddsTheMeanOfThePast) {
  const Tensor x = tokens({2, 5, kWidth});
  const Tensor counts = torch::arange(1, 6, at::kDouble).view({1, 5, 1});
  const Tensor wanted = x + torch::layer_norm(x, {kWidth}).cumsum(1) / counts;
  EXPECT_TRUE(torch::allclose(averaging_block(AttentionMask::kCausal)->forward(x), wanted));
}

TEST(TransformerBlock, EqualsAttentionWrittenOut) {
  const torch::NoGradGuard no_grad;
  const Tensor x = tokens({1, 4, kWidth});
  const auto block = block_of(AttentionMask::kNone);
  const auto weights = block->named_parameters();
  const auto linear = [&](const Tensor& in, const std::string& name) {
    return at::linear(in, weights[name + ".weight"], weights[name + ".bias"]);
  };
  const Tensor qkv = linear(torch::layer_norm(x, {kWidth}), "qkv")[0];  // [N, 3 F]
  std::vector<Tensor> heads;
  for (std::int64_t first = 0; first < kWidth; first += 4) {
    const auto part = [&](std::int64_t which) {
      return qkv.slice(1, which * kWidth + first, which * kWidth + first + 4);  // [N, 4]
    };
    const Tensor shares = (part(0).matmul(part(1).t()) / std::sqrt(4.0)).softmax(1);
    heads.push_back(shares.matmul(part(2)));
  }
  const Tensor h = x + linear(torch::cat(heads, 1), "out");
  const Tensor hidden = torch::gelu(linear(torch::layer_norm(h, {kWidth}), "mlp.layer0"));
  EXPECT_TRUE(torch::allclose(block->forward(x), h + linear(hidden, "mlp.layer1"), 1e-10, 1e-12));
}

TEST(TransformerBlock, DoesNotMindTheOrderOfTokens) {
  const Tensor x = tokens({3, 6, kWidth});
  const Tensor order = RandomStream(5, "order").permutation(6);
  const auto block = block_of(AttentionMask::kNone);
  EXPECT_TRUE(torch::allclose(block->forward(x.index_select(1, order)),
                              block->forward(x).index_select(1, order), 1e-10, 1e-12));
}

TEST(TransformerBlock, CausalNeverLooksAhead) {
  const Tensor x = tokens({2, 6, kWidth});
  Tensor changed = x.clone();
  changed.slice(1, 4).neg_();  // A shift would not do: the norm takes it away.
  const auto causal = block_of(AttentionMask::kCausal);
  const Tensor before = causal->forward(x), after = causal->forward(changed);
  EXPECT_TRUE(torch::equal(before.slice(1, 0, 4), after.slice(1, 0, 4)));
  EXPECT_FALSE(torch::allclose(before.slice(1, 4), after.slice(1, 4)));
  const auto all = block_of(AttentionMask::kNone);
  EXPECT_FALSE(
      torch::allclose(all->forward(x).slice(1, 0, 4), all->forward(changed).slice(1, 0, 4)));
}

TEST(TransformerBlock, HasTheGradientOfItsValue) {
  for (const AttentionMask mask : {AttentionMask::kNone, AttentionMask::kCausal}) {
    const auto block = block_of(mask);
    const Tensor x = tokens({2, 5, kWidth}).requires_grad_(true);
    const Tensor probe = RandomStream(6, "probe").normal({2, 5, kWidth}).to(at::kDouble);
    const auto value = [&](const Tensor& at) { return (block->forward(at) * probe).sum(); };
    std::vector<Tensor> along = block->parameters();
    along.push_back(x);
    const auto gradients = torch::autograd::grad({value(x)}, along);
    const torch::NoGradGuard no_grad;
    RandomStream rng(7, "direction");
    for (std::size_t i = 0; i < along.size(); ++i) {
      const double step = 1e-6;
      const Tensor direction = rng.normal(along[i].sizes()).to(at::kDouble);
      const Tensor start = along[i].clone();
      along[i].copy_(start + step * direction);
      const double above = value(x).item<double>();
      along[i].copy_(start - step * direction);
      const double slope = (above - value(x).item<double>()) / (2 * step);
      along[i].copy_(start);
      // Central differences of float64: the error is of the order of 1e-16 / step.
      EXPECT_NEAR((gradients[i] * direction).sum().item<double>(), slope,
                  1e-7 * (1.0 + std::abs(slope)))
          << i;
    }
  }
}

TEST(TransformerBlock, IsNearlyTheSameInBf16) {
  const torch::NoGradGuard no_grad;
  RandomStream rng(3, "transformer");
  TransformerBlock block(64);
  initialise(block, rng);
  const Tensor x = rng.normal({4, 16, 64});
  const Tensor exact = block.forward(x);
  const Bf16Scope scope(true);
  const Tensor rough = block.forward(x);
  EXPECT_EQ(rough.scalar_type(), at::kFloat);
  // Two branches, smaller than the tokens they are added to, rounded to 8 significant bits.
  EXPECT_LT((rough - exact).square().mean().sqrt().item<double>(), 0.01);
}

TEST(TransformerBlock, RefusesHeadsThatDoNotDivideTheWidth) {
  try {
    const TransformerBlock block(64, {.heads = 5});
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "transformer.heads = 5, must satisfy heads divides the width 64");
  }
}

}  // namespace
}  // namespace forethink
