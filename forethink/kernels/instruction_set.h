// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// InstructionSet: which vector instructions kernels use, chosen when the program runs.
//
// Role:    kernels; shown by `forethink doctor`, overridable in the settings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace forethink {

/// How products are computed; sums and everything else are float32.
enum class Precision { kFloat32, kBfloat16 };

/// From plain to fast. `kPortable` is what every processor of the architecture has (SSE2, NEON).
enum class InstructionSet { kPortable, kAvx2, kAvx512, kAvx512Bf16, kAmxBf16 };

/// "portable", "avx2", "avx512", "avx512_bf16" or "amx_bf16".
std::string name_of(InstructionSet set);

/// All that this processor and its operating system have, from plain to fast.
std::vector<InstructionSet> instruction_sets();

/// The fastest of them.
InstructionSet best_instruction_set();

/// The set of that name; "auto" is the fastest.
/// @throws ConfigError naming `field` and what this processor has, if it has no such set.
InstructionSet parse_instruction_set(std::string_view field, std::string_view name);

/// Whether it multiplies in bfloat16.
bool has_bf16(InstructionSet set);

/// "float32", "bfloat16", or "auto": bfloat16 where `set` multiplies so.
/// @throws ConfigError naming `field`, if it is neither or `set` does not have it.
Precision parse_precision(std::string_view field, std::string_view name, InstructionSet set);

/// What this processor multiplies bfloat16 with, whether or not tiles are handed out to us.
struct Bf16Hardware {
  bool avx512 = false;
  bool amx = false;
};
Bf16Hardware bf16_hardware();

}  // namespace forethink
