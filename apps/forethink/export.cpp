// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink export`: the parts of a run that acting needs, small enough to ship.
#include <torch/torch.h>

#include <cstdio>
#include <string>

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

int export_model(const Run& run, const std::filesystem::path& folder, const std::string& cost) {
  Run model{run.settings, folder};
  run.settings.act.at(cost);
  model.settings.evaluate.headline = cost;
  model.settings.evaluate.costs = {cost};
  for (const std::string& part : {std::string("world_model"), std::string("probe"), cost}) {
    if (part == "goal") continue;  // Knows nothing beyond the world model.
    Checkpoint checkpoint = load_checkpoint(run.part(part));
    if (part != "probe") to_half_size(checkpoint.tensors);
    std::filesystem::create_directories(model.part(part).parent_path());
    write_checkpoint(model.part(part), checkpoint);
  }
  write_file(folder / "config.resolved.toml", to_toml(model.settings));
  std::fprintf(stderr, "exported to %s\n", folder.c_str());
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
                 "the cost to ship: goal, roadmap, critic_roadmap or "
                 "critic_recordings");
  return [options] { return export_model(open_run(options->run), options->folder, options->cost); };
}

}  // namespace forethink
