// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink inspect`: what is in a run.
#include <cstdio>
#include <filesystem>

#include "apps/forethink/commands.h"
#include "apps/forethink/experiment.h"
#include "forethink/core/checkpoint.h"
#include "forethink/evaluation/report_data.h"

namespace forethink {
namespace {

void show_part(const std::string& name, const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    std::printf("  %-18s not there yet\n", name.c_str());
    return;
  }
  const Checkpoint part = load_checkpoint(path);
  std::int64_t numbers = 0, bytes = 0;
  for (const auto& [tensor_name, tensor] : part.tensors) {
    numbers += tensor.numel();
    bytes += static_cast<std::int64_t>(tensor.nbytes());
  }
  const auto seconds = part.metadata.find("seconds");
  std::printf("  %-18s %9lld numbers, %6.1f MB%s%s%s\n", name.c_str(),
              static_cast<long long>(numbers), static_cast<double>(bytes) / 1e6,
              seconds == part.metadata.end() ? "" : ", took ",
              seconds == part.metadata.end() ? "" : seconds->second.c_str(),
              seconds == part.metadata.end() ? "" : " s");
}

void show_stage(const std::filesystem::path& checkpoints) {
  const auto latest = load_latest_checkpoint(checkpoints);
  if (!latest) return;
  std::printf("  %-18s step %lld\n", checkpoints.filename().c_str(),
              static_cast<long long>(latest->step));
  for (const std::string& reason : latest->refused) {
    std::printf("    passed over: %s\n", reason.c_str());
  }
}

int inspect(const std::filesystem::path& folder, bool settings) {
  const Run run = open_run(folder);
  std::printf("%s: %s, seed %lld\nmodel\n", folder.c_str(), run.settings.environment.name.c_str(),
              static_cast<long long>(run.settings.seed));
  for (const char* part :
       {"world_model", "probe", "roadmap", "critic_roadmap", "critic_recordings"}) {
    show_part(part, run.part(part));
  }
  if (std::filesystem::exists(run.folder / "checkpoints")) {
    std::printf("checkpoints\n");
    for (const auto& stage : std::filesystem::directory_iterator(run.folder / "checkpoints")) {
      show_stage(stage.path());
    }
  }
  if (std::filesystem::exists(run.folder / "results.json")) {
    std::printf("results\n");
    for (const PlannerEntry& entry : read_results(run.folder / "results.json").planners) {
      std::printf("  %-32s %-30s %5.1f %% [%5.1f, %5.1f]\n", entry.tasks.c_str(),
                  entry.name.c_str(), 100 * entry.success_rate, 100 * entry.wilson_low,
                  100 * entry.wilson_high);
    }
  }
  if (settings) std::printf("\n%s", to_toml(run.settings).c_str());
  return kOk;
}

}  // namespace

Command add_inspect(CLI::App& app) {
  const auto folder = std::make_shared<std::string>();
  const auto settings = std::make_shared<bool>(false);
  app.add_option("run", *folder, "folder of a run, or a model of models/")->required();
  app.add_flag("--settings", *settings, "print every setting too");
  return [folder, settings] { return inspect(*folder, *settings); };
}

}  // namespace forethink
