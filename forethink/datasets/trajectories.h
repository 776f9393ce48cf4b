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
// Columns with these names are never shown to the agent: action, state (the true state), reward,
// terminated, truncated, episode_idx, ep_idx, step_idx, id. Every other column is a sensor.
//
// Role:    what the world model and the critic learn from by watching.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "forethink/core/types.h"

namespace forethink {

/// Draws what a sensor would have shown: true states [N, V] -> sensors [N, ...].
using RenderFunction = std::function<Observation(const Tensor& states)>;

struct Trajectories {
  std::map<std::string, Tensor> columns;  ///< name -> [rows, ...]; "action" [rows, A] float32 is
                                          ///< required.
  Tensor ep_offset;                       ///< [E] int64: first row of each episode.
  Tensor ep_len;                          ///< [E] int64: rows of each episode.
  RenderFunction render = nullptr;        ///< Optional: columns["state"] rows -> sensors.
  std::int64_t frames = 1;  ///< Readings that an observation shows, the last ones; >= 1.

  std::int64_t episodes() const { return ep_len.size(0); }
  /// Rows of the action column. @throws DataError if there is none.
  std::int64_t rows() const;

  /// The observation of the given rows [N] int64 (any order, repeats allowed): what `render` draws
  /// of their states, and every stored sensor column; of two with one name the stored one.
  /// With several `frames`, each row's reading and those of the rows before it, oldest first, as
  /// `stack_frames` puts them; before the first row of an episode lies that row again.
  ///
  /// @throws ShapeError  if `rows` is not [N] int64 or leaves 0 .. rows()-1.
  /// @throws DataError   if there is nothing to observe.
  Observation observe(const Tensor& rows) const;

  /// Checks that every column has the same number of rows, that the episodes share these rows out
  /// (each row in exactly one episode, in any order), that actions are finite, and that columns
  /// which number episodes or steps (ep_idx, episode_idx, step_idx) agree with the episodes.
  ///
  /// @throws DataError naming the column if lengths, types or offsets disagree, an action is not
  ///         finite, or there is nothing to observe.
  void validate() const;

  /// As `validate`, but there need be nothing to observe yet: a file that keeps true states is read
  /// before `render` is set.
  void validate_columns() const;
};

/// Whether a column of this name is shown to the agent (see the list above).
bool is_sensor(const std::string& name);

/// Refuses data that what is to be trained cannot use: column `name`, stored or drawn by `render`,
/// must hold rows of shape `row` and type `type`, and stored numbers must be finite. Of drawn
/// columns the first row is looked at. Call it after `validate`.
///
/// @throws DataError naming the column, what it holds and what was wanted.
void expect_column(const Trajectories& data, const std::string& name, at::IntArrayRef row,
                   at::ScalarType type);

/// Which episodes are learnt from, and which only tell how well.
struct Split {
  Tensor train;       ///< [..] int64 episode indices.
  Tensor validation;  ///< [..] int64 episode indices.
};

/// Splits by episode: the first `1 - fraction` of a random order is for training, the rest (rounded
/// to whole episodes) for validation. The order depends on `seed` and the number of episodes only.
///
/// @throws ConfigError  if not 0 < validation_fraction < 1.
/// @throws DataError    if either side would be empty.
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

/// Some windows: where their observations lie, and the actions between these.
struct WindowBatch {
  Tensor rows;     ///< [B, T] int64: rows of the observations.
  Tensor actions;  ///< [B, T-1, skip*A].
};

/// All windows of the given episodes: size() of them, addressed by number, episode after episode.
/// Keeps a reference to `data`, which must outlive it and stay where it is.
class Windows {
 public:
  /// Episodes that are shorter than a window, (length-1) * skip + 1 rows, are left out.
  /// @throws ConfigError  if `options` break a rule.
  /// @throws DataError    if an episode is unknown, or none is long enough.
  Windows(const Trajectories& data, const Tensor& episodes, const WindowOptions& options);

  std::int64_t size() const;
  /// The windows numbered `indices` [B] int64, each in 0 .. size()-1.
  /// @throws ShapeError if `indices` are not that.
  WindowBatch get(const Tensor& indices) const;

 private:
  const Trajectories& data_;
  WindowOptions options_;
  Tensor starts_offset_;  ///< [E'] first row of each episode used.
  Tensor cumulative_;     ///< [E'+1] number of windows before each episode.
};

}  // namespace forethink
