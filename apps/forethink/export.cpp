// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink export`: the parts of a run that acting needs, small enough to ship.
#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "apps/forethink/commands.h"
#include "apps/forethink/experiment.h"
#include "forethink/core/checkpoint.h"
#include "forethink/core/error.h"
#include "forethink/core/files.h"

namespace forethink {
namespace {

// Half the size; the rounding is a hundredth of what training's own bf16 products round.
void to_half_size(std::map<std::string, Tensor>& tensors) {
  for (auto& [name, tensor] : tensors) {
    if (tensor.scalar_type() == at::kFloat) tensor = tensor.to(at::kBFloat16);
  }
}

// Copies parts of a run's model, those that are `exact` as they are.
void copy_parts(const Run& run, const Run& model, const std::vector<std::string>& parts,
                const std::vector<std::string>& exact) {
  for (const std::string& part : parts) {
    Checkpoint checkpoint = load_checkpoint(run.part(part));
    if (std::find(exact.begin(), exact.end(), part) == exact.end()) {
      to_half_size(checkpoint.tensors);
    }
    std::filesystem::create_directories(model.part(part).parent_path());
    write_checkpoint(model.part(part), checkpoint);
  }
  write_file(model.folder / "config.resolved.toml", to_toml(model.settings));
  std::fprintf(stderr, "exported to %s\n", model.folder.c_str());
}

// Critics tell nearly equal futures apart, which half of the digits would blur.
int export_living_model(const Run& run, const std::filesystem::path& folder) {
  load_living_model(run);  // Refuses what does not fit, or another intrinsic cost.
  copy_parts(run, {run.settings, folder}, {"world_model", "sight_critic", "drive_critic", "policy"},
             {"sight_critic", "drive_critic"});
  return kOk;
}

int export_model(const Run& run, const std::filesystem::path& folder, const std::string& cost) {
  Run model{run.settings, folder};
  run.settings.act.at(cost);
  model.settings.evaluate.headline = cost;
  model.settings.evaluate.costs = {cost};
  std::vector<std::string> parts = {"world_model", "probe"};
  if (cost != "goal") parts.push_back(cost);  // "goal" knows nothing beyond the world model.
  copy_parts(run, model, parts, {"probe"});
  return kOk;
}

}  // namespace

Command add_export(CLI::App& app) {
  struct Options {
    std::string run, folder, cost = "critic_roadmap";
  };
  const auto options = std::make_shared<Options>();
  app.add_option("run", options->run, "folder of a run")->required();
  app.add_option("folder", options->folder, "folder to write, for example models/four_rooms")
      ->required();
  app.add_option("--cost", options->cost,
                 "the cost to ship, where there are goals: goal, roadmap, critic_roadmap or "
                 "critic_recordings");
  return [options] {
    const Run run = open_run(options->run);
    return make_environment(run.settings.environment)->spec().mortal
               ? export_living_model(run, options->folder)
               : export_model(run, options->folder, options->cost);
  };
}

}  // namespace forethink
