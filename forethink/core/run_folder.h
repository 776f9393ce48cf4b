// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// One run, one folder: its settings, checkpoints, metrics and results, with one writer at a time.
//
// Role:    core; the command line opens it, training and evaluation write into it.
#pragma once

#include <filesystem>
#include <string_view>

#include "forethink/core/files.h"

namespace forethink {

/// Where things lie in the folder of a run.
struct RunLayout {
  std::filesystem::path root;

  std::filesystem::path config() const { return root / "config.resolved.toml"; }
  std::filesystem::path metrics() const { return root / "metrics.jsonl"; }
  std::filesystem::path checkpoints() const { return root / "checkpoints"; }
  std::filesystem::path results() const { return root / "results.json"; }
  std::filesystem::path report() const { return root / "report.html"; }
};

/// What to do with a run that has other settings than the ones now given.
enum class OtherSettings {
  kRefuse,  ///< ConfigError that lists the settings that differ.
  kAccept,  ///< Go on with the new settings; the old file is kept as config.replaced-1.toml, ...
};

/// The folder of a run, open for writing; locked as long as this object lives.
class RunFolder {
 public:
  /// Creates the folder, or opens the one that is there.
  ///
  /// @param config_toml    Every setting of the run, as to_toml writes them.
  /// @throws IoError      if another process writes there, or the disk refuses.
  /// @throws ConfigError  if the run there has other settings.
  RunFolder(const std::filesystem::path& root, std::string_view config_toml,
            OtherSettings other_settings = OtherSettings::kRefuse);

  const RunLayout& layout() const { return layout_; }
  bool is_new() const { return is_new_; }  ///< Nothing was there before.

 private:
  RunLayout layout_;
  FileLock lock_;
  bool is_new_;
};

}  // namespace forethink
