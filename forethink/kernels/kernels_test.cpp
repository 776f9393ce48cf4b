// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/kernels/kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/kernels/aligned_bytes.h"
#include "forethink/kernels/kernels_bf16.h"

namespace forethink::kernels {
namespace {

float from_bf16(Bf16 half) { return std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16U); }

// Every tile kernel that runs here, and the one for tiles that has its instructions written out.
std::vector<std::pair<std::string, TileKernel>> tile_kernels() {
  std::vector<std::pair<std::string, TileKernel>> found{{"emulated amx", emulated_amx_tiles()}};
  for (const InstructionSet set : instruction_sets()) {
    found.emplace_back(name_of(set) + " float32", kernels_of(set).float32);
    if (has_bf16(set)) found.emplace_back(name_of(set) + " bfloat16", kernels_of(set).bfloat16);
  }
  return found;
}

// One input of a product: x [kTileRows, depth], W [depth, columns], packed.
struct Part {
  Part(const TileKernel& kernel, std::int64_t size_k, std::int64_t columns, RandomStream& rng)
      : depth(size_k), x(kTileRows * depth), w(depth * columns) {
    const bool half = kernel.group == 2;
    const std::int64_t size = half ? 2 : 4;
    x_bytes = AlignedBytes(kTileRows * depth * size);
    w_bytes = AlignedBytes(depth * columns * size);
    const auto put = [&](const AlignedBytes& to, std::int64_t at, float number) {
      if (!half) {
        std::memcpy(to.data() + at * 4, &number, 4);
        return number;
      }
      const Bf16 rounded = to_bf16(number);
      std::memcpy(to.data() + at * 2, &rounded, 2);
      return from_bf16(rounded);
    };
    const auto random = [&] { return static_cast<float>(2.0 * rng.uniform1() - 1.0); };
    for (std::int64_t i = 0; i < kTileRows * depth; ++i) x[i] = put(x_bytes, i, random());
    for (std::int64_t k = 0; k < depth; ++k) {
      for (std::int64_t n = 0; n < columns; ++n) {
        const std::int64_t at = (k / kernel.group * columns + n) * kernel.group + k % kernel.group;
        w[k * columns + n] = put(w_bytes, at, random());
      }
    }
    part = {.x = x_bytes.data(),
            .row_bytes = depth * size,
            .weights = w_bytes.data(),
            .depth = depth / kernel.group};
  }
  std::int64_t depth;
  std::vector<float> x, w;
  AlignedBytes x_bytes, w_bytes;
  ProductPart part;
};

TEST(Kernels, MultiplyTilesOfEverySize) {
  RandomStream rng(1, "tiles");
  for (const auto& [name, kernel] : tile_kernels()) {
    for (std::int64_t columns = kVectorWidth; columns <= kernel.panel; columns += kVectorWidth) {
      const Part a(kernel, 64, columns, rng);
      const Part b(kernel, 32, columns, rng);
      const ProductPart parts[] = {a.part, b.part};
      for (std::int64_t rows = 1; rows <= kernel.rows; ++rows) {
        alignas(64) float tile[kTileRows * kPanel] = {};
        if (kernel.begin) kernel.begin();
        kernel.multiply(parts, 2, rows, columns, tile);
        if (kernel.end) kernel.end();
        double worst = 0.0;
        for (std::int64_t r = 0; r < rows; ++r) {
          for (std::int64_t n = 0; n < columns; ++n) {
            double sum = 0.0;
            for (const Part* part : {&a, &b}) {
              for (std::int64_t k = 0; k < part->depth; ++k) {
                sum += part->x[r * part->depth + k] * part->w[k * columns + n];
              }
            }
            worst = std::max(worst, std::abs(sum - tile[r * columns + n]));
          }
        }
        // Sums of 96 products of numbers up to one, in float32.
        EXPECT_LT(worst, 2e-5) << name << ", " << rows << " x " << columns;
      }
    }
  }
}

TEST(Kernels, BendAsTheFormulasSay) {
  const auto gelu = [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); };
  const auto mish = [](double x) { return x * std::tanh(std::log1p(std::exp(x))); };
  const std::vector<std::pair<Activation, double (*)(double)>> wanted{
      {Activation::kRelu, [](double x) { return std::max(x, 0.0); }},
      {Activation::kSilu, [](double x) { return x / (1.0 + std::exp(-x)); }},
      {Activation::kGelu, gelu},
      {Activation::kMish, mish},
      {Activation::kTanh, [](double x) { return std::tanh(x); }},
      {Activation::kSoftplus, [](double x) { return std::log1p(std::exp(x)); }}};
  constexpr std::int64_t kWidth = 32;
  for (const InstructionSet set : instruction_sets()) {
    for (const auto& [activation, function] : wanted) {
      for (double begin = -30.0; begin < 30.0; begin += 1.0) {
        alignas(64) float x[kWidth], y[kWidth];
        for (std::int64_t j = 0; j < kWidth; ++j) x[j] = static_cast<float>(begin + j / 32.0);
        kernels_of(set).scale({.rows = 1,
                               .width = kWidth,
                               .x = {.data = x, .stride = kWidth},
                               .out = {.data = y, .stride = kWidth},
                               .constant = 1.0F,
                               .bend = true,
                               .activation = activation});
        for (std::int64_t j = 0; j < kWidth; ++j) {
          const double right = function(x[j]);
          EXPECT_NEAR(y[j], right, 1e-6 * std::max(1.0, std::abs(right)))
              << name_of(set) << ", activation " << static_cast<int>(activation) << " of " << x[j];
        }
      }
    }
  }
}

TEST(Kernels, KeepWhatIsNotANumber) {
  constexpr std::int64_t kWidth = 32;
  for (const InstructionSet set : instruction_sets()) {
    for (const Activation activation :
         {Activation::kSilu, Activation::kGelu, Activation::kMish, Activation::kTanh}) {
      alignas(64) float x[kWidth] = {}, y[kWidth] = {};
      alignas(64) Bf16 twin[kWidth] = {};
      x[3] = std::numeric_limits<float>::quiet_NaN();
      kernels_of(set).scale({.rows = 1,
                             .width = kWidth,
                             .x = {.data = x, .stride = kWidth},
                             .out = {.data = y, .twin = twin, .stride = kWidth},
                             .constant = 1.0F,
                             .bend = true,
                             .activation = activation});
      EXPECT_TRUE(std::isnan(y[3])) << name_of(set);
      EXPECT_TRUE(std::isnan(from_bf16(twin[3]))) << name_of(set);
      EXPECT_NEAR(y[4], 0.0F, 1e-7F);
    }
  }
}

TEST(Kernels, RoundToTheNearestBfloat16) {
  // Beside 1 lie 1 + 2^-7 and 1 - 2^-8; ties go to the even last bit.
  EXPECT_EQ(from_bf16(to_bf16(1.0F)), 1.0F);
  EXPECT_EQ(from_bf16(to_bf16(1.0F + 0x1p-8F)), 1.0F);
  EXPECT_EQ(from_bf16(to_bf16(1.0F + 0x1.8p-7F)), 1.0F + 0x1p-6F);
  EXPECT_EQ(from_bf16(to_bf16(1.0F + 0x1.1p-8F)), 1.0F + 0x1p-7F);
  EXPECT_TRUE(std::isnan(from_bf16(to_bf16(std::numeric_limits<float>::quiet_NaN()))));
  constexpr std::int64_t kWidth = 32;
  RandomStream rng(2, "bf16");
  alignas(64) float x[kWidth];
  alignas(64) Bf16 twin[kWidth];
  for (float& number : x) number = static_cast<float>(rng.uniform1() - 0.5);
  for (const InstructionSet set : instruction_sets()) {
    kernels_of(set).scale({.rows = 1,
                           .width = kWidth,
                           .x = {.data = x, .stride = kWidth},
                           .out = {.twin = twin, .stride = kWidth},
                           .constant = 1.0F});
    for (std::int64_t j = 0; j < kWidth; ++j) EXPECT_EQ(twin[j], to_bf16(x[j])) << name_of(set);
  }
}

TEST(Kernels, SubtractAndGiveTheLeastThatIsANumber) {
  constexpr std::int64_t kCount = 19;  // Of 32 that may be read.
  for (const InstructionSet set : instruction_sets()) {
    alignas(64) float from[32] = {}, x[32] = {};
    for (int j = 0; j < 32; ++j) x[j] = static_cast<float>(j);  // Least -18; behind it -31.
    x[4] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(kernels_of(set).subtract_from(from, kCount, x), -18.0F) << name_of(set);
    EXPECT_EQ(x[3], -3.0F);
    EXPECT_TRUE(std::isnan(x[4]));
    for (float& number : x) number = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(kernels_of(set).subtract_from(from, kCount, x),
              std::numeric_limits<float>::infinity());
  }
}

}  // namespace
}  // namespace forethink::kernels
