// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// AlignedBytes: memory that starts at the beginning of a cache line.
//
// Role:    kernels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace forethink::kernels {

constexpr std::size_t kCacheLine = 64;  // Bytes.

/// Memory for kernels, zero at first.
class AlignedBytes {
 public:
  AlignedBytes() = default;
  explicit AlignedBytes(std::int64_t size);
  std::byte* data() const { return data_.get(); }
  std::int64_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte[], Free> data_;
  std::int64_t size_ = 0;
};

}  // namespace forethink::kernels
