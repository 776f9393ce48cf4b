// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/recording.h"

#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"

namespace forethink {
namespace {

void check_column(const std::string& name, const Tensor& column) {
  if (!column.defined() || column.dim() != 3) {
    throw DataError("recording." + name + " must be [E, T, *]");
  }
  if (column.scalar_type() != at::kFloat) {
    throw DataError("recording." + name + " has type " + at::toString(column.scalar_type()) +
                    ", expected Float");
  }
  if (!at::isfinite(column).all().item<bool>()) {
    throw DataError("recording." + name + " has values that are not finite");
  }
}

}  // namespace

void RecordingOptions::validate() const {
  expect_setting(episodes >= 1, "recording.episodes", episodes, "episodes >= 1");
  expect_setting(steps >= 2, "recording.steps", steps, "steps >= 2");
  expect_setting(seed >= 0, "recording.seed", seed, "seed >= 0");
}

void Recording::validate() const {
  check_column("states", states);
  check_column("actions", actions);
  if (states.size(0) != actions.size(0) || states.size(1) != actions.size(1)) {
    throw DataError("recording.states and recording.actions differ in episodes or steps");
  }
}

}  // namespace forethink
