// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/shape.h"

#include <torch/torch.h>

#include <sstream>

#include "forethink/core/error.h"

namespace forethink {
namespace {

template <class Sizes>
std::string in_brackets(const Sizes& sizes) {
  std::ostringstream text;
  text << '[';
  const char* separator = "";
  for (const std::int64_t size : sizes) {
    text << separator;
    if (size == kAny) {
      text << '*';
    } else {
      text << size;
    }
    separator = ", ";
  }
  text << ']';
  return text.str();
}

}  // namespace

void expect_shape(std::string_view name, const Tensor& tensor,
                  std::initializer_list<std::int64_t> sizes) {
  if (!tensor.defined()) {
    throw ShapeError(std::string(name) + " is undefined, expected " + in_brackets(sizes));
  }
  bool fits = tensor.dim() == static_cast<std::int64_t>(sizes.size());
  std::int64_t axis = 0;
  for (const std::int64_t size : sizes) {
    fits = fits && (size == kAny || tensor.size(axis) == size);
    ++axis;
    if (!fits) break;
  }
  if (!fits) {
    throw ShapeError(std::string(name) + " has shape " + in_brackets(tensor.sizes()) +
                     ", expected " + in_brackets(sizes));
  }
}

void expect_dtype(std::string_view name, const Tensor& tensor, at::ScalarType dtype) {
  if (tensor.scalar_type() != dtype) {
    throw ShapeError(std::string(name) + " has type " + at::toString(tensor.scalar_type()) +
                     ", expected " + at::toString(dtype));
  }
}

void expect_finite(std::string_view name, const Tensor& tensor) {
  if (!at::isfinite(tensor).all().item<bool>()) {
    throw ShapeError(std::string(name) + " has values that are not finite");
  }
}

void expect_indices(std::string_view name, const Tensor& indices, std::int64_t end) {
  expect_shape(name, indices, {kAny});
  expect_dtype(name, indices, at::kLong);
  if (indices.numel() == 0) return;
  const auto [low, high] = at::aminmax(indices);
  if (low.item<std::int64_t>() < 0 || high.item<std::int64_t>() >= end) {
    throw ShapeError(std::string(name) + " span " + std::to_string(low.item<std::int64_t>()) +
                     " .. " + std::to_string(high.item<std::int64_t>()) + ", expected 0 .. " +
                     std::to_string(end - 1));
  }
}

}  // namespace forethink
