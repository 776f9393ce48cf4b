// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Environment: the world outside the agent, many copies of it stepped at once.
//
// The only place with ground truth. The agent sees `observe()` and sends actions to `step()`; the
// true state is for probes, films, scoring and for storing recordings compactly.
// There is no hidden reset: a row that has ended stays as it is until `reset_to` moves it.
//
// Role:    what perception looks at and the actor acts on (figure 2, "percept" and "action").
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/core/types.h"

namespace forethink {

/// A named array: shape of one row (without the batch), its unit, its limits.
struct ArraySpec {
  std::string name;
  std::vector<std::int64_t> shape;
  at::ScalarType dtype = at::kFloat;
  std::string unit;
  double low = 0.0;
  double high = 0.0;
};

/// A truth about the world that may be read from an agent's states, to see what these keep.
struct ProbedTruth {
  std::string name;          ///< For example "position", "door".
  std::int64_t first = 0;    ///< First of its fields in the true state.
  std::int64_t fields = 1;   ///< How many.
  std::int64_t classes = 0;  ///< 0 for a quantity; else a field that holds one of so many numbers,
  std::int64_t lowest = 0;   ///< counted from this one.
};

/// What an environment's observations, actions and true states look like.
struct EnvironmentSpec {
  std::string name;
  std::vector<ArraySpec> observation;  ///< One entry per sensor.
  ArraySpec action;                    ///< [A].
  double action_norm =
      std::numeric_limits<double>::infinity();  ///< Effectors shorten longer actions to this.
  ArraySpec state;                              ///< [V], the true state; never shown to the agent.
  std::vector<std::string> state_fields;        ///< V names, in order.
  std::vector<ProbedTruth> truths;              ///< The first is the agent's position, two fields.
  double world_size = 0.0;                      ///< Units of position across a picture.
  double goal_radius = 0.0;                     ///< Of success, units of position.
  bool judged_at_end = false;                   ///< Success only counts at the last step.
  bool mortal = false;             ///< The agent may die, and there are no goals: see StepResult.
  std::int64_t episode_steps = 0;  ///< Steps after which a row is truncated.
};

/// What one step says about each row.
struct StepResult {
  /// [B] bool: the row has ended of itself. Where there are goals: its goal is reached, and rows
  /// without a goal never terminate. In a mortal world: its agent is dead, the opposite of success.
  Tensor terminated;
  Tensor truncated;  ///< [B] bool: `episode_steps` are over.
};

class Environment {
 public:
  virtual ~Environment() = default;

  virtual const EnvironmentSpec& spec() const = 0;

  /// Starts `batch` new episodes in states drawn from `rng`, without goals.
  virtual void reset(std::int64_t batch, RandomStream& rng) = 0;

  /// Starts episodes in `states` [B, V]; with `goals` [B, V] (may be undefined) rows end on
  /// success; a mortal world refuses goals. `rng` drives whatever chance is in the world from here
  /// on.
  virtual void reset_to(const Tensor& states, const Tensor& goals, RandomStream& rng) = 0;

  /// Applies actions [B, A]. Actions beyond the limits are clipped, then shortened to
  /// `action_norm`, as real effectors do; actions that are not finite are refused. Rows that have
  /// ended do not move.
  virtual StepResult step(const Tensor& actions) = 0;

  /// What the agent sees now: each sensor [B, ...], tensors that later steps leave alone.
  virtual Observation observe() const = 0;

  /// The true state [B, V].
  virtual Tensor state() const = 0;

  /// What the agent would see in `states` [N, V]: for recordings that keep states, and for goals.
  virtual Observation render(const Tensor& states) const = 0;
};

}  // namespace forethink
