// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// ShortTermMemory: what an agent has met, and what it expects to meet, read by time or by content.
//
// An entry is (time, state, intrinsic energies, action, latents) and a key, by which it is found:
// the state unless the caller gives a projection. An entry is observed or predicted. When the
// observation of a time arrives, it takes the place of what was predicted for that time, and how
// far the prediction was off stays with it as its surprise, in squared distance per dimension of
// the state.
//
// Each of B agents has M entries of its own. When one is written and no place is free, there
// leaves, the first that there is of:
//
//   1. a prediction that is overdue: its time is not after the last observation;
//   2. for an observation, the prediction that was made first;
//   3. of observations that are nearest to each other, if not farther apart than `merge_distance`,
//   the
//      oldest; its neighbour keeps the larger surprise of both: they are one thing seen twice;
//   4. the observation of the least importance, of equal ones the oldest, with
//        importance = distinct_weight d / mean(d) + surprise_weight s / mean(s) + energy_weight x /
//        mean(x)
//      d how far it is from the nearest other, s its surprise, x = max_j |e_j - mean(e_j)|, and
//      means over the agent's observations: what is like nothing else, surprised, or hurt more or
//      less than usual stays.
//
// Two observations are |key - key'|^2 / dim + max_j (e_j - e'_j)^2 apart: the same place with and
// without pain is not the same.
//
// Role:    the short-term memory (figure 2); the critic learns from it (figure 7).
// Source:  Pritzel et al., Neural Episodic Control, 2017 (reading by kernel); Ramsauer et al.,
// Hopfield
//          Networks is All You Need, 2021 (the soft read).
#pragma once

#include <map>
#include <string>

#include "forethink/core/types.h"

namespace forethink {

/// Settings of `ShortTermMemory`.
struct ShortTermMemoryOptions {
  std::int64_t capacity = 256;      ///< M, entries of an agent; >= 2.
  std::int64_t predicted_max = 64;  ///< Predicted ones of these, at most; in 0 .. capacity - 1.
  double merge_distance = 1e-4;     ///< As observations are apart, see above; >= 0.
  double distinct_weight = 1.0;     ///< Of what importance is made of; >= 0, as the next two.
  double surprise_weight = 1.0;
  double energy_weight = 1.0;

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("capacity", self.capacity);
    visit("predicted_max", self.predicted_max);
    visit("merge_distance", self.merge_distance);
    visit("distinct_weight", self.distinct_weight);
    visit("surprise_weight", self.surprise_weight);
    visit("energy_weight", self.energy_weight);
  }
};

/// How many numbers an entry has of each kind.
struct MemorySizes {
  std::int64_t agents = 1;  ///< B, >= 1.
  std::int64_t state = 0;   ///< D, >= 1.
  std::int64_t drives = 0;  ///< >= 0, as the next two.
  std::int64_t action = 0;  ///< A.
  std::int64_t latent = 0;  ///< Z.
  std::int64_t key = 0;     ///< 0: the key is the state.
};

/// Entries: one for each of N agents to be written, or any number that were read. Leading sizes
/// [...].
struct MemoryEntries {
  Tensor time;    ///< [...] int64.
  Tensor state;   ///< [..., D] float32, as the rest.
  Tensor energy;  ///< [..., drives]; undefined when written: zero, as the next two.
  Tensor action;  ///< [..., A].
  Tensor latent;  ///< [..., Z].
  Tensor key;     ///< [..., key size]; undefined when written: the state.
};

/// What an observation did to what had been predicted for its time.
struct Confirmation {
  Tensor predicted;   ///< [N] bool: there was a prediction. The next two are zero where not.
  Tensor surprise;    ///< [N] |s_predicted - s|^2 / D.
  Tensor energy_gap;  ///< [N, drives] |e_predicted - e|.
};

/// What a read found. Nothing found: place 0, infinite distance, entries of zeros.
struct Recalled {
  Tensor found;     ///< [...] bool.
  Tensor place;     ///< [...] int64, 0 .. M-1.
  Tensor distance;  ///< [...] float32: |time - asked|, or squared distance per dimension of keys.
  MemoryEntries entries;
};

/// What a soft read found.
struct SoftRecalled {
  Tensor found;   ///< [B] bool: the agent remembers something; else the rest is zero.
  Tensor state;   ///< [B, Q, D].
  Tensor energy;  ///< [B, Q, drives].
  Tensor weight;  ///< [B, Q, M], of each entry.
};

/// Which entries a read looks at.
enum class Remembered { kAll, kObserved, kPredicted };

class ShortTermMemory {
 public:
  /// All of its storage is taken here, B * M entries.
  /// @throws ConfigError if `options` or `sizes` break a rule.
  explicit ShortTermMemory(const MemorySizes& sizes, const ShortTermMemoryOptions& options = {});

  /// Writes one observation for each agent. One of a time that was observed already replaces it and
  /// keeps its surprise: so an action is added once it is chosen.
  ///
  /// @param entries  Leading sizes [N].
  /// @param agents   [N] int64, each once; undefined: all B in order.
  /// @throws ShapeError if shapes, types or agents do not fit, or a number is not finite; nothing
  /// is
  ///         then written.
  Confirmation observe(const MemoryEntries& entries, const Tensor& agents = {});

  /// Writes one prediction for each agent, parameters as above. It replaces an earlier prediction
  /// for its time, and does nothing where that time was observed. Beyond `predicted_max`
  /// predictions the one that was made first gives way.
  void predict(const MemoryEntries& entries, const Tensor& agents = {});

  /// Forgets everything of `agents` [N]; undefined: of all.
  void reset(const Tensor& agents = {});

  /// The entry of exactly the time asked for, or the nearest in time (of two, the earlier).
  /// @param times  [B, Q] int64.   @returns leading sizes [B, Q].
  Recalled at_time(const Tensor& times, bool exactly = true,
                   Remembered which = Remembered::kAll) const;

  /// The k entries with the nearest keys, nearest first; fewer are found where there are fewer.
  /// Exact.
  /// @param queries  [B, Q, key size] float32.   @returns leading sizes [B, Q, k].
  /// @throws ShapeError if shapes do not fit, a query is not finite, or k is not in 1..M.
  Recalled nearest(const Tensor& queries, std::int64_t k,
                   Remembered which = Remembered::kAll) const;

  /// Means of states and energies, weighted with `soft_weights`; differentiable in the queries.
  SoftRecalled soft_read(const Tensor& queries, double sharpness,
                         Remembered which = Remembered::kAll) const;

  /// Everything, with leading sizes [B, M]; places without an entry hold what was there before.
  const MemoryEntries& contents() const { return store_; }
  /// [B, M] bool: which places hold such an entry.
  Tensor holds(Remembered which = Remembered::kAll) const;
  /// [B, M] float32, zero where nothing was predicted.
  const Tensor& surprise() const { return surprise_; }

  const MemorySizes& sizes() const { return sizes_; }
  const ShortTermMemoryOptions& options() const { return options_; }

  /// The whole memory by name, for a checkpoint, and back.
  std::map<std::string, Tensor> state() const;
  /// @throws CheckpointError naming what is missing or does not fit; nothing is then changed.
  void restore(const std::map<std::string, Tensor>& tensors);

 private:
  class Row;
  MemoryEntries checked(const MemoryEntries& entries, std::int64_t count) const;
  Tensor checked_agents(const Tensor& agents) const;

  MemorySizes sizes_;
  ShortTermMemoryOptions options_;
  MemoryEntries store_;  // Leading sizes [B, M].
  Tensor kind_;          // [B, M] uint8: 0 free, 1 predicted, 2 observed.
  Tensor written_;       // [B, M] int64: number of the write that made the entry.
  Tensor writes_;        // [B] int64: writes so far.
  Tensor surprise_;      // [B, M].
  // Of each observation: squared distance per dimension to the nearest other observation, and its
  // place
  // (-1: there is none).
  Tensor neighbour_distance_;  // [B, M].
  Tensor neighbour_;           // [B, M] int64.
};

/// softmax over entries m of -sharpness |q - key_m|^2 / dim, zero where nothing is held [B, Q, M];
/// differentiable in queries and keys. A read of any values [B, M, .] is `weights.bmm(values)`.
///
/// @param queries    [B, Q, dim].
/// @param keys       [B, M, dim].
/// @param held       [B, M] bool.
/// @param sharpness  > 0; large: the nearest entry alone.
/// @throws ShapeError, ConfigError.
Tensor soft_weights(const Tensor& queries, const Tensor& keys, const Tensor& held,
                    double sharpness);

}  // namespace forethink
