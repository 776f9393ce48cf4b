// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/report_json.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "forethink/core/error.h"

namespace forethink {

nlohmann::json parse_json(std::string_view text, const std::string& where) {
  try {
    return nlohmann::json::parse(text.begin(), text.end());
  } catch (const nlohmann::json::exception& error) {
    throw DataError(where + ": not valid JSON: " + error.what());
  }
}

JsonFields::JsonFields(const nlohmann::json& json, std::string where)
    : json_(json), where_(std::move(where)) {
  if (!json.is_object())
    throw DataError(where_ + ": is " + json.type_name() + ", must be an object {...}");
}

void JsonFields::refuse(const std::string& field, const std::string& problem) const {
  throw DataError(where_ + ": " + field + " " + problem);
}

const nlohmann::json* JsonFields::find(const std::string& field) const {
  const auto found = json_.find(field);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

const nlohmann::json& JsonFields::at(const std::string& field) const {
  const nlohmann::json* found = find(field);
  if (found == nullptr) refuse(field, "is missing");
  return *found;
}

std::string JsonFields::text(const std::string& field) const {
  const nlohmann::json& value = at(field);
  if (!value.is_string())
    refuse(field, std::string("is ") + value.type_name() + ", must be a string");
  return value.get<std::string>();
}

std::string JsonFields::text_or(const std::string& field, const std::string& fallback) const {
  return find(field) == nullptr ? fallback : text(field);
}

double JsonFields::number(const std::string& field, double low, double high) const {
  const nlohmann::json& value = at(field);
  if (!value.is_number())
    refuse(field, std::string("is ") + value.type_name() + ", must be a number");
  const double number = value.get<double>();
  if (!(number >= low && number <= high)) {
    const std::string rule = std::isinf(high) ? ">= " + nlohmann::json(low).dump()
                                              : "in [" + nlohmann::json(low).dump() + ", " +
                                                    nlohmann::json(high).dump() + "]";
    refuse(field, "= " + value.dump() + ", must be " + rule);
  }
  return number;
}

std::optional<double> JsonFields::number_if(const std::string& field, double low,
                                            double high) const {
  if (find(field) == nullptr) return std::nullopt;
  return number(field, low, high);
}

std::int64_t JsonFields::integer(const std::string& field, std::int64_t low) const {
  const nlohmann::json& value = at(field);
  if (!value.is_number_integer())
    refuse(field, std::string("is ") + value.type_name() + ", must be an integer");
  const auto number = value.get<std::int64_t>();
  if (number < low)
    refuse(field, "= " + std::to_string(number) + ", must be >= " + std::to_string(low));
  return number;
}

bool JsonFields::boolean(const std::string& field) const {
  const nlohmann::json& value = at(field);
  if (!value.is_boolean())
    refuse(field, std::string("is ") + value.type_name() + ", must be true or false");
  return value.get<bool>();
}

const nlohmann::json& JsonFields::list(const std::string& field) const {
  static const nlohmann::json kEmpty = nlohmann::json::array();
  const nlohmann::json* found = find(field);
  if (found == nullptr) return kEmpty;
  if (!found->is_array())
    refuse(field, std::string("is ") + found->type_name() + ", must be an array [...]");
  return *found;
}

double round_digits(double value, int digits) {
  if (!std::isfinite(value)) return value;
  char text[48];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return std::strtod(text, nullptr);
}

}  // namespace forethink
