// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/prediction.h"

#include <torch/torch.h>

#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {

Tensor prediction_loss(const Tensor& imagined, const Tensor& actual, double decay) {
  expect_shape("imagined", imagined, {kAny, kAny, kAny});
  expect_shape("actual", actual, {imagined.size(0), imagined.size(1), imagined.size(2)});
  expect_setting(decay > 0.0 && decay <= 1.0, "prediction_loss.decay", decay, "0 < decay <= 1");
  if (decay == 1.0) return torch::mse_loss(imagined, actual);
  const Tensor errors = (imagined - actual).square().mean({0, 2});  // [K]
  const Tensor weights = torch::pow(decay, torch::arange(errors.size(0), errors.options()));
  return (errors * weights).sum() / weights.sum();
}

}  // namespace forethink
