// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/kernels/aligned_bytes.h"

#include <cstring>
#include <new>

namespace forethink::kernels {

AlignedBytes::AlignedBytes(std::int64_t size) : size_(size) {
  if (size == 0) return;
  auto* data = static_cast<std::byte*>(
      ::operator new(static_cast<std::size_t>(size), std::align_val_t(kCacheLine)));
  std::memset(data, 0, static_cast<std::size_t>(size));
  data_.reset(data);
}

void AlignedBytes::Free::operator()(std::byte* data) const {
  ::operator delete(data, std::align_val_t(kCacheLine));
}

}  // namespace forethink::kernels
