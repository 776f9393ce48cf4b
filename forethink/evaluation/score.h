// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Score: what a set of episodes is worth, with the numbers that make it comparable.
//
// Role:    evaluation; every figure that is reported goes through here.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "forethink/agent/episode.h"

namespace forethink {

/// One way of acting, on one list of tasks.
struct Score {
  std::string name;   ///< For people, for example "iCEM, roadmap".
  std::string tasks;  ///< Name of the task list.
  std::string mode = "deliberate";
  std::string planner;
  std::string cost;  ///< "goal", "roadmap", "critic", ...
  std::int64_t episodes = 0;
  std::int64_t successes = 0;
  double success_rate = 0.0;  ///< In [0, 1].
  double wilson_low = 0.0;    ///< 95 % interval.
  double wilson_high = 1.0;
  double steps_to_success_median = 0.0;  ///< Primitive steps; not a number without a success.
  double model_steps_per_episode = 0.0;
  double planning_seconds_per_episode = 0.0;  ///< Wall time of the batch, preparation of goals
                                              ///< included, divided by its episodes.
  double plan_ms_p50 = 0.0;                   ///< Of one batched plan.
  double plan_ms_p99 = 0.0;
  std::int64_t late_plans = 0;
};

/// Counts and summarises. `preparation_s` is what was spent on the goals before the first act.
Score score_episodes(const EpisodeResult& result, double preparation_s);

nlohmann::json to_json(const Score& score);

/// One line for a terminal: "iCEM, roadmap  99.3 % [97.6, 99.8]  1.0 k steps  0.012 s".
std::string describe(const Score& score);

}  // namespace forethink
