// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// JSON fields that name themselves when they are wrong: what evaluation's readers share.
//
// Role:    evaluation; private help of film.cpp, lives_file.cpp and report_data.cpp.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace forethink {

/// A bound that a number cannot pass.
constexpr double kNoLimit = std::numeric_limits<double>::infinity();

/// Parses JSON. @throws DataError "<where>: not valid JSON: <reason>".
nlohmann::json parse_json(std::string_view text, const std::string& where);

/// One JSON object that reports wrong fields as "<where>: <field> ...".
class JsonFields {
 public:
  /// @throws DataError if `json` is not an object. Keeps a reference to `json`.
  JsonFields(const nlohmann::json& json, std::string where);

  /// The field, which must be there. @throws DataError.
  const nlohmann::json& at(const std::string& field) const;
  /// Null if the field is absent or null.
  const nlohmann::json* find(const std::string& field) const;

  std::string text(const std::string& field) const;
  std::string text_or(const std::string& field, const std::string& fallback) const;
  double number(const std::string& field, double low, double high) const;
  std::optional<double> number_if(const std::string& field, double low, double high) const;
  std::int64_t integer(const std::string& field, std::int64_t low) const;
  bool boolean(const std::string& field) const;
  /// The elements of an array; an absent field is an empty array.
  const nlohmann::json& list(const std::string& field) const;

  /// "<where>: <field> <problem>", thrown as DataError.
  [[noreturn]] void refuse(const std::string& field, const std::string& problem) const;

  const std::string& where() const { return where_; }

 private:
  const nlohmann::json& json_;
  std::string where_;
};

/// `value` with `digits` significant digits, so that shortest-form printing stays short.
double round_digits(double value, int digits);

}  // namespace forethink
