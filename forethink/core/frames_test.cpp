// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/frames.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace forethink {
namespace {

TEST(StackFrames, PutsReadingsSideBySide) {
  const auto seen = [](std::int64_t first) -> Observation {
    return {{"image", (first + torch::arange(2)).to(at::kByte).view({1, 1, 1, 2})},
            {"place", (first + torch::arange(2)).view({1, 2})},
            {"level", first + torch::arange(1)}};
  };
  const Observation stacked = stack_frames({seen(10), seen(20), seen(30)});
  const Tensor wanted = torch::tensor({{10, 11, 20, 21, 30, 31}});
  EXPECT_TRUE(torch::equal(stacked.at("image"), wanted.to(at::kByte).view({1, 1, 1, 6})));
  EXPECT_TRUE(torch::equal(stacked.at("place"), wanted.to(at::kLong)));
  EXPECT_TRUE(torch::equal(stacked.at("level"), torch::tensor({{10, 20, 30}}, at::kLong)));
}

TEST(StackFrames, LeavesOneObservationAsItIs) {
  const Observation x{{"place", torch::ones({2, 3})}};
  EXPECT_TRUE(stack_frames({x}).at("place").is_same(x.at("place")));
}

}  // namespace
}  // namespace forethink
