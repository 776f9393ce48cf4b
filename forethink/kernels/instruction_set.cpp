// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/kernels/instruction_set.h"

#include <ATen/cpu/Utils.h>
#include <hwy/targets.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "forethink/core/settings.h"

namespace forethink {
namespace {

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

}  // namespace

Bf16Hardware bf16_hardware() {
  static const Bf16Hardware found = find_bf16_hardware();
  return found;
}

std::string name_of(InstructionSet set) {
  switch (set) {
    case InstructionSet::kPortable:
      return "portable";
    case InstructionSet::kAvx2:
      return "avx2";
    case InstructionSet::kAvx512:
      return "avx512";
    case InstructionSet::kAvx512Bf16:
      return "avx512_bf16";
    case InstructionSet::kAmxBf16:
      break;
  }
  return "amx_bf16";
}

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets{InstructionSet::kPortable};
#if defined(__x86_64__)
  const auto supported = hwy::SupportedTargets();
  if (supported & HWY_AVX2) sets.push_back(InstructionSet::kAvx2);
  if (supported & HWY_AVX3) {
    sets.push_back(InstructionSet::kAvx512);
    if (bf16_hardware().avx512) sets.push_back(InstructionSet::kAvx512Bf16);
    // The operating system hands out tiles on request only.
    if (bf16_hardware().amx && at::cpu::init_amx()) {
      sets.push_back(InstructionSet::kAmxBf16);
    }
  }
#endif
  return sets;
}

InstructionSet best_instruction_set() {
  static const InstructionSet best = instruction_sets().back();
  return best;
}

InstructionSet parse_instruction_set(std::string_view field, std::string_view name) {
  if (name == "auto") return best_instruction_set();
  std::string known = "auto";
  for (const InstructionSet set : instruction_sets()) {
    if (name_of(set) == name) return set;
    known += ", " + name_of(set);
  }
  expect_setting(false, field, name, "one of " + known + " (what this processor has)");
  return InstructionSet::kPortable;
}

Precision parse_precision(std::string_view field, std::string_view name, InstructionSet set) {
  expect_setting(name == "auto" || name == "float32" || name == "bfloat16", field, name,
                 "one of auto, float32, bfloat16");
  if (name == "float32") return Precision::kFloat32;
  if (name == "auto") return has_bf16(set) ? Precision::kBfloat16 : Precision::kFloat32;
  expect_setting(has_bf16(set), field, name,
                 "float32 or auto: " + name_of(set) + " has no products in bfloat16");
  return Precision::kBfloat16;
}

bool has_bf16(InstructionSet set) {
  return set == InstructionSet::kAvx512Bf16 || set == InstructionSet::kAmxBf16;
}

}  // namespace forethink
