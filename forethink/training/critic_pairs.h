// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Pairs to learn from: rows of one episode, and pairs that were hard the last time.
//
// Role:    training; what both teachers of critics draw from.
#pragma once

#include <map>
#include <string>

#include "forethink/core/random.h"
#include "forethink/core/types.h"

namespace forethink {

/// Recorded states, one row per model step, episode by episode.
struct RecordedStates {
  Tensor states;     ///< [rows, D] float32.
  Tensor ep_offset;  ///< [E] int64: first row of each episode.
  Tensor ep_len;     ///< [E] int64: rows of each episode, >= 2.

  std::int64_t rows() const { return states.size(0); }
  std::int64_t dim() const { return states.size(1); }
  /// @throws DataError if the episodes do not cover the rows one after another, have fewer than two
  ///         rows, or a state is not finite.
  void validate() const;
};

/// Draws rows, and goals from the same episode: the world's layout is then the same, whatever it
/// is.
class EpisodeRows {
 public:
  explicit EpisodeRows(const RecordedStates& recorded);

  /// [n] rows, evenly.
  Tensor rows(std::int64_t n, RandomStream& rng) const;
  /// [n] rows that have a successor.
  Tensor rows_with_next(std::int64_t n, RandomStream& rng) const;
  const Tensor& all_with_next() const { return has_next_; }
  /// For each of `rows`, any row of its episode.
  Tensor same_episode(const Tensor& rows, RandomStream& rng) const;
  /// For each of `rows`, the row 0 .. `most` steps later, or the last of the episode.
  Tensor near_future(const Tensor& rows, std::int64_t most, RandomStream& rng) const;

 private:
  Tensor first_;     // [rows] first row of the episode that a row is in
  Tensor length_;    // [rows] rows of that episode
  Tensor has_next_;  // [rows - E] rows that are not the last of their episode
};

/// A ring of pairs with the error that each had when it was last looked at.
class HardPairs {
 public:
  /// Keeps the last `capacity` pairs; what is drawn is the worst 1/`choose_from` of a random
  /// choice.
  HardPairs(std::int64_t capacity, std::int64_t choose_from);

  std::int64_t size() const { return filled_; }
  /// [n] slots, n <= size() / choose_from, of the largest errors among n * choose_from drawn ones.
  /// @returns fewer slots if there are not enough pairs yet.
  Tensor draw(std::int64_t n, RandomStream& rng) const;
  Tensor first(const Tensor& slots) const { return first_.index_select(0, slots); }
  Tensor second(const Tensor& slots) const { return second_.index_select(0, slots); }

  void update(const Tensor& slots, const Tensor& errors);
  void insert(const Tensor& first, const Tensor& second, const Tensor& errors);

  void save(std::map<std::string, Tensor>& tensors) const;
  /// @throws CheckpointError naming what is missing or does not fit.
  void load(const std::map<std::string, Tensor>& tensors);

 private:
  std::int64_t choose_from_;
  std::int64_t filled_ = 0;
  std::int64_t next_ = 0;
  Tensor first_, second_;  // [capacity] int64
  Tensor error_;           // [capacity]
};

/// tensors[name]. @throws CheckpointError if it is missing, or of another shape or type than
/// `like`.
const Tensor& critic_tensor(const std::map<std::string, Tensor>& tensors, const std::string& name,
                            const Tensor& like);

}  // namespace forethink
