// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/optimizer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/random.h"

namespace forethink {
namespace {

Tensor parameter(const std::vector<float>& values) {
  return torch::tensor(values).requires_grad_();
}

void descend(AdamW& optimizer, Tensor& w, double share = 1.0) {
  optimizer.zero_grad();
  w.square().sum().backward();
  optimizer.step(share);
}

TEST(AdamW, FirstStepMovesEachWeightByTheLearningRate) {
  // With m^ = g and v^ = g^2 the first step is lr * sign(g), whatever the size of g; plus decay.
  Tensor w = parameter({3.0F, -0.5F});
  AdamW optimizer({w}, {.learning_rate = 0.1, .weight_decay = 0.0, .clip = 100.0});
  descend(optimizer, w);
  EXPECT_NEAR(w[0].item<float>(), 2.9F, 1e-5);
  EXPECT_NEAR(w[1].item<float>(), -0.4F, 1e-5);
}

TEST(AdamW, DecayShrinksTheWeightItself) {
  Tensor w = parameter({2.0F});
  AdamW optimizer({w}, {.learning_rate = 0.1, .weight_decay = 0.5, .clip = 100.0});
  optimizer.zero_grad();
  (w * 0.0).sum().backward();
  optimizer.step(1.0);
  EXPECT_NEAR(w.item<float>(), 2.0F * (1.0F - 0.1F * 0.5F), 1e-6);
}

TEST(AdamW, ClipsTheGradientsOfAllParametersTogether) {
  Tensor a = parameter({3.0F}), b = parameter({4.0F, 0.0F});
  AdamW optimizer({a, b}, {.clip = 1.0});
  optimizer.zero_grad();
  (0.5 * (a.square().sum() + b.square().sum())).backward();  // The gradients are a and b.
  EXPECT_NEAR(optimizer.step(1.0), 5.0, 1e-6);
  std::map<std::string, Tensor> state;
  optimizer.save("", state);
  EXPECT_NEAR(state["0.m"].item<float>(), 0.1 * 0.6, 1e-7);
  EXPECT_NEAR(state["1.m"][0].item<float>(), 0.1 * 0.8, 1e-7);
}

TEST(AdamW, LeavesEverythingAloneWhenAGradientIsNotFinite) {
  Tensor w = parameter({1.0F, 2.0F});
  AdamW optimizer({w}, {});
  descend(optimizer, w);
  std::map<std::string, Tensor> before, after;
  optimizer.save("", before);
  const Tensor weights = w.detach().clone();
  optimizer.zero_grad();
  (w * std::nan("")).sum().backward();
  EXPECT_FALSE(std::isfinite(optimizer.step(1.0)));
  optimizer.save("", after);
  EXPECT_TRUE(at::equal(w, weights));
  for (const auto& [name, tensor] : before) EXPECT_TRUE(at::equal(tensor, after[name])) << name;
}

TEST(AdamW, ContinuesBitForBitAfterLoading) {
  Tensor a = parameter({1.0F, -2.0F, 3.0F});
  AdamW uninterrupted({a}, {});
  for (int i = 0; i < 3; ++i) descend(uninterrupted, a);
  std::map<std::string, Tensor> saved;
  uninterrupted.save("o.", saved);
  Tensor b = a.detach().clone().requires_grad_();
  AdamW resumed({b}, {});
  resumed.load("o.", saved);
  for (int i = 0; i < 5; ++i) {
    descend(uninterrupted, a);
    descend(resumed, b);
  }
  EXPECT_TRUE(at::equal(a, b));
}

TEST(AdamW, NamesWhatIsMissing) {
  Tensor w = parameter({1.0F});
  AdamW optimizer({w}, {});
  try {
    optimizer.load("o.", {});
    FAIL() << "expected CheckpointError";
  } catch (const CheckpointError& error) {
    EXPECT_STREQ(error.what(), "optimizer state \"o.0.m\" is missing from the checkpoint");
  }
}

TEST(LearningRateShare, WarmsUpThenFallsToTheFloor) {
  const OptimizerOptions options{.warmup_steps = 9, .floor = 0.1};
  EXPECT_DOUBLE_EQ(learning_rate_share(options, 0, 109), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate_share(options, 9, 109), 1.0);
  EXPECT_NEAR(learning_rate_share(options, 59, 109), 0.55, 1e-12);
  EXPECT_NEAR(learning_rate_share(options, 109, 109), 0.1, 1e-12);
}

TEST(OptimizerOptions, NamesTheSettingThatBreaksItsRule) {
  try {
    OptimizerOptions{.learning_rate = -1.0}.validate("jepa.optimizer");
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "jepa.optimizer.learning_rate = -1, must satisfy learning_rate > 0");
  }
}

}  // namespace
}  // namespace forethink
