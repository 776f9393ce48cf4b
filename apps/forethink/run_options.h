// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The options that the stage commands share: an experiment file or a run folder, and overrides.
//
// Role:    apps.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "apps/forethink/experiment.h"
#include "forethink/core/run_folder.h"

namespace forethink {

struct RunOptions {
  std::string experiment;              ///< experiments/X.toml, or the folder of a run.
  std::string run_dir;                 ///< Empty: runs/<name of the experiment file>.
  std::vector<std::string> overrides;  ///< section.key=value
};

std::shared_ptr<RunOptions> add_run_options(CLI::App& app);

/// A run with its folder made and locked for as long as this lives.
struct StartedRun {
  Run run;
  std::unique_ptr<RunFolder> folder;
};

/// Makes or reopens the folder, writes config.resolved.toml, and refuses a folder that was made
/// with other settings.
StartedRun start_run(const RunOptions& options);

}  // namespace forethink
