// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/film.h"

#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "forethink/core/error.h"
#include "forethink/core/files.h"
#include "forethink/core/settings.h"
#include "forethink/evaluation/film_picture.h"
#include "forethink/evaluation/report_json.h"

namespace forethink {
namespace {

// A reader must not be talked into allocating without limit: 4096 frames of 256 x 256 pixels.
constexpr std::int64_t kPixelsMax = 4096LL * 256 * 256;

/// Rows of a [N, M] tensor as nested arrays, each number passed through `round`; NaN becomes null.
template <class Round>
nlohmann::json rows_to_json(const Tensor& table, Round&& round) {
  const Tensor values = table.to(torch::kCPU, torch::kFloat).contiguous();
  const auto rows = values.accessor<float, 2>();
  nlohmann::json json = nlohmann::json::array();
  for (std::int64_t i = 0; i < rows.size(0); ++i) {
    nlohmann::json row = nlohmann::json::array();
    for (std::int64_t j = 0; j < rows.size(1); ++j) {
      const double value = round(static_cast<double>(rows[i][j]));
      row.push_back(std::isfinite(value) ? nlohmann::json(value) : nlohmann::json());
    }
    json.push_back(std::move(row));
  }
  return json;
}

double round_position(double value) { return std::round(value * 100.0) / 100.0; }

/// [N, columns] float from nested arrays; null is NaN where `gaps` allows it.
Tensor rows_from_json(const JsonFields& fields, const std::string& field, std::int64_t columns,
                      bool gaps) {
  const nlohmann::json& json = fields.list(field);
  Tensor table = torch::full({static_cast<std::int64_t>(json.size()), columns},
                             std::numeric_limits<float>::quiet_NaN());
  auto out = table.accessor<float, 2>();
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string name = field + "[" + std::to_string(i) + "]";
    if (!json[i].is_array() || json[i].size() != static_cast<std::size_t>(columns))
      fields.refuse(name, "must be an array of " + std::to_string(columns) + " numbers");
    for (std::int64_t j = 0; j < columns; ++j) {
      const nlohmann::json& value = json[i][static_cast<std::size_t>(j)];
      if (gaps && value.is_null()) continue;
      if (!value.is_number())
        fields.refuse(name, "must hold numbers, holds " + std::string(value.type_name()));
      out[static_cast<std::int64_t>(i)][j] = value.get<float>();
    }
  }
  return table;
}

void expect_form(bool holds, const char* field, const Tensor& tensor, const char* wanted) {
  if (holds) return;
  std::string came = "undefined";
  if (tensor.defined()) {
    came = std::string(c10::toString(tensor.scalar_type())) + " [";
    for (std::int64_t axis = 0; axis < tensor.dim(); ++axis)
      came += (axis == 0 ? "" : ", ") + std::to_string(tensor.size(axis));
    came += "]";
  }
  throw ShapeError(std::string("film.") + field + " is " + came + ", must be " + wanted);
}

bool is_table(const Tensor& tensor, std::int64_t columns) {
  return tensor.defined() && tensor.dim() == 2 && tensor.size(1) == columns &&
         tensor.is_floating_point();
}

}  // namespace

void Film::validate() const {
  expect_setting(task >= 0, "film.task", task, "task >= 0");
  expect_setting(steps >= 0, "film.steps", steps, "steps >= 0");
  expect_setting(imagined_stride >= 1, "film.imagined_stride", imagined_stride, "stride >= 1");
  expect_setting(world_size > 0.0 && std::isfinite(world_size), "film.world_size", world_size,
                 "0 < world_size < inf");
  expect_setting(goal_radius >= 0.0 && std::isfinite(goal_radius), "film.goal_radius", goal_radius,
                 "0 <= goal_radius < inf");
  const bool frames_fit = frames.defined() && frames.dim() == 4 && frames.size(3) == 3 &&
                          frames.numel() > 0 && frames.scalar_type() == torch::kUInt8;
  expect_form(frames_fit, "frames", frames, "uint8 [T, Y, X, 3]");
  const std::int64_t count = frames.size(0);
  const bool goal_fits = goal_frame.defined() && goal_frame.scalar_type() == torch::kUInt8 &&
                         goal_frame.sizes() == frames.sizes().slice(1);
  expect_form(goal_fits, "goal_frame", goal_frame, "uint8 [Y, X, 3], as the frames");
  expect_form(is_table(positions, 2) && positions.size(0) == count, "positions", positions,
              "float [T, 2], a row for each frame");
  const bool place_fits =
      !goal_position.defined() ||
      (goal_position.dim() == 1 && goal_position.size(0) == 2 && goal_position.is_floating_point());
  expect_form(place_fits, "goal_position", goal_position, "float [2] or undefined");
  const auto term_count = static_cast<std::int64_t>(terms.size());
  const bool energy_fits = (term_count == 0 && !energy.defined()) ||
                           (is_table(energy, term_count) && energy.size(0) == count);
  expect_form(energy_fits, "energy", energy, "float [T, terms], a row for each frame");
  for (const ImaginedPath& path : imagined) {
    expect_setting(path.step >= 0 && path.step < count, "film.imagined.step", path.step,
                   "0 <= step < T");
    expect_form(is_table(path.positions, 2), "imagined.positions", path.positions, "float [K, 2]");
  }
}

nlohmann::json film_to_json(const Film& film) {
  film.validate();
  const auto energy_digits = [](double value) { return round_digits(value, 5); };
  nlohmann::json json;
  json["task"] = film.task;
  json["tasks"] = film.tasks;
  json["planner"] = film.planner;
  json["success"] = film.success;
  json["steps"] = film.steps;
  json["world_size"] = film.world_size;
  json["goal_radius"] = film.goal_radius;
  json["frame_count"] = film.frames.size(0);
  json["frame_height"] = film.frames.size(1);
  json["frame_width"] = film.frames.size(2);
  json["frame_columns"] = kFrameColumns;
  json["frames_png"] = picture_to_base64(frames_to_grid(film.frames));
  json["goal_png"] = picture_to_base64(film.goal_frame);
  json["positions"] = rows_to_json(film.positions, round_position);
  if (film.goal_position.defined())
    json["goal_position"] = rows_to_json(film.goal_position.view({1, 2}), round_position)[0];
  json["imagined_stride"] = film.imagined_stride;
  json["imagined"] = nlohmann::json::array();
  for (const ImaginedPath& path : film.imagined) {
    json["imagined"].push_back(
        {{"step", path.step}, {"positions", rows_to_json(path.positions, round_position)}});
  }
  json["terms"] = film.terms;
  json["energy"] =
      film.energy.defined() ? rows_to_json(film.energy, energy_digits) : nlohmann::json::array();
  return json;
}

Film film_from_json(const nlohmann::json& json, const std::string& where) {
  const JsonFields fields(json, where);
  Film film;
  film.task = fields.integer("task", 0);
  film.tasks = fields.text_or("tasks", "");
  film.planner = fields.text("planner");
  film.success = fields.boolean("success");
  film.steps = fields.integer("steps", 0);
  film.world_size = fields.number("world_size", 1e-9, kNoLimit);
  film.goal_radius = fields.number_if("goal_radius", 0.0, kNoLimit).value_or(0.0);
  const std::int64_t count = fields.integer("frame_count", 1);
  const std::int64_t height = fields.integer("frame_height", 1);
  const std::int64_t width = fields.integer("frame_width", 1);
  if (fields.integer("frame_columns", 1) != kFrameColumns)
    fields.refuse("frame_columns", "must be " + std::to_string(kFrameColumns));
  // Each factor is bounded before they are multiplied, so that the product cannot overflow.
  if (count > kPixelsMax || height > 8192 || width > 8192 ||
      (count + kFrameColumns) * height * width > kPixelsMax)
    fields.refuse("frame_count", "x height x width is more than this reader takes");
  const std::int64_t rows = (count + kFrameColumns - 1) / kFrameColumns;
  film.frames = frames_from_grid(picture_from_base64(fields.text("frames_png"), rows * height,
                                                     kFrameColumns * width, fields, "frames_png"),
                                 count);
  film.goal_frame = picture_from_base64(fields.text("goal_png"), height, width, fields, "goal_png");
  film.positions = rows_from_json(fields, "positions", 2, false);
  if (const nlohmann::json* goal = fields.find("goal_position")) {
    const nlohmann::json wrapped = {{"goal_position", nlohmann::json::array({*goal})}};
    film.goal_position =
        rows_from_json(JsonFields(wrapped, where), "goal_position", 2, false)[0].clone();
  }
  film.imagined_stride = fields.integer("imagined_stride", 1);
  for (const nlohmann::json& item : fields.list("imagined")) {
    const JsonFields path(item, where + ", imagined[" + std::to_string(film.imagined.size()) + "]");
    film.imagined.push_back({path.integer("step", 0), rows_from_json(path, "positions", 2, false)});
  }
  for (const nlohmann::json& name : fields.list("terms")) {
    if (!name.is_string()) fields.refuse("terms", "must hold strings");
    film.terms.push_back(name.get<std::string>());
  }
  if (!film.terms.empty()) {
    film.energy =
        rows_from_json(fields, "energy", static_cast<std::int64_t>(film.terms.size()), true);
  }
  try {
    film.validate();
  } catch (const Error& error) {
    throw DataError(where + ": " + error.what());
  }
  return film;
}

void write_films(const std::filesystem::path& path, const std::vector<Film>& films) {
  nlohmann::json json = {{"version", 1}, {"films", nlohmann::json::array()}};
  for (const Film& film : films) json["films"].push_back(film_to_json(film));
  write_file(path, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::vector<Film> read_films(const std::filesystem::path& path) {
  const std::string where = path.string();
  const nlohmann::json json = parse_json(read_file(path), where);
  const JsonFields fields(json, where);
  if (fields.integer("version", 1) != 1) fields.refuse("version", "must be 1");
  fields.at("films");
  std::vector<Film> films;
  for (const nlohmann::json& item : fields.list("films"))
    films.push_back(film_from_json(item, where + ", films[" + std::to_string(films.size()) + "]"));
  return films;
}

}  // namespace forethink
