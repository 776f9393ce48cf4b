// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/rollout/instruction_set.h"

#include <ATen/cpu/Utils.h>
#include <hwy/targets.h>

#include <algorithm>

#include "forethink/core/settings.h"
#include "forethink/nn/precision.h"

namespace forethink {

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
    if (has_avx512_bf16()) sets.push_back(InstructionSet::kAvx512Bf16);
    // The operating system hands out tiles on request only.
    if (has_amx_bf16() && at::cpu::init_amx()) {
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

bool has_bf16(InstructionSet set) {
  return set == InstructionSet::kAvx512Bf16 || set == InstructionSet::kAmxBf16;
}

}  // namespace forethink
