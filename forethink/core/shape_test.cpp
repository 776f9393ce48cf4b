// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/shape.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "forethink/core/error.h"
#include "forethink/core/test_folder.h"

namespace forethink {
namespace {

template <class Action>
std::string shape_error(Action&& action) {
  return error_text<ShapeError>(action);
}

TEST(Shape, AcceptsEqualSizesAndAnySize) {
  EXPECT_NO_THROW(expect_shape("s", torch::zeros({2, 3}), {2, 3}));
  EXPECT_NO_THROW(expect_shape("s", torch::zeros({2, 3}), {kAny, 3}));
  EXPECT_NO_THROW(expect_shape("s", torch::zeros({}), {}));
}

TEST(Shape, NamesTheTensorWhatCameAndWhatWasWanted) {
  EXPECT_EQ(shape_error([] {
              expect_shape("s", torch::zeros({2, 3}), {kAny, 4});
            }),
            "s has shape [2, 3], expected [*, 4]");
  EXPECT_EQ(shape_error([] {
              expect_shape("s", torch::zeros({2}), {2, 1});
            }),
            "s has shape [2], expected [2, 1]");
  EXPECT_EQ(shape_error([] {
              expect_shape("s", torch::zeros({2, 1}), {2});
            }),
            "s has shape [2, 1], expected [2]");
  EXPECT_EQ(shape_error([] { expect_shape("s", Tensor(), {1}); }), "s is undefined, expected [1]");
}

TEST(Shape, NamesTheType) {
  EXPECT_NO_THROW(expect_dtype("s", torch::zeros({1}), at::kFloat));
  EXPECT_EQ(shape_error([] { expect_dtype("s", torch::zeros({1}, at::kByte), at::kFloat); }),
            "s has type Byte, expected Float");
}

TEST(Shape, NamesWhatIsNotFinite) {
  EXPECT_NO_THROW(expect_finite("s", torch::zeros({3})));
  for (const double bad :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(shape_error([&] {
                expect_finite("s", torch::tensor({0.0, bad}));
              }),
              "s has values that are not finite");
  }
}

TEST(Shape, NamesTheSpanOfIndices) {
  EXPECT_NO_THROW(expect_indices("rows", torch::tensor({2, 0, 2}), 3));
  EXPECT_NO_THROW(expect_indices("rows", torch::empty({0}, at::kLong), 0));
  EXPECT_EQ(shape_error([] {
              expect_indices("rows", torch::tensor({-1, 3}), 3);
            }),
            "rows span -1 .. 3, expected 0 .. 2");
  EXPECT_THROW(expect_indices("rows", torch::zeros({2}), 3), ShapeError);
}

}  // namespace
}  // namespace forethink
