// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// PackedMatrix: a matrix in the order in which a tile kernel reads it.
//
// Role:    kernels; weights of compiled networks, remembered vectors that are searched.
#pragma once

#include <cstdint>
#include <vector>

#include "forethink/kernels/aligned_bytes.h"
#include "forethink/kernels/kernels.h"

namespace forethink::kernels {

/// Rows of numbers, which become the columns of a product: y[n] = sum_k x[k] rows[n][k].
struct MatrixView {
  const float* data = nullptr;
  std::int64_t rows = 0;    // N.
  std::int64_t depth = 0;   // K.
  std::int64_t stride = 0;  // Numbers from one row to the next.
};

/// [W_1, W_2, ...], packed for one kernel: a product sums over its parts, each with an x of its
/// own.
struct PackedMatrix {
  AlignedBytes bytes = {};
  std::int64_t columns = 0;               // N, padded to kVectorWidth; zero behind N.
  std::vector<std::int64_t> depth = {};   // Groups of each part.
  std::vector<std::int64_t> offset = {};  // Of each part, bytes.
  Precision precision = Precision::kFloat32;

  std::int64_t parts() const { return static_cast<std::int64_t>(depth.size()); }
  /// The columns from `column`, where a panel of `kernel` begins, of one part.
  const std::byte* panel(const TileKernel& kernel, std::int64_t part, std::int64_t column) const {
    return bytes.data() + offset[part] + column * depth[part] * kernel.group * number_bytes();
  }
  std::int64_t number_bytes() const {
    return precision == Precision::kBfloat16 ? sizeof(Bf16) : sizeof(float);
  }
};

/// @param parts  Of equally many rows.
PackedMatrix pack(const std::vector<MatrixView>& parts, const TileKernel& kernel,
                  Precision precision);

}  // namespace forethink::kernels
