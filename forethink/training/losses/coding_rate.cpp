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
  const Tensor root = torch::linalg_cholesky(spread.detach());
  // d log det S = tr(S^-1 dS). Autograd's way back through Cholesky takes five times as long.
  const Tensor slope = (torch::cholesky_inverse(root) * (spread - spread.detach())).sum();  // 0.
  const Tensor log_determinant = 2.0 * root.diagonal().log().sum() + slope;
  return std::log1p(1.0 / precision) - log_determinant / static_cast<double>(wide.size(1));
}

}  // namespace forethink
