// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Exact nearest neighbours by matrix products.
//
//   -|q - b|^2 / 2 = q.b - |b|^2/2 - |q|^2/2
//
// is one product of the queries with the bank when both carry their norms as extra columns. In bf16
// the norms take three columns each (bf16 keeps 8 bits of 24) and belong to the rounded vectors, so
// the product is the distance between the rounded vectors, summed in float32; it is small for what
// is near, so rounding it to bf16 loses little there. A few candidates more than asked for are
// measured again in float32; that distance is what counts.
//
// Role:    nn; snapping imagined states to remembered ones, and looking up the remaining cost.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// |a - b|^2 of two vectors of `dim` floats; always summed in the same order.
float squared_distance(const float* a, const float* b, std::int64_t dim);

/// What `NearestBank::find` found, nearest first; equal distances in the order of the bank.
struct Neighbours {
  Tensor distance;  ///< [N, k] float32, squared distance per dimension |q - b|^2 / D.
  Tensor index;     ///< [N, k] int64, row of the bank.
};

/// A bank of vectors, prepared once for many queries. Immutable, safe to share between threads.
class NearestBank {
 public:
  /// @param bank  [M, D] float32, M >= 1; kept, not copied, if contiguous.
  /// @param bf16  Search in bf16; `bf16_pays()` says where this is faster (about 5 times).
  /// @throws ShapeError if `bank` is not a finite float32 [M, D].
  NearestBank(const Tensor& bank, bool bf16);
  /// In bf16 where the processor has it.
  explicit NearestBank(const Tensor& bank);

  /// The k nearest rows of the bank to each of `queries` [N, D], for any N; memory is bounded
  /// (about 4 MB a thread at M = 16384). The same for any number of threads.
  /// @throws ShapeError if `queries` is not float32 [N, D] or k is not in 1..M.
  Neighbours find(const Tensor& queries, std::int64_t k) const;

  const Tensor& bank() const { return bank_; }  ///< [M, D].
  std::int64_t size() const { return bank_.size(0); }
  std::int64_t dim() const { return bank_.size(1); }

 private:
  Tensor bank_;      // [M, D] float32
  Tensor searched_;  // [M, D + extra] float32 or bf16: the bank with its norms
};

}  // namespace forethink
