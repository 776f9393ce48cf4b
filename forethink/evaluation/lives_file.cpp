// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/lives.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "forethink/core/error.h"
#include "forethink/core/files.h"
#include "forethink/evaluation/film_picture.h"
#include "forethink/evaluation/report_json.h"

namespace forethink {
namespace {

using NamedNumbers = std::vector<std::pair<std::string, double>>;

// A life is kept as several pictures, so that a browser need not hold all of it decoded at once.
constexpr std::int64_t kFramesAPicture = 4 * kFrameColumns;
// A reader must not be talked into allocating without limit: 4096 frames of 256 x 384 pixels.
constexpr std::int64_t kLifePixelsMax = 4096LL * 256 * 384;
constexpr int kDigits = 5;

nlohmann::json numbers_to_json(const std::vector<double>& values) {
  nlohmann::json json = nlohmann::json::array();
  for (const double value : values) {
    json.push_back(std::isfinite(value) ? nlohmann::json(round_digits(value, kDigits))
                                        : nlohmann::json());
  }
  return json;
}

nlohmann::json series_to_json(const std::vector<LifeSeries>& list) {
  nlohmann::json json = nlohmann::json::array();
  for (const LifeSeries& series : list)
    json.push_back({{"name", series.name}, {"values", numbers_to_json(series.values)}});
  return json;
}

/// [{"name", "value"}]: an object would not keep the order.
nlohmann::json named_to_json(const NamedNumbers& numbers) {
  nlohmann::json json = nlohmann::json::array();
  for (const auto& [name, value] : numbers) json.push_back({{"name", name}, {"value", value}});
  return json;
}

nlohmann::json calibration_to_json(const DriveCalibration& drive) {
  nlohmann::json bins = nlohmann::json::array();
  for (const CalibrationBin& bin : drive.bins) {
    bins.push_back({{"count", bin.count},
                    {"predicted", bin.predicted},
                    {"realised", bin.realised},
                    {"standard_error", bin.standard_error}});
  }
  return {{"drive", drive.drive},
          {"count", drive.count},
          {"rank_correlation", drive.rank_correlation},
          {"mean_error", drive.mean_error},
          {"bins", std::move(bins)}};
}

std::string item_name(const std::string& list, std::size_t index) {
  return list + "[" + std::to_string(index) + "]";
}

/// null is NaN where `gaps` allows it.
std::vector<double> read_numbers(const JsonFields& fields, const std::string& field, bool gaps) {
  std::vector<double> numbers;
  for (const nlohmann::json& value : fields.list(field)) {
    if (!value.is_number() && !(gaps && value.is_null()))
      fields.refuse(field, "must hold numbers, holds " + std::string(value.type_name()));
    numbers.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                      : value.get<double>());
  }
  return numbers;
}

double read_number(const JsonFields& fields, const char* field) {
  return fields.number(field, -kNoLimit, kNoLimit);
}

template <class Entry, class Read>
std::vector<Entry> read_list(const JsonFields& fields, const char* list, Read&& read) {
  std::vector<Entry> entries;
  for (const nlohmann::json& json : fields.list(list)) {
    const JsonFields entry(json, fields.where() + ", " + item_name(list, entries.size()));
    entries.push_back(read(entry));
  }
  return entries;
}

NamedNumbers read_named(const JsonFields& fields, const char* list) {
  return read_list<std::pair<std::string, double>>(fields, list, [](const JsonFields& entry) {
    return std::pair(entry.text("name"), read_number(entry, "value"));
  });
}

std::vector<LifeSeries> read_series(const JsonFields& fields, const char* list, bool gaps) {
  return read_list<LifeSeries>(fields, list, [gaps](const JsonFields& entry) {
    return LifeSeries{entry.text("name"), read_numbers(entry, "values", gaps)};
  });
}

LivesEntry read_agent(const JsonFields& fields) {
  LivesEntry entry;
  entry.name = fields.text("name");
  entry.mode = fields.text_or("mode", "");
  entry.worlds = fields.integer("worlds", 1);
  entry.alive = fields.integer("alive", 0);
  entry.survival_rate = read_number(fields, "survival_rate");
  entry.wilson_low = read_number(fields, "wilson_low");
  entry.wilson_high = read_number(fields, "wilson_high");
  entry.steps_mean = read_number(fields, "steps_mean");
  entry.energy_mean = read_number(fields, "energy_mean");
  entry.energy_error = read_number(fields, "energy_error");
  entry.energy_by_drive = read_named(fields, "energy_by_drive");
  entry.honesty_gap = read_named(fields, "honesty_gap");
  entry.model_steps_per_act = read_number(fields, "model_steps_per_act");
  entry.act_ms_p50 = read_number(fields, "act_ms_p50");
  entry.act_ms_p99 = read_number(fields, "act_ms_p99");
  entry.survival_curve = read_numbers(fields, "survival_curve", false);
  return entry;
}

/// Frames [N, Y, X, 3]; undefined if the story has none.
Tensor read_frames(const JsonFields& fields) {
  if (fields.find("frame_count") == nullptr) return {};
  const std::int64_t count = fields.integer("frame_count", 1);
  const std::int64_t height = fields.integer("frame_height", 1);
  const std::int64_t width = fields.integer("frame_width", 1);
  // Each factor is bounded before they are multiplied, so that the product cannot overflow.
  if (count > kLifePixelsMax || height > 8192 || width > 8192 ||
      (count + kFrameColumns) * height * width > kLifePixelsMax)
    fields.refuse("frame_count", "x height x width is more than this reader takes");
  for (const auto& [field, wanted] : {std::pair{"frame_columns", kFrameColumns},
                                      std::pair{"frames_a_picture", kFramesAPicture}}) {
    if (fields.integer(field, 1) != wanted)
      fields.refuse(field, "must be " + std::to_string(wanted));
  }
  const nlohmann::json& pictures = fields.list("frames_png");
  const std::int64_t wanted = (count + kFramesAPicture - 1) / kFramesAPicture;
  if (static_cast<std::int64_t>(pictures.size()) != wanted)
    fields.refuse("frames_png", "must hold " + std::to_string(wanted) + " pictures");
  std::vector<Tensor> parts;
  for (const nlohmann::json& picture : pictures) {
    const std::string field = item_name("frames_png", parts.size());
    if (!picture.is_string()) fields.refuse(field, "must be a string");
    const auto first = static_cast<std::int64_t>(parts.size()) * kFramesAPicture;
    const std::int64_t here = std::min(kFramesAPicture, count - first);
    const std::int64_t rows = (here + kFrameColumns - 1) / kFrameColumns;
    const Tensor grid = picture_from_base64(picture.get<std::string>(), rows * height,
                                            kFrameColumns * width, fields, field);
    parts.push_back(frames_from_grid(grid, here));
  }
  return torch::cat(parts);
}

LifeStory read_story(const JsonFields& fields) {
  LifeStory story;
  story.agent = fields.text("agent");
  story.world = fields.integer("world", 0);
  story.alive = fields.boolean("alive");
  story.cause = fields.text_or("cause", "");
  story.steps = fields.integer("steps", 0);
  story.step = read_numbers(fields, "step", false);
  story.vitals = read_series(fields, "vitals", false);
  story.predicted_vitals = read_series(fields, "predicted_vitals", true);
  story.energy_terms = read_series(fields, "energy_terms", true);
  story.ways = read_list<RememberedWay>(fields, "ways", [](const JsonFields& way) {
    return RememberedWay{way.text("need"), read_numbers(way, "x", true),
                         read_numbers(way, "y", true), read_numbers(way, "worth", true)};
  });
  story.frames = read_frames(fields);
  story.frame_step = read_numbers(fields, "frame_step", false);
  return story;
}

DriveCalibration read_calibration(const JsonFields& fields) {
  const auto read_bin = [](const JsonFields& bin) {
    return CalibrationBin{bin.integer("count", 1), read_number(bin, "predicted"),
                          read_number(bin, "realised"), read_number(bin, "standard_error")};
  };
  return {fields.text("drive"), fields.integer("count", 0), read_number(fields, "rank_correlation"),
          read_number(fields, "mean_error"), read_list<CalibrationBin>(fields, "bins", read_bin)};
}

}  // namespace

nlohmann::json agent_to_json(const LivesEntry& entry) {
  return {{"name", entry.name},
          {"mode", entry.mode},
          {"worlds", entry.worlds},
          {"alive", entry.alive},
          {"survival_rate", entry.survival_rate},
          {"wilson_low", entry.wilson_low},
          {"wilson_high", entry.wilson_high},
          {"steps_mean", entry.steps_mean},
          {"energy_mean", entry.energy_mean},
          {"energy_error", entry.energy_error},
          {"energy_by_drive", named_to_json(entry.energy_by_drive)},
          {"honesty_gap", named_to_json(entry.honesty_gap)},
          {"model_steps_per_act", entry.model_steps_per_act},
          {"act_ms_p50", entry.act_ms_p50},
          {"act_ms_p99", entry.act_ms_p99},
          {"survival_curve", numbers_to_json(entry.survival_curve)}};
}

nlohmann::json life_to_json(const LifeStory& story) {
  nlohmann::json json = {{"agent", story.agent},
                         {"world", story.world},
                         {"alive", story.alive},
                         {"cause", story.cause},
                         {"steps", story.steps},
                         {"step", story.step},
                         {"vitals", series_to_json(story.vitals)},
                         {"predicted_vitals", series_to_json(story.predicted_vitals)},
                         {"energy_terms", series_to_json(story.energy_terms)},
                         {"ways", nlohmann::json::array()},
                         {"frame_step", story.frame_step}};
  for (const RememberedWay& way : story.ways) {
    json["ways"].push_back({{"need", way.need},
                            {"x", numbers_to_json(way.x)},
                            {"y", numbers_to_json(way.y)},
                            {"worth", numbers_to_json(way.worth)}});
  }
  if (!story.frames.defined()) return json;
  json["frame_count"] = story.frames.size(0);
  json["frame_height"] = story.frames.size(1);
  json["frame_width"] = story.frames.size(2);
  json["frame_columns"] = kFrameColumns;
  json["frames_a_picture"] = kFramesAPicture;
  json["frames_png"] = nlohmann::json::array();
  for (const Tensor& part : story.frames.split(kFramesAPicture))
    json["frames_png"].push_back(few_colours_to_base64(frames_to_grid(part)));
  return json;
}

void write_lives(const std::filesystem::path& path, const LivesReport& report) {
  report.validate();
  nlohmann::json json = {{"version", 1},
                         {"steps", report.steps},
                         {"agents", nlohmann::json::array()},
                         {"stories", nlohmann::json::array()},
                         {"calibration", nlohmann::json::array()},
                         {"vitals_prediction", nlohmann::json::array()}};
  for (const LivesEntry& entry : report.agents) json["agents"].push_back(agent_to_json(entry));
  for (const LifeStory& story : report.stories) json["stories"].push_back(life_to_json(story));
  for (const DriveCalibration& drive : report.calibration)
    json["calibration"].push_back(calibration_to_json(drive));
  for (const VitalsPredictionEntry& entry : report.vitals_prediction) {
    json["vitals_prediction"].push_back({{"steps", entry.steps},
                                         {"vital", entry.vital},
                                         {"error", entry.error},
                                         {"persistence_error", entry.persistence_error}});
  }
  write_file(path, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

LivesReport read_lives(const std::filesystem::path& path) {
  const std::string where = path.string();
  const nlohmann::json json = parse_json(read_file(path), where);
  const JsonFields fields(json, where);
  if (fields.integer("version", 1) != 1) fields.refuse("version", "must be 1");
  LivesReport report;
  report.steps = fields.integer("steps", 1);
  fields.at("agents");
  report.agents = read_list<LivesEntry>(fields, "agents", read_agent);
  report.stories = read_list<LifeStory>(fields, "stories", read_story);
  report.calibration = read_list<DriveCalibration>(fields, "calibration", read_calibration);
  report.vitals_prediction =
      read_list<VitalsPredictionEntry>(fields, "vitals_prediction", [](const JsonFields& entry) {
        return VitalsPredictionEntry{entry.integer("steps", 1), entry.text("vital"),
                                     read_number(entry, "error"),
                                     read_number(entry, "persistence_error")};
      });
  try {
    report.validate();
  } catch (const Error& error) {
    throw DataError(where + ": " + error.what());
  }
  return report;
}

}  // namespace forethink
