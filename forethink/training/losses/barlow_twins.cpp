// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/barlow_twins.h"

#include <torch/torch.h>

#include <cmath>

#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/training/losses/rows.h"

namespace forethink {
namespace {

constexpr double kVarianceFloor = 1e-5;  // As in batch normalisation.

Tensor normalised(const Tensor& rows) {
  const Tensor centred = rows - rows.mean(/*dim=*/0, /*keepdim=*/true);
  return centred * (centred.square().mean(0, /*keepdim=*/true) + kVarianceFloor).rsqrt();
}

}  // namespace

Tensor barlow_twins_loss(const Tensor& imagined, const Tensor& actual, double off_diagonal) {
  expect_setting(std::isfinite(off_diagonal) && off_diagonal >= 0, "barlow_twins.off_diagonal",
                 off_diagonal, "0 <= off_diagonal < infinity");
  const Tensor x = pool_rows("barlow_twins_loss: imagined", imagined);  // [n, D]
  const Tensor y = pool_rows("barlow_twins_loss: actual", actual);
  expect_shape("barlow_twins_loss: actual", y, {x.size(0), x.size(1)});
  const Tensor c =
      torch::mm(normalised(x).t(), normalised(y)) / static_cast<double>(x.size(0));  // [D, D]
  const Tensor diagonal = c.diagonal();
  const Tensor others = c.square().sum() - diagonal.square().sum();
  return ((diagonal - 1.0).square().sum() + off_diagonal * others) / static_cast<double>(x.size(1));
}

}  // namespace forethink
