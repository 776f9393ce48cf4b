// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/evaluation/altered_world.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/environments/meadow.h"

namespace forethink {
namespace {

TEST(AlteredWorld, ChangesTheWorldAndLeadsTheAgentWhenItIsTold) {
  Meadow meadow({.image_size = 16});
  RandomStream rng(4, "worlds");
  meadow.reset(2, rng);
  const Tensor east = at::tensor({1.0F, 0.0F}).expand({2, 2}).contiguous();
  AlteredWorld world(
      meadow,
      [](std::int64_t step, Tensor& states) {
        if (step != 3) return false;
        states.select(1, 5).fill_(0.25);  // Water.
        return true;
      },
      [&](std::int64_t step, const Tensor&) { return step == 1 ? east : Tensor(); });
  const Tensor rest = at::zeros({2, 2});
  std::vector<Tensor> states{world.state().clone()};
  for (int t = 0; t < 5; ++t) {
    world.step(rest);
    states.push_back(world.state().clone());
  }
  const auto moved = [&](int t) { return (states[t + 1] - states[t]).slice(1, 0, 2).norm(2, 1); };
  EXPECT_LT(moved(0).max().item<float>(), 1e-6F);
  EXPECT_GT(moved(1).min().item<float>(), 0.5F);
  EXPECT_LT(moved(2).max().item<float>(), 1e-6F);
  EXPECT_GT(states[3].select(1, 5).min().item<float>(), 0.5F);
  EXPECT_LT((states[4].select(1, 5) - 0.25).abs().max().item<float>(), 0.05F);
}

}  // namespace
}  // namespace forethink
