// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/meadow_image.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace forethink::meadow {
namespace {

constexpr int kChannels = 3;

std::uint8_t to_level(float value) { return static_cast<std::uint8_t>(value + 0.5F); }

void blend_(std::uint8_t* pixel, Colour colour, float share) {
  const float rest = 1.0F - share;
  pixel[0] = to_level(rest * static_cast<float>(pixel[0]) + share * colour.red);
  pixel[1] = to_level(rest * static_cast<float>(pixel[1]) + share * colour.green);
  pixel[2] = to_level(rest * static_cast<float>(pixel[2]) + share * colour.blue);
}

// How much of each pixel of a line lies in 0 .. kSide; returns whether all of them do altogether.
bool cover(float corner, float scale, int count, float* shares) {
  bool all = true;
  for (int i = 0; i < count; ++i) {
    const float low = (0.0F - corner) * scale;
    const float high = (kSide - corner) * scale;
    const auto begin = static_cast<float>(i);
    shares[i] = std::clamp(std::min(begin + 1.0F, high) - std::max(begin, low), 0.0F, 1.0F);
    all = all && shares[i] == 1.0F;
  }
  return all;
}

// Grass within the border, and what lies beyond it.
void paint_ground(const Canvas& canvas, float day) {
  fill(canvas, lit(kGrass, day));
  std::vector<float> shares(static_cast<std::size_t>(canvas.width + canvas.height));
  float* across = shares.data();
  float* down = across + canvas.width;
  const bool inside_x = cover(canvas.corner.x, canvas.scale, canvas.width, across);
  const bool inside_y = cover(canvas.corner.y, canvas.scale, canvas.height, down);
  if (inside_x && inside_y) return;
  const Colour beyond = lit(kBeyond, day);
  for (int row = 0; row < canvas.height; ++row) {
    std::uint8_t* line = canvas.pixels + row * canvas.stride * kChannels;
    for (int column = 0; column < canvas.width; ++column) {
      const float outside = 1.0F - across[column] * down[row];
      if (outside > 0.0F) blend_(line + column * kChannels, beyond, outside);
    }
  }
}

}  // namespace

Colour lit(Colour colour, float day) {
  const float level = light(day);
  const float blue = std::min(1.0F, level + 0.12F);
  return {level * colour.red, level * colour.green, blue * colour.blue};
}

void fill(const Canvas& canvas, Colour colour) {
  std::uint8_t* first = canvas.pixels;
  for (int column = 0; column < canvas.width; ++column) {
    first[column * kChannels] = to_level(colour.red);
    first[column * kChannels + 1] = to_level(colour.green);
    first[column * kChannels + 2] = to_level(colour.blue);
  }
  for (int row = 1; row < canvas.height; ++row) {
    std::memcpy(first + row * canvas.stride * kChannels, first,
                static_cast<std::size_t>(canvas.width) * kChannels);
  }
}

void paint_disc(const Canvas& canvas, Point middle, float radius, Colour colour) {
  const float x = (middle.x - canvas.corner.x) * canvas.scale;
  const float y = (middle.y - canvas.corner.y) * canvas.scale;
  const float outer = radius * canvas.scale + 0.5F;  // Nothing of the disc beyond,
  const float inner = std::max(0.0F, outer - 1.0F);  // nothing of the ground within.
  const auto width = static_cast<float>(canvas.width);
  const auto height = static_cast<float>(canvas.height);
  if (x + outer <= 0.0F || y + outer <= 0.0F || x - outer >= width || y - outer >= height) return;
  const int left = static_cast<int>(std::max(0.0F, x - outer));
  const int right = static_cast<int>(std::min(width, x + outer + 1.0F));
  const int top = static_cast<int>(std::max(0.0F, y - outer));
  const int bottom = static_cast<int>(std::min(height, y + outer + 1.0F));
  const std::uint8_t solid[kChannels] = {to_level(colour.red), to_level(colour.green),
                                         to_level(colour.blue)};
  for (int row = top; row < bottom; ++row) {
    const float dy = static_cast<float>(row) + 0.5F - y;
    std::uint8_t* line = canvas.pixels + row * canvas.stride * kChannels;
    for (int column = left; column < right; ++column) {
      const float dx = static_cast<float>(column) + 0.5F - x;
      const float squared = dx * dx + dy * dy;
      if (squared >= outer * outer) continue;
      std::uint8_t* pixel = line + column * kChannels;
      if (squared <= inner * inner) {
        std::memcpy(pixel, solid, kChannels);
      } else {
        blend_(pixel, colour, std::min(1.0F, outer - std::sqrt(squared)));
      }
    }
  }
}

void paint_world(const Canvas& canvas, const World& world) {
  paint_ground(canvas, world.day);
  const Colour earth = lit(kEarth, world.day);
  const Colour ripe = lit(kRipe, world.day);
  const Colour lake = lit(kLake, world.day);
  const Colour roof = lit(kRoof, world.day);
  const Colour stone = lit(kStone, world.day);
  const Colour thorny = lit(kThorny, world.day);
  for (std::size_t i = 0; i < kShelters; ++i) {
    paint_disc(canvas, world.shelters.at(i), kShelterRadius, roof);
  }
  for (std::size_t i = 0; i < kWaters; ++i) {
    paint_disc(canvas, world.waters.at(i), kWaterRadius, mix(earth, lake, world.water_left[i]));
  }
  for (std::size_t i = 0; i < kFoods; ++i) {
    paint_disc(canvas, world.foods.at(i), kFoodRadius, mix(earth, ripe, world.food_left[i]));
  }
  for (std::size_t i = 0; i < kRocks; ++i) {
    paint_disc(canvas, world.rocks.at(i), world.rock_radius[i], stone);
  }
  for (std::size_t i = 0; i < kThorns; ++i) {
    if (world.thorn_shown[i] > 0.5F) paint_disc(canvas, world.thorns.at(i), kThornRadius, thorny);
  }
}

void draw_view(const World& world, int size, float view, std::uint8_t* pixels) {
  const Canvas canvas{pixels,
                      size,
                      size,
                      size,
                      {world.agent.x - 0.5F * view, world.agent.y - 0.5F * view},
                      static_cast<float>(size) / view};
  paint_world(canvas, world);
  paint_disc(canvas, world.agent, kAgentRadius, lit(kBody, world.day));
}

}  // namespace forethink::meadow
