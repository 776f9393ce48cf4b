// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/precision.h"

#include <ATen/autocast_mode.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace forethink {

namespace {

struct Bf16Hardware {
  bool avx512 = false;
  bool amx = false;
};

Bf16Hardware find_bf16_hardware() {
#if defined(__x86_64__)
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  // The operating system must save the wide registers too: XCR0 bits 5-7 (AVX-512), 17-18 (AMX).
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & (1U << 27)) == 0) return {};
  unsigned xcr0 = 0;
  unsigned xcr0_high = 0;
  __asm__("xgetbv" : "=a"(xcr0), "=d"(xcr0_high) : "c"(0));
  const bool saves_avx512 = (xcr0 & 0xE6U) == 0xE6U;
  const bool saves_amx = (xcr0 & 0x60000U) == 0x60000U;
  const bool amx_bf16 =
      __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1U << 22)) != 0;
  const bool avx512_bf16 =
      __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & (1U << 5)) != 0;
  return {.avx512 = avx512_bf16 && saves_avx512, .amx = amx_bf16 && saves_amx};
#else
  return {};
#endif
}

const Bf16Hardware& bf16_hardware() {
  static const Bf16Hardware found = find_bf16_hardware();
  return found;
}

}  // namespace

bool has_avx512_bf16() { return bf16_hardware().avx512; }
bool has_amx_bf16() { return bf16_hardware().amx; }
bool bf16_pays() { return has_avx512_bf16() || has_amx_bf16(); }

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
