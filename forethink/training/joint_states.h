// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Recordings as an agent with a body knows them: what is encoded, felt and remembered, in one
// state.
//
//   s = [Enc(x), felt readings]
//
// What memory would have returned on a recorded way is worked out afterwards: the odometer adds up
// the displacements felt, a critic says what each place is worth, and pain that rose hurt.
//
// Role:    training; between the encoder, which learns first, and all that learns of whole states.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/cost/intrinsic_cost.h"
#include "forethink/cost/place_worth.h"
#include "forethink/datasets/trajectories.h"
#include "forethink/memory/recollection.h"
#include "forethink/training/drive_targets.h"
#include "forethink/world_model/world_model.h"

namespace forethink {

/// Recorded lives [E, T] as ways that end where the body died: rows after it are left out, but for
/// those that a whole number of model steps needs, which are as the last one. Lives of less than
/// `least` rows are left out.
///
/// @param states   [E, T, V] true, of which `render` shows "vitals".
/// @param actions  [E, T, A].
/// @throws DataError if nothing is left.
Trajectories lives_until_death(const Tensor& states, const Tensor& actions,
                               const std::function<Observation(const Tensor&)>& render,
                               std::int64_t skip, std::int64_t least);

/// Adds the episodes of `more`, which has the same columns. @throws DataError if it has not.
void append_trajectories(Trajectories& to, const Trajectories& more);

/// What memory returns at each row [rows, 3 J + 3] of recorded ways, each from its first row.
/// @param cached  With columns "embedding", "proprioception" and "vitals" of every row.
/// @throws DataError if one of them is missing.
Tensor recorded_recollections(const Trajectories& cached, const PlaceWorth& worth,
                              const IntrinsicCost& intrinsic,
                              const RecollectionOptions& options = {});

/// `cached` with states in its column "embedding" that end with the columns `felt`, in this order.
/// @throws DataError if one of them is missing.
Trajectories join_felt(const Trajectories& cached, const std::vector<std::string>& felt);

/// Recorded lives at model steps, `skip` rows apart. A life ended where the last of its rows is one
/// of a dead body, which a vital at the end of its scale is; else the record was cut off there.
/// @param joint  From `join_felt`, states that end with vitals.
/// @param episodes  Which of them, [..] int64; undefined: all.
RecordedLives recorded_lives(const Trajectories& joint, std::int64_t skip,
                             const IntrinsicCost& intrinsic, const Tensor& episodes = {});

/// The same lives, each state as the world model foretells it: the state of row t imagined along
/// the recorded actions from up to `furthest` model steps before, how many drawn from `rng`. A
/// critic that learns from these, too, is asked about what it knows when a search imagines.
/// @throws ConfigError if furthest < 1.
RecordedLives foretold_lives(const Trajectories& joint, const WorldModel& model, std::int64_t skip,
                             const IntrinsicCost& intrinsic, std::int64_t furthest,
                             RandomStream& rng, const Tensor& episodes = {});

/// Some lives, then others.
RecordedLives join_lives(const RecordedLives& first, const RecordedLives& second);

}  // namespace forethink
