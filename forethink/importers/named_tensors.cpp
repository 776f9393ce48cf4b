// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/importers/named_tensors.h"

#include <torch/torch.h>

#include <utility>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"

namespace forethink {

NamedTensors::NamedTensors(std::string model, const std::map<std::string, Tensor>& tensors)
    : model_(std::move(model)), tensors_(tensors) {}

Tensor NamedTensors::take(const std::string& name,
                          std::initializer_list<std::int64_t> shape) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    throw DataError(model_ + ": the tensor " + name + " is missing");
  }
  Tensor tensor = found->second.to(at::kFloat).contiguous();
  try {
    expect_shape(name, tensor, shape);
    expect_finite(name, tensor);
  } catch (const Error& error) {
    throw DataError(model_ + ": " + error.what());
  }
  return tensor;
}

}  // namespace forethink
