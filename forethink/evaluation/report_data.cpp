// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/report_data.h"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "forethink/core/error.h"
#include "forethink/core/files.h"
#include "forethink/evaluation/report_json.h"

namespace forethink {
namespace {

// Keeps the order of the file, in which stages follow one another.
using OrderedJson = nlohmann::ordered_json;

std::string at_index(const std::string& where, const char* list, std::size_t index) {
  return where + ", " + list + "[" + std::to_string(index) + "]";
}

PlannerEntry read_planner(const JsonFields& fields) {
  PlannerEntry entry;
  entry.name = fields.text("name");
  entry.tasks = fields.text_or("tasks", "");
  entry.mode = fields.text_or("mode", "");
  entry.cost = fields.text_or("cost", "");
  entry.success_rate = fields.number("success_rate", 0.0, 1.0);
  entry.wilson_low = fields.number("wilson_low", 0.0, 1.0);
  entry.wilson_high = fields.number("wilson_high", entry.wilson_low, 1.0);
  entry.episodes = fields.integer("episodes", 1);
  entry.steps_to_success_median = fields.number_if("steps_to_success_median", 0.0, kNoLimit);
  entry.model_steps_per_episode = fields.number_if("model_steps_per_episode", 0.0, kNoLimit);
  entry.planning_seconds_per_episode =
      fields.number_if("planning_seconds_per_episode", 0.0, kNoLimit);
  entry.plan_ms_p50 = fields.number_if("plan_ms_p50", 0.0, kNoLimit);
  entry.plan_ms_p99 = fields.number_if("plan_ms_p99", 0.0, kNoLimit);
  return entry;
}

/// {name: number} in the order of the file.
std::vector<std::pair<std::string, double>> read_named_numbers(const OrderedJson& ordered,
                                                               const JsonFields& fields,
                                                               const std::string& field) {
  std::vector<std::pair<std::string, double>> numbers;
  const auto found = ordered.find(field);
  if (found == ordered.end() || found->is_null()) return numbers;
  if (!found->is_object()) fields.refuse(field, "must be an object of numbers");
  for (const auto& [name, value] : found->items()) {
    if (value.is_null()) continue;
    if (!value.is_number())
      fields.refuse(field + "." + name,
                    std::string("is ") + value.type_name() + ", must be a number");
    numbers.emplace_back(name, value.get<double>());
  }
  return numbers;
}

template <class Entry, class Read>
std::vector<Entry> read_entries(const JsonFields& fields, const char* list, Read&& read) {
  std::vector<Entry> entries;
  for (const nlohmann::json& item : fields.list(list))
    entries.push_back(read(JsonFields(item, at_index(fields.where(), list, entries.size()))));
  return entries;
}

nlohmann::json number_or_null(const std::optional<double>& number) {
  return number.has_value() ? nlohmann::json(*number) : nlohmann::json();
}

/// Adds every number of `json` to `row`, joining the names of nested objects by "_".
void collect_numbers(const nlohmann::json& json, const std::string& prefix,
                     std::map<std::string, double>& row) {
  for (const auto& [name, value] : json.items()) {
    const std::string key = prefix.empty() ? name : prefix + "_" + name;
    if (value.is_object()) {
      collect_numbers(value, key, row);
    } else if (value.is_number()) {
      row[key] = value.get<double>();
    }
  }
}

/// Collects the lines of one stage. A step before the last one takes back what it repeats; lines of
/// the same step (losses, then a diagnosis) belong together.
struct StageLog {
  std::string name;
  std::vector<std::string> order;  // Names as they first appeared.
  std::map<std::string, MetricSeries> series;
  double last_step = -kNoLimit;
  double first_time = kNoLimit;
  double last_time = -kNoLimit;

  void add(double step, const std::map<std::string, double>& row) {
    if (step < last_step) {
      for (auto& [unused, log] : series) {
        const auto keep = std::lower_bound(log.steps.begin(), log.steps.end(), step);
        log.values.resize(static_cast<std::size_t>(keep - log.steps.begin()));
        log.steps.erase(keep, log.steps.end());
      }
    }
    last_step = step;
    for (const auto& [key, value] : row) {
      MetricSeries& log = series[key];
      if (log.name.empty()) {
        log.name = key;
        order.push_back(key);
      }
      if (!log.steps.empty() && log.steps.back() == step) {
        log.values.back() = value;
        continue;
      }
      log.steps.push_back(step);
      log.values.push_back(value);
    }
  }
};

/// Reads one line into its stage. Names appear in the order of the file.
void read_metric_line(std::string_view line, const std::string& where,
                      std::vector<StageLog>& stages) {
  const nlohmann::json json = parse_json(line, where);
  const JsonFields fields(json, where);
  const std::string name = fields.text("stage");
  const double step = fields.number("step", 0.0, kNoLimit);
  const std::optional<double> time = fields.number_if("time", 0.0, kNoLimit);
  std::map<std::string, double> row;
  collect_numbers(json, "", row);
  row.erase("step");
  row.erase("time");
  auto stage = std::find_if(stages.begin(), stages.end(),
                            [&](const StageLog& log) { return log.name == name; });
  if (stage == stages.end()) {
    stages.push_back({});
    stage = stages.end() - 1;
    stage->name = name;
  }
  stage->add(step, row);
  if (time.has_value()) {
    stage->first_time = std::min(stage->first_time, *time);
    stage->last_time = std::max(stage->last_time, *time);
  }
}

}  // namespace

RunResults read_results(const std::filesystem::path& path) {
  const std::string where = path.string();
  const std::string text = read_file(path);
  const nlohmann::json json = parse_json(text, where);
  const JsonFields fields(json, where);
  const OrderedJson ordered = OrderedJson::parse(text);
  RunResults results;
  results.experiment = fields.text("experiment");
  results.machine = fields.text_or("machine", "");
  results.commit = fields.text_or("commit", "");
  if (fields.find("seed") != nullptr)
    results.seed = fields.integer("seed", std::numeric_limits<std::int64_t>::min());
  results.task_lists =
      read_entries<TaskListEntry>(fields, "task_lists", [](const JsonFields& item) {
        return TaskListEntry{item.text("name"), item.text_or("hash", ""),
                             item.integer("episodes", 0),
                             item.number_if("random_success_rate", 0.0, 1.0)};
      });
  results.training_seconds = read_named_numbers(ordered, fields, "training_seconds");
  for (const auto& [stage, seconds] : results.training_seconds) {
    if (!(seconds >= 0.0)) fields.refuse("training_seconds." + stage, "must be >= 0");
  }
  results.planners = read_entries<PlannerEntry>(fields, "planners", read_planner);
  results.random_success_rate = fields.number_if("random_success_rate", 0.0, 1.0);
  results.push_test = read_entries<PushTestEntry>(fields, "push_test", [](const JsonFields& item) {
    return PushTestEntry{item.text("kind"), item.integer("steps", 1),
                         item.number("agreement", 0.0, 1.0), item.integer("trials", 0),
                         item.number_if("readable", 0.0, 1.0)};
  });
  results.probes = read_named_numbers(ordered, fields, "probes");
  results.reference = read_entries<ReferenceEntry>(fields, "reference", [](const JsonFields& item) {
    return ReferenceEntry{item.text("name"), item.text_or("tasks", ""),
                          item.number("success_rate", 0.0, 1.0)};
  });
  results.cost_terms =
      read_entries<CostTermEntry>(fields, "cost_terms", [](const JsonFields& item) {
        return CostTermEntry{item.text("name"), item.text_or("meaning", ""),
                             item.number_if("weight", -kNoLimit, kNoLimit)};
      });
  for (const nlohmann::json& command : fields.list("repeat")) {
    if (!command.is_string()) fields.refuse("repeat", "must hold strings");
    results.repeat.push_back(command.get<std::string>());
  }
  return results;
}

void write_results(const std::filesystem::path& path, const RunResults& results) {
  OrderedJson json;
  json["experiment"] = results.experiment;
  json["machine"] = results.machine;
  json["commit"] = results.commit;
  if (results.seed.has_value()) json["seed"] = *results.seed;
  json["task_lists"] = OrderedJson::array();
  for (const TaskListEntry& list : results.task_lists) {
    OrderedJson item = {{"name", list.name}, {"hash", list.hash}, {"episodes", list.episodes}};
    if (list.random_success_rate.has_value())
      item["random_success_rate"] = *list.random_success_rate;
    json["task_lists"].push_back(std::move(item));
  }
  json["training_seconds"] = OrderedJson::object();
  for (const auto& [stage, seconds] : results.training_seconds)
    json["training_seconds"][stage] = seconds;
  json["planners"] = OrderedJson::array();
  for (const PlannerEntry& entry : results.planners) {
    json["planners"].push_back(
        {{"name", entry.name},
         {"tasks", entry.tasks},
         {"mode", entry.mode},
         {"cost", entry.cost},
         {"success_rate", entry.success_rate},
         {"wilson_low", entry.wilson_low},
         {"wilson_high", entry.wilson_high},
         {"episodes", entry.episodes},
         {"steps_to_success_median", number_or_null(entry.steps_to_success_median)},
         {"model_steps_per_episode", number_or_null(entry.model_steps_per_episode)},
         {"planning_seconds_per_episode", number_or_null(entry.planning_seconds_per_episode)},
         {"plan_ms_p50", number_or_null(entry.plan_ms_p50)},
         {"plan_ms_p99", number_or_null(entry.plan_ms_p99)}});
  }
  if (results.random_success_rate.has_value())
    json["random_success_rate"] = *results.random_success_rate;
  json["push_test"] = OrderedJson::array();
  for (const PushTestEntry& entry : results.push_test) {
    json["push_test"].push_back({{"kind", entry.kind},
                                 {"steps", entry.steps},
                                 {"agreement", entry.agreement},
                                 {"trials", entry.trials},
                                 {"readable", number_or_null(entry.readable)}});
  }
  json["probes"] = OrderedJson::object();
  for (const auto& [name, value] : results.probes) json["probes"][name] = value;
  json["reference"] = OrderedJson::array();
  for (const ReferenceEntry& entry : results.reference) {
    json["reference"].push_back(
        {{"name", entry.name}, {"tasks", entry.tasks}, {"success_rate", entry.success_rate}});
  }
  json["cost_terms"] = OrderedJson::array();
  for (const CostTermEntry& entry : results.cost_terms) {
    json["cost_terms"].push_back({{"name", entry.name},
                                  {"meaning", entry.meaning},
                                  {"weight", number_or_null(entry.weight)}});
  }
  json["repeat"] = results.repeat;
  write_file(path, json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
}

std::vector<MetricStage> read_metrics(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  std::vector<StageLog> logs;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;
    ++number;
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    read_metric_line(line, path.string() + ":" + std::to_string(number), logs);
  }
  std::vector<MetricStage> stages;
  for (StageLog& log : logs) {
    MetricStage stage{log.name, log.last_step, std::nullopt, {}};
    if (log.last_time > log.first_time) stage.seconds = log.last_time - log.first_time;
    for (const std::string& name : log.order) {
      if (!log.series[name].steps.empty()) stage.series.push_back(std::move(log.series[name]));
    }
    stages.push_back(std::move(stage));
  }
  return stages;
}

ReportData read_report_data(const std::filesystem::path& run_folder) {
  if (!std::filesystem::is_directory(run_folder))
    throw IoError(run_folder.string() + ": is not a folder; give the folder of a run");
  ReportData data;
  // "runs/a/" names its run by the last part that is not empty.
  const std::filesystem::path tidy = std::filesystem::absolute(run_folder).lexically_normal();
  data.run_name = (tidy.has_filename() ? tidy : tidy.parent_path()).filename().string();
  const auto results = run_folder / "results.json";
  const auto metrics = run_folder / "metrics.jsonl";
  const auto films = run_folder / "films.json";
  const auto lives = run_folder / "lives.json";
  const auto config = run_folder / "config.resolved.toml";
  bool any = false;
  const auto present = [&](const std::filesystem::path& path) {
    const bool there = std::filesystem::exists(path);
    any = any || there;
    return there;
  };
  if (present(results)) data.results = read_results(results);
  if (present(metrics)) data.stages = read_metrics(metrics);
  if (present(films)) data.films = read_films(films);
  if (present(lives)) data.lives = read_lives(lives);
  if (present(config)) data.config_toml = read_file(config);
  if (!any) {
    throw IoError(run_folder.string() +
                  ": holds none of results.json, metrics.jsonl, films.json, lives.json, "
                  "config.resolved.toml; "
                  "run `forethink run` or `forethink evaluate` first");
  }
  return data;
}

}  // namespace forethink
