// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The rules of the meadow for one row: moving, needs, food and water, weather, death.
//
// A square of 64 x 64 units, x to the right and y down, with 27 round things in it:
//
//   5 food patches   eaten from when touched; what is left of them regrows
//   2 water holes    drunk from when touched; fill up again
//   2 shelters       neither cold nor hot inside, and no wind
//   12 thorn bushes   hurt who touches them; some cannot be seen
//   6 rocks          cannot be entered
//
// One step: the agent moves (push, wind, slippery ground, rocks, border), then
//
//   effort       +=  0.2 (|push|^2 - effort)
//   integrity    +=  0.002 min(energy, water)  -  0.08 if it touches thorns
//   temperature  +=  0.012 (surroundings - temperature) + 0.003 effort
//   energy       -=  0.001  + 0.002 effort + 0.004 max(0, 0.4 - temperature)
//   water        -=  0.0014 + 0.001 effort + 0.006 max(0, temperature - 0.6)
//
// then eats and drinks what it touches. The surroundings have 0.35 + 0.7 sun, sun between -1 at
// midnight and 1 at noon; a shelter has 0.5. A day has 400 steps. The agent dies when energy, water
// or integrity is 0, or temperature 0 (frozen) or 1 (a heat stroke). Nothing in a step is left to
// chance: all chance is in `draw_world`.
//
// Role:    what `Meadow` and its recorded behaviours have in common; pure functions.
// Source:  own design.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace forethink::meadow {

inline constexpr int kFoods = 5;
inline constexpr int kWaters = 2;
inline constexpr int kShelters = 2;
inline constexpr int kThorns = 12;
inline constexpr int kRocks = 6;

// Lengths, in units. One push of length 1 moves the agent by one unit.
inline constexpr float kSide = 64.0F;
inline constexpr float kAgentRadius = 0.5F;
inline constexpr float kFoodRadius = 1.5F;
inline constexpr float kWaterRadius = 2.5F;
inline constexpr float kShelterRadius = 2.5F;
inline constexpr float kThornRadius = 1.2F;
inline constexpr float kRockRadiusLow = 1.0F;
inline constexpr float kRockRadiusHigh = 2.5F;
inline constexpr float kStepMax = 2.0F;   ///< No step is longer, whatever is added to the push.
inline constexpr float kWindMax = 0.6F;   ///< Units a step; slower than the agent can walk.
inline constexpr float kSlipMax = 0.95F;  ///< Share of the last step that slides on.

// Weather.
inline constexpr float kDaySteps = 400.0F;
inline constexpr float kOutsideMean = 0.35F;
inline constexpr float kOutsideSwing = 0.7F;
inline constexpr float kInside = 0.5F;

// What the body does in a step.
inline constexpr float kEffortRate = 0.2F;
inline constexpr float kHealing = 0.002F;
inline constexpr float kPain = 0.08F;
inline constexpr float kExchange = 0.012F;
inline constexpr float kWorkHeat = 0.003F;
inline constexpr float kRestHunger = 0.001F;
inline constexpr float kWorkHunger = 0.002F;
inline constexpr float kColdHunger = 0.004F;
inline constexpr float kCold = 0.4F;
inline constexpr float kRestThirst = 0.0014F;
inline constexpr float kWorkThirst = 0.001F;
inline constexpr float kHeatThirst = 0.006F;
inline constexpr float kHot = 0.6F;

// Food and water: what a whole patch is worth to the body, what goes into a mouth in a step, and
// what grows in a step, both in shares of a patch.
inline constexpr float kFoodWorth = 0.5F;
inline constexpr float kBite = 0.08F;
inline constexpr float kFoodGrowth = 0.0015F;
inline constexpr float kWaterWorth = 0.8F;
inline constexpr float kSip = 0.08F;
inline constexpr float kWaterGrowth = 0.002F;

struct Point {
  float x = 0.0F;
  float y = 0.0F;
};

inline float squared_distance(Point a, Point b) {
  const float dx = a.x - b.x;
  const float dy = a.y - b.y;
  return dx * dx + dy * dy;
}

/// Round things of one kind.
template <std::size_t N>
struct Places {
  std::array<float, N> x{};
  std::array<float, N> y{};

  Point at(std::size_t i) const { return {x[i], y[i]}; }
};

/// The true state of a row: floats only, stored in a tensor in this order.
struct World {
  Point agent;
  Point moved;  ///< The displacement that the last step made.
  float energy = 1.0F;
  float water = 1.0F;
  float integrity = 1.0F;
  float temperature = 0.5F;
  float effort = 0.0F;
  float day = 0.5F;  ///< In [0, 1): 0 is midnight, 0.5 noon.
  Point wind;        ///< Units a step.
  float slip = 0.0F;
  Places<kFoods> foods;
  std::array<float, kFoods> food_left{};  ///< In [0, 1].
  Places<kWaters> waters;
  std::array<float, kWaters> water_left{};  ///< In [0, 1].
  Places<kShelters> shelters;
  Places<kThorns> thorns;
  std::array<float, kThorns> thorn_shown{};  ///< 1 where it can be seen, else 0.
  Places<kRocks> rocks;
  std::array<float, kRocks> rock_radius{};
};

inline constexpr std::int64_t kFields = sizeof(World) / sizeof(float);
static_assert(kFields == 13 + 3 * kFoods + 3 * kWaters + 2 * kShelters + 3 * kThorns + 3 * kRocks,
              "a world must be floats without gaps: it is copied from and to tensors");

static_assert(std::is_trivially_copyable_v<World>);

/// A field of the state: its name and the values it may have, both ends included.
struct Field {
  std::string name;
  float low = 0.0F;
  float high = 1.0F;
};

/// The fields of `World`, in order.
const std::vector<Field>& fields();

/// The sun's height in [-1, 1], from midnight to noon and back; a smooth step each way.
inline float sun(float day) {
  const float from_noon = std::abs(2.0F * day - 1.0F);
  return 1.0F - 2.0F * from_noon * from_noon * (3.0F - 2.0F * from_noon);
}

/// Light in [0.3, 1]: what colours are multiplied with.
inline float light(float day) { return std::clamp(0.65F + 0.7F * sun(day), 0.3F, 1.0F); }

/// The temperature in the open.
inline float outside(float day) { return kOutsideMean + kOutsideSwing * sun(day); }

/// The first of the places whose middle is within `reach` of `p`, or -1.
template <std::size_t N>
int find_near(const Places<N>& places, Point p, float reach) {
  for (std::size_t i = 0; i < N; ++i) {
    if (squared_distance(places.at(i), p) <= reach * reach) return static_cast<int>(i);
  }
  return -1;
}

inline bool is_sheltered(const World& world) {
  return find_near(world.shelters, world.agent, kShelterRadius) >= 0;
}

inline bool is_in_thorns(const World& world) {
  return find_near(world.thorns, world.agent, kThornRadius + kAgentRadius) >= 0;
}

/// Whether energy, water, integrity or temperature has reached the end of its scale.
inline bool is_dead(const World& world) {
  return world.energy <= 0.0F || world.water <= 0.0F || world.integrity <= 0.0F ||
         world.temperature <= 0.0F || world.temperature >= 1.0F;
}

/// `way` shortened to `length` where it is longer.
inline Point shorten(Point way, float length = 1.0F) {
  const float squared = way.x * way.x + way.y * way.y;
  if (squared <= length * length) return way;
  const float scale = length / std::sqrt(squared);
  return {way.x * scale, way.y * scale};
}

/// What the effectors make of an action: clipped to [-1, 1], then shortened to length 1.
inline Point to_push(Point action) {
  return shorten({std::clamp(action.x, -1.0F, 1.0F), std::clamp(action.y, -1.0F, 1.0F)});
}

/// One step of a living row by a push of length <= 1.
void step(World& world, Point push);

/// Purposes of random numbers within one row: the upper half of a Philox counter.
enum class Purpose : std::uint32_t { kLayout, kBody, kBehaviour, kMind };

/// The chance of one row for one purpose: numbers one after the other.
class Dice {
 public:
  Dice(std::uint64_t key, std::int64_t row, Purpose purpose);

  float uniform();  ///< In [0, 1).
  float uniform(float low, float high) { return low + (high - low) * uniform(); }
  float normal();

 private:
  std::uint32_t word();

  std::uint64_t key_;
  std::uint64_t row_;
  std::uint64_t block_;
  std::array<std::uint32_t, 4> words_{};
  int used_ = 4;
};

/// What `draw_world` may be asked for.
struct Climate {
  float wind = 0.0F;      ///< Units a step, in a direction that is drawn; 0 .. kWindMax.
  float slip = 0.0F;      ///< 0 .. kSlipMax.
  int hidden_thorns = 3;  ///< How many of the thorns cannot be seen; 0 .. kThorns.
};

/// A world whose food, water and shelters lie mutually out of sight of a window of 16 units, with
/// 2 units between any two things, and an agent on free ground at some time of the day.
///
/// The agent starts well: energy and water in 0.7 .. 1, unhurt, neither cold nor hot; patches and
/// holes are full.
World draw_world(std::uint64_t key, std::int64_t row, const Climate& climate);

}  // namespace forethink::meadow
