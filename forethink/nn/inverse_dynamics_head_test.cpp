// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/inverse_dynamics_head.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace forethink {
namespace {

TEST(InverseDynamicsHead, SeesTheStateAndFourTimesTheDifference) {
  InverseDynamicsHead head(2, 1, {.widths = {}});
  const torch::NoGradGuard no_grad;
  head.parameters()[0].copy_(torch::tensor({{1.0, 10.0, 100.0, 1000.0}}));
  head.parameters()[1].zero_();
  const Tensor s = torch::tensor({{1.0, 2.0}});
  const Tensor s_next = torch::tensor({{1.5, 2.25}});
  // 1 * 1 + 10 * 2 + 100 * 4 * 0.5 + 1000 * 4 * 0.25.
  EXPECT_EQ(head.forward(s, s_next).item<double>(), 1221.0);
}

}  // namespace
}  // namespace forethink
