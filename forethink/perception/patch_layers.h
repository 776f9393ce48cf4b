// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The first two layers over patches, a few images at a time.
//
//   h = ReLU(W_1 patch + b_1),  u = ReLU(W_2 [h of M x M patches] + b_2)
//
// Layer by layer over a whole batch, each pass streams tens of megabytes through memory. A few
// images stay in the caches of one core from their bytes to u, and again on the way back.
//
// Role:    perception; most of the patch encoder's numbers, little of its arithmetic.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// Weights [out, in] and bias [out] of a layer, in the type of its products.
struct PatchLayer {
  Tensor weight;
  Tensor bias;
};

/// Images [N, Y, X, C] of bytes -> u [N, blocks * width of `second`], blocks as `cut_patches` lays
/// them out. Gradients flow into the layers, and do not depend on the number of threads.
Tensor patch_layers(const Tensor& image, std::int64_t patch, std::int64_t merge,
                    const PatchLayer& first, const PatchLayer& second);

}  // namespace forethink
