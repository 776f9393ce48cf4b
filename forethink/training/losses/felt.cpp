// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/felt.h"

#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"

namespace forethink {

namespace {

constexpr double kLeastChange = 1e-3;

}  // namespace

Tensor felt_changes(const Tensor& readings) {
  expect_shape("felt.readings", readings, {kAny, kAny, kAny});
  if (readings.size(0) == 0 || readings.size(1) < 2) {
    throw ShapeError("felt.readings has no two readings that follow each other");
  }
  const Tensor change = readings.slice(1, 1) - readings.slice(1, 0, 1);
  return change.square().mean({0, 1}).sqrt().clamp_min(kLeastChange);
}

Tensor felt_error(const Tensor& imagined, const Tensor& actual, const Tensor& changes) {
  expect_shape("felt.imagined", imagined, {kAny, kAny, changes.size(0)});
  expect_shape("felt.actual", actual, {imagined.size(0), imagined.size(1), imagined.size(2)});
  return ((imagined - actual) / changes).square().mean(2);
}

}  // namespace forethink
