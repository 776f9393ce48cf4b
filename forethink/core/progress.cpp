// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "forethink/core/clock.h"

namespace forethink {
namespace {

constexpr int kBarWidth = 24;
constexpr auto kPause = std::chrono::milliseconds(100);  // Between two drawings.
constexpr const char* kLineStart = "\r\033[K";           // Go back and clear the line.

}  // namespace

std::string format_clock(double seconds) {
  const auto whole = static_cast<long long>(std::clamp(seconds, 0.0, 1e12));
  char text[32];
  if (whole < 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60,
                  whole % 60);
  }
  return text;
}

std::string format_progress(std::string_view name, std::int64_t done, std::int64_t total,
                            std::string_view time, std::string_view note) {
  std::string line(name);
  if (total > 0) {
    const double part = std::clamp(static_cast<double>(done) / static_cast<double>(total), 0., 1.);
    const int filled = static_cast<int>(part * kBarWidth);
    std::string bar(static_cast<std::size_t>(filled), '=');
    if (filled < kBarWidth) bar += '>';
    bar.resize(kBarWidth, ' ');
    char percent[8];
    std::snprintf(percent, sizeof percent, "%3d%%", static_cast<int>(part * 100.0));
    line += " [" + bar + "] " + percent + " " + std::to_string(done) + "/" + std::to_string(total);
  } else {
    line += " " + std::to_string(done);
  }
  if (!time.empty()) line += "  " + std::string(time);
  if (!note.empty()) line += "  " + std::string(note);
  return line;
}

Progress::Progress(std::string name, std::int64_t total)
    : name_(std::move(name)), total_(total), visible_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { finish(); }

void Progress::advance(std::int64_t n, std::string_view note) {
  done_ += n;
  if (!visible_) return;
  if (!note.empty()) note_ = note;
  const Clock::time_point now = Clock::now();
  if (now - drawn_ < kPause) return;
  drawn_ = now;
  draw();
}

void Progress::skip(std::int64_t n) {
  done_ += n;
  skipped_ += n;
}

void Progress::draw() {
  std::string time;
  if (done_ > skipped_ && total_ > done_) {
    const double per_unit = seconds_since(start_) / static_cast<double>(done_ - skipped_);
    time = format_clock(per_unit * static_cast<double>(total_ - done_)) + " left";
  }
  std::fputs((kLineStart + format_progress(name_, done_, total_, time, note_)).c_str(), stderr);
}

void Progress::finish() {
  if (!visible_ || std::exchange(finished_, true)) return;
  const std::string time = format_clock(seconds_since(start_));
  std::fputs((kLineStart + format_progress(name_, done_, total_, time, note_) + "\n").c_str(),
             stderr);
}

}  // namespace forethink
