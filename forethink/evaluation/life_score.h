// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Life score: what a set of lives is worth, with the numbers that make it comparable.
//
// Role:    evaluation; every figure of lives that is reported goes through here.
#pragma once

#include <string>

#include "forethink/agent/episode.h"
#include "forethink/cost/drive_energy.h"
#include "forethink/evaluation/lives.h"
#include "forethink/world_model/world_model.h"

namespace forethink {

/// Counts and summarises. Energies are weighted with u_i as the cost weighs them, so that those of
/// the drives add up to the mean.
/// @param steps  Of a whole life.
LivesEntry score_lives(const LivesResult& result, const DriveWeights& weights, std::int64_t steps,
                       const std::string& name, const std::string& mode);

/// One line for a terminal: "full  51.0 % alive [44.1, 57.9]  760 steps  energy 0.61 +- 0.03 ...".
std::string describe(const LivesEntry& entry);

/// How far vitals imagined h = `steps` model steps ahead are from what came, beside "nothing
/// changes".
///
/// @param states   [N, T, D] as they came, T > every h; states end with vitals.
/// @param actions  [N, T-1, A] blocks of the model between them.
/// @throws ShapeError if they do not fit the model or each other.
std::vector<VitalsPredictionEntry> score_vitals_prediction(const WorldModel& model,
                                                           const Tensor& states,
                                                           const Tensor& actions,
                                                           const std::vector<std::int64_t>& steps);

}  // namespace forethink
