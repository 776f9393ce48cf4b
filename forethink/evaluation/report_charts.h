// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Which curves of a run are drawn together, on which scale: the page only draws what this says.
//
// Role:    evaluation; between report_data.h and the page's script.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "forethink/evaluation/report_data.h"

namespace forethink {

/// One line of a chart.
struct ChartLine {
  std::string label;
  std::string tone;       ///< "" for the next colour, "ramp" for a shade of one, "good", "bad",
                          ///< "guide" for a dashed line that only leads the eye.
  std::vector<double> x;  ///< Strictly increasing.
  std::vector<double> y;
  std::vector<double> error = {};  ///< Of y, drawn as whiskers; empty: none.
};

/// Lines that share axes.
struct Chart {
  std::string title;
  std::string x_label;
  bool x_log = false;
  bool y_log = false;
  bool percent = false;  ///< Values are shares in [0, 1], shown as per cent.
  std::vector<ChartLine> lines;
};

/// What was logged only once in a stage, as (name, value) for people.
std::vector<std::pair<std::string, std::string>> stage_facts(const MetricStage& stage);

/// The charts of one stage: losses first, then diagnostics, then whatever else was logged more than
/// once. Alarms that never rang are left out.
std::vector<Chart> stage_charts(const MetricStage& stage);

/// Error of imagined rollouts against their length, at the last logged step of each stage that
/// logs `rollout_error_<steps>`; nothing if none does.
std::optional<Chart> rollout_chart(const std::vector<MetricStage>& stages);

/// One chart for each cost term, with a line for each film.
std::vector<Chart> term_charts(const std::vector<Film>& films);

/// Keeps about `points` of a line: the lowest and the highest of each stretch, so that peaks stay.
ChartLine thin(const ChartLine& line, std::size_t points);

/// For the page's script. Values are rounded to five digits, lines thinned to 600 points.
nlohmann::json charts_to_json(const std::vector<Chart>& charts);

}  // namespace forethink
