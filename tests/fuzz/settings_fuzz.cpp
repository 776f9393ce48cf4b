// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Any text is a settings file, its first line an override: refused with a ConfigError, or read so
// that what is written again reads the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace forethink;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  SettingsTable table;
  try {
    table = parse_settings(text, "fuzz");
  } catch (const ConfigError&) {
  }
  try {
    override_setting(table, text.substr(0, text.find('\n')));
  } catch (const ConfigError&) {
  }
  try {
    detail::refuse_unknown_settings(table, {"cem.samples", "name"});
  } catch (const ConfigError&) {
  }
  std::vector<std::pair<std::string, SettingValue>> values;
  for (const auto& [key, value] : table.values) {
    // "a = 1" beside "a.b = 2" is possible with an override and cannot be written.
    const auto inside = table.values.lower_bound(key + ".");
    const bool is_section = inside != table.values.end() && inside->first.starts_with(key + ".");
    if (!is_section) values.emplace_back(key, value);
  }
  const std::string written = format_settings(values);
  const SettingsTable again = parse_settings(written, "written");
  if (again.values.size() != values.size()) std::abort();
  for (const auto& [key, value] : values) {
    if (format_setting(again.values.at(key)) != format_setting(value)) std::abort();
  }
  return 0;
}
