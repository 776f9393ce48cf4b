// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/memory.h"

#include <limits>  // Any header of the library says whether it is glibc.
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace forethink {

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int no_limit = std::numeric_limits<int>::max();
  mallopt(M_MMAP_THRESHOLD, no_limit);  // Never a mapping of its own, which freeing would unmap.
  mallopt(M_TRIM_THRESHOLD, no_limit);
#endif
}

}  // namespace forethink
