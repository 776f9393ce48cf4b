// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/vector_encoder.h"

#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"

namespace forethink {

VectorEncoder::VectorEncoder(std::int64_t inputs, std::int64_t dim, std::string_view norm,
                             const MlpOptions& options)
    : inputs_(inputs),
      dim_(dim),
      mlp_(register_module("mlp", std::make_shared<Mlp>(inputs, dim, options))),
      norm_(register_module("norm", std::make_shared<StateNorm>(norm, dim))) {}

Tensor VectorEncoder::forward(const Tensor& x) {
  expect_shape("vector", x, {kAny, inputs_});
  if (!x.is_floating_point()) {
    throw ShapeError(std::string("vector has type ") + at::toString(x.scalar_type()) +
                     ", expected floating point");
  }
  return norm_->forward(mlp_->forward(x));
}

}  // namespace forethink
