// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/coding_rate.h"

#include <torch/torch.h>

#include <cmath>

#include "forethink/core/settings.h"
#include "forethink/training/losses/rows.h"

namespace forethink {

Tensor coding_rate_loss(const Tensor& states, double precision) {
  expect_setting(std::isfinite(precision) && precision > 0, "coding_rate.precision", precision,
                 "0 < precision < infinity");
  const Tensor rows = pool_rows("coding_rate_loss: states", states);  // [n, D]
  // A determinant is not a matter for 8 bits.
  const c10::impl::ExcludeDispatchKeyGuard no_bf16(c10::DispatchKey::AutocastCPU);
  const Tensor wide = rows.to(at::promote_types(rows.scalar_type(), at::kFloat));
  const Tensor centred = wide - wide.mean(/*dim=*/0, /*keepdim=*/true);
  const Tensor covariance = torch::mm(centred.t(), centred) / static_cast<double>(wide.size(0) - 1);
  const Tensor spread = torch::eye(wide.size(1), wide.options()) + covariance / precision;
  const Tensor log_determinant = 2.0 * torch::linalg_cholesky(spread).diagonal().log().sum();
  return std::log1p(1.0 / precision) - log_determinant / static_cast<double>(wide.size(1));
}

}  // namespace forethink
