// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Products in bfloat16 with float32 sums, where the processor has instructions for them.
//
// Role:    rollout; part of the kernels.
#pragma once

#include "forethink/kernels/kernels.h"

namespace forethink::kernels {

/// AVX512-BF16: pairs of numbers in vectors; twice the rate of float32.
TileKernel avx512_bf16_tiles();

/// AMX: tiles of 16 rows by 32 numbers; some 8 to 16 times the rate of float32.
TileKernel amx_bf16_tiles();

/// The AMX kernel with its tile instructions written out in plain code: slow, and runs everywhere,
/// so that what surrounds the instructions is tested everywhere.
TileKernel emulated_amx_tiles();

}  // namespace forethink::kernels
