// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/info_nce.h"

#include <torch/torch.h>

#include <cmath>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {

Tensor info_nce_loss(const Tensor& imagined, const Tensor& actual, double temperature) {
  expect_setting(std::isfinite(temperature) && temperature > 0, "info_nce.temperature", temperature,
                 "0 < temperature < infinity");
  expect_shape("info_nce_loss: imagined", imagined, {kAny, kAny, kAny});
  const std::int64_t windows = imagined.size(0), steps = imagined.size(1);
  expect_shape("info_nce_loss: actual", actual, {windows, steps, imagined.size(2)});
  if (windows < 2) throw ShapeError("info_nce_loss: imagined has B < 2, expected B >= 2");
  const auto unit = [](const Tensor& s) {  // -> [T, B, D], of length 1.
    return s.transpose(0, 1) /
           s.transpose(0, 1).norm(2, /*dim=*/2, /*keepdim=*/true).clamp_min(1e-8);
  };
  const Tensor alike = torch::bmm(unit(imagined), unit(actual).transpose(1, 2));  // [T, B, B]
  return -torch::log_softmax(alike / temperature, /*dim=*/2)
              .diagonal(0, /*dim1=*/1, /*dim2=*/2)
              .mean();
}

}  // namespace forethink
