// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Trajectories: recorded episodes as flat columns, all in memory.
//
// Every column is one tensor whose first axis runs over all steps of all episodes; `ep_offset` and
// `ep_len` say where an episode lies. Images may be stored as a column, or be drawn on demand from
// the true states by a `render` function, which costs 60 times less memory.
// Row t of an episode holds the observation x[t] and the action a[t] taken in it; the action of an
// episode's last row has no successor and is never used.
//
// Role:    what the world model and the critic learn from by watching.
#pragma once

#include <functional>

#include "forethink/core/types.h"

namespace forethink {

/// Draws what a sensor would have shown: true states [N, V] -> sensors [N, ...].
using RenderFunction = std::function<Observation(const Tensor& states)>;

struct Trajectories {
  std::map<std::string, Tensor> columns;  ///< name -> [rows, ...]; "action" [rows, A] is required.
  Tensor ep_offset;                       ///< [E] int64: first row of each episode.
  Tensor ep_len;                          ///< [E] int64: rows of each episode.
  RenderFunction render;                  ///< Optional: columns["state"] rows -> sensors.

  std::int64_t episodes() const { return ep_len.size(0); }
  std::int64_t rows() const;

  /// The observation of the given rows [N] (any order): stored sensor columns, or rendered.
  Observation observe(const Tensor& rows) const;

  /// @throws DataError naming the column if lengths, types or offsets disagree, an action is not
  ///         finite, or there is nothing to observe.
  void validate() const;
};

/// Splits by episode: the first `1 - fraction` of a random order is for training, the rest for
/// validation. @throws DataError if either side would be empty.
struct Split {
  Tensor train;       ///< [..] int64 episode indices.
  Tensor validation;  ///< [..] int64 episode indices.
};
Split split_episodes(const Trajectories& data, double validation_fraction, std::uint64_t seed);

/// Windows of `length` observations, `skip` rows apart, that lie within one episode; the action of
/// a window step is the `skip` primitive actions between two observations, concatenated.
struct WindowOptions {
  std::int64_t length = 9;  ///< T, observations; >= 2.
  std::int64_t skip = 5;    ///< Primitive steps between observations; >= 1.

  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("length", self.length);
    visit("skip", self.skip);
  }
};

struct WindowBatch {
  Tensor rows;     ///< [B, T] int64: rows of the observations.
  Tensor actions;  ///< [B, T-1, skip*A].
};

/// All windows of the given episodes: size() of them, addressed by number.
class Windows {
 public:
  /// @throws DataError if no episode is long enough.
  Windows(const Trajectories& data, const Tensor& episodes, const WindowOptions& options);

  std::int64_t size() const;
  /// The windows numbered `indices` [B], each in 0 .. size()-1.
  WindowBatch get(const Tensor& indices) const;

 private:
  const Trajectories& data_;
  WindowOptions options_;
  Tensor starts_offset_;  ///< [E'] first row of each episode used.
  Tensor cumulative_;     ///< [E'+1] number of windows before each episode.
};

}  // namespace forethink
