// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/four_rooms_world.h"

#include <limits>
#include <numbers>

#include "forethink/core/random.h"

namespace forethink::four_rooms {
namespace {

// The rooms form a ring; door kRingDoors[i] leads from room kRing[i] to kRing[i + 1].
constexpr std::array<int, 4> kRing{0, 1, 3, 2};
constexpr std::array<int, 4> kRingDoors{0, 3, 1, 2};
constexpr std::array<int, 4> kRingPlace{0, 1, 3, 2};  // Place of a room in the ring.

constexpr float kBeyondDoor = 3.0F;  // How far past the inflated face the expert aims.

// Walks the ring from `from` to `to` in direction +1 or -1.
Route walk_ring(Point from, Point to, int closed_door, int direction) {
  Route route;
  int place = kRingPlace[static_cast<std::size_t>(room_of(from))];
  const int goal = kRingPlace[static_cast<std::size_t>(room_of(to))];
  Point at = from;
  while (place != goal) {
    const int door = kRingDoors[static_cast<std::size_t>(direction > 0 ? place : (place + 3) % 4)];
    if (door == closed_door) {
      route.length = std::numeric_limits<float>::infinity();
      return route;
    }
    route.doors[static_cast<std::size_t>(route.crossings++)] = door;
    route.length += distance(at, door_centre(door));
    at = door_centre(door);
    place = (place + direction + 4) % 4;
  }
  route.length += distance(at, to);
  return route;
}

// Uniform on the free stretch of one axis: two pieces, left and right of the wall's band.
float free_coordinate(float u) {
  constexpr float before = kNear - kFreeLow;
  constexpr float behind = kFreeHigh - kFar;
  const float along = u * (before + behind);
  return along < before ? kFreeLow + along : kFar + (along - before);
}

}  // namespace

Route shortest_route(Point from, Point to, int closed_door) {
  const Route clockwise = walk_ring(from, to, closed_door, +1);
  const Route anticlockwise = walk_ring(from, to, closed_door, -1);
  return anticlockwise.length < clockwise.length ? anticlockwise : clockwise;
}

Point next_waypoint(Point from, Point to, int closed_door) {
  const Route route = shortest_route(from, to, closed_door);
  if (route.crossings == 0) return to;
  const int door = route.doors[0];
  Point point = door_centre(door);
  float& across = door < 2 ? point.x : point.y;
  const float here = door < 2 ? from.x : from.y;
  const float past = kHalfWall + kRadius + kBeyondDoor;
  across += here < kMiddle ? past : -past;
  return point;
}

Point expert_action(Point from, Point to, int closed_door) {
  const Point waypoint = next_waypoint(from, to, closed_door);
  const Point way{waypoint.x - from.x, waypoint.y - from.y};
  const float length = std::hypot(way.x, way.y);
  if (length < 1e-8F) return {};
  return {way.x / length, way.y / length};
}

Point free_point(float u, float v) { return {free_coordinate(u), free_coordinate(v)}; }

Point to_normals(std::uint32_t a, std::uint32_t b) {
  const float radius = std::sqrt(-2.0F * std::log(1.0F - to_unit(a)));
  const float angle = 2.0F * std::numbers::pi_v<float> * to_unit(b);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

std::array<std::uint32_t, 4> row_words(std::uint64_t key, std::int64_t row, Purpose purpose,
                                       std::int64_t step) {
  const std::uint64_t low =
      (static_cast<std::uint64_t>(purpose) << 32) | static_cast<std::uint32_t>(step);
  return philox(key, static_cast<std::uint64_t>(row), low);
}

Distractor place_distractor(std::uint64_t key, std::int64_t row, int index, std::int64_t step) {
  const auto purpose = static_cast<Purpose>(static_cast<int>(Purpose::kDistractor) + index);
  const auto words = row_words(key, row, purpose, step);
  Distractor distractor;
  distractor.position = free_point(to_unit(words[0]), to_unit(words[1]));
  distractor.heading = std::numbers::pi_v<float> * (2.0F * to_unit(words[2]) - 1.0F);
  const double wait = -kTeleportTime * std::log(1.0 - to_unit(words[3]));
  distractor.next_jump = static_cast<std::int32_t>(step) + 1 + static_cast<std::int32_t>(wait);
  return distractor;
}

int draw_closed_door(std::uint64_t key, std::int64_t row, double probability) {
  const auto words = row_words(key, row, Purpose::kDoor, 0);
  return to_unit(words[0]) < probability ? static_cast<int>(words[1] >> 30) : -1;
}

}  // namespace forethink::four_rooms
