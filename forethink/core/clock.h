// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#pragma once

#include <chrono>

namespace forethink {

// Seconds passed since `start`.
inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace forethink
