// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/gru.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

TEST(GruCell, EqualsTorch) {
  RandomStream rng(3, "gru");
  GruCell cell(5, 8);
  initialise(cell, rng);
  torch::nn::GRUCell reference(5, 8);
  const torch::NoGradGuard no_grad;
  for (const auto& item : reference->named_parameters()) {
    item.value().copy_(cell.named_parameters()["cell." + item.key()]);
  }
  const Tensor x = rng.normal({7, 5});
  const Tensor h = rng.normal({7, 8});
  EXPECT_TRUE(torch::allclose(cell.forward(x, h), reference->forward(x, h), 1e-5, 1e-6));
}

TEST(GruCell, KeepsTheTypeOfItsStateInBf16) {
  RandomStream rng(3, "gru");
  GruCell cell(5, 8);
  initialise(cell, rng);
  const Tensor x = rng.normal({7, 5});
  const Tensor h = rng.normal({7, 8});
  const Tensor exact = cell.forward(x, h);
  const Bf16Scope scope(true);
  const Tensor rough = cell.forward(x, h);
  EXPECT_EQ(rough.scalar_type(), at::kFloat);
  // Gates are below 1 and their inputs are rounded to 8 bits.
  EXPECT_LT((rough - exact).abs().max().item<double>(), 0.02);
}

}  // namespace
}  // namespace forethink
