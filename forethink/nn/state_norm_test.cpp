// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/state_norm.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/random.h"

namespace forethink {
namespace {

TEST(StateNorm, LayerNormPutsStatesOnOneSphere) {
  RandomStream rng(3, "norm");
  StateNorm norm("layer_norm", 16);
  const Tensor s = norm.forward(rng.normal({9, 16}) * 4.0 + 3.0);
  EXPECT_TRUE(torch::allclose(s.mean(1), torch::zeros({9}), 0.0, 1e-6));
  EXPECT_TRUE(torch::allclose(s.square().mean(1), torch::ones({9}), 1e-4));
  EXPECT_TRUE(norm.parameters().empty());
}

TEST(StateNorm, GivesFloat32FromBf16AndKeepsFloat64) {
  for (const char* kind : {"layer_norm", "none"}) {
    StateNorm norm(kind, 4);
    EXPECT_EQ(norm.forward(torch::ones({2, 4}, at::kBFloat16)).scalar_type(), at::kFloat);
    EXPECT_EQ(norm.forward(torch::ones({2, 4}, at::kDouble)).scalar_type(), at::kDouble);
  }
}

TEST(StateNorm, NoneIsTheIdentity) {
  const Tensor s = torch::arange(8, at::kFloat).view({2, 4});
  EXPECT_TRUE(torch::equal(StateNorm("none", 4).forward(s), s));
}

TEST(StateNorm, BatchNormDoesNotLookAtTheBatchInEvaluation) {
  RandomStream rng(3, "norm");
  StateNorm norm("batch_norm", 4);
  const Tensor s = rng.normal({32, 4});
  norm.forward(s);
  norm.eval();
  EXPECT_TRUE(torch::allclose(norm.forward(s).slice(0, 0, 1), norm.forward(s.slice(0, 0, 1))));
}

TEST(StateNorm, NamesAnUnknownKind) {
  try {
    StateNorm("layernorm", 4);
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(
        error.what(),
        "state_norm.kind = \"layernorm\", must satisfy one of layer_norm, batch_norm, none");
  }
}

}  // namespace
}  // namespace forethink
