// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Activation: what bends the layers of a network.
//
// Role:    kernels.
#pragma once

namespace forethink {

enum class Activation { kRelu, kSilu, kGelu, kMish, kTanh, kSoftplus, kExp, kSymexp };

}  // namespace forethink
