// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/run_folder.h"

#include <set>
#include <string>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"

namespace forethink {
namespace {

namespace fs = std::filesystem;

const fs::path& create_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw IoError("cannot create " + folder.string() + ": " + error.message());
  return folder;
}

std::string text_of(const SettingsTable& table, const std::string& key) {
  const auto found = table.values.find(key);
  return found == table.values.end() ? "nothing" : format_setting(found->second);
}

// One line for each setting that differs, or "".
std::string list_differences(const SettingsTable& there, const SettingsTable& now) {
  std::set<std::string> keys;
  for (const auto& [key, value] : there.values) keys.insert(key);
  for (const auto& [key, value] : now.values) keys.insert(key);
  std::string lines;
  for (const std::string& key : keys) {
    const std::string old_text = text_of(there, key);
    const std::string new_text = text_of(now, key);
    if (old_text != new_text)
      lines += "\n  " + key + ": " + old_text + " there, " + new_text + " now";
  }
  return lines;
}

void set_aside(const fs::path& config) {
  for (int number = 1;; ++number) {
    const fs::path aside =
        config.parent_path() / ("config.replaced-" + std::to_string(number) + ".toml");
    if (fs::exists(aside)) continue;
    write_file(aside, read_file(config));
    return;
  }
}

}  // namespace

RunFolder::RunFolder(const fs::path& root, std::string_view config_toml,
                     OtherSettings other_settings)
    : layout_{root}, lock_(create_folder(root) / ".lock"), is_new_(!fs::exists(layout_.config())) {
  if (!is_new_) {
    const std::string differences =
        list_differences(read_settings(layout_.config()), parse_settings(config_toml, "settings"));
    if (differences.empty()) return;
    if (other_settings == OtherSettings::kRefuse) {
      throw ConfigError(root.string() +
                        " holds a run with other settings; choose another folder, or the same "
                        "settings:" +
                        differences);
    }
    set_aside(layout_.config());
  }
  write_file(layout_.config(), config_toml);
}

}  // namespace forethink
