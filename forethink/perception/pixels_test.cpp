// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/pixels.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/random.h"

namespace forethink {
namespace {

TEST(ScalePixels, IsExactForEveryByteInBf16) {
  const Tensor bytes = torch::arange(256).to(at::kByte).view({1, 16, 16, 1});
  const Tensor wanted = (torch::arange(256, at::kDouble) - 128.0) / 128.0;
  for (const auto dtype : {at::kBFloat16, at::kFloat, at::kDouble}) {
    EXPECT_TRUE(torch::equal(scale_pixels(bytes, dtype).flatten().to(at::kDouble), wanted));
    EXPECT_TRUE(torch::equal(cut_patches(bytes, 16, 1, dtype).flatten().to(at::kDouble), wanted));
  }
}

TEST(ScalePixels, ReadsFloatsAsSharesOf255) {
  const Tensor bytes = torch::arange(256).to(at::kByte).view({1, 16, 16, 1});
  const Tensor shares = bytes.to(at::kDouble) / 255.0;
  EXPECT_TRUE(torch::allclose(scale_pixels(shares, at::kDouble), scale_pixels(bytes, at::kDouble)));
}

TEST(CutPatches, OrdersBlocksThenPatchesThenPixels) {
  // A 4 x 4 image of 0 .. 15, patches of one pixel, blocks of 2 x 2 patches.
  const Tensor image = torch::arange(16).to(at::kByte).view({1, 4, 4, 1});
  const Tensor order =
      (cut_patches(image, 1, 2, at::kFloat).flatten() * 128.0 + 128.0).to(at::kLong);
  EXPECT_TRUE(
      torch::equal(order, torch::tensor({0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15})));
}

TEST(CutPatches, HasOneOrderForAllTypesAndLayouts) {
  RandomStream rng(5, "pixels");
  const Tensor image = rng.integers({3, 12, 24, 3}, 0, 256).to(at::kByte);
  const Tensor wanted = cut_patches(image, 3, 2, at::kDouble);  // By torch's own permutation.
  EXPECT_EQ(wanted.sizes().vec(), (std::vector<std::int64_t>{3, 2, 4, 4, 27}));
  EXPECT_TRUE(torch::equal(cut_patches(image, 3, 2, at::kFloat).to(at::kDouble), wanted));
  EXPECT_TRUE(torch::equal(cut_patches(image, 3, 2, at::kBFloat16).to(at::kDouble), wanted));
  const Tensor strided = image.permute({0, 3, 1, 2}).contiguous().permute({0, 2, 3, 1});
  EXPECT_TRUE(torch::equal(cut_patches(strided, 3, 2, at::kFloat).to(at::kDouble), wanted));
}

TEST(CutPatches, FillsTheLastBlocksWithZeros) {
  // 3 x 3 patches of one pixel, blocks of 2 x 2: the fourth row and column are empty.
  const Tensor image = (128 + torch::arange(9)).to(at::kByte).view({1, 3, 3, 1});
  const Tensor wanted = torch::tensor({0, 1, 3, 4, 2, 0, 5, 0, 6, 7, 0, 0, 8, 0, 0, 0});
  for (const auto dtype : {at::kBFloat16, at::kFloat, at::kDouble}) {
    EXPECT_TRUE(
        torch::equal((cut_patches(image, 1, 2, dtype) * 128.0).flatten().to(at::kLong), wanted));
  }
}

TEST(CutPatches, FillsManyImagesAlike) {
  RandomStream rng(5, "pixels");
  const Tensor image = rng.integers({20, 65, 70, 2}, 0, 256).to(at::kByte);  // Two chunks of rows.
  const Tensor wanted = cut_patches(image, 5, 3, at::kDouble);
  EXPECT_EQ(wanted.sizes().vec(), (std::vector<std::int64_t>{20, 5, 5, 9, 50}));
  EXPECT_TRUE(torch::equal(cut_patches(image, 5, 3, at::kFloat).to(at::kDouble), wanted));
  EXPECT_TRUE(torch::equal(cut_patches(image, 5, 3, at::kBFloat16).to(at::kDouble), wanted));
}

TEST(CutPatches, TakesNoImages) {
  const Tensor none = torch::empty({0, 8, 8, 3}, at::kByte);
  EXPECT_EQ(cut_patches(none, 4, 2, at::kFloat).sizes().vec(),
            (std::vector<std::int64_t>{0, 1, 1, 4, 48}));
}

TEST(ExpectImage, NamesTheShapeAndTheType) {
  EXPECT_THROW(expect_image(torch::zeros({1, 8, 8, 4}, at::kByte), 8, 8, 3), ShapeError);
  try {
    expect_image(torch::zeros({1, 8, 8, 3}, at::kLong), 8, 8, 3);
    FAIL() << "expected ShapeError";
  } catch (const ShapeError& error) {
    EXPECT_STREQ(error.what(),
                 "image has type Long, expected Byte (0 to 255) or floating point (0 to 1)");
  }
}

}  // namespace
}  // namespace forethink
