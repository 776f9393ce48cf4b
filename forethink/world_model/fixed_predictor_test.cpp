// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/fixed_predictor.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/nn/init.h"

namespace forethink {
namespace {

constexpr std::int64_t kStates = 6;
constexpr std::int64_t kActions = 3;

TEST(IdentityPredictor, SaysThatNothingChanges) {
  RandomStream rng(11, "fixed");
  const auto predictor = make_predictor({.kind = "none"}, kStates, kActions);
  const Tensor s = rng.normal({5, kStates});
  EXPECT_TRUE(torch::equal(predictor->forward(s, rng.normal({5, kActions}), {}), s));
  EXPECT_TRUE(predictor->parameters().empty());
  EXPECT_THROW(predictor->forward(s, torch::zeros({5, 2}), {}), ShapeError);
}

TEST(ShiftPredictor, MovesEveryStateAlikeAndStepsAddUp) {
  RandomStream rng(11, "fixed");
  const auto predictor = make_predictor({.kind = "fixed", .norm = "none"}, kStates, kActions);
  initialise(*predictor, rng);
  const Tensor s = rng.normal({5, kStates}), other = rng.normal({5, kStates});
  const Tensor a = rng.normal({5, kActions}), b = rng.normal({5, kActions});
  const Tensor moved = predictor->forward(s, a, {});
  EXPECT_TRUE(torch::allclose(moved - s, predictor->forward(other, a, {}) - other, 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(predictor->forward(moved, b, {}), predictor->forward(s, a + b, {}),
                              1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(predictor->forward(moved, -a, {}), s, 1e-5, 1e-6));
  EXPECT_THROW(predictor->forward(s, torch::zeros({5, 2}), {}), ShapeError);
}

TEST(ShiftPredictor, IsDrawnAndSavedButHasNoGradient) {
  const auto draw = [](std::uint64_t seed) {
    const auto predictor = make_predictor({.kind = "fixed"}, kStates, kActions);
    RandomStream rng(seed, "fixed");
    initialise(*predictor, rng);
    return predictor->parameters();
  };
  ASSERT_EQ(draw(1).size(), 1U);
  EXPECT_FALSE(draw(1)[0].requires_grad());
  EXPECT_TRUE(torch::equal(draw(1)[0], draw(1)[0]));
  EXPECT_FALSE(torch::equal(draw(1)[0], draw(2)[0]));
}

TEST(ShiftPredictor, LetsGradientsThroughToTheState) {
  RandomStream rng(11, "fixed");
  const auto predictor = make_predictor({.kind = "fixed"}, kStates, kActions);
  const Tensor s = rng.normal({5, kStates}).requires_grad_(true);
  const Tensor moved = predictor->forward(s, rng.normal({5, kActions}), {});
  EXPECT_TRUE(torch::allclose(moved.square().mean(1), torch::ones({5}), 1e-3));  // On the sphere.
  moved.select(1, 0).sum().backward();
  EXPECT_GT(s.grad().abs().max().item<double>(), 0.0);
}

}  // namespace
}  // namespace forethink
