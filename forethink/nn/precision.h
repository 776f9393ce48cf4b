// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// bf16 where it pays: products of matrices in bfloat16, everything else in float32.
//
// Role:    nn; trainers and planners open a scope around forward passes.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// Whether this processor multiplies bf16 matrices in hardware (AVX512-BF16 or AMX-BF16). Elsewhere
/// bf16 is emulated and slower than float32.
bool bf16_pays();

/// While it lives, matrix products and convolutions of this thread run in bf16 on the CPU. Weights
/// are cast once per outermost scope, so open one scope per training step. Off: does nothing.
class Bf16Scope {
 public:
  explicit Bf16Scope(bool on);
  ~Bf16Scope();
  Bf16Scope(const Bf16Scope&) = delete;
  Bf16Scope& operator=(const Bf16Scope&) = delete;

 private:
  bool on_;
  bool enabled_before_ = false;
  at::ScalarType dtype_before_ = at::kBFloat16;
};

}  // namespace forethink
