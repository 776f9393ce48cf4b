// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Pixels: images of bytes -> numbers that networks like, in the order that networks like.
//
// A byte v becomes (v - 128) / 128, in [-1, 1): exact in bfloat16, which has 8 significant bits.
// A floating-point image holds values in [0, 1] = v / 255 and is differentiable.
//
// Role:    perception; what every image encoder does first.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// Throws ShapeError unless `image` is [N, Y, X, C], uint8 or floating point.
void expect_image(const Tensor& image, std::int64_t rows, std::int64_t columns,
                  std::int64_t channels);

/// Image of any shape -> same shape in `dtype`, bytes v as (v - 128) / 128.
Tensor scale_pixels(const Tensor& image, at::ScalarType dtype);

/// The type that a product of pixels with `weight` will run in, within a Bf16Scope or outside: what
/// is written in it at once need not be converted again.
at::ScalarType product_type(const Tensor& image, const Tensor& weight);

/// Cuts images into patches of P x P pixels, M x M neighbouring patches in one block.
///
/// Where M does not divide the number of patches, the last blocks are filled up with patches of
/// zeros: beyond the image's last row and column, so that all others keep their place.
///
/// @param image  [N, Y, X, C], Y and X divisible by P.
/// @returns      [N, Y', X', M M, P P C] in `dtype`, scaled, with Y' = Y/(P M) and X' = X/(P M)
///               rounded up: blocks row by row, the M M patches of a block row by row, the pixels
///               of a patch row by row. A layer that merges the patches of a block is then a view
///               away.
Tensor cut_patches(const Tensor& image, std::int64_t patch, std::int64_t merge,
                   at::ScalarType dtype);

}  // namespace forethink
