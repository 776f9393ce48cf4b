// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The rules of FourRoom Distractors for one row: geometry, collisions, routes, chance.
//
// A square of 224 x 224 units, x to the right and y down, cut into four rooms by a cross of two
// walls. Each wall has two doors; at most one of the four is shut for an episode.
//
//     room 0 | door 0 | room 1
//     door 2 |        | door 3          doors 0, 1 lie on the vertical wall (y = 56, 168),
//     room 2 | door 1 | room 3          doors 2, 3 on the horizontal wall (x = 56, 168).
//
// Role:    what `FourRooms`, its recordings and its tasks have in common; pure functions.
// Source:  FourRoom Distractors of H-JEPA (arXiv:2610.06805), re-implemented from its definition.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <type_traits>

namespace forethink::four_rooms {

inline constexpr int kDistractorsMax = 5;
inline constexpr float kSide = 224.0F;      // Width of the world, units.
inline constexpr float kMiddle = 112.0F;    // Middle line of both walls.
inline constexpr float kHalfWall = 5.0F;    // Half the thickness of a wall.
inline constexpr float kRadius = 3.5F;      // Of the agent and of distractors.
inline constexpr float kSpeed = 2.5F;       // Units that an action of 1 moves.
inline constexpr float kBorderLow = 17.5F;  // The border, moved in by the radius.
inline constexpr float kBorderHigh = 206.5F;
inline constexpr float kNear = kMiddle - kHalfWall - kRadius;  // Faces of a wall, moved out by the
inline constexpr float kFar = kMiddle + kHalfWall + kRadius;   // radius: 103.5 and 120.5.
inline constexpr float kSetBack = 0.5F;      // A stopped body stands this far off.
inline constexpr float kDoorHalf = 16.0F;    // Half the opening of a door.
inline constexpr float kDoorMargin = 1.75F;  // How far beyond it a body still fits.
inline constexpr std::array<float, 2> kDoorCentres{56.0F, 168.0F};
inline constexpr float kFreeLow = 14.0F;       // Bodies start between these,
inline constexpr float kFreeHigh = 209.0F;     // outside the walls' inflated bands.
inline constexpr float kGoalRadius = 16.0F;    // Success: nearer than this.
inline constexpr double kTeleportTime = 35.0;  // Mean steps between two jumps.

/// A place, or with `Real` a vector of floats (see four_rooms.cpp) many at once.
template <class Real>
struct Place {
  Real x{};
  Real y{};
};
using Point = Place<float>;

inline float distance(Point a, Point b) { return std::hypot(a.x - b.x, a.y - b.y); }

// The rules of motion work on one float or on a vector of floats. They have no branches, only
// selections `mask ? a : b`, which C++ compilers know for both.

/// Whether `along` a wall is an opening. `first` is the wall's first door: 0 vertical, 2
/// horizontal.
template <class Real>
auto in_open_door(Real along, Real closed_door, float first) {
  constexpr float reach = kDoorHalf + kDoorMargin;
  constexpr float far = kSide * kSide;
  const Real to_first = along - kDoorCentres[0];
  const Real to_second = along - kDoorCentres[1];
  const Real first_squared = closed_door == first ? far : to_first * to_first;
  const Real second_squared = closed_door == first + 1.0F ? far : to_second * to_second;
  const Real nearest = first_squared < second_squared ? first_squared : second_squared;
  return nearest <= reach * reach;
}

/// One coordinate of a move across a wall: stopped `kSetBack` before the face it would enter.
template <class Real, class Mask>
Real stop_at_wall(Real from, Real to, Mask open) {
  const Real before = to > kNear ? kNear - kSetBack : to;
  const Real behind = to < kFar ? kFar + kSetBack : to;
  const Real stopped = from < kMiddle ? before : behind;
  return open ? to : stopped;
}

/// `value` between `low` and `high`.
template <class Real>
Real clamp(Real value, float low, float high) {
  const Real raised = value < low ? low : value;
  return raised > high ? high : raised;
}

/// Where a body that wants to go to `to` arrives: the border first, then the vertical wall (with
/// the wished-for y), then the horizontal wall (with the x that the first test left).
template <class Real = float>
Place<Real> collide(Place<Real> from, Place<Real> to, std::type_identity_t<Real> closed_door) {
  Real x = clamp(to.x, kBorderLow, kBorderHigh);
  Real y = clamp(to.y, kBorderLow, kBorderHigh);
  x = stop_at_wall(from.x, x, in_open_door(y, closed_door, 0.0F));
  y = stop_at_wall(from.y, y, in_open_door(x, closed_door, 2.0F));
  return {x, y};
}

/// One step of a body: a displacement of 2.5 a, a clipped to [-1, 1] per axis.
template <class Real = float>
Place<Real> move(Place<Real> from, Place<Real> action, std::type_identity_t<Real> closed_door) {
  const Place<Real> to{from.x + kSpeed * clamp(action.x, -1.0F, 1.0F),
                       from.y + kSpeed * clamp(action.y, -1.0F, 1.0F)};
  return collide(from, to, closed_door);
}

/// The room a point is in, 0..3 as drawn above; a doorway belongs to the side of the middle line.
inline int room_of(Point p) { return (p.y < kMiddle ? 0 : 2) + (p.x < kMiddle ? 0 : 1); }

/// Middle of a door's opening.
inline Point door_centre(int door) {
  const float along = kDoorCentres[static_cast<std::size_t>(door % 2)];
  return door < 2 ? Point{kMiddle, along} : Point{along, kMiddle};
}

/// A way from one point to another through the middles of open doors.
struct Route {
  std::array<int, 3> doors{};  ///< The first `crossings` entries are valid.
  int crossings = 0;
  float length = 0.0F;  ///< Units; infinite if there is no way.
};

/// The shorter of the clockwise and the anticlockwise route; `closed_door` -1 means none.
Route shortest_route(Point from, Point to, int closed_door);

/// Where a body in `from` that wants to reach `to` should head for: `to` itself in the same room,
/// else a point 3 units beyond the far face of the first door of the shortest route. (Aiming at the
/// middle of a door would turn towards the next leg too early and scrape along the jamb.)
Point next_waypoint(Point from, Point to, int closed_door);

/// The expert's action: one step of full speed towards `next_waypoint`.
Point expert_action(Point from, Point to, int closed_door);

/// A point uniform on the free area, from two numbers in [0, 1).
Point free_point(float u, float v);

/// A number in [0, 1) from 24 bits of a random word, exact in float.
inline float to_unit(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1.0p-24F; }

/// Two independent standard normals from two random words (Box-Muller).
Point to_normals(std::uint32_t a, std::uint32_t b);

/// A moving distraction: walks straight on, pushes against what stops it, jumps now and then.
struct Distractor {
  Point position;
  float heading = 0.0F;        ///< Radians.
  std::int32_t next_jump = 0;  ///< The step at whose end it jumps next.
};

/// Purposes of random numbers within one row: the upper half of a Philox counter.
enum class Purpose : std::uint32_t { kAgent, kDoor, kTarget, kBehaviour, kDistractor };

/// Four random words of a row, for one purpose and one step.
std::array<std::uint32_t, 4> row_words(std::uint64_t key, std::int64_t row, Purpose purpose,
                                       std::int64_t step);

/// Distractor `index` of a row at a free place with a fresh heading, placed at `step`. The steps to
/// its next jump are geometric, which is the same law as jumping with p = 1 - exp(-1/35) at each
/// step, and costs one draw a jump instead of one a step.
Distractor place_distractor(std::uint64_t key, std::int64_t row, int index, std::int64_t step);

/// Door of a row: with `probability` one of the four is shut, else -1.
int draw_closed_door(std::uint64_t key, std::int64_t row, double probability);

}  // namespace forethink::four_rooms
