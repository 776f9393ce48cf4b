// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Exact nearest neighbours by matrix products.
//
//   argmin_b |q - b|^2 = argmax_b ( q.b - |b|^2 / 2 )
//
// The bank is packed once for the tiles of compiled rollouts (kernels/). A tile of a few queries by
// a panel of the bank is looked through while it is in the nearest cache, so the table of all
// scores is never written. In bfloat16 the scores are those of the rounded vectors, summed in
// float32. A few candidates more than asked for are measured again in float32; that distance is
// what counts.
//
// Role:    nn; snapping imagined states to remembered ones, and looking up the remaining cost.
#pragma once

#include <memory>

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
  /// @param bf16  Search in bfloat16, where the processor multiplies so (else in float32).
  /// @throws ShapeError if `bank` is not a finite float32 [M, D].
  NearestBank(const Tensor& bank, bool bf16);
  /// In bfloat16 where the processor has it.
  explicit NearestBank(const Tensor& bank);

  /// The k nearest rows of the bank to each of `queries` [N, D], for any N; memory is bounded
  /// (a few kilobytes a thread). The same for any number of threads.
  /// @throws ShapeError if `queries` is not float32 [N, D] or k is not in 1..M.
  Neighbours find(const Tensor& queries, std::int64_t k) const;

  const Tensor& bank() const { return bank_; }  ///< [M, D].
  std::int64_t size() const { return bank_.size(0); }
  std::int64_t dim() const { return bank_.size(1); }

 private:
  struct Packed;
  Tensor bank_;                           // [M, D] float32
  std::shared_ptr<const Packed> packed_;  // The bank and its norms, for the tiles.
};

}  // namespace forethink
