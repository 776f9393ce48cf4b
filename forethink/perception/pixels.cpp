// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/pixels.h"

#include <torch/torch.h>

#include <bit>
#include <cstring>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

constexpr double kMiddle = 128.0;
constexpr double kByteMax = 255.0;

// One image of bytes into patch order, still bytes. Everything lies in the first-level cache.
void reorder_bytes(const std::uint8_t* image, std::uint8_t* out, at::IntArrayRef blocks,
                   std::int64_t patch, std::int64_t merge, std::int64_t channels) {
  const std::int64_t row_bytes = blocks[1] * merge * patch * channels;
  const std::int64_t run = patch * channels;  // Bytes of one pixel row of a patch.
  for (std::int64_t by = 0; by < blocks[0]; ++by) {
    for (std::int64_t bx = 0; bx < blocks[1]; ++bx) {
      for (std::int64_t m = 0; m < merge * merge; ++m) {
        const std::int64_t y = (by * merge + m / merge) * patch;
        const std::int64_t x = (bx * merge + m % merge) * patch;
        const std::uint8_t* from = image + y * row_bytes + x * channels;
        for (std::int64_t row = 0; row < patch; ++row, from += row_bytes, out += run) {
          std::memcpy(out, from, static_cast<std::size_t>(run));
        }
      }
    }
  }
}

float scale_byte(std::uint8_t v) { return (static_cast<float>(v) - 128.0F) * (1.0F / 128.0F); }

void write_number(std::uint8_t v, float& out) { out = scale_byte(v); }

// A scaled byte has 8 significant bits, so cutting a float to its upper half is exact; torch's own
// conversion rounds and checks for NaN, which keeps the loop from being vectorised.
void write_number(std::uint8_t v, at::BFloat16& out) {
  out.x = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(scale_byte(v)) >> 16);
}

template <class Number>
void cut_bytes(const Tensor& image, Tensor& out, at::IntArrayRef blocks, std::int64_t patch,
               std::int64_t merge) {
  const std::int64_t channels = image.size(3);
  const std::int64_t values = image[0].numel();
  const auto* from = image.const_data_ptr<std::uint8_t>();
  auto* to = out.data_ptr<Number>();
  at::parallel_for(0, image.size(0), /*grain_size=*/8, [&](std::int64_t begin, std::int64_t end) {
    std::vector<std::uint8_t> ordered(static_cast<std::size_t>(values));
    for (std::int64_t n = begin; n < end; ++n) {
      reorder_bytes(from + n * values, ordered.data(), blocks, patch, merge, channels);
      const std::uint8_t* bytes = ordered.data();
      Number* numbers = to + n * values;
      for (std::int64_t i = 0; i < values; ++i) write_number(bytes[i], numbers[i]);
    }
  });
}

}  // namespace

void expect_image(const Tensor& image, std::int64_t rows, std::int64_t columns,
                  std::int64_t channels) {
  expect_shape("image", image, {kAny, rows, columns, channels});
  if (image.scalar_type() != at::kByte && !image.is_floating_point()) {
    throw ShapeError(std::string("image has type ") + at::toString(image.scalar_type()) +
                     ", expected Byte (0 to 255) or floating point (0 to 1)");
  }
}

Tensor scale_pixels(const Tensor& image, at::ScalarType dtype) {
  if (image.scalar_type() == at::kByte) return image.to(dtype).sub_(kMiddle).mul_(1.0 / kMiddle);
  return (image * (kByteMax / kMiddle) - 1.0).to(dtype);
}

Tensor cut_patches(const Tensor& image, std::int64_t patch, std::int64_t merge,
                   at::ScalarType dtype) {
  const std::int64_t block = patch * merge;
  const std::vector<std::int64_t> blocks{image.size(1) / block, image.size(2) / block};
  const std::int64_t channels = image.size(3);
  const std::vector<std::int64_t> shape{image.size(0), blocks[0], blocks[1], merge * merge,
                                        patch * patch * channels};
  const bool quick = image.scalar_type() == at::kByte && image.device().is_cpu() &&
                     (dtype == at::kFloat || dtype == at::kBFloat16);
  if (quick) {
    const Tensor bytes = image.contiguous();
    Tensor out = at::empty(shape, dtype);
    if (out.numel() == 0) return out;
    if (dtype == at::kFloat) {
      cut_bytes<float>(bytes, out, blocks, patch, merge);
    } else {
      cut_bytes<at::BFloat16>(bytes, out, blocks, patch, merge);
    }
    return out;
  }
  return scale_pixels(image, dtype)
      .reshape({image.size(0), blocks[0], merge, patch, blocks[1], merge, patch, channels})
      .permute({0, 1, 4, 2, 5, 3, 6, 7})
      .reshape(shape);
}

}  // namespace forethink
