// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink run`: the whole of it, from watching to acting, and the report.
#include <cstdio>

#include "apps/forethink/commands.h"
#include "apps/forethink/experiment.h"
#include "apps/forethink/run_options.h"

namespace forethink {

Command add_run(CLI::App& app) {
  const auto options = add_run_options(app);
  return [options]() -> int {
    const StartedRun started = start_run(*options);
    collect_stage(started.run);
    if (const int code = train_stage(started.run); code != kOk) return code;
    if (const int code = evaluate_stage(started.run); code != kOk) return code;
    report_stage(started.run);
    return kOk;
  };
}

}  // namespace forethink
