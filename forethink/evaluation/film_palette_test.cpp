// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/film_palette.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/random.h"

namespace forethink {
namespace {

/// What a viewer sees, [Y, X, 3] uint8.
Tensor expand(const PalettePicture& reduced) {
  Tensor colours =
      torch::empty({static_cast<std::int64_t>(reduced.colours.size()), 3}, torch::kUInt8);
  for (std::size_t i = 0; i < reduced.colours.size(); ++i) {
    for (std::size_t c = 0; c < 3; ++c)
      colours[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(c)] = reduced.colours[i][c];
  }
  return colours.index_select(0, reduced.indices.flatten().to(torch::kLong))
      .view({reduced.indices.size(0), reduced.indices.size(1), 3});
}

TEST(FilmPalette, KeepsUpTo256ColoursAsTheyAre) {
  RandomStream rng(1, "palette");
  const Tensor colours = rng.integers({256, 3}, 0, 256).to(torch::kUInt8);
  const Tensor picture = colours.index_select(0, rng.integers({40 * 50}, 0, 256)).view({40, 50, 3});
  const PalettePicture reduced = reduce_colours(picture);
  EXPECT_LE(reduced.colours.size(), 256U);
  EXPECT_TRUE(torch::equal(expand(reduced), picture));
  EXPECT_EQ(reduce_colours(torch::zeros({2, 2, 3}, torch::kUInt8)).colours.size(), 1U);
}

TEST(FilmPalette, StaysNearWhereThereAreMore) {
  // 64 x 64 shades of red and green: 256 boxes of 4 x 4 shades, 8 apart, hold each within 6 shades.
  const Tensor shades = torch::arange(64) * 4;
  const Tensor picture =
      torch::stack({shades.view({64, 1}).expand({64, 64}), shades.view({1, 64}).expand({64, 64}),
                    torch::zeros({64, 64}, torch::kLong)},
                   2)
          .to(torch::kUInt8);
  const PalettePicture reduced = reduce_colours(picture);
  EXPECT_EQ(reduced.colours.size(), 256U);
  const Tensor error = (expand(reduced).to(torch::kFloat) - picture.to(torch::kFloat)).abs();
  EXPECT_LE(error.max().item<float>(), 12.0F);
  EXPECT_LE(error.mean().item<float>(), 3.0F);
}

}  // namespace
}  // namespace forethink
