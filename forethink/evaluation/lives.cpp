// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/lives.h"

#include <torch/torch.h>

#include <cmath>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/evaluation/report_json.h"

namespace forethink {
namespace {

std::string item(const std::string& list, std::size_t index) {
  return list + "[" + std::to_string(index) + "]";
}

void expect_between(const std::string& where, const char* field, double value, double low,
                    double high) {
  const std::string name = field;
  std::string rule = format_setting(low) + " <= " + name;
  rule += std::isinf(high) ? " < inf" : " <= " + format_setting(high);
  expect_setting(std::isfinite(value) && value >= low && value <= high, where + "." + name, value,
                 rule);
}

void expect_numbers(const std::string& where, const char* field,
                    const std::vector<std::pair<std::string, double>>& numbers) {
  for (const auto& [name, value] : numbers)
    expect_between(where + "." + field, name.c_str(), value, 0.0, kNoLimit);
}

void expect_increasing(const std::string& where, const std::vector<double>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool follows = std::isfinite(steps[i]) && (i == 0 || steps[i] > steps[i - 1]);
    expect_setting(follows, item(where, i), steps[i], "finite, more than the one before");
  }
}

void expect_series(const std::string& where, const std::vector<double>& values, std::size_t looks,
                   bool gaps) {
  if (values.size() != looks) {
    throw ShapeError(where + " has " + std::to_string(values.size()) + " values, must have " +
                     std::to_string(looks) + ", one for each step");
  }
  for (std::size_t i = 0; i < looks; ++i) {
    expect_setting(std::isfinite(values[i]) || (gaps && std::isnan(values[i])), item(where, i),
                   values[i], gaps ? "finite, or NaN for nothing" : "finite");
  }
}

void validate_agent(const LivesEntry& entry, const std::string& where, std::int64_t steps) {
  expect_setting(entry.worlds >= 1, where + ".worlds", entry.worlds, "worlds >= 1");
  expect_setting(entry.alive >= 0 && entry.alive <= entry.worlds, where + ".alive", entry.alive,
                 "0 <= alive <= worlds");
  expect_between(where, "survival_rate", entry.survival_rate, 0.0, 1.0);
  expect_between(where, "wilson_low", entry.wilson_low, 0.0, 1.0);
  expect_between(where, "wilson_high", entry.wilson_high, entry.wilson_low, 1.0);
  expect_between(where, "steps_mean", entry.steps_mean, 0.0, static_cast<double>(steps));
  expect_between(where, "energy_mean", entry.energy_mean, 0.0, kNoLimit);
  expect_between(where, "energy_error", entry.energy_error, 0.0, kNoLimit);
  expect_numbers(where, "energy_by_drive", entry.energy_by_drive);
  expect_numbers(where, "honesty_gap", entry.honesty_gap);
  expect_between(where, "model_steps_per_act", entry.model_steps_per_act, 0.0, kNoLimit);
  expect_between(where, "act_ms_p50", entry.act_ms_p50, 0.0, kNoLimit);
  expect_between(where, "act_ms_p99", entry.act_ms_p99, entry.act_ms_p50, kNoLimit);
  expect_setting(entry.survival_curve.size() != 1, where + ".survival_curve", std::int64_t{1},
                 "no value, or two and more");
  for (const double share : entry.survival_curve)
    expect_between(where, "survival_curve", share, 0.0, 1.0);
}

void validate_story(const LifeStory& story, const std::string& where) {
  expect_setting(story.world >= 0, where + ".world", story.world, "world >= 0");
  expect_setting(story.steps >= 0, where + ".steps", story.steps, "steps >= 0");
  expect_increasing(where + ".step", story.step);
  const std::size_t looks = story.step.size();
  for (const LifeSeries& series : story.vitals)
    expect_series(where + ".vitals." + series.name, series.values, looks, false);
  for (const LifeSeries& series : story.predicted_vitals)
    expect_series(where + ".predicted_vitals." + series.name, series.values, looks, true);
  for (const LifeSeries& series : story.energy_terms)
    expect_series(where + ".energy_terms." + series.name, series.values, looks, true);
  for (const RememberedWay& way : story.ways) {
    const std::string place = where + ".ways." + way.need;
    expect_series(place + ".x", way.x, looks, true);
    expect_series(place + ".y", way.y, looks, true);
    expect_series(place + ".worth", way.worth, looks, true);
  }
  expect_increasing(where + ".frame_step", story.frame_step);
  if (!story.frames.defined() && story.frame_step.empty()) return;
  const bool fits = story.frames.defined() && story.frames.dim() == 4 &&
                    story.frames.size(3) == 3 && story.frames.numel() > 0 &&
                    story.frames.scalar_type() == torch::kUInt8 &&
                    story.frames.size(0) == static_cast<std::int64_t>(story.frame_step.size());
  if (!fits) {
    throw ShapeError(where + ".frames must be uint8 [N, Y, X, 3], a frame for each of the " +
                     std::to_string(story.frame_step.size()) + " values of frame_step");
  }
}

void validate_drive(const DriveCalibration& drive, const std::string& where) {
  expect_setting(drive.count >= 0, where + ".count", drive.count, "count >= 0");
  expect_between(where, "rank_correlation", drive.rank_correlation, -1.0, 1.0);
  expect_between(where, "mean_error", drive.mean_error, 0.0, kNoLimit);
  for (std::size_t i = 0; i < drive.bins.size(); ++i) {
    const CalibrationBin& bin = drive.bins[i];
    const std::string place = item(where + ".bins", i);
    expect_setting(bin.count >= 1, place + ".count", bin.count, "count >= 1");
    expect_setting(std::isfinite(bin.predicted), place + ".predicted", bin.predicted, "finite");
    expect_setting(std::isfinite(bin.realised), place + ".realised", bin.realised, "finite");
    expect_between(place, "standard_error", bin.standard_error, 0.0, kNoLimit);
  }
}

}  // namespace

void LivesReport::validate() const {
  expect_setting(steps >= 1, "lives.steps", steps, "steps >= 1");
  for (std::size_t i = 0; i < agents.size(); ++i)
    validate_agent(agents[i], item("lives.agents", i), steps);
  for (std::size_t i = 0; i < stories.size(); ++i)
    validate_story(stories[i], item("lives.stories", i));
  for (std::size_t i = 0; i < calibration.size(); ++i)
    validate_drive(calibration[i], item("lives.calibration", i));
  for (std::size_t i = 0; i < vitals_prediction.size(); ++i) {
    const VitalsPredictionEntry& entry = vitals_prediction[i];
    const std::string where = item("lives.vitals_prediction", i);
    expect_setting(entry.steps >= 1, where + ".steps", entry.steps, "steps >= 1");
    expect_between(where, "error", entry.error, 0.0, kNoLimit);
    expect_between(where, "persistence_error", entry.persistence_error, 0.0, kNoLimit);
  }
}

}  // namespace forethink
