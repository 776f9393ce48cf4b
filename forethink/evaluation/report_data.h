// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What a report is made of, and the files of a run folder that hold it.
//
//   results.json          what evaluation found: planners, push test, probes, training times
//   metrics.jsonl         one object a line while training: {"stage", "step", "time", name: number}
//   films.json            filmed episodes (film.h)
//   lives.json            lives by drives in a mortal world (lives.h)
//   config.resolved.toml  every setting of the run
//
// Each may be absent; none may be malformed. Numbers in the structs are plain; formatting them for
// people is report_format.h.
//
// Role:    evaluation; between what a run leaves behind and report.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forethink/evaluation/film.h"
#include "forethink/evaluation/lives.h"

namespace forethink {

/// A frozen list of tasks.
struct TaskListEntry {
  std::string name;
  std::string hash;
  std::int64_t episodes = 0;
  std::optional<double> random_success_rate;  ///< The floor on this list, if it has its own.
};

/// One planner on one task list: a row of the report's first table.
struct PlannerEntry {
  std::string name;
  std::string tasks;          ///< Name of the task list.
  std::string mode;           ///< "deliberate" or "reactive".
  std::string cost;           ///< What stands for the remaining cost: "roadmap", "critic", "goal".
  double success_rate = 0.0;  ///< In [0, 1].
  double wilson_low = 0.0;    ///< 95 % interval.
  double wilson_high = 1.0;
  std::int64_t episodes = 0;
  std::optional<double> steps_to_success_median;
  std::optional<double> model_steps_per_episode;
  std::optional<double> planning_seconds_per_episode;
  std::optional<double> plan_ms_p50;
  std::optional<double> plan_ms_p99;
};

/// Straight pushes imagined and done: the share in which both ended alike.
struct PushTestEntry {
  std::string kind;  ///< What was pushed into: "wall", "shut door".
  std::int64_t steps = 0;
  double agreement = 0.0;  ///< In [0, 1].
  std::int64_t trials = 0;
  std::optional<double> readable;  ///< In [0, 1]: where the probe itself reads the truth right.
};

/// A published result to stand beside ours.
struct ReferenceEntry {
  std::string name;
  std::string tasks;  ///< Task list it may be compared on; empty: the first.
  double success_rate = 0.0;
};

/// A term of the cost and its weight.
struct CostTermEntry {
  std::string name;
  std::string meaning;
  std::optional<double> weight;
};

/// results.json. The first planner is the one that the experiment set out to report, and is the
/// report's headline: choosing the best on the reported tasks would flatter it.
struct RunResults {
  std::string experiment;
  std::string machine;
  std::string commit;
  std::optional<std::int64_t> seed;
  std::vector<TaskListEntry> task_lists;
  std::vector<std::pair<std::string, double>> training_seconds;  ///< Stage, in order of the file.
  std::vector<PlannerEntry> planners;
  std::optional<double> random_success_rate;
  std::vector<PushTestEntry> push_test;
  std::vector<std::pair<std::string, double>> probes;
  std::vector<ReferenceEntry> reference;
  std::vector<CostTermEntry> cost_terms;
  std::vector<std::string> repeat;  ///< Commands that repeat the run; empty: the report's own.
};

/// One number logged over a stage of training.
struct MetricSeries {
  std::string name;            ///< Nested objects are joined by "_".
  std::vector<double> steps;   ///< Strictly increasing.
  std::vector<double> values;  ///< Finite.
};

/// All that was logged under one `stage`.
struct MetricStage {
  std::string name;
  double last_step = 0.0;
  std::optional<double> seconds;  ///< Span of `time`, if it was logged.
  std::vector<MetricSeries> series;
};

/// Everything a report shows.
struct ReportData {
  std::string run_name;
  std::optional<RunResults> results;
  std::vector<MetricStage> stages;
  std::vector<Film> films;
  std::optional<LivesReport> lives;
  std::string config_toml;
};

/// @throws IoError if it cannot be read, DataError naming the file and field if malformed.
RunResults read_results(const std::filesystem::path& path);

/// Writes what `read_results` reads. @throws IoError.
void write_results(const std::filesystem::path& path, const RunResults& results);

/// Reads metrics.jsonl. A run that was resumed logs some steps again: the later line counts.
/// A last line without its newline is one that a kill cut short, and is left out.
/// @throws IoError if it cannot be read, DataError naming the file, line and field if malformed.
std::vector<MetricStage> read_metrics(const std::filesystem::path& path);

/// Reads what a run folder holds. @throws IoError if the folder is missing or holds none of the
/// five files; DataError as above.
ReportData read_report_data(const std::filesystem::path& run_folder);

}  // namespace forethink
