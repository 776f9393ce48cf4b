// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/film_picture.h"

#include <png.h>
#include <torch/torch.h>

#include <array>
#include <csetjmp>
#include <cstring>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/evaluation/film_palette.h"
#include "forethink/evaluation/report_base64.h"

namespace forethink {
namespace {

void append_bytes(png_structp png, png_bytep bytes, png_size_t count) {
  auto* out = static_cast<std::string*>(png_get_io_ptr(png));
  out->append(reinterpret_cast<const char*>(bytes), count);
}

void flush_nothing(png_structp) {}

/// PNG of contiguous uint8 [Y, X, 3], or of [Y, X] with colours. Unfiltered rows let deflate match
/// the frame to the left.
std::string encode_png(const Tensor& image,
                       const std::vector<std::array<std::uint8_t, 3>>& colours) {
  std::string out;
  const auto rows = static_cast<std::size_t>(image.size(0));
  const auto row_bytes = static_cast<std::size_t>(image.numel() / image.size(0));
  const std::uint8_t* const pixels = image.const_data_ptr<std::uint8_t>();
  std::array<png_color, 256> palette{};
  for (std::size_t i = 0; i < colours.size(); ++i)
    palette[i] = {colours[i][0], colours[i][1], colours[i][2]};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  if (info == nullptr || setjmp(png_jmpbuf(png)) != 0) {
    png_destroy_write_struct(&png, &info);
    throw IoError("film: libpng could not encode the frames (out of memory?)");
  }
  png_set_write_fn(png, &out, append_bytes, flush_nothing);
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.size(1)),
               static_cast<png_uint_32>(image.size(0)), 8,
               colours.empty() ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!colours.empty()) png_set_PLTE(png, info, palette.data(), static_cast<int>(colours.size()));
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
  png_set_compression_level(png, 9);
  png_write_info(png, info);
  for (std::size_t row = 0; row < rows; ++row) png_write_row(png, pixels + row * row_bytes);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return out;
}

/// uint8 [Y, X, 3] from PNG bytes, whose size must be as `rows` and `columns` say.
Tensor decode_png(const std::string& bytes, std::int64_t rows, std::int64_t columns,
                  const JsonFields& fields, const std::string& field) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0)
    fields.refuse(field, std::string("is not a PNG: ") + image.message);
  if (static_cast<std::int64_t>(image.height) != rows ||
      static_cast<std::int64_t>(image.width) != columns) {
    const std::string came = std::to_string(image.height) + " x " + std::to_string(image.width);
    png_image_free(&image);
    fields.refuse(field, "is a picture of " + came + " pixels, must be " + std::to_string(rows) +
                             " x " + std::to_string(columns));
  }
  image.format = PNG_FORMAT_RGB;
  Tensor pixels = torch::empty({rows, columns, 3}, torch::kUInt8);
  if (png_image_finish_read(&image, nullptr, pixels.mutable_data_ptr<std::uint8_t>(), 0, nullptr) ==
      0)
    fields.refuse(field, std::string("is a damaged PNG: ") + image.message);
  return pixels;
}

}  // namespace

std::string picture_to_base64(const Tensor& picture) {
  return to_base64(encode_png(picture.to(torch::kCPU).contiguous(), {}));
}

std::string few_colours_to_base64(const Tensor& picture) {
  const PalettePicture reduced = reduce_colours(picture);
  return to_base64(encode_png(reduced.indices, reduced.colours));
}

Tensor picture_from_base64(const std::string& text, std::int64_t rows, std::int64_t columns,
                           const JsonFields& fields, const std::string& field) {
  return decode_png(from_base64(text, fields, field), rows, columns, fields, field);
}

Tensor frames_to_grid(const Tensor& frames) {
  const std::int64_t count = frames.size(0), height = frames.size(1), width = frames.size(2);
  const std::int64_t rows = (count + kFrameColumns - 1) / kFrameColumns;
  Tensor padded = torch::zeros({rows * kFrameColumns, height, width, 3}, torch::kUInt8);
  padded.narrow(0, 0, count).copy_(frames);
  return padded.view({rows, kFrameColumns, height, width, 3})
      .permute({0, 2, 1, 3, 4})  // [rows, Y, 16, X, 3]
      .contiguous()
      .view({rows * height, kFrameColumns * width, 3});
}

Tensor frames_from_grid(const Tensor& grid, std::int64_t count) {
  const std::int64_t rows = (count + kFrameColumns - 1) / kFrameColumns;
  const std::int64_t height = grid.size(0) / rows, width = grid.size(1) / kFrameColumns;
  return grid.view({rows, height, kFrameColumns, width, 3})
      .permute({0, 2, 1, 3, 4})  // [rows, 16, Y, X, 3]
      .reshape({rows * kFrameColumns, height, width, 3})
      .narrow(0, 0, count)
      .contiguous();
}

}  // namespace forethink
