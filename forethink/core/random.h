// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Random streams: every number is a pure function of (key, draw, element).
//
// A stream holds a 64-bit key and counts its draws. Element i of draw n comes from
// Philox4x32-10(key, counter = (n, i)), so results depend neither on the number of threads nor on
// what other streams do, and the whole state is two integers.
//
// Role:    core; the only source of chance in the library. There is no default stream.
// Source:  Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, 2011.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "forethink/core/types.h"

namespace forethink {

/// Four random words for one counter: the bijection that every draw is made of.
std::array<std::uint32_t, 4> philox(std::uint64_t key, std::uint64_t counter_high,
                                    std::uint64_t counter_low);

/// A repeatable sequence of draws. A value: a copy continues from the same position.
class RandomStream {
 public:
  /// The stream called `name` of a run seeded with `seed`; other names give unrelated streams.
  RandomStream(std::uint64_t seed, std::string_view name);

  /// Unrelated stream derived from this one's key (not its position) and a name or a number.
  RandomStream child(std::string_view name) const;
  RandomStream child(std::uint64_t index) const;

  /// float32 tensors; each call is one draw.
  Tensor uniform(at::IntArrayRef shape, double low = 0.0, double high = 1.0);
  Tensor normal(at::IntArrayRef shape);
  /// int64 in [low, high).
  Tensor integers(at::IntArrayRef shape, std::int64_t low, std::int64_t high);
  /// int64 [n]: a random order of 0 .. n-1.
  Tensor permutation(std::int64_t n);

  /// [rows.numel(), ...shape] normals whose slice r depends on rows[r] only, not on the other rows:
  /// a problem gets the same noise whichever problems share its batch.
  Tensor normal_rows(const Tensor& rows, at::IntArrayRef shape);
  /// The same numbers, `count` of them for each row, into `out` [rows.numel(), count]; allocates
  /// nothing. @param rows  int64, contiguous.
  void fill_normal_rows(const Tensor& rows, std::int64_t count, float* out);
  Tensor uniform_rows(const Tensor& rows, at::IntArrayRef shape, double low = 0.0,
                      double high = 1.0);

  /// Scalars; each call is one draw. `uniform1` is in [0, 1).
  double uniform1();
  std::uint64_t word();

  /// The whole state, for checkpoints.
  std::uint64_t key() const { return key_; }
  std::uint64_t draws() const { return draws_; }
  static RandomStream restore(std::uint64_t key, std::uint64_t draws);

 private:
  RandomStream() = default;
  std::uint64_t key_ = 0;
  std::uint64_t draws_ = 0;
};

}  // namespace forethink
