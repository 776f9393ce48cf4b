// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Shape checks at the public doors.
//
// Role:    core. Inner code trusts the shapes that a public function has checked once.
#pragma once

#include <initializer_list>
#include <string_view>

#include "forethink/core/types.h"

namespace forethink {

/// Stands for "any size" in `expect_shape`.
inline constexpr std::int64_t kAny = -1;

/// Throws ShapeError "<name> has shape [2, 3], expected [B, 4]" unless `tensor` has as many axes as
/// `sizes`, and each is equal to its size or the size is kAny.
void expect_shape(std::string_view name, const Tensor& tensor,
                  std::initializer_list<std::int64_t> sizes);

/// Throws ShapeError unless `tensor` has the element type `dtype`.
void expect_dtype(std::string_view name, const Tensor& tensor, at::ScalarType dtype);

/// Throws ShapeError naming `name` unless every element is finite.
void expect_finite(std::string_view name, const Tensor& tensor);

/// Throws ShapeError unless `indices` are [N] int64, each in 0 .. end-1: callers' indices would
/// otherwise fail deep inside torch, in torch's words.
void expect_indices(std::string_view name, const Tensor& indices, std::int64_t end);

}  // namespace forethink
