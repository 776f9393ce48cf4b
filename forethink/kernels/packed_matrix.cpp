// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/kernels/packed_matrix.h"

#include <algorithm>
#include <cstring>

namespace forethink::kernels {

PackedMatrix pack(const std::vector<MatrixView>& parts, const TileKernel& kernel,
                  Precision precision) {
  const std::int64_t group = kernel.group;
  const std::int64_t N = parts.front().rows;
  PackedMatrix packed{.columns = round_up(N, kVectorWidth), .precision = precision};
  const std::int64_t number = packed.number_bytes();
  std::int64_t bytes = 0;
  for (const MatrixView& part : parts) {
    const std::int64_t depth = round_up(part.depth, kernel.multiple);
    packed.depth.push_back(depth / group);
    packed.offset.push_back(bytes);
    bytes += round_up(depth * packed.columns * number, kCacheLine);
  }
  packed.bytes = AlignedBytes(bytes);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::byte* out = packed.bytes.data() + packed.offset[i];
    for (std::int64_t n = 0; n < N; ++n) {
      const float* row = parts[i].data + n * parts[i].stride;
      const std::int64_t panel = n / kernel.panel * kernel.panel;
      const std::int64_t columns = std::min(kernel.panel, packed.columns - panel);
      for (std::int64_t k = 0; k < parts[i].depth; ++k) {
        const std::int64_t at =
            panel * packed.depth[i] * group + (k / group * columns + n - panel) * group + k % group;
        if (precision == Precision::kBfloat16) {
          const Bf16 rounded = to_bf16(row[k]);
          std::memcpy(out + at * number, &rounded, sizeof(rounded));
        } else {
          std::memcpy(out + at * number, row + k, sizeof(float));
        }
      }
    }
  }
  return packed;
}

}  // namespace forethink::kernels
