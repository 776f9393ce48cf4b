// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink collect`: record the environment's behaviours for the agent to watch.
#include <torch/torch.h>

#include "apps/forethink/commands.h"
#include "apps/forethink/experiment.h"
#include "apps/forethink/run_options.h"
#include "forethink/datasets/hdf5.h"
#include "forethink/training/joint_states.h"

namespace forethink {

void collect_stage(const Run& run) {
  if (std::filesystem::exists(run.recordings())) return;
  const Recording recording = record_environment(run.settings.environment, run.settings.collect);
  const auto environment = make_environment(run.settings.environment);
  Trajectories data;
  if (environment->spec().mortal) {
    data = lives_until_death(
        recording.states, recording.actions,
        [&](const Tensor& states) { return environment->render(states); },
        run.settings.jepa.window.skip, kLeastLife);
  } else {
    const std::int64_t episodes = recording.states.size(0), steps = recording.states.size(1);
    data.columns["state"] = recording.states.flatten(0, 1);
    data.columns["action"] = recording.actions.flatten(0, 1);
    data.ep_len = at::full({episodes}, steps, at::kLong);
    data.ep_offset = at::arange(episodes, at::kLong) * steps;
  }
  write_hdf5(run.recordings(), data);
  std::fprintf(stderr, "recorded %lld episodes, %lld steps in all\n",
               static_cast<long long>(data.episodes()), static_cast<long long>(data.rows()));
}

Command add_collect(CLI::App& app) {
  const auto options = add_run_options(app);
  return [options] {
    collect_stage(start_run(*options).run);
    return static_cast<int>(kOk);
  };
}

}  // namespace forethink
