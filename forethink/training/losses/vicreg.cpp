// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/vicreg.h"

#include <torch/torch.h>

#include <cmath>
#include <string>

#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/training/losses/covariance.h"
#include "forethink/training/losses/rows.h"
#include "forethink/training/losses/variance.h"

namespace forethink {

void VicregOptions::validate(std::string_view section) const {
  fields(*this, [&](std::string_view name, double weight) {
    expect_setting(std::isfinite(weight) && weight >= 0,
                   std::string(section) + "." + std::string(name), weight,
                   "0 <= " + std::string(name) + " < infinity");
  });
}

Tensor vicreg_loss(const Tensor& imagined, const Tensor& actual, const VicregOptions& options) {
  options.validate("vicreg");
  const Tensor x = pool_rows("vicreg_loss: imagined", imagined);  // [n, D]
  const Tensor y = pool_rows("vicreg_loss: actual", actual);
  expect_shape("vicreg_loss: actual", y, {x.size(0), x.size(1)});
  const Tensor variance = 0.5 * (variance_loss(x) + variance_loss(y));
  // Ours is a mean over pairs of dimensions, the published one a sum over them divided by D.
  const auto others = static_cast<double>(x.size(1) - 1);
  const Tensor covariance = others * (covariance_loss(x) + covariance_loss(y));
  return options.invariance * torch::mse_loss(x, y) + options.variance * variance +
         options.covariance * covariance;
}

}  // namespace forethink
