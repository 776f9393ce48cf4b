// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// A progress bar with the time that is left: jepa [=====>    ] 52% 520/1000 0:12 left  loss 0.12
//
// Role:    core; on anything longer than two seconds. Draws on the terminal only: piped, it is
// mute.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace forethink {

/// One line of the bar without a line end.
///
/// @param total  Units in all; 0 if unknown, then only `done` is shown.
/// @param time   For example "0:12 left", or "".
/// @param note   Free text at the end.
std::string format_progress(std::string_view name, std::int64_t done, std::int64_t total,
                            std::string_view time, std::string_view note);

/// 75 -> "1:15", 3675 -> "1:01:15"; fractions of a second are dropped.
std::string format_clock(double seconds);

/// A bar on standard error.
class Progress {
 public:
  /// @param total  Units of work in all; 0 if unknown.
  Progress(std::string name, std::int64_t total);
  ~Progress();  ///< Calls finish().
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `n` more units are done. Cheap: draws at most ten times a second.
  void advance(std::int64_t n = 1, std::string_view note = "");

  /// `n` units were done before the bar began; they do not count for the time that is left.
  void skip(std::int64_t n);

  /// Draws the bar for the last time and ends its line.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void draw();

  std::string name_;
  std::string note_;
  std::int64_t total_;
  std::int64_t done_ = 0;
  std::int64_t skipped_ = 0;
  bool visible_;
  bool finished_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_{};
};

}  // namespace forethink
