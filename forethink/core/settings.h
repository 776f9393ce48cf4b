// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Settings: plain structs <-> TOML files and `section.key=value` overrides.
//
// A settings struct lists its fields once:
//
//   struct CemOptions {
//     std::int64_t samples = 256;  ///< S, sequences drawn per iteration; >= 1.
//     void validate() const;       ///< Throws ConfigError.
//     template <class Self, class Visitor>
//     static void fields(Self& self, Visitor&& visit) {
//       visit("samples", self.samples);
//     }
//   };
//
// A field is a bool, int64, double, string, a vector of these (no bool), or another such struct,
// which becomes a TOML section. Reading, writing, overriding and the "did you mean" of unknown keys
// all come from that one list.
//
// Role:    core; every module's options are read and recorded this way.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "forethink/core/error.h"

namespace forethink {

/// One value as it stands in a file or an override.
using SettingValue =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>,
                 std::vector<double>, std::vector<std::string>>;

/// Flat settings: "section.key" -> value. Kept in one flat map so that files and overrides are one.
struct SettingsTable {
  std::map<std::string, SettingValue> values;
  std::string source;                         ///< File name or "command line", for messages.
  std::map<std::string, std::string> places;  ///< Where a key was set: "planner.toml:3".
};

/// Parses TOML text. @throws ConfigError with the source, line and reason.
SettingsTable parse_settings(std::string_view toml, std::string_view source);

/// Reads a TOML file. @throws IoError if it cannot be read, ConfigError if it is not valid.
SettingsTable read_settings(const std::filesystem::path& path);

/// Applies "section.key=value" (the value in TOML syntax; a bare word is a string).
/// @throws ConfigError  if there is no "=", or the key or the value is malformed.
void override_setting(SettingsTable& table, std::string_view assignment);

/// TOML text of one value.
std::string format_setting(const SettingValue& value);

/// TOML text with sections, in the order of `values` given.
std::string format_settings(const std::vector<std::pair<std::string, SettingValue>>& values);

/// The member of `known` nearest to `word` in edit distance, or "" if none is near.
std::string nearest_name(std::string_view word, const std::vector<std::string>& known);

/// Throws ConfigError "<field> = <value>, must satisfy <rule>" unless `holds`.
/// Example: expect_setting(elites <= samples, "cem.elites", elites, "1 <= elites <= samples").
void expect_setting(bool holds, std::string_view field, double value, std::string_view rule);
void expect_setting(bool holds, std::string_view field, std::int64_t value, std::string_view rule);
void expect_setting(bool holds, std::string_view field, std::string_view value,
                    std::string_view rule);

namespace detail {

/// Copies table.values[key] into `field`, widening integers to doubles. Throws ConfigError if the
/// types differ. Does nothing if the key is absent.
void assign_setting(const SettingsTable& table, const std::string& key, bool& field);
void assign_setting(const SettingsTable& table, const std::string& key, std::int64_t& field);
void assign_setting(const SettingsTable& table, const std::string& key, double& field);
void assign_setting(const SettingsTable& table, const std::string& key, std::string& field);
void assign_setting(const SettingsTable& table, const std::string& key,
                    std::vector<std::int64_t>& field);
void assign_setting(const SettingsTable& table, const std::string& key, std::vector<double>& field);
void assign_setting(const SettingsTable& table, const std::string& key,
                    std::vector<std::string>& field);
void refuse_unknown_settings(const SettingsTable& table, const std::vector<std::string>& known);

struct FieldProbe {
  template <class T>
  void operator()(std::string_view, T&) const {}
};

template <class T>
concept Section = requires(T& t, FieldProbe probe) {
  T::fields(t, probe);
};

template <class T, class Leaf>
void visit_leaves(T& settings, const std::string& prefix, Leaf&& leaf) {
  std::remove_const_t<T>::fields(settings, [&](std::string_view name, auto& field) {
    const std::string key = prefix.empty() ? std::string(name) : prefix + "." + std::string(name);
    if constexpr (Section<std::remove_cvref_t<decltype(field)>>) {
      visit_leaves(field, key, leaf);
    } else {
      leaf(key, field);
    }
  });
}

}  // namespace detail

/// Fills `settings` from `table`; fields that the table does not name keep their values.
/// @throws ConfigError on an unknown key (naming the nearest known one) or a value of another type.
template <class T>
void load_settings(T& settings, const SettingsTable& table) {
  std::vector<std::string> known;
  detail::visit_leaves(settings, "", [&](const std::string& key, auto& field) {
    known.push_back(key);
    detail::assign_setting(table, key, field);
  });
  detail::refuse_unknown_settings(table, known);
}

/// Every field as (dotted key, value), in the order of the struct.
template <class T>
std::vector<std::pair<std::string, SettingValue>> list_settings(const T& settings) {
  std::vector<std::pair<std::string, SettingValue>> values;
  detail::visit_leaves(settings, "", [&](const std::string& key, const auto& field) {
    values.emplace_back(key, SettingValue(field));
  });
  return values;
}

/// The struct as TOML text, every field written out.
template <class T>
std::string to_toml(const T& settings) {
  return format_settings(list_settings(settings));
}

}  // namespace forethink
