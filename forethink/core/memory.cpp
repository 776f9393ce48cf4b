// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/memory.h"

#include <cstdlib>
#include <limits>  // Any header of the library says whether it is glibc.
#ifdef __GLIBC__
#include <malloc.h>
#include <sys/mman.h>
#endif

namespace forethink {

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int no_limit = std::numeric_limits<int>::max();
  mallopt(M_MMAP_THRESHOLD, no_limit);  // Never a mapping of its own, which freeing would unmap.
  mallopt(M_TRIM_THRESHOLD, no_limit);
  // Where the system gives huge pages to who asks, the heap's first gigabyte is to have them.
  constexpr std::size_t page = 4096, heap = std::size_t{1} << 30;
  void* const room = std::aligned_alloc(page, heap);
  if (!room) return;
  madvise(room, heap, MADV_HUGEPAGE);
  std::free(room);
#endif
}

}  // namespace forethink
