// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/rows.h"

#include <torch/torch.h>

#include <string>

#include "forethink/core/error.h"

namespace forethink {

Tensor pool_rows(std::string_view name, const Tensor& states) {
  const bool fits = states.dim() == 2 || states.dim() == 3;
  if (!fits || states.numel() < 2 * states.size(-1) || states.size(-1) == 0) {
    throw ShapeError(std::string(name) + " has shape " + c10::str(states.sizes()) +
                     ", expected [B, T, D] or [N, D] with at least 2 rows");
  }
  return states.reshape({-1, states.size(-1)});
}

}  // namespace forethink
