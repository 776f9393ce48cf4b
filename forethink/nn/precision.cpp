// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/precision.h"

#include <ATen/autocast_mode.h>

#include "forethink/kernels/instruction_set.h"

namespace forethink {

bool bf16_pays() {
  const Bf16Hardware found = bf16_hardware();
  return found.avx512 || found.amx;
}

Bf16Scope::Bf16Scope(bool on) : on_(on) {
  if (!on_) return;
  enabled_before_ = at::autocast::is_autocast_enabled(at::kCPU);
  dtype_before_ = at::autocast::get_autocast_dtype(at::kCPU);
  at::autocast::set_autocast_enabled(at::kCPU, true);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  at::autocast::increment_nesting();
}

Bf16Scope::~Bf16Scope() {
  if (!on_) return;
  // The cache holds casts of weights that the optimiser is about to change.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(at::kCPU, enabled_before_);
  at::autocast::set_autocast_dtype(at::kCPU, dtype_before_);
}

}  // namespace forethink
