// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The commands of `forethink`, one file each. Every command adds its options to the command line
// and returns what to run; `main` catches what it throws and turns it into an exit code.
//
// Role:    apps.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace forethink {

/// Exit codes, as the documentation promises them.
enum ExitCode : int {
  kOk = 0,
  kWrongUse = 2,
  kDiverged = 3,
  kDataRefused = 4,
  kCheckpointRefused = 5,
  kInterruptedBySignal = 130,
};

using Command = std::function<int()>;

Command add_run(CLI::App& app);
Command add_collect(CLI::App& app);
Command add_train(CLI::App& app);
Command add_evaluate(CLI::App& app);
Command add_report(CLI::App& app);
Command add_export(CLI::App& app);
Command add_inspect(CLI::App& app);
Command add_doctor(CLI::App& app);
Command add_bench(CLI::App& app);

}  // namespace forethink
