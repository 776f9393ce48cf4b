// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Films of the meadow for people: the whole arena from above, and the body's readings beside it.
//
//   left    the meadow by the light of its hour: food (yellow) and water (blue), smaller as they
//   are
//           used up, the ring showing a full one; shelters (huts), rocks, thorns (red; those that
//           the agent cannot see as red rings); the agent with its trail and the window that it
//           sees
//   right   bars of energy, water, body (integrity), heat (temperature, the middle is right) and
//           effort; the hour of the day; wind and slippery ground where there are any
//
// Role:    for films, of a true life or of an imagined one that was decoded to true states.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// Settings of `film_meadow`.
struct MeadowFilmOptions {
  double view = 16.0;        ///< Side of the window that the agent sees, units; in [4, 64].
  std::int64_t scale = 6;    ///< Pixels per unit; in 4 .. 16.
  std::int64_t trail = 100;  ///< Steps of its way that are drawn; >= 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
};

/// Frames of one life.
///
/// @param states  [N, V], states of `Meadow` one after the other.
/// @returns       uint8 [N, Y, X, 3], Y = 64 scale, X = Y + 32 scale.
/// @throws ShapeError, DataError  if `states` are not the meadow's; ConfigError by the options.
Tensor film_meadow(const Tensor& states, const MeadowFilmOptions& options = {});

}  // namespace forethink
