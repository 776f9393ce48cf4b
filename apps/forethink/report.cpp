// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink report`: what a run has measured, as one page.
#include "forethink/evaluation/report.h"

#include <cstdio>

#include "apps/forethink/commands.h"
#include "apps/forethink/experiment.h"

namespace forethink {

void report_stage(const Run& run) {
  const std::filesystem::path page = write_report(run.folder);
  std::fprintf(stderr, "report: %s\n", page.c_str());
}

Command add_report(CLI::App& app) {
  const auto folder = std::make_shared<std::string>();
  app.add_option("run", *folder, "folder of a run")->required();
  return [folder] {
    report_stage(open_run(*folder));
    return static_cast<int>(kOk);
  };
}

}  // namespace forethink
