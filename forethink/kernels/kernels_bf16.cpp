// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/kernels/kernels_bf16.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace forethink::kernels {
namespace {

// --- Tiles of AMX: 16 rows of 64 bytes. What a kernel needs of them, with the instructions or
// written out.

constexpr std::int64_t kTileSide = 16;   // Rows of a tile, and float32 columns.
constexpr std::int64_t kTileDepth = 32;  // bfloat16 numbers of a row of x.
constexpr std::int64_t kRowBytes = 64;

struct EmulatedTiles {
  alignas(64) std::byte rows[8][kTileSide][kRowBytes] = {};

  void zero(int tile) { std::memset(rows[tile], 0, sizeof(rows[tile])); }
  void load(int tile, const void* from, std::int64_t stride) {
    for (std::int64_t r = 0; r < kTileSide; ++r) {
      std::memcpy(rows[tile][r], static_cast<const std::byte*>(from) + r * stride, kRowBytes);
    }
  }
  void store(int tile, void* to, std::int64_t stride) const {
    for (std::int64_t r = 0; r < kTileSide; ++r) {
      std::memcpy(static_cast<std::byte*>(to) + r * stride, rows[tile][r], kRowBytes);
    }
  }
  // sum[m][n] += x[m][2k] w[k][2n] + x[m][2k+1] w[k][2n+1].
  void multiply(int sum, int x, int w) {
    const auto number = [&](int tile, std::int64_t r, std::int64_t j) {
      Bf16 half = 0;
      std::memcpy(&half, rows[tile][r] + 2 * j, sizeof(half));
      return std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16U);
    };
    for (std::int64_t m = 0; m < kTileSide; ++m) {
      for (std::int64_t n = 0; n < kTileSide; ++n) {
        float total = 0.0F;
        std::memcpy(&total, rows[sum][m] + 4 * n, sizeof(total));
        for (std::int64_t k = 0; k < kTileSide; ++k) {
          total += number(x, m, 2 * k) * number(w, k, 2 * n);
          total += number(x, m, 2 * k + 1) * number(w, k, 2 * n + 1);
        }
        std::memcpy(rows[sum][m] + 4 * n, &total, sizeof(total));
      }
    }
  }
};

#if defined(__x86_64__)
#define FORETHINK_AMX __attribute__((target("amx-tile,amx-bf16")))

// The instructions name their tiles in the code; of these branches a constant `tile` leaves one.
struct HardwareTiles {
  [[gnu::always_inline]] FORETHINK_AMX static void zero(int tile) {
    if (tile == 0) _tile_zero(0);
    if (tile == 1) _tile_zero(1);
    if (tile == 2) _tile_zero(2);
    if (tile == 3) _tile_zero(3);
  }
  [[gnu::always_inline]] FORETHINK_AMX static void load(int tile, const void* from,
                                                        std::int64_t stride) {
    if (tile == 4) _tile_loadd(4, from, stride);
    if (tile == 5) _tile_loadd(5, from, stride);
    if (tile == 6) _tile_loadd(6, from, stride);
    if (tile == 7) _tile_loadd(7, from, stride);
  }
  [[gnu::always_inline]] FORETHINK_AMX static void store(int tile, void* to, std::int64_t stride) {
    if (tile == 0) _tile_stored(0, to, stride);
    if (tile == 1) _tile_stored(1, to, stride);
    if (tile == 2) _tile_stored(2, to, stride);
    if (tile == 3) _tile_stored(3, to, stride);
  }
  [[gnu::always_inline]] FORETHINK_AMX static void multiply(int sum, int, int) {
    if (sum == 0) _tile_dpbf16ps(0, 4, 6);
    if (sum == 1) _tile_dpbf16ps(1, 4, 7);
    if (sum == 2) _tile_dpbf16ps(2, 5, 6);
    if (sum == 3) _tile_dpbf16ps(3, 5, 7);
  }
};

// How the tiles are laid out: each of the eight is full.
struct alignas(64) TileLayout {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};

FORETHINK_AMX void lay_out_tiles() {
  TileLayout layout;
  for (int tile = 0; tile < 8; ++tile) {
    layout.row_bytes[tile] = kRowBytes;
    layout.rows[tile] = kTileSide;
  }
  // g++ believes that the instruction reads 8 bytes of it.
  __asm__ volatile("" : : "r"(&layout) : "memory");
  _tile_loadconfig(&layout);
}

FORETHINK_AMX void release_tiles() { _tile_release(); }
#else
#define FORETHINK_AMX
#endif

// Up to 32 rows by 32 columns: sums in tiles 0 to 3, x in 4 and 5, weights in 6 and 7. Eight tiles
// are all there are, and each load then feeds two products.
template <class Tiles>
FORETHINK_AMX void multiply_tiles(const ProductPart* parts, int count, std::int64_t rows,
                                  std::int64_t columns, float* out) {
  Tiles tiles;
  const bool two_rows = rows > kTileSide;
  const bool two_columns = columns > kTileSide;
  tiles.zero(0);
  tiles.zero(1);
  tiles.zero(2);
  tiles.zero(3);
  for (int part = 0; part < count; ++part) {
    const auto* x = static_cast<const std::byte*>(parts[part].x);
    const auto* w = static_cast<const std::byte*>(parts[part].weights);
    const std::int64_t stride = parts[part].row_bytes;
    const std::int64_t w_stride = columns * 2 * static_cast<std::int64_t>(sizeof(Bf16));
    for (std::int64_t k = 0; k < parts[part].depth; k += kTileDepth / 2) {
      const std::byte* xk = x + k * 2 * static_cast<std::int64_t>(sizeof(Bf16));
      const std::byte* wk = w + k * w_stride;
      tiles.load(4, xk, stride);
      tiles.load(6, wk, w_stride);
      tiles.multiply(0, 4, 6);
      if (two_rows) {
        tiles.load(5, xk + kTileSide * stride, stride);
        tiles.multiply(2, 5, 6);
      }
      if (!two_columns) continue;
      tiles.load(7, wk + kRowBytes, w_stride);
      tiles.multiply(1, 4, 7);
      if (two_rows) tiles.multiply(3, 5, 7);
    }
  }
  const std::int64_t out_stride = columns * static_cast<std::int64_t>(sizeof(float));
  tiles.store(0, out, out_stride);
  if (two_columns) tiles.store(1, out + kTileSide, out_stride);
  if (!two_rows) return;
  tiles.store(2, out + kTileSide * columns, out_stride);
  if (two_columns) tiles.store(3, out + kTileSide * columns + kTileSide, out_stride);
}

constexpr TileKernel kAmxTiles{
    .rows = 2 * kTileSide, .panel = 2 * kTileSide, .group = 2, .multiple = kTileDepth};

#if defined(__x86_64__)

// --- AVX512-BF16: as float32, two numbers of depth at a time.

constexpr int kVectorRows = 6;
constexpr int kVectors = 4;

template <int R, int V>
__attribute__((target("avx512f,avx512bf16"))) void multiply_tile(const ProductPart* parts,
                                                                 int count, float* tile) {
  __m512 sums[R][V];
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) sums[r][v] = _mm512_setzero_ps();
  }
  for (int part = 0; part < count; ++part) {
    // A pair travels as the bits of one float.
    const auto* x = static_cast<const float*>(parts[part].x);
    const std::int64_t stride = parts[part].row_bytes / static_cast<std::int64_t>(sizeof(float));
    const auto* w = static_cast<const float*>(parts[part].weights);
    for (std::int64_t k = 0; k < parts[part].depth; ++k) {
      __m512 weights[V];
      for (int v = 0; v < V; ++v) weights[v] = _mm512_load_ps(w + (k * V + v) * kVectorWidth);
      for (int r = 0; r < R; ++r) {
        const __m512 pair = _mm512_set1_ps(x[r * stride + k]);
        for (int v = 0; v < V; ++v) {
          sums[r][v] = _mm512_dpbf16_ps(sums[r][v], reinterpret_cast<__m512bh>(pair),
                                        reinterpret_cast<__m512bh>(weights[v]));
        }
      }
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) _mm512_store_ps(tile + (r * V + v) * kVectorWidth, sums[r][v]);
  }
}

template <int V>
void multiply_rows(const ProductPart* parts, int count, std::int64_t rows, float* tile) {
  switch (rows) {
    case 1:
      return multiply_tile<1, V>(parts, count, tile);
    case 2:
      return multiply_tile<2, V>(parts, count, tile);
    case 3:
      return multiply_tile<3, V>(parts, count, tile);
    case 4:
      return multiply_tile<4, V>(parts, count, tile);
    case 5:
      return multiply_tile<5, V>(parts, count, tile);
    default:
      return multiply_tile<6, V>(parts, count, tile);
  }
}

void multiply_avx512(const ProductPart* parts, int count, std::int64_t rows, std::int64_t columns,
                     float* tile) {
  switch (columns / kVectorWidth) {
    case 1:
      return multiply_rows<1>(parts, count, rows, tile);
    case 2:
      return multiply_rows<2>(parts, count, rows, tile);
    case 3:
      return multiply_rows<3>(parts, count, rows, tile);
    default:
      return multiply_rows<kVectors>(parts, count, rows, tile);
  }
}

#endif  // __x86_64__

}  // namespace

TileKernel avx512_bf16_tiles() {
#if defined(__x86_64__)
  return {.rows = kVectorRows,
          .panel = kVectors * kVectorWidth,
          .group = 2,
          .multiple = 2,
          .multiply = multiply_avx512};
#else
  return {};
#endif
}

TileKernel amx_bf16_tiles() {
#if defined(__x86_64__)
  TileKernel kernel = kAmxTiles;
  kernel.multiply = multiply_tiles<HardwareTiles>;
  kernel.begin = lay_out_tiles;
  kernel.end = release_tiles;
  return kernel;
#else
  return {};
#endif
}

TileKernel emulated_amx_tiles() {
  TileKernel kernel = kAmxTiles;
  kernel.multiply = multiply_tiles<EmulatedTiles>;
  return kernel;
}

}  // namespace forethink::kernels
