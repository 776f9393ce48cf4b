// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Meadow: a world with needs. No goal and no reward: the agent lives by its intrinsic cost.
//
// The agent sees a small window around itself and feels its own body. Food, water and shelter lie
// out of each other's sight, run low and regrow; nights are cold, noons are hot, thorns hurt and
// some of them cannot be seen. The rules are in meadow_world.h, the picture in meadow_image.h.
//
// Role:    an environment.
// Source:  own design.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "forethink/environments/environment.h"
#include "forethink/environments/meadow_world.h"
#include "forethink/environments/recording.h"

namespace forethink {

/// Settings of `Meadow` and of its recorded behaviour.
struct MeadowOptions {
  std::int64_t image_size = 32;       ///< Y = X, pixels; 16 <= image_size <= 256.
  double view = 16.0;                 ///< Side of the window that is seen, units; in [4, 64].
  std::int64_t episode_steps = 1000;  ///< Steps until truncation; >= 1.
  std::int64_t hidden_thorns = 2;     ///< Of the 12 thorn bushes; in 0 .. 12.
  double wind = 0.0;                  ///< Units a step, direction drawn per world; in [0, 0.6].
  double slip = 0.0;                  ///< Share of the last step that slides on; in [0, 0.95].
  double wander_share = 0.2;     ///< Recorded episodes that wander without a purpose; in [0, 1].
  double forget_share = 0.35;    ///< Recorded episodes that forage by sight alone; with the former
                                 ///< at most 1. The rest remember where things are.
  double careless_share = 0.2;   ///< Recorded foragers who do not mind thorns; in [0, 1].
  double behaviour_noise = 0.2;  ///< Deviation added to recorded foragers' actions; >= 0.
  double whim_share = 0.25;      ///< Recorded steps in which any animal holds a push, or a rest,
                                 ///< that has nothing to do with what it sees; in [0, 0.9].

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("image_size", self.image_size);
    visit("view", self.view);
    visit("episode_steps", self.episode_steps);
    visit("hidden_thorns", self.hidden_thorns);
    visit("wind", self.wind);
    visit("slip", self.slip);
    visit("wander_share", self.wander_share);
    visit("forget_share", self.forget_share);
    visit("careless_share", self.careless_share);
    visit("behaviour_noise", self.behaviour_noise);
    visit("whim_share", self.whim_share);
  }
};

/// State [V = 92]: the fields of `meadow::World`, the layout included. Actions [2] in [-1, 1],
/// shortened to length 1: pushes, in units a step.
///
/// Sensors: "image" uint8 [Y, X, 3], the agent in the middle, north up; "vitals" float [5]: energy,
/// water, integrity, temperature, effort, each in [0, 1]; "proprioception" float [2]: the
/// displacement that the last step made, units.
///
/// A row ends when its agent dies (`meadow::is_dead`). A step leaves nothing to chance, so a state
/// goes the same way wherever it is put, and a change of its fields (wind, slip) is a change of the
/// world: `reset_to` a state that was altered.
class Meadow final : public Environment {
 public:
  /// @throws ConfigError  if `options` break a rule.
  explicit Meadow(const MeadowOptions& options = {});

  const MeadowOptions& options() const { return options_; }

  const EnvironmentSpec& spec() const override { return spec_; }
  void reset(std::int64_t batch, RandomStream& rng) override;
  /// @throws ConfigError  if there are `goals`: the meadow has none.
  void reset_to(const Tensor& states, const Tensor& goals, RandomStream& rng) override;
  StepResult step(const Tensor& actions) override;
  Observation observe() const override;
  Tensor state() const override;
  Observation render(const Tensor& states) const override;

 private:
  Observation look(const meadow::World* worlds, std::int64_t count) const;

  MeadowOptions options_;
  EnvironmentSpec spec_;
  std::vector<meadow::World> rows_;
  std::int64_t steps_ = 0;  // All rows start together.
};

/// What `options` say of the worlds that are drawn.
meadow::Climate climate_of(const MeadowOptions& options);

/// States [N, V] as worlds. @throws ShapeError, DataError naming the row, the field and its limits.
std::vector<meadow::World> meadow_worlds(const std::string& name, const Tensor& states);

/// Worlds as states [N, V].
Tensor meadow_states(const std::vector<meadow::World>& worlds);

}  // namespace forethink
