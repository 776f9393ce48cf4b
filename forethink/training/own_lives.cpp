// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/own_lives.h"

#include <torch/torch.h>

namespace forethink {

void LifeRecorder::stepped(std::int64_t, const Tensor& actions, const Environment& world) {
  actions_.push_back(actions.clone());
  states_.push_back(world.state());
}

Tensor LifeRecorder::states() const { return at::stack(states_, 1); }

Tensor LifeRecorder::actions() const {
  std::vector<Tensor> all = actions_;
  all.push_back(all.empty() ? at::zeros({states_.front().size(0), 0}) : at::zeros_like(all.back()));
  return at::stack(all, 1);
}

}  // namespace forethink
