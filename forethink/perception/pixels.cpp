// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/pixels.h"

#include <ATen/autocast_mode.h>
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
constexpr std::uint8_t kEmpty = 128;  // The byte that becomes 0.

// A run of 8 to 16 bytes as two words that may overlap: a call for each takes longer than the copy.
void copy_run(const std::uint8_t* from, std::uint8_t* out, std::int64_t bytes) {
  constexpr std::int64_t word = 8;
  if (bytes < word || bytes > 2 * word) {
    std::memcpy(out, from, static_cast<std::size_t>(bytes));
    return;
  }
  std::memcpy(out, from, word);
  std::memcpy(out + bytes - word, from + bytes - word, word);
}

// One image of bytes, `shape` {Y, X, C}, into patch order, still bytes. Everything lies in the
// first-level cache. Patches beyond the image are left as they are.
void reorder_bytes(const std::uint8_t* image, std::uint8_t* out, at::IntArrayRef shape,
                   std::int64_t patch, std::int64_t merge) {
  const std::int64_t block = patch * merge;
  const std::int64_t row_bytes = shape[1] * shape[2];
  const std::int64_t run = patch * shape[2];  // Bytes of one pixel row of a patch.
  for (std::int64_t top = 0; top < shape[0]; top += block) {
    for (std::int64_t left = 0; left < shape[1]; left += block) {
      for (std::int64_t m = 0; m < merge * merge; ++m) {
        const std::int64_t y = top + m / merge * patch;
        const std::int64_t x = left + m % merge * patch;
        if (y >= shape[0] || x >= shape[1]) {
          out += patch * run;
          continue;
        }
        const std::uint8_t* from = image + y * row_bytes + x * shape[2];
        for (std::int64_t row = 0; row < patch; ++row, from += row_bytes, out += run) {
          copy_run(from, out, run);
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
void cut_bytes(const Tensor& image, Tensor& out, std::int64_t patch, std::int64_t merge) {
  const at::IntArrayRef shape = image.sizes().slice(1);  // Y, X, C.
  const std::int64_t bytes_in = image.stride(0);
  const std::int64_t values = out.stride(0);  // More than the image's bytes, if it is padded.
  const auto* from = image.const_data_ptr<std::uint8_t>();
  auto* to = out.data_ptr<Number>();
  at::parallel_for(0, image.size(0), /*grain_size=*/8, [&](std::int64_t begin, std::int64_t end) {
    std::vector<std::uint8_t> ordered(static_cast<std::size_t>(values), kEmpty);
    for (std::int64_t n = begin; n < end; ++n) {
      reorder_bytes(from + n * bytes_in, ordered.data(), shape, patch, merge);
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

at::ScalarType product_type(const Tensor& image, const Tensor& weight) {
  if (at::autocast::is_autocast_enabled(at::kCPU) && image.device().is_cpu()) {
    return at::autocast::get_autocast_dtype(at::kCPU);
  }
  return weight.scalar_type();
}

Tensor cut_patches(const Tensor& image, std::int64_t patch, std::int64_t merge,
                   at::ScalarType dtype) {
  const std::int64_t block = patch * merge;
  const std::int64_t rows = (image.size(1) + block - 1) / block;  // Of blocks.
  const std::int64_t columns = (image.size(2) + block - 1) / block;
  const std::int64_t channels = image.size(3);
  const std::vector<std::int64_t> shape{image.size(0), rows, columns, merge * merge,
                                        patch * patch * channels};
  const bool quick = image.scalar_type() == at::kByte && image.device().is_cpu() &&
                     (dtype == at::kFloat || dtype == at::kBFloat16);
  if (quick) {
    const Tensor bytes = image.contiguous();
    Tensor out = at::empty(shape, dtype);
    if (out.numel() == 0) return out;
    if (dtype == at::kFloat) {
      cut_bytes<float>(bytes, out, patch, merge);
    } else {
      cut_bytes<at::BFloat16>(bytes, out, patch, merge);
    }
    return out;
  }
  const std::int64_t below = rows * block - image.size(1), right = columns * block - image.size(2);
  return at::constant_pad_nd(scale_pixels(image, dtype), {0, 0, 0, right, 0, below})
      .reshape({image.size(0), rows, merge, patch, columns, merge, patch, channels})
      .permute({0, 1, 4, 2, 5, 3, 6, 7})
      .reshape(shape);
}

}  // namespace forethink
