// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/film_palette.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace forethink {
namespace {

constexpr std::size_t kColoursMax = 256;
constexpr std::size_t kAllColours = std::size_t{1} << 24;

struct CountedColour {
  std::array<std::uint8_t, 3> rgb{};
  double count = 0.0;
};

/// Colours begin .. end-1 of a list.
struct ColourBox {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::array<double, 3> mean{};
  std::size_t channel = 0;  // That spreads most.
  double error = 0.0;       // Sum of squares along it.
};

std::size_t pack(const std::uint8_t* rgb) {
  return static_cast<std::size_t>(rgb[0]) << 16 | static_cast<std::size_t>(rgb[1]) << 8 | rgb[2];
}

ColourBox measure(const std::vector<CountedColour>& colours, std::size_t begin, std::size_t end) {
  ColourBox box{begin, end};
  double count = 0.0;
  std::array<double, 3> squares{};
  for (std::size_t i = begin; i < end; ++i) {
    count += colours[i].count;
    for (std::size_t c = 0; c < 3; ++c) {
      const double value = colours[i].rgb[c];
      box.mean[c] += colours[i].count * value;
      squares[c] += colours[i].count * value * value;
    }
  }
  for (std::size_t c = 0; c < 3; ++c) {
    box.mean[c] /= count;
    const double error = squares[c] - count * box.mean[c] * box.mean[c];
    if (error <= box.error) continue;
    box.error = error;
    box.channel = c;
  }
  if (end - begin == 1) box.error = 0.0;  // But for rounding.
  return box;
}

std::vector<CountedColour> count_colours(const std::uint8_t* pixels, std::int64_t count) {
  std::vector<std::uint32_t> counts(kAllColours, 0);
  for (std::int64_t i = 0; i < count; ++i) ++counts[pack(pixels + 3 * i)];
  std::vector<CountedColour> colours;
  for (std::size_t key = 0; key < kAllColours; ++key) {
    if (counts[key] == 0) continue;
    colours.push_back({{static_cast<std::uint8_t>(key >> 16), static_cast<std::uint8_t>(key >> 8),
                        static_cast<std::uint8_t>(key)},
                       static_cast<double>(counts[key])});
  }
  return colours;
}

/// Cuts until there are as many boxes as colours allowed, or nothing is left to cut.
std::vector<ColourBox> cut_boxes(std::vector<CountedColour>& colours) {
  std::vector<ColourBox> boxes = {measure(colours, 0, colours.size())};
  while (boxes.size() < kColoursMax) {
    const auto worst = std::max_element(
        boxes.begin(), boxes.end(),
        [](const ColourBox& left, const ColourBox& right) { return left.error < right.error; });
    if (worst->error <= 0.0) break;
    const ColourBox box = *worst;
    const auto first = colours.begin() + static_cast<std::ptrdiff_t>(box.begin);
    const auto last = colours.begin() + static_cast<std::ptrdiff_t>(box.end);
    const auto middle = std::partition(first, last, [&](const CountedColour& colour) {
      return colour.rgb[box.channel] <= box.mean[box.channel];
    });
    const auto cut = static_cast<std::size_t>(middle - colours.begin());
    *worst = measure(colours, box.begin, cut);
    boxes.push_back(measure(colours, cut, box.end));
  }
  return boxes;
}

}  // namespace

PalettePicture reduce_colours(const Tensor& picture) {
  const Tensor plain = picture.to(torch::kCPU).contiguous();
  const std::uint8_t* const pixels = plain.const_data_ptr<std::uint8_t>();
  const std::int64_t count = plain.numel() / 3;
  std::vector<CountedColour> colours = count_colours(pixels, count);
  const std::vector<ColourBox> boxes = cut_boxes(colours);
  PalettePicture reduced;
  std::vector<std::uint8_t> index_of(kAllColours, 0);
  for (const ColourBox& box : boxes) {
    const auto index = static_cast<std::uint8_t>(reduced.colours.size());
    for (std::size_t i = box.begin; i < box.end; ++i) index_of[pack(colours[i].rgb.data())] = index;
    std::array<std::uint8_t, 3> mean{};
    for (std::size_t c = 0; c < 3; ++c)
      mean[c] = static_cast<std::uint8_t>(std::lround(box.mean[c]));
    reduced.colours.push_back(mean);
  }
  reduced.indices = torch::empty({plain.size(0), plain.size(1)}, torch::kUInt8);
  auto* const out = reduced.indices.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < count; ++i) out[i] = index_of[pack(pixels + 3 * i)];
  return reduced;
}

}  // namespace forethink
