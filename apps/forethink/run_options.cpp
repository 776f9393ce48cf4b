// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "apps/forethink/run_options.h"

#include "forethink/core/error.h"

namespace forethink {

std::shared_ptr<RunOptions> add_run_options(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  app.add_option("experiment", options->experiment, "experiments/X.toml, or the folder of a run")
      ->required();
  app.add_option("--run-dir", options->run_dir, "folder of the run (default: runs/X)");
  app.add_option("--set", options->overrides, "section.key=value, any setting; may be repeated")
      ->allow_extra_args(false);
  return options;
}

StartedRun start_run(const RunOptions& options) {
  const std::filesystem::path given = options.experiment;
  const bool is_run = std::filesystem::is_directory(given);
  if (is_run && !options.run_dir.empty()) {
    throw ConfigError("--run-dir is for an experiment file; " + options.experiment +
                      " is already the folder of a run");
  }
  Run run = is_run ? open_run(given, options.overrides)
                   : Run{read_experiment(given, options.overrides),
                         options.run_dir.empty() ? std::filesystem::path("runs") / given.stem()
                                                 : std::filesystem::path(options.run_dir)};
  auto folder = std::make_unique<RunFolder>(run.folder, to_toml(run.settings));
  return {std::move(run), std::move(folder)};
}

}  // namespace forethink
