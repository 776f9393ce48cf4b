// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/four_rooms_image.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace forethink::four_rooms {
namespace {

constexpr int kPublished = 224;
constexpr int kChannels = 3;

constexpr std::array<float, 3> kAgentColour{255, 0, 0};
constexpr std::array<std::array<float, 3>, kDistractorsMax> kDistractorColours{
    {{0, 114, 178}, {230, 159, 0}, {0, 158, 115}, {204, 121, 167}, {240, 228, 66}}};

// The published picture's border: lines four pixels thick, over the whole width.
bool on_border(int i) { return (i >= 10 && i <= 13) || (i >= 210 && i <= 213); }

bool in_wall(int i) { return std::abs(i - 112) <= 5; }

bool in_door(int along, int closed_door, int first) {
  return (closed_door != first && std::abs(along - 56) <= 16) ||
         (closed_door != first + 1 && std::abs(along - 168) <= 16);
}

bool is_black(int x, int y, int closed_door) {
  if (on_border(x) || on_border(y)) return true;
  const bool opened =
      (in_wall(x) && in_door(y, closed_door, 0)) || (in_wall(y) && in_door(x, closed_door, 2));
  return (in_wall(x) || in_wall(y)) && !opened;
}

// Share of source pixel i that lies in target pixel j, times the target pixel's size.
double overlap(int i, double begin, double end) {
  return std::max(0.0, std::min(end, i + 1.0) - std::max(begin, static_cast<double>(i)));
}

std::vector<std::uint8_t> paint_background(std::int64_t size, int closed_door) {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(size * size * kChannels));
  const double scale = static_cast<double>(kPublished) / static_cast<double>(size);
  for (std::int64_t row = 0; row < size; ++row) {
    const double top = static_cast<double>(row) * scale;
    for (std::int64_t column = 0; column < size; ++column) {
      const double left = static_cast<double>(column) * scale;
      double white = 0.0;
      for (int y = static_cast<int>(top); y < std::min<double>(kPublished, top + scale); ++y) {
        for (int x = static_cast<int>(left); x < std::min<double>(kPublished, left + scale); ++x) {
          if (is_black(x, y, closed_door)) continue;
          white += overlap(x, left, left + scale) * overlap(y, top, top + scale);
        }
      }
      const auto level = static_cast<std::uint8_t>(std::lround(255.0 * white / (scale * scale)));
      std::fill_n(&pixels[static_cast<std::size_t>((row * size + column) * kChannels)], kChannels,
                  level);
    }
  }
  return pixels;
}

}  // namespace

Painter::Painter(std::int64_t image_size)
    : size_(image_size), pixels_per_unit_(static_cast<float>(image_size) / kSide) {
  const double sigma = kRadius * pixels_per_unit_;
  // Where 255 exp(-d^2 / (2 sigma^2)) falls below half a level.
  reach_ = static_cast<float>(sigma * std::sqrt(2.0 * std::log(510.0)));
  inverse_ = static_cast<float>(0.5 / (sigma * sigma));
  ratio_ = static_cast<float>(std::exp(-1.0 / (sigma * sigma)));
  for (int door = -1; door < 4; ++door) {
    backgrounds_[static_cast<std::size_t>(door + 1)] = paint_background(size_, door);
  }
}

void Painter::draw(const Scene& scene, std::uint8_t* pixels) const {
  std::memcpy(pixels, backgrounds_[static_cast<std::size_t>(scene.closed_door + 1)].data(),
              static_cast<std::size_t>(bytes()));
  for (int body = 1; body <= scene.bodies; ++body) {
    const bool agent = body == scene.bodies;
    const Point at = scene.at[static_cast<std::size_t>(agent ? 0 : body)];
    const Colour& colour =
        agent ? kAgentColour : kDistractorColours[static_cast<std::size_t>(body - 1)];
    // Farther outside nothing is visible, and an integer may not hold the pixel's number.
    constexpr float margin = 6.0F * kRadius;
    const auto outside = [](float place) { return place < -margin || place > kSide + margin; };
    if (outside(at.x) || outside(at.y)) continue;
    if (size_ == kPublished) {
      draw_published_blob(at, colour, pixels);
    } else {
      draw_blob(at, colour, pixels);
    }
  }
}

namespace {

// Samples of a one-dimensional Gaussian at consecutive pixels, by two exponentials and a
// recurrence: exp(-(t+1)^2 h) = exp(-t^2 h) exp(-(2t+1) h), whose ratio shrinks by exp(-2h) from
// step to step. `nearest` (units) makes the largest sample of the published grid equal to one.
void sample_axis(float first, float half_inverse_variance, float second_ratio, float nearest,
                 int count, float* weights) {
  float weight = std::exp(nearest * nearest / (2.0F * kRadius * kRadius) -
                          first * first * half_inverse_variance);
  float ratio = std::exp(-(2.0F * first + 1.0F) * half_inverse_variance);
  for (int i = 0; i < count; ++i) {
    weights[i] = std::min(weight, 1.0F);
    weight *= ratio;
    ratio *= second_ratio;
  }
}

}  // namespace

void Painter::draw_blob(Point at, const Colour& colour, std::uint8_t* pixels) const {
  constexpr int kWindow = 128;
  const float column = (at.x + 0.5F) * pixels_per_unit_ - 0.5F;
  const float row = (at.y + 0.5F) * pixels_per_unit_ - 0.5F;
  const int width = std::min(static_cast<int>(2.0F * reach_) + 1, kWindow);
  const int x_first = static_cast<int>(std::ceil(column - reach_));
  const int y_first = static_cast<int>(std::ceil(row - reach_));
  float across[kWindow];
  float down[kWindow];
  sample_axis(static_cast<float>(x_first) - column, inverse_, ratio_, at.x - std::nearbyint(at.x),
              width, across);
  sample_axis(static_cast<float>(y_first) - row, inverse_, ratio_, at.y - std::nearbyint(at.y),
              width, down);

  const int size = static_cast<int>(size_);
  const int x_begin = std::max(x_first, 0);
  const int x_end = std::min(x_first + width, size);
  const int y_begin = std::max(y_first, 0);
  const int y_end = std::min(y_first + width, size);
  if (x_begin >= x_end || y_begin >= y_end) return;

  // Weights and colours spread over the bytes of a line: then the blend is vector code.
  const int bytes_used = (x_end - x_begin) * kChannels;
  float weight[kWindow * kChannels];
  float ink[kWindow * kChannels];
  for (int x = x_begin; x < x_end; ++x) {
    for (int c = 0; c < kChannels; ++c) {
      weight[(x - x_begin) * kChannels + c] = across[x - x_first];
      ink[(x - x_begin) * kChannels + c] = colour[static_cast<std::size_t>(c)];
    }
  }
  for (int y = y_begin; y < y_end; ++y) {
    std::uint8_t* __restrict line =
        pixels + (static_cast<std::int64_t>(y) * size + x_begin) * kChannels;
    const float factor = down[y - y_first];
    for (int i = 0; i < bytes_used; ++i) {
      const float alpha = factor * weight[i];
      const float level = static_cast<float>(line[i]) * (1.0F - alpha) + ink[i] * alpha;
      line[i] = static_cast<std::uint8_t>(static_cast<int>(level + 0.5F));
    }
  }
}

void Painter::draw_published_blob(Point at, const Colour& colour, std::uint8_t* pixels) const {
  // Truncation makes 254 of 255 (1 - alpha) for any alpha that a float can tell from nothing, so
  // the blob reaches as far as alpha > 2^-25: 20.6 pixels.
  constexpr int kReach = 21;
  constexpr float kTwoVariance = 2.0F * kRadius * kRadius;
  const auto sample = [&](int x, int y) {
    const float dx = static_cast<float>(x) - at.x;
    const float dy = static_cast<float>(y) - at.y;
    return std::exp(-(dx * dx + dy * dy) / kTwoVariance);
  };
  const int x_nearest = std::clamp(static_cast<int>(std::nearbyint(at.x)), 0, kPublished - 1);
  const int y_nearest = std::clamp(static_cast<int>(std::nearbyint(at.y)), 0, kPublished - 1);
  const float largest = sample(x_nearest, y_nearest);
  for (int y = std::max(y_nearest - kReach, 0); y <= std::min(y_nearest + kReach, 223); ++y) {
    for (int x = std::max(x_nearest - kReach, 0); x <= std::min(x_nearest + kReach, 223); ++x) {
      const float ratio = sample(x, y) / largest;
      const float alpha = ratio > 1.0F ? 1.0F : ratio;
      std::uint8_t* pixel = pixels + (y * kPublished + x) * kChannels;
      for (std::size_t c = 0; c < kChannels; ++c) {
        const float level = static_cast<float>(pixel[c]) * (1.0F - alpha) + colour[c] * alpha;
        pixel[c] = static_cast<std::uint8_t>(level);
      }
    }
  }
}

}  // namespace forethink::four_rooms
