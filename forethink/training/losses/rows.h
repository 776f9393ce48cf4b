// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What the losses that look at a whole batch of states share: all rows as one matrix.
//
// Role:    training.
#pragma once

#include <string_view>

#include "forethink/core/types.h"

namespace forethink {

/// [B, T, D] or [N, D] -> [rows, D]. @throws ShapeError naming `name` if there are fewer than 2
/// rows.
Tensor pool_rows(std::string_view name, const Tensor& states);

}  // namespace forethink
