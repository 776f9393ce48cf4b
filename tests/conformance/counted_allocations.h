// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Counts how often a test program asks for memory with `new`, as tensors do, too. It replaces the
// operators of the whole program, so one file of it may include this.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace forethink {

inline std::atomic<std::int64_t> counted_allocations{0};
inline std::int64_t allocations_so_far() { return counted_allocations; }

inline void* counted_memory(std::size_t size, std::size_t alignment) {
  ++counted_allocations;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace forethink

void* operator new(std::size_t size) { return forethink::counted_memory(size, 16); }
void* operator new[](std::size_t size) { return forethink::counted_memory(size, 16); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return forethink::counted_memory(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
