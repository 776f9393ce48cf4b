// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/report_charts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "forethink/evaluation/report_format.h"
#include "forethink/evaluation/report_json.h"

namespace forethink {
namespace {

constexpr std::size_t kPointsMax = 600;
constexpr std::string_view kRollout = "rollout_error";

/// Metrics whose name contains `part` share a chart. The first rule that fits counts.
struct Rule {
  std::string_view part;
  std::string_view title;  // Empty: each metric has its own chart, named after it.
  bool log = false;
  bool percent = false;
};

constexpr std::array<Rule, 26> kRules{{
    {kRollout, "Error of imagined rollouts", true, false},
    {"learning_rate", "Learning rate", false, false},
    {"loss", "Loss", true, false},
    {"prediction", "Loss", true, false},
    {"variance", "Loss", true, false},
    {"covariance", "Loss", true, false},
    {"sigreg", "Loss", true, false},
    {"inverse", "Loss", true, false},
    {"similarity", "Loss", true, false},
    {"bellman", "Loss", true, false},
    {"energy", "Energy", true, false},
    {"effective_rank", "Effective rank", false, false},
    {"deviation", "Deviation per dimension", false, false},
    {"sensitivity", "Action sensitivity", false, false},
    {"push", "Push test: imagined and done agree", false, true},
    {"agreement", "Push test: imagined and done agree", false, true},
    {"leak", "Leak through walls and shut doors", false, true},
    {"accuracy", "", false, true},
    {"success", "Success", false, true},
    {"share", "", false, true},
    {"probe", "", false, false},
    {"correlation", "", false, false},
    {"gradient_norm", "Gradient norm", true, false},
    {"grad_norm", "Gradient norm", true, false},
    {"per_second", "Speed, per second", false, false},
    {"", "", false, false},
}};

// Charts stand in this order; the others follow as they were logged.
constexpr std::array<std::string_view, 6> kFirst = {"Loss",
                                                    "Error of imagined rollouts",
                                                    "Effective rank",
                                                    "Deviation per dimension",
                                                    "Action sensitivity",
                                                    "Push test: imagined and done agree"};

const Rule& rule_of(const std::string& name) {
  return *std::find_if(kRules.begin(), kRules.end(),
                       [&](const Rule& rule) { return name.find(rule.part) != std::string::npos; });
}

std::size_t place_of(const Chart& chart) {
  const auto found = std::find(kFirst.begin(), kFirst.end(), chart.title);
  return static_cast<std::size_t>(found - kFirst.begin());
}

/// The steps in "rollout_error_8"; nothing if the name does not end in a number.
std::optional<std::int64_t> trailing_number(const std::string& name) {
  const std::size_t begin = name.find_last_not_of("0123456789") + 1;
  std::int64_t number = 0;
  const auto parsed = std::from_chars(name.data() + begin, name.data() + name.size(), number);
  if (begin >= name.size() || parsed.ec != std::errc()) return std::nullopt;
  return number;
}

/// An alarm that never rang; one that did is worth a chart.
bool is_quiet_alarm(const MetricSeries& series) {
  return (series.name == "not_finite" || series.name.find("alarm") != std::string::npos) &&
         std::all_of(series.values.begin(), series.values.end(),
                     [](double value) { return value == 0.0; });
}

/// The whole before its parts, rollouts by their length, everything else as it was logged.
bool stands_before(const MetricSeries& left, const MetricSeries& right) {
  const auto order = [](const MetricSeries& series) {
    const bool rollout = series.name.rfind(kRollout, 0) == 0;
    return std::pair(series.name != "loss",
                     rollout ? trailing_number(series.name).value_or(0) : std::int64_t{0});
  };
  return order(left) < order(right);
}

std::string line_label(const std::string& name, const Rule& rule) {
  if (rule.part != kRollout) return format_name(name);
  const std::optional<std::int64_t> steps = trailing_number(name);
  if (!steps.has_value()) return format_name(name);
  return std::to_string(*steps) + (*steps == 1 ? " step" : " steps");
}

std::string film_label(const Film& film) {
  return "Task " + std::to_string(film.task) + ", " + (film.success ? "reached" : "not reached");
}

nlohmann::json rounded(const std::vector<double>& values) {
  nlohmann::json json = nlohmann::json::array();
  for (const double value : values) json.push_back(round_digits(value, 5));
  return json;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> stage_facts(const MetricStage& stage) {
  std::vector<std::pair<std::string, std::string>> facts;
  for (const MetricSeries& series : stage.series) {
    if (series.values.size() != 1 || is_quiet_alarm(series)) continue;
    const double value = series.values.front();
    const bool percent = rule_of(series.name).percent && value >= 0.0 && value <= 1.0;
    facts.emplace_back(format_name(series.name),
                       percent ? format_percent(value) : format_number(value));
  }
  return facts;
}

std::vector<Chart> stage_charts(const MetricStage& stage) {
  std::vector<Chart> charts;
  std::vector<MetricSeries> ordered = stage.series;
  std::stable_sort(ordered.begin(), ordered.end(), stands_before);
  for (const MetricSeries& series : ordered) {
    if (series.values.size() < 2 || is_quiet_alarm(series)) continue;
    const Rule& rule = rule_of(series.name);
    const std::string title =
        rule.title.empty() ? format_name(series.name) : std::string(rule.title);
    auto chart = std::find_if(charts.begin(), charts.end(),
                              [&](const Chart& other) { return other.title == title; });
    if (chart == charts.end()) {
      charts.push_back({title, "step", false, rule.log, rule.percent, {}});
      chart = charts.end() - 1;
    }
    const std::string tone = rule.part == kRollout ? "ramp" : "";
    chart->lines.push_back({line_label(series.name, rule), tone, series.steps, series.values});
  }
  std::stable_sort(charts.begin(), charts.end(), [](const Chart& left, const Chart& right) {
    return place_of(left) < place_of(right);
  });
  return charts;
}

std::optional<Chart> rollout_chart(const std::vector<MetricStage>& stages) {
  Chart chart{
      "Error of imagined rollouts, by their length", "imagined steps", true, true, false, {}};
  for (const MetricStage& stage : stages) {
    std::map<std::int64_t, double> last;
    for (const MetricSeries& series : stage.series) {
      const std::optional<std::int64_t> steps = trailing_number(series.name);
      if (series.name.rfind(kRollout, 0) == 0 && steps.has_value() && *steps > 0)
        last[*steps] = series.values.back();
    }
    if (last.size() < 2) continue;
    ChartLine line{"After " + format_name(stage.name), "", {}, {}};
    for (const auto& [steps, error] : last) {
      line.x.push_back(static_cast<double>(steps));
      line.y.push_back(error);
    }
    chart.lines.push_back(std::move(line));
  }
  if (chart.lines.empty()) return std::nullopt;
  return chart;
}

std::vector<Chart> term_charts(const std::vector<Film>& films) {
  std::vector<Chart> charts;
  for (const Film& film : films) {
    for (std::size_t term = 0; term < film.terms.size(); ++term) {
      const std::string title = format_name(film.terms[term]);
      auto chart = std::find_if(charts.begin(), charts.end(),
                                [&](const Chart& other) { return other.title == title; });
      if (chart == charts.end()) {
        charts.push_back({title, "step of the episode", false, false, false, {}});
        chart = charts.end() - 1;
      }
      ChartLine line{film_label(film), film.success ? "good" : "bad", {}, {}};
      const Tensor column =
          film.energy.select(1, static_cast<std::int64_t>(term)).to(at::kCPU, at::kFloat);
      const auto values = column.accessor<float, 1>();
      for (std::int64_t step = 0; step < values.size(0); ++step) {
        if (!std::isfinite(values[step])) continue;
        line.x.push_back(static_cast<double>(step));
        line.y.push_back(static_cast<double>(values[step]));
      }
      if (!line.x.empty()) chart->lines.push_back(std::move(line));
    }
  }
  std::erase_if(charts, [](const Chart& chart) { return chart.lines.empty(); });
  for (Chart& chart : charts) {
    // What is out of reach costs a hundred times what is near: only a log scale shows both.
    chart.y_log = std::none_of(chart.lines.begin(), chart.lines.end(), [](const ChartLine& line) {
      return std::any_of(line.y.begin(), line.y.end(), [](double value) { return value < 0.0; });
    });
  }
  return charts;
}

ChartLine thin(const ChartLine& line, std::size_t points) {
  if (line.x.size() <= points) return line;
  ChartLine thinned{line.label, line.tone, {}, {}};
  const std::size_t stretches = std::max<std::size_t>(1, points / 2);
  for (std::size_t stretch = 0; stretch < stretches; ++stretch) {
    const auto begin =
        line.y.begin() + static_cast<std::ptrdiff_t>(stretch * line.y.size() / stretches);
    const auto end =
        line.y.begin() + static_cast<std::ptrdiff_t>((stretch + 1) * line.y.size() / stretches);
    const auto [lowest, highest] = std::minmax_element(begin, end);
    auto first = static_cast<std::size_t>(lowest - line.y.begin());
    auto second = static_cast<std::size_t>(highest - line.y.begin());
    if (first > second) std::swap(first, second);
    // The very last point is what training ended with and is always kept.
    if (stretch + 1 == stretches) second = line.y.size() - 1;
    for (const std::size_t index : {first, second}) {
      if (!thinned.x.empty() && thinned.x.back() >= line.x[index]) continue;
      thinned.x.push_back(line.x[index]);
      thinned.y.push_back(line.y[index]);
    }
  }
  return thinned;
}

nlohmann::json charts_to_json(const std::vector<Chart>& charts) {
  nlohmann::json json = nlohmann::json::array();
  for (const Chart& chart : charts) {
    nlohmann::json lines = nlohmann::json::array();
    for (const ChartLine& line : chart.lines) {
      const ChartLine kept = thin(line, kPointsMax);
      lines.push_back({{"label", kept.label},
                       {"tone", kept.tone},
                       // Steps are exact: two that round to one would break the order.
                       {"x", kept.x},
                       {"y", rounded(kept.y)}});
      if (!kept.error.empty()) lines.back()["error"] = rounded(kept.error);
    }
    json.push_back({{"title", chart.title},
                    {"x_label", chart.x_label},
                    {"x_log", chart.x_log},
                    {"y_log", chart.y_log},
                    {"percent", chart.percent},
                    {"lines", std::move(lines)}});
  }
  return json;
}

}  // namespace forethink
