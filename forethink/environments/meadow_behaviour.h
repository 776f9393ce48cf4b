// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Behaviours of the meadow that are written by hand: what is recorded, and the marks to measure by.
//
//   random      pushes drawn uniformly at each step
//   wander      walks on with slow turns, stops now and then, whatever it needs
//   forage      goes to what it needs most: what it sees now, or remembers, or knows from the start
//
// A forager drinks and eats until it is full or nothing is left, shelters from cold nights and hot
// noons, keeps warm by walking where it knows no shelter, and explores where it lacks something.
// The one that remembers explores the ground that it has not seen for longest, and keeps away from
// hidden thorns that have hurt it once; the one that does not remember wanders until it sees.
//
// Role:    reads true states, of which foragers use what the window shows; no agent of ours does.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "forethink/environments/meadow.h"

namespace forethink {

enum class MeadowBehaviour {
  kRandom,    ///< Independent uniform pushes.
  kWander,    ///< Smooth walks without purpose.
  kForget,    ///< A forager who knows what it sees now, no more.
  kRemember,  ///< A forager who remembers what it saw and what hurt.
  kKnow,      ///< A forager who knows the whole meadow from the start.
};

/// "random", "wander", "forget", "remember", "know".
std::string behaviour_name(MeadowBehaviour behaviour);

namespace meadow {

/// What one animal has in mind. Its chance is its own, so that a row goes the same way whatever
/// shares its batch.
class Animal {
 public:
  /// @param view  Side of the window that it sees, units.
  Animal(MeadowBehaviour behaviour, float view, Dice dice);

  /// Foragers only: walks through thorns as if there were none.
  void be_careless() { careless_ = true; }
  /// Its next push, of length <= 1.
  Point act(const World& world);

 private:
  static constexpr int kSectors = 8;  // Of the ground, each way: what was seen when.
  static Point sector_middle(int sector);
  enum class Aim { kNone, kFood, kWater, kShelter };

  void look(const World& world);
  bool knows_enough() const;
  void choose_aim(const World& world);
  Point wander(float speed);
  Point explore(const World& world);
  Point heading_to(const World& world, Point target, float speed) const;
  bool is_seen(const World& world, Point p) const;
  int best_food(const World& world) const;
  int best_water(const World& world) const;
  int best_shelter(const World& world) const;

  MeadowBehaviour behaviour_;
  float view_;
  Dice dice_;
  bool careless_ = false;
  std::int64_t now_ = 0;
  float heading_ = 0.0F;
  float pace_ = 1.0F;
  Aim aim_ = Aim::kNone;
  float integrity_before_ = 1.0F;
  // When something was last seen, -1 never; what was left of it then.
  std::array<std::int64_t, kFoods> food_seen_{};
  std::array<std::int64_t, kWaters> water_seen_{};
  std::array<std::int64_t, kShelters> shelter_seen_{};
  std::array<float, kFoods> food_left_{};
  std::array<float, kWaters> water_left_{};
  std::array<bool, kThorns> thorn_known_{};
  std::array<std::int64_t, kSectors * kSectors> sector_seen_{};
  int sector_ = -1;  // Explored now.
};

}  // namespace meadow

/// A batch of animals of one behaviour.
class MeadowAnimals {
 public:
  MeadowAnimals(MeadowBehaviour behaviour, std::int64_t batch, RandomStream& rng,
                const MeadowOptions& options = {});

  /// The next pushes [B, 2] in `states` [B, V], which follow the states of the call before.
  Tensor act(const Tensor& states);

 private:
  std::vector<meadow::Animal> animals_;
};

/// How `batch` animals of one behaviour fare in worlds drawn from `seed`.
struct MeadowLives {
  Tensor steps;          ///< [B] int64: steps lived, at most `episode_steps`.
  Tensor mean_vitals;    ///< [B, 5]: over the steps lived.
  Tensor lowest_vitals;  ///< [B, 5].
  Tensor cause;          ///< [B] int64: the vital that killed, -1 alive.
};
MeadowLives live_in_meadow(MeadowBehaviour behaviour, std::int64_t batch, std::int64_t seed,
                           const MeadowOptions& options = {});

/// Records wanderers and foragers of both kinds in the shares of `options`, from starts in all
/// states of need and hurt, at any time of day, half of them with patches partly eaten. All have
/// whims: pushes and rests held for 4 to 16 steps whatever they see. An animal that dies stays
/// where it is, as in the environment, until its episode ends.
///
/// @returns  states [E, T, 92] and actions [E, T, 2]: some eight times less than pictures of 32
///           pixels would take. Layout and past (the last displacement) are in them, so that they
///           render exactly. The same for any number of threads.
Recording record_meadow(const MeadowOptions& options, const RecordingOptions& recording);

}  // namespace forethink
