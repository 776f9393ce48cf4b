// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Metrics of a run: one JSON line per moment, and the same numbers as TensorBoard shows them.
//
//   metrics.jsonl                {"stage":"jepa","step":20,"time":1790000000.5,"loss":0.12}
//   events.out.tfevents.*        scalars "jepa/loss"; made from metrics.jsonl, never read back
//
// Role:    core; training writes, reports read.
// Source:  the record format of TensorFlow's event files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace forethink {

/// One line of metrics.jsonl.
struct MetricLine {
  std::string stage;
  std::int64_t step = 0;
  double time_s = 0.0;                   ///< Since 1970.
  std::map<std::string, double> values;  ///< null is NaN: the number was not finite.
};

/// Reads metrics.jsonl. A last line that was cut off by a crash is left out.
/// @throws IoError if it cannot be read, DataError naming a line that is malformed.
std::vector<MetricLine> read_metric_lines(const std::filesystem::path& path);
std::vector<MetricLine> parse_metric_lines(std::string_view text, std::string_view source);

/// Appends to the metrics of a run. Every line is with the system before `write` returns, so that
/// a killed process loses none.
class MetricsWriter {
 public:
  /// Goes on with the metrics in `folder`, which is created if need be.
  explicit MetricsWriter(std::filesystem::path folder);
  ~MetricsWriter();
  MetricsWriter(const MetricsWriter&) = delete;
  MetricsWriter& operator=(const MetricsWriter&) = delete;

  /// @param values  Name to number; "stage", "step" and "time" are taken.
  void write(std::string_view stage, std::int64_t step,
             const std::map<std::string, double>& values);

  /// Drops the lines of `stage` after `step`: what a run that went on from there will write again.
  void resume_at(std::string_view stage, std::int64_t step);

 private:
  void open();
  void close();

  std::filesystem::path folder_;
  int log_ = -1;
  int events_ = -1;
};

namespace detail {

/// One record of an event file: length, CRC, data, CRC.
std::string event_record(std::string_view data);
/// The first event of a file, and one that holds the scalars of a line.
std::string version_event(double time_s, std::string_view version);
std::string scalars_event(const MetricLine& line);

}  // namespace detail
}  // namespace forethink
