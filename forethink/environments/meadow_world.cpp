// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/meadow_world.h"

#include <numbers>

#include "forethink/core/random.h"

namespace forethink::meadow {
namespace {

constexpr float kGap = 2.0F;     // Between any two things, and to the border: the agent fits.
constexpr float kApart = 14.0F;  // Between food, water and shelters: out of each other's sight.
constexpr int kTries = 40;       // Draws before a thing may stand closer to the others.

struct Disc {
  Point middle;
  float radius = 0.0F;
};

Point at_free_place(const std::vector<Disc>& discs, float radius, float gap, Dice& dice) {
  for (int tries = 1;; ++tries) {
    const float margin = radius + kGap;
    const Point p{dice.uniform(margin, kSide - margin), dice.uniform(margin, kSide - margin)};
    const bool free = std::none_of(discs.begin(), discs.end(), [&](const Disc& disc) {
      const float reach = disc.radius + radius + gap;
      return squared_distance(disc.middle, p) < reach * reach;
    });
    if (free) return p;
    if (tries % kTries == 0) gap *= 0.9F;  // Crowded: ends, since gaps shrink towards nothing.
  }
}

// Puts the places of one kind, middles at least `apart` from those of `sites`.
template <std::size_t N>
void put_sites(Places<N>& places, float radius, std::vector<Disc>& sites, Dice& dice) {
  for (std::size_t i = 0; i < N; ++i) {
    const Point p = at_free_place(sites, radius, kApart - 2.0F * radius, dice);
    places.x[i] = p.x;
    places.y[i] = p.y;
    sites.push_back({p, radius});
  }
}

// A step's way: rocks push out, the border holds.
Point collide(const World& world, Point from, Point to) {
  for (std::size_t i = 0; i < kRocks; ++i) {
    const float reach = world.rock_radius[i] + kAgentRadius;
    const Point rock = world.rocks.at(i);
    const float squared = squared_distance(rock, to);
    if (squared >= reach * reach) continue;
    // Onto the rock's edge, along the ray from its middle: the agent slides round it. One that
    // would stand in the very middle goes back where it came from.
    if (squared < 1e-6F) {
      to = from;
      continue;
    }
    const float scale = reach / std::sqrt(squared);
    to = {rock.x + (to.x - rock.x) * scale, rock.y + (to.y - rock.y) * scale};
  }
  return {std::clamp(to.x, kAgentRadius, kSide - kAgentRadius),
          std::clamp(to.y, kAgentRadius, kSide - kAgentRadius)};
}

// What is taken from a patch or hole in a step: a mouthful, what is there, what the body has room
// for.
float take(float& left, float mouthful, float worth, float level) {
  const float taken = std::min({mouthful, left, (1.0F - level) / worth});
  left -= taken;
  return taken * worth;
}

void add_place(std::vector<Field>& all, const std::string& kind, int count,
               const std::vector<Field>& more) {
  const auto add = [&](const Field& field) {
    for (int i = 0; i < count; ++i) {
      all.push_back({kind + std::to_string(i) + field.name, field.low, field.high});
    }
  };
  add({"_x", 0.0F, kSide});
  add({"_y", 0.0F, kSide});
  for (const Field& field : more) add(field);
}

std::vector<Field> list_fields() {
  std::vector<Field> all{
      {"agent_x", 0.0F, kSide},   {"agent_y", 0.0F, kSide},        {"moved_x", -kSide, kSide},
      {"moved_y", -kSide, kSide}, {"energy", 0.0F, 1.0F},          {"water", 0.0F, 1.0F},
      {"integrity", 0.0F, 1.0F},  {"temperature", 0.0F, 1.0F},     {"effort", 0.0F, 1.0F},
      {"day", 0.0F, 1.0F},        {"wind_x", -kWindMax, kWindMax}, {"wind_y", -kWindMax, kWindMax},
      {"slip", 0.0F, kSlipMax}};
  add_place(all, "food", kFoods, {{"_left"}});
  add_place(all, "water", kWaters, {{"_left"}});
  add_place(all, "shelter", kShelters, {});
  add_place(all, "thorn", kThorns, {{"_shown"}});
  add_place(all, "rock", kRocks, {{"_radius", kRockRadiusLow, kRockRadiusHigh}});
  return all;
}

}  // namespace

const std::vector<Field>& fields() {
  static const std::vector<Field> all = list_fields();
  return all;
}

void step(World& w, Point push) {
  const Point from = w.agent;
  const Point wind = is_sheltered(w) ? Point{} : w.wind;
  const float grip = 1.0F - w.slip;
  const Point way = shorten({w.slip * w.moved.x + grip * (push.x + wind.x),
                             w.slip * w.moved.y + grip * (push.y + wind.y)},
                            kStepMax);
  w.agent = collide(w, from, {from.x + way.x, from.y + way.y});
  w.moved = {w.agent.x - from.x, w.agent.y - from.y};

  const float around = is_sheltered(w) ? kInside : outside(w.day);
  w.day += 1.0F / kDaySteps;
  if (w.day >= 1.0F) w.day -= 1.0F;

  const auto keep_to_scale = [](float level) { return std::clamp(level, 0.0F, 1.0F); };
  w.effort += kEffortRate * (push.x * push.x + push.y * push.y - w.effort);
  w.integrity += kHealing * std::min(w.energy, w.water) - (is_in_thorns(w) ? kPain : 0.0F);
  w.temperature += kExchange * (around - w.temperature) + kWorkHeat * w.effort;
  w.energy -=
      kRestHunger + kWorkHunger * w.effort + kColdHunger * std::max(0.0F, kCold - w.temperature);
  w.water -=
      kRestThirst + kWorkThirst * w.effort + kHeatThirst * std::max(0.0F, w.temperature - kHot);
  w.effort = keep_to_scale(w.effort);
  w.integrity = keep_to_scale(w.integrity);
  w.temperature = keep_to_scale(w.temperature);
  w.energy = keep_to_scale(w.energy);
  w.water = keep_to_scale(w.water);

  for (float& left : w.food_left) left = std::min(1.0F, left + kFoodGrowth);
  for (float& left : w.water_left) left = std::min(1.0F, left + kWaterGrowth);
  if (is_dead(w)) return;  // Too late to eat.
  const int food = find_near(w.foods, w.agent, kFoodRadius + kAgentRadius);
  if (food >= 0) {
    w.energy += take(w.food_left[static_cast<std::size_t>(food)], kBite, kFoodWorth, w.energy);
  }
  const int water = find_near(w.waters, w.agent, kWaterRadius + kAgentRadius);
  if (water >= 0) {
    w.water += take(w.water_left[static_cast<std::size_t>(water)], kSip, kWaterWorth, w.water);
  }
  w.energy = keep_to_scale(w.energy);  // One bit above through rounding is above.
  w.water = keep_to_scale(w.water);
}

Dice::Dice(std::uint64_t key, std::int64_t row, Purpose purpose)
    : key_(key),
      row_(static_cast<std::uint64_t>(row)),
      block_(static_cast<std::uint64_t>(purpose) << 32) {}

std::uint32_t Dice::word() {
  if (used_ == 4) {
    words_ = philox(key_, row_, block_++);
    used_ = 0;
  }
  return words_[static_cast<std::size_t>(used_++)];
}

// 24 bits of a word: exact in float.
float Dice::uniform() { return static_cast<float>(word() >> 8) * 0x1.0p-24F; }

// Box and Muller (1958).
float Dice::normal() {
  const float radius = std::sqrt(-2.0F * std::log(1.0F - uniform()));
  return radius * std::cos(2.0F * std::numbers::pi_v<float> * uniform());
}

World draw_world(std::uint64_t key, std::int64_t row, const Climate& climate) {
  Dice dice(key, row, Purpose::kLayout);
  World w;
  std::vector<Disc> discs;
  put_sites(w.waters, kWaterRadius, discs, dice);
  put_sites(w.shelters, kShelterRadius, discs, dice);
  put_sites(w.foods, kFoodRadius, discs, dice);
  for (std::size_t i = 0; i < kRocks; ++i) {
    const float radius = dice.uniform(kRockRadiusLow, kRockRadiusHigh);
    const Point p = at_free_place(discs, radius, kGap, dice);
    w.rocks.x[i] = p.x;
    w.rocks.y[i] = p.y;
    w.rock_radius[i] = radius;
    discs.push_back({p, radius});
  }
  for (std::size_t i = 0; i < kThorns; ++i) {
    const Point p = at_free_place(discs, kThornRadius, kGap, dice);
    w.thorns.x[i] = p.x;
    w.thorns.y[i] = p.y;
    w.thorn_shown[i] = static_cast<int>(i) < climate.hidden_thorns ? 0.0F : 1.0F;
    discs.push_back({p, kThornRadius});
  }
  w.food_left.fill(1.0F);
  w.water_left.fill(1.0F);

  Dice body(key, row, Purpose::kBody);
  w.agent = at_free_place(discs, kAgentRadius, kAgentRadius, body);
  w.energy = body.uniform(0.7F, 1.0F);
  w.water = body.uniform(0.7F, 1.0F);
  w.day = body.uniform();
  const float heading = body.uniform(0.0F, 2.0F * std::numbers::pi_v<float>);
  if (climate.wind > 0.0F) {
    w.wind = {climate.wind * std::cos(heading), climate.wind * std::sin(heading)};
  }
  w.slip = climate.slip;
  return w;
}

}  // namespace forethink::meadow
