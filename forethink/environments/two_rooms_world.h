// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The rules of Two Rooms for one row: geometry, contacts, chance.
//
// A square of 65 x 65 pixels, x to the right and y down. Border lines at 4 and 60; a vertical wall
// of three columns around `wall_x` with an opening of four pixels either side of `door_y`.
//
//      4     wall_x     60
//   4  +-------#---------+
//      |       #         |       The agent is a point that is drawn as a blob. An action is a
//      |     door_y      |       displacement in pixels. What happens on contact differs between
//      |       #         |       the published evaluation (`bounce`) and the published data
//  60  +-------#---------+       sets (`stay`).
//
// Role:    what `TwoRooms`, its recordings and its tasks have in common; pure functions.
// Source:  PLDM (Sobal et al. 2025) and eb_jepa (arXiv:2602.03604), re-implemented from their
//          definitions; tests/parity holds what their own code does.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

namespace forethink::two_rooms {

inline constexpr int kSide = 65;           // Pixels of a picture, each way.
inline constexpr float kBorderLow = 4.0F;  // The border's lines.
inline constexpr float kBorderHigh = 60.0F;
inline constexpr float kHalfWall = 1.0F;  // The wall's faces lie this far from its middle.
inline constexpr float kDoorHalf = 4.0F;  // Half the opening.
inline constexpr float kBlob = 1.3F;      // Deviation of the blob that the agent is drawn as.
inline constexpr float kSetBack = 0.3F;   // How far inside an agent is put that would touch.
inline constexpr float kBounce = 0.5F;    // Deviation of the noise of a bounce, per coordinate.
inline constexpr int kWallLow = 20;       // Random layouts: whole numbers in these ranges.
inline constexpr int kWallHigh = 44;
inline constexpr int kDoorLow = 10;
inline constexpr int kDoorHigh = 54;

struct Point {
  float x = 0.0F;
  float y = 0.0F;
};

inline float squared_distance(Point a, Point b) {
  const float dx = a.x - b.x;
  const float dy = a.y - b.y;
  return dx * dx + dy * dy;
}

/// Where the wall stands and where its door is.
struct Layout {
  float wall_x = 32.0F;
  float door_y = 10.0F;
};

/// The room a point is in: 0 left of the wall's middle line, 1 right of it.
inline int room_of(Point p, const Layout& layout) { return p.x < layout.wall_x ? 0 : 1; }

/// Whether a point lies in the wall's solid part, its faces included.
inline bool in_wall(Point p, const Layout& layout) {
  return std::abs(p.x - layout.wall_x) <= kHalfWall && std::abs(p.y - layout.door_y) > kDoorHalf;
}

/// The contact of the published data sets: an agent that would touch anything stays where it is.
Point stay(Point from, Point to, const Layout& layout);

namespace detail {

inline float sign(float value) { return value > 0.0F ? 1.0F : (value < 0.0F ? -1.0F : 0.0F); }

// Whether a move along one axis reaches or crosses `plane`; touching counts.
inline bool reaches(float from, float to, float plane) {
  return sign(from - plane) * sign(to - plane) <= 0.0F;
}

// Where the line through a move meets a plane across x or across y. A move along the plane has no
// such place; then the agent's own coordinate stands in for it, so that nothing is ever infinite.
inline float y_at_x(Point from, Point to, float x) {
  if (to.x == from.x) return from.y;
  const float slope = (to.y - from.y) / (to.x - from.x);
  return slope * x + (from.y - slope * from.x);
}
inline float x_at_y(Point from, Point to, float y) {
  if (to.x == from.x || to.y == from.y) return from.x;
  const float slope = (to.y - from.y) / (to.x - from.x);
  return (y - (from.y - slope * from.x)) / slope;
}

}  // namespace detail

/// The contact of the published evaluation, tested in this order:
///
/// 1. The jambs: a move that leaves the opening along y between the wall's faces ends where it
///    meets the jamb, plus noise whose y points back.
/// 2. The planes that bound the room the agent is in: the border's four lines, and the near face of
///    the wall in place of one of them, which lets through what crosses it within the opening. Of a
///    vertical and a horizontal plane that are both reached the nearer counts. The move ends where
///    it meets the plane, plus noise whose part across the plane points back; then it is brought
///    into the room's box, and 0.3 inside of it where it would touch.
///
/// @param noise  Called on contact alone, with whether the plane is a vertical one: a `Point` of
/// two
///               standard normals.
template <class DrawNoise>
Point bounce(Point from, Point to, const Layout& layout, DrawNoise&& noise) {
  using detail::reaches;
  using detail::sign;
  const float left_face = layout.wall_x - kHalfWall;
  const float right_face = layout.wall_x + kHalfWall;
  const float door_low = layout.door_y - kDoorHalf;
  const float door_high = layout.door_y + kDoorHalf;

  const bool leaves_high = to.y > from.y && to.y > door_high && from.y < door_high;
  const bool leaves_low = to.y < from.y && to.y < door_low && from.y > door_low;
  // A move straight along the wall has no slope; the published code lets it pass the jambs.
  if ((leaves_high || leaves_low) && to.x != from.x) {
    const float jamb = leaves_high ? door_high : door_low;
    const float x = detail::x_at_y(from, to, jamb);
    if (left_face <= x && x <= right_face) {
      const Point n = noise(/*vertical=*/false);
      const float back = kBounce * std::abs(n.y);
      return {x + kBounce * n.x, leaves_high ? jamb - back : jamb + back};
    }
  }

  const bool at_left = layout.wall_x > from.x;
  const float left = at_left ? kBorderLow : right_face;
  const float right = at_left ? left_face : kBorderHigh;
  const auto hits_vertical = [&](float plane, bool has_door) {
    if (!reaches(from.x, to.x, plane)) return false;
    if (has_door && to.x == from.x) return false;  // On the face, and straight along it.
    const float y = detail::y_at_x(from, to, plane);
    return !has_door || y < door_low || y > door_high;
  };
  float plane_x = left;
  bool vertical = hits_vertical(left, !at_left);
  if (!vertical) {
    plane_x = right;
    vertical = hits_vertical(right, at_left);
  }
  float plane_y = kBorderLow;
  bool horizontal = reaches(from.y, to.y, kBorderLow);
  if (!horizontal) {
    plane_y = kBorderHigh;
    horizontal = reaches(from.y, to.y, kBorderHigh);
  }
  if (!vertical && !horizontal) return to;

  const Point meets_x{plane_x, detail::y_at_x(from, to, plane_x)};
  const Point meets_y{detail::x_at_y(from, to, plane_y), plane_y};
  if (vertical && horizontal) {
    vertical = squared_distance(from, meets_x) < squared_distance(from, meets_y);
  }
  const Point n = noise(vertical);
  Point end;
  if (vertical) {
    end.x = plane_x + kBounce * std::abs(n.x) * sign(from.x - plane_x);
    end.y = meets_x.y + kBounce * n.y;
  } else {
    end.x = meets_y.x + kBounce * n.x;
    end.y = plane_y + kBounce * std::abs(n.y) * sign(from.y - plane_y);
  }
  if (end.x <= left) end.x = left + kSetBack;
  if (end.x >= right) end.x = right - kSetBack;
  if (end.y <= kBorderLow) end.y = kBorderLow + kSetBack;
  if (end.y >= kBorderHigh) end.y = kBorderHigh - kSetBack;
  return end;
}

/// `action` shortened to `length` where it is longer.
inline Point shorten(Point action, float length) {
  const float squared = action.x * action.x + action.y * action.y;
  if (squared <= length * length) return action;
  const float scale = length / std::sqrt(squared);
  return {action.x * scale, action.y * scale};
}

/// Purposes of random numbers within one row: the upper half of a Philox counter.
enum class Purpose : std::uint32_t { kLayout, kStart, kWalk, kContact };

/// The chance of one row for one purpose: numbers one after the other.
class Dice {
 public:
  Dice(std::uint64_t key, std::int64_t row, Purpose purpose, std::int64_t step = 0);

  float uniform();  ///< In [0, 1).
  float uniform(float low, float high) { return low + (high - low) * uniform(); }
  int whole(int low, int high);  ///< Uniform in low .. high, both included.
  float normal();
  /// Normal, drawn again until it lies in [low, high].
  float truncated_normal(float mean, float deviation, float low, float high);
  /// Von Mises around zero, radians; concentration 0 is uniform.
  float von_mises(double concentration);
  Point normals();  ///< Two normals from two words.

 private:
  std::uint32_t word();

  std::uint64_t key_;
  std::uint64_t row_;
  std::uint64_t block_;
  std::array<std::uint32_t, 4> words_{};
  int used_ = 4;
};

/// A random layout of the published ranges.
Layout draw_layout(Dice& dice);

}  // namespace forethink::two_rooms
