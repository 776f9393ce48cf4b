// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/felt.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/random.h"

namespace forethink {
namespace {

TEST(FeltLoss, StayingTheSameCostsOneWhateverTheScale) {
  RandomStream rng(1, "felt");
  const Tensor readings =
      rng.normal({50, 4, 3}).cumsum(1) * at::tensor({0.01, 1.0, 100.0}, at::kFloat);
  const Tensor changes = felt_changes(readings);
  const Tensor came = readings.slice(1, 1), same = readings.slice(1, 0, 1).expand_as(came);
  EXPECT_NEAR(felt_error(same, came, changes).mean().item<double>(), 1.0, 1e-5);
  EXPECT_EQ(felt_error(came, came, changes).abs().max().item<double>(), 0.0);
}

TEST(FeltLoss, AReadingThatNeverChangesDivides) {
  const Tensor changes = felt_changes(at::ones({5, 3, 2}));
  EXPECT_FLOAT_EQ(changes[0].item<float>(), 1e-3F);
  const Tensor off = at::full({5, 2, 2}, 0.002F);
  EXPECT_NEAR(felt_error(off, at::zeros_like(off), changes).mean().item<double>(), 4.0, 1e-4);
}

TEST(FeltLoss, RefusesWhatDoesNotFit) {
  EXPECT_THROW(felt_changes(at::ones({5, 1, 2})), ShapeError);
  EXPECT_THROW(felt_error(at::ones({5, 2, 2}), at::ones({5, 3, 2}), at::ones({2})), ShapeError);
}

}  // namespace
}  // namespace forethink
