// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Lives: what came of agents that live by drives in a mortal world, where there is no goal and no
// success: an agent lives up to a number of steps and pays intrinsic energy at each.
//
// A life that ended goes on paying what its last step cost, up to the last step of a whole life:
// death is no way to save energy.
//
// Role:    evaluation; written by the evaluation of a run into lives.json, shown by the report.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "forethink/core/types.h"
#include "forethink/cost/calibration.h"

namespace forethink {

/// One agent over all worlds: a row of the report's table.
struct LivesEntry {
  std::string name;            ///< For people: "full", "no memory", "random".
  std::string mode;            ///< "deliberate", "reactive"; may be empty.
  std::int64_t worlds = 0;     ///< Lives, one a world; >= 1.
  std::int64_t alive = 0;      ///< Of them at the last step; 0 <= alive <= worlds.
  double survival_rate = 0.0;  ///< alive / worlds.
  double wilson_low = 0.0;     ///< 95 % interval.
  double wilson_high = 1.0;
  double steps_mean = 0.0;    ///< Steps lived.
  double energy_mean = 0.0;   ///< Intrinsic energy a step, mean over lives; >= 0.
  double energy_error = 0.0;  ///< Its standard error; >= 0.
  std::vector<std::pair<std::string, double>> energy_by_drive;  ///< Mean a step; each >= 0.
  std::vector<std::pair<std::string, double>> honesty_gap;      ///< Mean, by drive; each >= 0.
  double model_steps_per_act = 0.0;                             ///< >= 0.
  double act_ms_p50 = 0.0;                                      ///< Of one act; >= 0.
  double act_ms_p99 = 0.0;                                      ///< >= act_ms_p50.
  /// Share alive at equally spaced steps, the first at step 0, the last at the last step of a whole
  /// life; each in [0, 1]. Empty, or two values and more.
  std::vector<double> survival_curve;
};

/// A named number of each look of a life. NaN where there is none, if that is allowed.
struct LifeSeries {
  std::string name;
  std::vector<double> values;
};

/// What the memory returned for one need: where the remembered place lies from the agent.
struct RememberedWay {
  std::string need;
  std::vector<double> x;      ///< Units to the east; NaN where nothing is remembered.
  std::vector<double> y;      ///< Units to the south.
  std::vector<double> worth;  ///< How good it is remembered to be: high is good, so 1 - w of
                              ///< what `recollect` returns, where low is good.
};

/// One life told in full. All series have T values, one for each look of the agent.
struct LifeStory {
  std::string agent;         ///< As in the table.
  std::int64_t world = 0;    ///< Row of the worlds; >= 0.
  bool alive = true;         ///< At the last step of a whole life.
  std::string cause;         ///< The vital that it died of, or "".
  std::int64_t steps = 0;    ///< Steps lived; >= 0.
  std::vector<double> step;  ///< [T] of each look; strictly increasing.
  std::vector<LifeSeries> vitals;
  std::vector<LifeSeries> predicted_vitals;  ///< At the look before, for this one. NaN: no plan.
  std::vector<LifeSeries> energy_terms;      ///< Weighted, of the plan chosen. NaN: no plan.
  std::vector<RememberedWay> ways;
  Tensor frames;  ///< uint8 [N, Y, X, 3], for example of `film_meadow`, or undefined.
  std::vector<double> frame_step;  ///< [N] of each frame; strictly increasing.
};

/// How far imagined vitals are from what came.
struct VitalsPredictionEntry {
  std::int64_t steps = 0;  ///< Model steps ahead; >= 1.
  std::string vital;
  double error = 0.0;              ///< Mean |predicted - true|; >= 0.
  double persistence_error = 0.0;  ///< The same of "nothing changes"; >= 0.
};

/// lives.json. The first agent is the one that the experiment set out to report.
struct LivesReport {
  std::int64_t steps = 1000;  ///< Of a whole life; >= 1.
  std::vector<LivesEntry> agents;
  std::vector<LifeStory> stories;
  std::vector<DriveCalibration> calibration;  ///< Of the first agent's critic.
  std::vector<VitalsPredictionEntry> vitals_prediction;

  /// Throws ConfigError, or ShapeError, naming the field that breaks its rule.
  void validate() const;
};

/// A story as JSON: what lives.json holds and what the report's player reads. Numbers are rounded
/// to five digits, and 64 frames share 256 colours; steps are exact.
nlohmann::json life_to_json(const LifeStory& story);

/// One agent as JSON: what lives.json holds and `evaluate --json` prints.
nlohmann::json agent_to_json(const LivesEntry& entry);

/// Writes {"version": 1, ...}.
/// @throws ConfigError or ShapeError if `report` breaks its rules, IoError if it cannot be written.
void write_lives(const std::filesystem::path& path, const LivesReport& report);

/// @throws IoError if it cannot be read, DataError naming the file and field if malformed.
LivesReport read_lives(const std::filesystem::path& path);

}  // namespace forethink
