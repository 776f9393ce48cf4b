// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/covariance.h"

#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/training/losses/rows.h"

namespace forethink {

Tensor covariance_loss(const Tensor& states) {
  const Tensor rows = pool_rows("covariance_loss: states", states);  // [n, D]
  const std::int64_t dim = rows.size(1);
  if (dim < 2) throw ShapeError("covariance_loss: states have D = 1, expected D >= 2");
  const Tensor centred = rows - rows.mean(/*dim=*/0, /*keepdim=*/true);
  const Tensor covariance =
      torch::mm(centred.t(), centred) / static_cast<double>(rows.size(0) - 1);  // [D, D]
  const Tensor off_diagonal = covariance.square().sum() - covariance.diagonal().square().sum();
  return off_diagonal / static_cast<double>(dim * (dim - 1));
}

}  // namespace forethink
