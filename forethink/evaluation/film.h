// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Film: one episode as the report shows it, what happened beside what was imagined.
//
// Role:    evaluation; written by the evaluation of a run into films.json, shown by the report.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "forethink/core/types.h"

namespace forethink {

/// Where the agent thought one plan would lead.
struct ImaginedPath {
  std::int64_t step = 0;  ///< The step t at which it was imagined; 0 <= t < T.
  Tensor positions;       ///< [K, 2] float (x, y); row k is meant for step t + k * stride.
};

/// One episode. Positions are (x, y) in world units, x to the right and y downwards like the image.
struct Film {
  std::int64_t task = 0;               ///< Row of the task list; >= 0.
  std::string tasks;                   ///< Name of the task list; may be empty.
  std::string planner;                 ///< As in the table of planners.
  bool success = false;                ///< The goal was reached.
  std::int64_t steps = 0;              ///< Steps taken; 0 <= steps.
  Tensor frames;                       ///< [T, Y, X, 3] uint8; frame 0 is the start.
  Tensor goal_frame;                   ///< [Y, X, 3] uint8.
  Tensor positions;                    ///< [T, 2] float, where the agent truly was.
  Tensor goal_position;                ///< [2] float; undefined if the goal is not a place.
  double goal_radius = 0.0;            ///< Distance that counts as reached, in world units; >= 0.
  std::vector<ImaginedPath> imagined;  ///< One per plan, in order of their steps.
  std::int64_t imagined_stride = 1;    ///< Steps of the world per imagined step; >= 1.
  std::vector<std::string> terms;      ///< Names of the cost terms.
  Tensor energy;              ///< [T, terms] float, weighted; NaN where nothing was planned.
  double world_size = 224.0;  ///< World units along one side of a frame; > 0.

  /// Throws ConfigError, or ShapeError, naming the field that breaks its rule.
  void validate() const;
};

/// A film as JSON: what films.json holds and what the report's player reads.
/// Positions are rounded to 0.01 units and energies to five digits; frames are exact.
nlohmann::json film_to_json(const Film& film);

/// The inverse. @throws DataError naming `where` and the field that is missing or malformed.
Film film_from_json(const nlohmann::json& json, const std::string& where);

/// Writes {"version": 1, "films": [...]}. @throws IoError if the file cannot be written.
void write_films(const std::filesystem::path& path, const std::vector<Film>& films);

/// @throws IoError if it cannot be read, DataError naming the file, film and field if malformed.
std::vector<Film> read_films(const std::filesystem::path& path);

}  // namespace forethink
