// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/report_format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace forethink {
namespace {

constexpr const char* kSpace = "\u00a0";  // A number and its unit stay on one line.
constexpr const char* kMissing = "\u2013";

std::string print(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string percent_digits(double share) {
  return share == 0.0 || share == 1.0 ? print("%.0f", share * 100.0) : print("%.1f", share * 100.0);
}

/// One decimal below ten, none above: two or three digits that mean something.
std::string few_digits(double value) {
  // The rounded value decides, so that 9.96 is "10" and not "10.0".
  return std::round(value * 10.0) < 100.0 ? print("%.1f", value) : print("%.0f", value);
}

std::string two_units(std::int64_t major, const char* major_unit, std::int64_t minor,
                      const char* minor_unit) {
  std::string text = std::to_string(major) + kSpace + major_unit;
  if (minor > 0) text += std::string(kSpace) + std::to_string(minor) + kSpace + minor_unit;
  return text;
}

}  // namespace

std::string format_percent(double share) {
  return std::isfinite(share) ? percent_digits(share) + kSpace + "%" : kMissing;
}

std::string format_interval(double share, double low, double high) {
  return format_percent(share) + " [" + percent_digits(low) + ", " + percent_digits(high) + "]";
}

std::string format_count(double count) {
  if (!std::isfinite(count)) return kMissing;
  if (count < 0.0) return "\u2212" + format_count(-count);
  if (count < 999.5) {
    const bool whole = count == std::round(count) || count >= 99.5;
    return whole ? print("%.0f", count) : print("%.1f", count);
  }
  if (count < 999.5e3) return few_digits(count / 1e3) + kSpace + "k";
  if (count < 999.5e6) return few_digits(count / 1e6) + kSpace + "M";
  return few_digits(count / 1e9) + kSpace + "G";
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0.0) return kMissing;
  if (seconds == 0.0) return std::string("0") + kSpace + "s";
  if (seconds < 0.9995e-3) return few_digits(seconds * 1e6) + kSpace + "\u00b5s";
  if (seconds < 0.0995) return few_digits(seconds * 1e3) + kSpace + "ms";
  if (seconds < 0.995) return print("%.2f", seconds) + kSpace + "s";
  if (seconds < 59.5) return few_digits(seconds) + kSpace + "s";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 3600) return two_units(whole / 60, "min", whole % 60, "s");
  const std::int64_t minutes = (whole + 30) / 60;
  return two_units(minutes / 60, "h", minutes % 60, "min");
}

std::string format_number(double value) {
  if (!std::isfinite(value)) return kMissing;
  const double size = std::abs(value);
  if (value == std::round(value) && size < 1e4) return print("%.0f", value);
  if (size >= 1e4 && size < 1e9) return format_count(value);
  if (size >= 99.5 && size < 1e4) return print("%.0f", value);
  return print("%.3g", value);
}

std::string format_name(std::string_view identifier) {
  std::string name(identifier);
  // A unit stands last in a name; "units" are those of the world.
  constexpr std::string_view kUnits = "_units";
  if (name.ends_with(kUnits)) name.replace(name.size() - kUnits.size(), 1, ", ");
  for (char& letter : name) {
    if (letter == '_') letter = ' ';
  }
  if (name.substr(0, 4) == "jepa" && (name.size() == 4 || name[4] == ' '))
    return "JEPA" + name.substr(4);
  if (!name.empty()) name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return name;
}

std::string format_planner(std::string_view name) {
  for (const auto& [plain, written] : std::array<std::pair<std::string_view, std::string_view>, 3>{
           {{"icem", "iCEM"}, {"cem", "CEM"}, {"mppi", "MPPI"}}}) {
    const bool whole = name.size() == plain.size() ||
                       (name.size() > plain.size() &&
                        std::isalnum(static_cast<unsigned char>(name[plain.size()])) == 0);
    if (name.substr(0, plain.size()) != plain || !whole) continue;
    std::string text = std::string(written) + std::string(name.substr(plain.size()));
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
  }
  // Names that were written for people ("iCEM") keep their first letter.
  const bool raw = std::none_of(name.begin(), name.end(),
                                [](unsigned char letter) { return std::isupper(letter) != 0; });
  if (raw) return format_name(name);
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string escape_html(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char letter : text) {
    switch (letter) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += letter;
    }
  }
  return safe;
}

std::string escape_json_for_script(std::string_view json) {
  // Outside strings JSON has none of these letters, and inside them an escape means the same.
  std::string safe;
  safe.reserve(json.size());
  for (const char letter : json) {
    switch (letter) {
      case '<':
        safe += "\\u003c";
        break;
      case '>':
        safe += "\\u003e";
        break;
      case '&':
        safe += "\\u0026";
        break;
      default:
        safe += letter;
    }
  }
  return safe;
}

}  // namespace forethink
