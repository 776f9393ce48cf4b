// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Random plan: uniform within the bounds, whatever the energy says.
//
// Role:    the floor that every result is compared with.
#pragma once

#include "forethink/core/random.h"
#include "forethink/planning/energy.h"
#include "forethink/planning/plan.h"

namespace forethink {

/// One uniformly random sequence for each problem, scored once; the warm start only if there is no
/// time for it or its energy is not finite.
/// @throws ShapeError if `start.mean` is not [B, H, A] or `energy` does not return [B, 1].
Plan random_plan(const Energy& energy, const PlanStart& start, RandomStream& rng);

}  // namespace forethink
