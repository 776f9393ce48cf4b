// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink`: learn a world model by watching, imagine, act.
#include <cstdio>
#include <exception>
#include <utility>
#include <vector>

#include "apps/forethink/commands.h"
#include "forethink/core/error.h"
#include "forethink/core/interrupt.h"
#include "forethink/core/memory.h"

namespace {

int report_error(const std::exception& error, int code) {
  std::fprintf(stderr, "forethink: %s\n", error.what());
  return code;
}

int run_command(const forethink::Command& command) {
  using namespace forethink;
  try {
    return command();
  } catch (const CheckpointError& error) {
    return report_error(error, kCheckpointRefused);
  } catch (const DataError& error) {
    return report_error(error, kDataRefused);
  } catch (const Error& error) {
    return report_error(error, kWrongUse);
  } catch (const std::exception& error) {
    std::fputs("forethink: an internal error; please report it with the text below\n", stderr);
    return report_error(error, 1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace forethink;
  CLI::App app{"Forethink: an agent that learns a world model by watching, imagines, and acts."};
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);
  using AddCommand = Command (*)(CLI::App&);
  const std::pair<const char*, std::pair<const char*, AddCommand>> table[] = {
      {"run", {"collect, train, evaluate and report; goes on where it was cut off", add_run}},
      {"collect", {"record what the agent will learn from", add_collect}},
      {"train", {"learn the world model, the roadmap and the critics", add_train}},
      {"evaluate", {"act on a list of tasks and measure", add_evaluate}},
      {"report", {"write report.html from what a run has measured", add_report}},
      {"export", {"copy what acting needs out of a run, at half the size", add_export}},
      {"inspect", {"say what is in a run folder", add_inspect}},
      {"doctor", {"check that this machine is sound", add_doctor}},
      {"bench", {"measure speed", add_bench}},
  };
  std::vector<std::pair<CLI::App*, Command>> commands;
  for (const auto& [name, entry] : table) {
    CLI::App* sub = app.add_subcommand(name, entry.first);
    commands.emplace_back(sub, entry.second(*sub));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kWrongUse;
  }
  catch_interrupts();
  keep_freed_memory();
  for (const auto& [sub, command] : commands) {
    if (sub->parsed()) return run_command(command);
  }
  return kWrongUse;
}
