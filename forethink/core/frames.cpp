// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/frames.h"

#include <torch/torch.h>

namespace forethink {

Observation stack_frames(const std::vector<Observation>& observations) {
  if (observations.size() == 1) return observations.front();
  Observation stacked;
  for (const auto& [sensor, first] : observations.front()) {
    std::vector<Tensor> readings;
    readings.reserve(observations.size());
    for (const Observation& x : observations) readings.push_back(x.at(sensor));
    stacked[sensor] = first.dim() == 1 ? at::stack(readings, 1) : at::cat(readings, -1);
  }
  return stacked;
}

Observation select_rows(const Observation& x, const Tensor& rows) {
  Observation selected;
  for (const auto& [sensor, reading] : x) selected[sensor] = reading.index_select(0, rows);
  return selected;
}

}  // namespace forethink
