// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/two_rooms_image.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace forethink::two_rooms {
namespace {

constexpr int kReach = 5;  // Pixels: beyond 4.4 from the agent every level is below one.
constexpr int kSpan = 2 * kReach;
constexpr float kTwice = 2.0F * kBlob * kBlob;
constexpr int kDoors = kDoorHigh - kDoorLow + 1;
constexpr int kWalls = kWallHigh - kWallLow + 1;

// A level by the published formula, to the last bit of its arithmetic in single precision.
float exact_level(float dx, float dy) {
  const float d = std::sqrt(dx * dx + dy * dy);
  return std::exp(-(d * d) / kTwice) * 255.0F;
}

bool is_whole_in(float value, int low, int high) {
  return value >= static_cast<float>(low) && value <= static_cast<float>(high) &&
         value == std::floor(value);
}

Background draw_background(const Layout& layout) {
  Background pixels(static_cast<std::size_t>(kFrameBytes), 0);
  const auto on_border = [](int i) {
    return i == static_cast<int>(kBorderLow) || i == static_cast<int>(kBorderHigh);
  };
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const Point pixel{static_cast<float>(x), static_cast<float>(y)};
      if (!on_border(x) && !on_border(y) && !in_wall(pixel, layout)) continue;
      pixels[static_cast<std::size_t>((y * kSide + x) * kChannels + 1)] = 255;
    }
  }
  return pixels;
}

// By wall, then door.
std::vector<Background> draw_table() {
  std::vector<Background> table;
  table.reserve(static_cast<std::size_t>(kWalls) * kDoors);
  for (int wall = kWallLow; wall <= kWallHigh; ++wall) {
    for (int door = kDoorLow; door <= kDoorHigh; ++door) {
      table.push_back(draw_background({static_cast<float>(wall), static_cast<float>(door)}));
    }
  }
  return table;
}

}  // namespace

// The blob is the product of a row and a column of samples, which rounds differently from the
// published formula in the last bits. That matters only where a level is nearly whole.
void draw_frame(Point agent, const Background& background, std::uint8_t* pixels) {
  std::memcpy(pixels, background.data(), static_cast<std::size_t>(kFrameBytes));
  constexpr float margin = static_cast<float>(kReach);
  const auto outside = [](float place) {
    return !(place > -margin && place < static_cast<float>(kSide) + margin);
  };
  if (outside(agent.x) || outside(agent.y)) return;
  const int x0 = static_cast<int>(std::floor(agent.x)) - kReach + 1;
  const int y0 = static_cast<int>(std::floor(agent.y)) - kReach + 1;
  float across[kSpan];
  float down[kSpan];
  for (int i = 0; i < kSpan; ++i) {
    const float dx = static_cast<float>(x0 + i) - agent.x;
    const float dy = static_cast<float>(y0 + i) - agent.y;
    across[i] = std::exp(-(dx * dx) / kTwice);
    down[i] = 255.0F * std::exp(-(dy * dy) / kTwice);
  }
  const int begin = std::max(0, -x0);
  const int end = std::min(kSpan, kSide - x0);
  for (int j = std::max(0, -y0); j < std::min(kSpan, kSide - y0); ++j) {
    std::uint8_t* out = pixels + ((y0 + j) * kSide + x0) * kChannels;
    for (int i = begin; i < end; ++i) {
      float level = down[j] * across[i];
      const float nearest = std::floor(level + 0.5F);
      if (std::abs(level - nearest) < 1e-3F && nearest > 0.0F) {
        level =
            exact_level(static_cast<float>(x0 + i) - agent.x, static_cast<float>(y0 + j) - agent.y);
      }
      out[i * kChannels] = static_cast<std::uint8_t>(level);
    }
  }
}

const Background& background_of(const Layout& layout, Background& own) {
  static const std::vector<Background> table = draw_table();
  if (is_whole_in(layout.wall_x, kWallLow, kWallHigh) &&
      is_whole_in(layout.door_y, kDoorLow, kDoorHigh)) {
    const auto wall = static_cast<std::size_t>(static_cast<int>(layout.wall_x) - kWallLow);
    const auto door = static_cast<std::size_t>(static_cast<int>(layout.door_y) - kDoorLow);
    return table[wall * kDoors + door];
  }
  own = draw_background(layout);
  return own;
}

}  // namespace forethink::two_rooms
