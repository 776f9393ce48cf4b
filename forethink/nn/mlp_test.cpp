// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/mlp.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"

namespace forethink {
namespace {

TEST(Mlp, EqualsASmallCaseByHand) {
  Mlp mlp(2, 1, {.widths = {2}, .activation = "relu"});
  const torch::NoGradGuard no_grad;
  mlp.layers()[0]->weight.copy_(torch::tensor({{1.0, -1.0}, {2.0, 0.0}}));
  mlp.layers()[0]->bias.copy_(torch::tensor({0.0, -1.0}));
  mlp.layers()[1]->weight.copy_(torch::tensor({{3.0, 5.0}}));
  mlp.layers()[1]->bias.copy_(torch::tensor({7.0}));
  // x = (1, 4): relu(1 - 4) = 0, relu(2 - 1) = 1; 0 * 3 + 1 * 5 + 7 = 12.
  EXPECT_EQ(mlp.forward(torch::tensor({{1.0, 4.0}})).item<double>(), 12.0);
}

TEST(Mlp, ScalesTheLastLayerOnly) {
  RandomStream rng(1, "mlp");
  RandomStream same(1, "mlp");
  Mlp plain(3, 2);
  Mlp scaled(3, 2, {.final_scale = 0.1});
  initialise(plain, rng);
  initialise(scaled, same);
  EXPECT_TRUE(torch::equal(plain.layers()[0]->weight, scaled.layers()[0]->weight));
  EXPECT_TRUE(torch::allclose(plain.layers()[2]->weight * 0.1, scaled.layers()[2]->weight));
  EXPECT_TRUE(torch::allclose(plain.layers()[2]->bias * 0.1, scaled.layers()[2]->bias));
}

TEST(Mlp, NormalisesHiddenLayersWhenAsked) {
  Mlp mlp(2, 1, {.widths = {8}, .layer_norm = true});
  RandomStream rng(1, "mlp");
  initialise(mlp, rng);
  mlp.layers()[0]->bias.detach().zero_();
  // A normalised layer without bias does not see the length of its input (up to epsilon).
  const Tensor x = torch::tensor({{30.0, -40.0}});
  EXPECT_NEAR(mlp.forward(x).item<double>(), mlp.forward(10.0 * x).item<double>(), 1e-5);
}

TEST(Mlp, NamesTheSettingThatBreaksItsRule) {
  try {
    MlpOptions{.activation = "step"}.validate("critic");
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "critic.activation = \"step\", must satisfy one of relu, silu, gelu, mish, tanh, "
                 "softplus");
  }
  EXPECT_THROW(Mlp(2, 2, {.widths = {4, 0}}), ConfigError);
  EXPECT_THROW(Mlp(2, 2, {.final_scale = -1.0}), ConfigError);
}

}  // namespace
}  // namespace forethink
