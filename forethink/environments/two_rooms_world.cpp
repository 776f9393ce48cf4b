// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/two_rooms_world.h"

#include <algorithm>
#include <numbers>

#include "forethink/core/random.h"

namespace forethink::two_rooms {
namespace {

constexpr std::uint64_t kBlocksPerStep = 1;  // Of four words: a contact takes two.

// Whether the open segments from a to b and from c to d cross.
bool segments_cross(Point a, Point b, Point c, Point d) {
  const auto side = [](Point from, Point to, Point p) {
    return (to.x - from.x) * (p.y - from.y) - (to.y - from.y) * (p.x - from.x);
  };
  return side(a, b, c) * side(a, b, d) < 0.0F && side(c, d, a) * side(c, d, b) < 0.0F;
}

bool leaves_through_jamb(Point from, Point to, const Layout& layout) {
  if (to.y == from.y) return false;
  const float jamb = to.y > from.y ? layout.door_y + kDoorHalf : layout.door_y - kDoorHalf;
  return segments_cross(from, to, {layout.wall_x - kHalfWall, jamb},
                        {layout.wall_x + kHalfWall, jamb});
}

// Whether each face of the wall that a move crosses is crossed within the opening.
bool passes_door(Point from, Point to, const Layout& layout) {
  for (const float face : {layout.wall_x - kHalfWall, layout.wall_x + kHalfWall}) {
    if (detail::sign(face - from.x) * detail::sign(face - to.x) >= 0.0F) continue;
    const float y = detail::y_at_x(from, to, face);
    if (y < layout.door_y - kDoorHalf || y > layout.door_y + kDoorHalf) return false;
  }
  return true;
}

// Whether a move enters, leaves or jumps over the band of the wall.
bool touches_band(float from, float to, float wall_x) {
  const auto where = [wall_x](float x) {
    return x < wall_x - kHalfWall ? -1 : (x > wall_x + kHalfWall ? 1 : 0);
  };
  return where(from) != where(to);
}

}  // namespace

Point stay(Point from, Point to, const Layout& layout) {
  using detail::reaches;
  for (const float line : {kBorderLow, kBorderHigh}) {
    if (reaches(from.x, to.x, line) || reaches(from.y, to.y, line)) return from;
  }
  if (leaves_through_jamb(from, to, layout)) return from;
  if (touches_band(from.x, to.x, layout.wall_x) && !passes_door(from, to, layout)) return from;
  return to;
}

Dice::Dice(std::uint64_t key, std::int64_t row, Purpose purpose, std::int64_t step)
    : key_(key),
      row_(static_cast<std::uint64_t>(row)),
      block_((static_cast<std::uint64_t>(purpose) << 32) |
             (static_cast<std::uint64_t>(step) * kBlocksPerStep)) {}

std::uint32_t Dice::word() {
  if (used_ == 4) {
    words_ = philox(key_, row_, block_++);
    used_ = 0;
  }
  return words_[static_cast<std::size_t>(used_++)];
}

// 24 bits of a word: exact in float.
float Dice::uniform() { return static_cast<float>(word() >> 8) * 0x1.0p-24F; }

int Dice::whole(int low, int high) {
  const auto count = static_cast<std::uint64_t>(high - low + 1);
  return low + static_cast<int>((static_cast<std::uint64_t>(word()) * count) >> 32);
}

// Box and Muller (1958).
Point Dice::normals() {
  const float radius = std::sqrt(-2.0F * std::log(1.0F - uniform()));
  const float angle = 2.0F * std::numbers::pi_v<float> * uniform();
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

float Dice::normal() { return normals().x; }

float Dice::truncated_normal(float mean, float deviation, float low, float high) {
  float value = mean + deviation * normal();
  while (value < low || value > high) value = mean + deviation * normal();
  return value;
}

// Best and Fisher (1979): rejection from a wrapped Cauchy distribution.
float Dice::von_mises(double concentration) {
  constexpr double pi = std::numbers::pi;
  if (concentration < 1e-5) return static_cast<float>(pi * (2.0 * uniform() - 1.0));
  const double tau = 1.0 + std::sqrt(1.0 + 4.0 * concentration * concentration);
  const double rho = (tau - std::sqrt(2.0 * tau)) / (2.0 * concentration);
  const double r = (1.0 + rho * rho) / (2.0 * rho);
  while (true) {
    const double z = std::cos(pi * uniform());
    const double cosine = (1.0 + r * z) / (r + z);
    const double c = concentration * (r - cosine);
    const double u = 1.0 - uniform();  // In (0, 1].
    const double turn = std::acos(std::clamp(cosine, -1.0, 1.0));
    const bool accepted = c * (2.0 - c) > u || std::log(c / u) + 1.0 - c >= 0.0;
    if (accepted) return static_cast<float>(uniform() < 0.5F ? turn : -turn);
  }
}

Layout draw_layout(Dice& dice) {
  Layout layout;
  layout.wall_x = static_cast<float>(dice.whole(kWallLow, kWallHigh));
  layout.door_y = static_cast<float>(dice.whole(kDoorLow, kDoorHigh));
  return layout;
}

}  // namespace forethink::two_rooms
