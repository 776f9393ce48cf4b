// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/formula.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "forethink/core/error.h"
#include "forethink/nn/mlp.h"
#include "forethink/nn/sim_norm.h"

namespace forethink {
namespace {

TEST(Formula, ListsWhatANetworkComputes) {
  Formula formula;
  const Mlp mlp(3, 2, {.widths = {4}, .activation = "relu"});
  const Value x = formula.input(2);
  const Value y = formula.input(1);
  const Value out = mlp.describe(formula, {x, y});
  ASSERT_EQ(formula.operations().size(), 5U);
  EXPECT_EQ(formula.operations()[2].op, Operator::kLinear);
  EXPECT_EQ(formula.operations()[3].op, Operator::kActivate);
  EXPECT_EQ(formula[out].op, Operator::kLinear);
  EXPECT_EQ(formula.width(out), 2);
  EXPECT_TRUE(at::equal(formula[out].weight, mlp.layers()[1]->weight));
}

TEST(Formula, KeepsACopyOfWeightsOnceForAllWhoShareThem) {
  Formula formula;
  Tensor weight = at::ones({2, 3});
  const Value x = formula.input(3);
  const Value first = formula.linear({x}, weight, {});
  const Value second = formula.linear({x}, weight, {});
  const Value other = formula.linear({x}, at::ones({2, 3}), {});
  weight.zero_();  // Training on does not change what was described.
  EXPECT_EQ(formula[first].weight.sum().item<float>(), 6.0F);
  EXPECT_EQ(formula[first].weight.data_ptr(), formula[second].weight.data_ptr());
  EXPECT_NE(formula[first].weight.data_ptr(), formula[other].weight.data_ptr());
}

TEST(Formula, RefusesValuesThatDoNotFit) {
  Formula formula;
  const Value two = formula.input(2);
  const Value three = formula.input(3);
  EXPECT_THROW(formula.add(two, three), ShapeError);
  EXPECT_THROW(formula.linear({two}, at::ones({4, 3}), {}), ShapeError);
  EXPECT_THROW(formula.linear({two}, at::ones({4, 2}), at::ones({3})), ShapeError);
  EXPECT_THROW(formula.film(two, three), ShapeError);
  EXPECT_THROW(formula.gru(three, three, two), ShapeError);
  EXPECT_THROW(formula.part(three, 2, 2), ShapeError);
  EXPECT_THROW(formula.sim_norm(three, 2), ShapeError);
  EXPECT_THROW(formula.expectation(three, at::ones({2})), ShapeError);
  EXPECT_THROW(formula.attend(two, {two}, {two, two}, 1), ShapeError);
  EXPECT_THROW(formula.attend(two, {two}, {two}, 3), ShapeError);
}

TEST(SimNorm, MakesEachGroupAPointOfASimplex) {
  const Tensor y = sim_norm(at::tensor({0.0F, 0.0F, std::log(3.0F), 0.0F}).view({1, 4}), 2);
  EXPECT_TRUE(at::allclose(y, at::tensor({0.5F, 0.5F, 0.75F, 0.25F}).view({1, 4})));
}

TEST(SimNorm, ExpectsBinsInSymlog) {
  // All weight on one bin; half on each of two that cancel.
  const Tensor bins = at::tensor({-1.0F, 0.0F, 1.0F});
  const Tensor logits = at::tensor({0.0F, 0.0F, 50.0F, 7.0F, -50.0F, 7.0F}).view({2, 3});
  const Tensor y = symexp_expectation(logits, bins);
  EXPECT_NEAR(y[0].item<float>(), std::exp(1.0F) - 1.0F, 1e-6);
  EXPECT_NEAR(y[1].item<float>(), 0.0F, 1e-6);
}

}  // namespace
}  // namespace forethink
