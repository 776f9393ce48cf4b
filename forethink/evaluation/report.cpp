// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/report.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "forethink/core/error.h"
#include "forethink/core/files.h"
#include "forethink/evaluation/report_base64.h"
#include "forethink/evaluation/report_charts.h"
#include "forethink/evaluation/report_format.h"
#include "forethink/evaluation/report_lives.h"
#include "forethink/evaluation/report_page.h"
#include "forethink/evaluation/report_parts.h"

namespace forethink {
namespace {

using report_page::add_lives;
using report_page::element;
using report_page::fact;
using report_page::kNothing;
using report_page::lives_headline;
using report_page::number_cell;
using report_page::Page;
using report_page::success_cell;
using report_page::svg_line;
using report_page::svg_rect;
using report_page::svg_scale;
using report_page::swatch_class;
using report_parts::Part;

/// Decades that hold every positive value, at least one.
struct LogAxis {
  int low = 0;
  int high = 1;
  double place(double value) const {
    const double decades = (std::log10(value) - low) / (high - low);
    return 100.0 * std::clamp(decades, 0.0, 1.0);
  }
};

std::optional<LogAxis> log_axis(const std::vector<PlannerEntry>& planners) {
  double smallest = INFINITY, largest = 0.0;
  for (const PlannerEntry& entry : planners) {
    const double steps = entry.model_steps_per_episode.value_or(0.0);
    if (steps <= 0.0) continue;
    smallest = std::min(smallest, steps);
    largest = std::max(largest, steps);
  }
  if (largest == 0.0) return std::nullopt;
  LogAxis axis;
  // A bar of no length would say "nothing", so the axis starts below the smallest value.
  axis.low = static_cast<int>(std::floor(std::log10(smallest) - 0.15));
  axis.high = std::max(axis.low + 1, static_cast<int>(std::ceil(std::log10(largest) - 1e-9)));
  return axis;
}

std::string log_bar(const LogAxis& axis, double value) {
  std::string content =
      svg_rect("track", 0, 6, 100, 6) + svg_rect("fill-soft", 0, 6, axis.place(value), 6);
  for (int decade = axis.low + 1; decade < axis.high; ++decade) {
    const double x = axis.place(std::pow(10.0, decade));
    content += svg_line("tick", x, 6, x, 12);
  }
  return svg_scale(content);
}

/// A name in the middle of a sentence: "critic_roadmap" as "critic roadmap".
std::string spaced(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

bool is_random(const PlannerEntry& entry) { return entry.name == "random"; }

std::string planner_row(const PlannerEntry& entry, const std::optional<LogAxis>& axis,
                        bool headline) {
  std::string about = escape_html(entry.mode);
  if (!entry.cost.empty())
    about +=
        std::string(about.empty() ? "" : " \u00b7 ") + "cost: " + escape_html(spaced(entry.cost));
  const bool random = is_random(entry);
  if (random) about = "the floor";
  const char* css = headline ? " class=\"headline\"" : random ? " class=\"floor\"" : "";
  std::string row = "<tr" + std::string(css) + ">";
  row += "<th scope=\"row\">" +
         escape_html(random ? "Random actions" : format_planner(entry.name)) +
         (about.empty() ? "" : "<span class=\"sub\">" + about + "</span>") + "</th>";
  row += success_cell("Success", random ? "fill-soft" : "fill", entry.success_rate,
                      entry.wilson_low, entry.wilson_high);
  const double steps = entry.model_steps_per_episode.value_or(0.0);
  if (entry.model_steps_per_episode.has_value()) {
    row += "<td class=\"steps\" data-label=\"Model steps\"><div class=\"measure\">";
    row += axis.has_value() && steps > 0.0 ? log_bar(*axis, steps) : svg_scale("");
    row += "<div class=\"reading\">" + format_count(steps) + "</div></div></td>";
  } else {
    row += "<td class=\"steps none\"></td>";
  }
  const auto& seconds = entry.planning_seconds_per_episode;
  row += number_cell("Planning", seconds.has_value() ? format_duration(*seconds) : "");
  std::string one_plan;
  if (entry.plan_ms_p50.has_value()) {
    one_plan = format_duration(*entry.plan_ms_p50 / 1e3);
    if (entry.plan_ms_p99.has_value())
      one_plan += element("span", "sub", "99th: " + format_duration(*entry.plan_ms_p99 / 1e3));
    one_plan = element("div", "", one_plan);
  }
  row += number_cell("One plan", one_plan);
  const auto& median = entry.steps_to_success_median;
  row += number_cell("Steps to goal", median.has_value() ? format_count(*median) : "");
  return row + "</tr>\n";
}

std::string quiet_row(const char* css, const std::string& name, double share) {
  const std::string nothing = number_cell("", "");
  return "<tr class=\"" + std::string(css) + "\"><th scope=\"row\">" + escape_html(name) + "</th>" +
         success_cell("Success", "fill-soft", share, 0.0, 0.0) + nothing + nothing + nothing +
         nothing + "</tr>\n";
}

/// Names of the task lists in the order in which the planners use them.
std::vector<std::string> used_task_lists(const RunResults& results) {
  std::vector<std::string> names;
  for (const PlannerEntry& entry : results.planners) {
    if (std::find(names.begin(), names.end(), entry.tasks) == names.end())
      names.push_back(entry.tasks);
  }
  return names;
}

const TaskListEntry* find_tasks(const RunResults& results, const std::string& name) {
  for (const TaskListEntry& list : results.task_lists) {
    if (list.name == name) return &list;
  }
  return nullptr;
}

/// The floor on a task list: its own, or the run's one on the first list.
std::optional<double> random_floor(const RunResults& results, const std::string& tasks) {
  const TaskListEntry* list = find_tasks(results, tasks);
  if (list != nullptr && list->random_success_rate.has_value()) return list->random_success_rate;
  if (!results.planners.empty() && results.planners.front().tasks == tasks)
    return results.random_success_rate;
  return std::nullopt;
}

double total_seconds(const RunResults& results) {
  double total = 0.0;
  for (const auto& [stage, seconds] : results.training_seconds) total += seconds;
  return total;
}

std::string hero(const RunResults& results) {
  const PlannerEntry& best = results.planners.front();
  const std::string percent = format_percent(best.success_rate);
  const std::string digits = percent.substr(0, percent.find("\u00a0"));
  const auto reached = std::llround(best.success_rate * static_cast<double>(best.episodes));
  std::string html =
      "<div class=\"hero\">\n<div class=\"hero-number\">" + digits +
      "<span>%</span></div>\n<div class=\"hero-text\"><p><b>" +
      escape_html(format_planner(best.name)) + "</b> reaches " + std::to_string(reached) + " of " +
      std::to_string(best.episodes) + " goals" +
      (best.tasks.empty() ? "" : " of <i>" + escape_html(format_name(best.tasks)) + "</i>") +
      ".</p>\n";
  const std::string interval =
      format_interval(best.success_rate, best.wilson_low, best.wilson_high);
  html += "<p class=\"range\">95 % interval (Wilson) " + interval.substr(interval.find('[')) +
          "</p></div>\n</div>\n<dl class=\"facts\">";
  if (best.model_steps_per_episode.has_value())
    html += fact("model steps an episode", format_count(*best.model_steps_per_episode));
  if (best.planning_seconds_per_episode.has_value())
    html += fact("planning an episode", format_duration(*best.planning_seconds_per_episode));
  if (best.steps_to_success_median.has_value())
    html += fact("steps to the goal, median", format_count(*best.steps_to_success_median));
  if (!results.training_seconds.empty())
    html += fact("learning, in all", format_duration(total_seconds(results)));
  if (const auto floor = random_floor(results, best.tasks))
    html += fact("acting at random", format_percent(*floor));
  return html + "</dl>\n";
}

/// A full hash is longer than anyone reads; a name such as "1a2b3c4-dirty" is kept.
std::string short_commit(const std::string& commit) {
  return commit.size() >= 40 ? commit.substr(0, 12) : commit;
}

void add_result(Page& page, const ReportData& data, const std::string& title) {
  page.navigation += "<li><a href=\"#result\">Result</a></li>";
  page.body += "<section id=\"result\">\n<h1>" + title + "</h1>\n<p class=\"kicker\">Run <code>" +
               escape_html(data.run_name) + "</code>";
  if (data.results.has_value()) {
    const RunResults& results = *data.results;
    if (results.seed.has_value()) page.body += " \u00b7 seed " + std::to_string(*results.seed);
    if (!results.commit.empty())
      page.body += " \u00b7 commit <code>" + escape_html(short_commit(results.commit)) + "</code>";
    if (!results.machine.empty()) page.body += " \u00b7 " + escape_html(results.machine);
  }
  page.body += "</p>\n";
  const bool planned = data.results.has_value() && !data.results->planners.empty();
  const bool lived = data.lives.has_value() && !data.lives->agents.empty();
  if (planned) page.body += hero(*data.results);
  if (lived) page.body += lives_headline(*data.lives);
  if (!planned && !lived) {
    page.body +=
        "<p class=\"empty\">This run has not been evaluated yet: <code>forethink evaluate</code> "
        "adds the result, the table of planners and the films.</p>\n";
  }
  page.body += "</section>\n";
}

/// "1 k" rather than the "1.0 k" of a measured value.
std::string decade_text(int power) {
  std::string text = format_count(std::pow(10.0, power));
  const std::size_t zero = text.find(".0");
  return zero == std::string::npos ? text : text.erase(zero, 2);
}

void add_planners(Page& page, const RunResults& results) {
  if (results.planners.empty()) return;
  page.open("planners", "Planners", "What each way of planning reaches, and what it costs");
  const std::optional<LogAxis> axis = log_axis(results.planners);
  std::string scale;
  if (axis.has_value()) {
    scale = "<small>log scale, " + decade_text(axis->low) + " to " + decade_text(axis->high) +
            "</small>";
  }
  page.body +=
      "<table class=\"planners\"><thead><tr><th scope=\"col\">Planner</th><th "
      "scope=\"col\">Success<small>0 to 100 %, 95 % interval</small></th><th scope=\"col\">Model "
      "steps an episode" +
      scale +
      "</th><th scope=\"col\" class=\"number\">Planning<small>an episode</small></th><th "
      "scope=\"col\" class=\"number\">One plan<small>median</small></th><th scope=\"col\" "
      "class=\"number\">Steps to goal<small>median</small></th></tr></thead>\n";
  const std::vector<std::string> lists = used_task_lists(results);
  for (const std::string& tasks : lists) {
    page.body += "<tbody>";
    const TaskListEntry* list = find_tasks(results, tasks);
    if (!tasks.empty()) {
      std::string about = list == nullptr || list->episodes == 0
                              ? ""
                              : std::to_string(list->episodes) + " episodes";
      page.body += "<tr class=\"group\"><th colspan=\"6\" scope=\"rowgroup\">" +
                   escape_html(format_name(tasks)) +
                   (about.empty() ? "" : element("small", "", about)) + "</th></tr>\n";
    }
    for (const PlannerEntry& entry : results.planners) {
      if (entry.tasks == tasks)
        page.body += planner_row(entry, axis, &entry == &results.planners.front());
    }
    const bool has_floor = std::any_of(
        results.planners.begin(), results.planners.end(),
        [&](const PlannerEntry& entry) { return is_random(entry) && entry.tasks == tasks; });
    const auto floor = random_floor(results, tasks);
    if (floor.has_value() && !has_floor)
      page.body += quiet_row("floor", "Random actions, the floor", *floor);
    for (const ReferenceEntry& entry : results.reference) {
      if (entry.tasks == tasks || (entry.tasks.empty() && tasks == lists.front()))
        page.body += quiet_row("published", entry.name, entry.success_rate);
    }
    page.body += "</tbody>\n";
  }
  page.body += "</table>\n";
  page.caption_table(
      "Bars show the share of episodes that reach their goal, whiskers its 95 % interval. A model "
      "step is one prediction of the world model for one candidate plan. Planning time is wall "
      "time, all episodes planned in one batch, divided by their number. The first row is the "
      "planner that the experiment set out to report.");
  page.close();
}

void add_films(Page& page, const std::vector<Film>& films) {
  if (films.empty()) return;
  page.open("films", "Films", "What happened, beside what was imagined");
  page.body +=
      "<div class=\"film-tools\"><button type=\"button\" id=\"play-all\" hidden>Play all</button>"
      "<p class=\"caption\">Space plays, \u2190 \u2192 step, with Shift ten at a time; a click on "
      "the "
      "energies jumps.</p></div>\n<div class=\"films\" id=\"film-grid\">"
      "<noscript><p class=\"empty\">The films need JavaScript, which this browser does not run."
      "</p></noscript></div>\n";
  page.caption_figure(
      "Episodes as the agent saw them. The solid line is the way it took; the dotted line is where "
      "its newest plan would lead, decoded from imagined states by a probe that the agent "
      "itself never uses; the dashed ring is the goal. Below each film, the terms of the energy "
      "that the plan lowers.");
  page.close();
}

void add_training_time(Page& page, const RunResults& results) {
  const double total = total_seconds(results);
  if (total <= 0.0) return;
  std::string bar, keys;
  double begin = 0.0;
  for (std::size_t i = 0; i < results.training_seconds.size(); ++i) {
    const auto& [stage, seconds] = results.training_seconds[i];
    const double width = 100.0 * seconds / total;
    bar += svg_rect(swatch_class(i), begin, 0, std::max(width - 0.15, 0.05), 18);
    begin += width;
    keys += "<li><i class=\"" + swatch_class(i) + "\"></i>" + escape_html(format_name(stage)) +
            "<b>" + format_duration(seconds) + "</b></li>";
  }
  page.body +=
      "<svg class=\"timeline\" viewBox=\"0 0 100 18\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\">" +
      bar + "</svg>\n<ul class=\"keys\">" + keys + "</ul>\n";
  page.caption_figure("Where the time went: " + format_duration(total) + " of learning in all.");
}

void add_learning(Page& page, const ReportData& data) {
  const bool timed = data.results.has_value() && total_seconds(*data.results) > 0.0;
  if (data.stages.empty() && !timed) return;
  page.open("learning", "Learning", "How it learnt");
  if (timed) add_training_time(page, *data.results);
  for (std::size_t i = 0; i < data.stages.size(); ++i) {
    const MetricStage& stage = data.stages[i];
    std::string about = stage.last_step > 1.0 ? format_count(stage.last_step) + " steps" : "";
    if (stage.seconds.has_value())
      about += (about.empty() ? "" : " \u00b7 ") + format_duration(*stage.seconds);
    page.body +=
        "<h3>" + escape_html(format_name(stage.name)) + element("small", "", about) + "</h3>\n";
    const auto facts = stage_facts(stage);
    if (!facts.empty()) {
      page.body += "<dl class=\"facts small\">";
      for (const auto& [name, value] : facts) page.body += fact(escape_html(name), value);
      page.body += "</dl>\n";
    }
    const std::vector<Chart> charts = stage_charts(stage);
    if (!charts.empty()) page.place_charts("stage-" + std::to_string(i), charts);
  }
  if (!data.stages.empty()) {
    page.caption_figure(
        "Curves of each stage, with the last value beside each name. Point to read a value, drag "
        "to zoom, double-click to return; the arrow keys move a focused chart's cursor. Losses "
        "that span a decade or more are on a logarithmic scale.");
  }
  page.close();
}

void add_push_test(Page& page, const std::vector<PushTestEntry>& entries) {
  std::vector<std::string> kinds;
  std::vector<std::int64_t> lengths;
  for (const PushTestEntry& entry : entries) {
    if (std::find(kinds.begin(), kinds.end(), entry.kind) == kinds.end())
      kinds.push_back(entry.kind);
    if (std::find(lengths.begin(), lengths.end(), entry.steps) == lengths.end())
      lengths.push_back(entry.steps);
  }
  std::sort(lengths.begin(), lengths.end());
  page.body +=
      "<table class=\"narrow-table agreement\"><thead><tr><th scope=\"col\">Pushed "
      "at</th>";
  for (const std::int64_t length : lengths)
    page.body += "<th scope=\"col\" class=\"number\">" + std::to_string(length) + " steps</th>";
  page.body += "</tr></thead><tbody>";
  for (const std::string& kind : kinds) {
    page.body += "<tr><th scope=\"row\">" + escape_html(format_name(kind)) + "</th>";
    for (const std::int64_t length : lengths) {
      const auto entry = std::find_if(
          entries.begin(), entries.end(),
          [&](const PushTestEntry& other) { return other.kind == kind && other.steps == length; });
      page.body += "<td class=\"number\">";
      if (entry == entries.end()) {
        page.body += kNothing;
      } else {
        std::string beside = "of " + std::to_string(entry->trials);
        if (entry->readable) beside += ", readable " + format_percent(*entry->readable);
        page.body += format_percent(entry->agreement) + element("span", "sub", beside);
      }
      page.body += "</td>";
    }
    page.body += "</tr>";
  }
  page.body += "</tbody></table>\n";
  page.caption_table(
      "The push test. Straight pushes at walls and doors, imagined and done: the share of "
      "trials in which both end on the same side. Readable: the share in which the probe reads "
      "even the true end right.");
}

/// Shares are shown as per cent; the name says which numbers are shares.
std::string format_probe(const std::string& name, double value) {
  for (const char* share : {"accuracy", "agreement", "_rate", "share", "fraction"}) {
    if (name.find(share) != std::string::npos && value >= 0.0 && value <= 1.0)
      return format_percent(value);
  }
  return format_number(value);
}

void add_probes(Page& page, const RunResults& results) {
  page.body +=
      "<table class=\"narrow-table\"><thead><tr><th scope=\"col\">Measure</th><th "
      "scope=\"col\" class=\"number\">Value</th></tr></thead><tbody>";
  for (const auto& [name, value] : results.probes) {
    page.body += "<tr><th scope=\"row\">" + escape_html(format_name(name)) +
                 "</th><td class=\"number\">" + format_probe(name, value) + "</td></tr>";
  }
  page.body += "</tbody></table>\n";
  page.caption_table(
      "What can be read from the learnt states. Probes are trained afterwards, on ground truth "
      "that neither learning nor planning sees.");
}

void add_diagnostics(Page& page, const ReportData& data) {
  const std::optional<Chart> rollout = rollout_chart(data.stages);
  const bool push = data.results.has_value() && !data.results->push_test.empty();
  const bool probes = data.results.has_value() && !data.results->probes.empty();
  if (!rollout.has_value() && !push && !probes) return;
  page.open("diagnostics", "Diagnostics", "Whether its imagination can be trusted");
  page.body += "<div class=\"columns\">\n";
  if (push || probes) {
    page.body += "<div>";
    if (push) add_push_test(page, data.results->push_test);
    if (probes) add_probes(page, *data.results);
    page.body += "</div>\n";
  }
  if (rollout.has_value()) {
    page.body += "<div>";
    page.place_charts("rollout", {*rollout}, true);
    page.caption_figure(
        "Error of imagined states against the states that came, by how far ahead they were "
        "imagined, at the end of each stage. Both axes are logarithmic.");
    page.body += "</div>\n";
  }
  page.body += "</div>\n";
  page.close();
}

void add_cost(Page& page, const ReportData& data) {
  const std::vector<Chart> charts = term_charts(data.films);
  const bool listed = data.results.has_value() && !data.results->cost_terms.empty();
  if (charts.empty() && !listed) return;
  page.open("cost", "Cost", "What the plans lower");
  if (listed) {
    page.body +=
        "<table class=\"narrow-table\"><thead><tr><th scope=\"col\">Term</th><th "
        "scope=\"col\">Meaning</th><th scope=\"col\" class=\"number\">Weight</th></tr>"
        "</thead><tbody>";
    for (const CostTermEntry& term : data.results->cost_terms) {
      page.body += "<tr><th scope=\"row\">" + escape_html(format_name(term.name)) + "</th><td>" +
                   escape_html(term.meaning) + "</td><td class=\"number\">" +
                   (term.weight.has_value() ? format_number(*term.weight) : kNothing) +
                   "</td></tr>";
    }
    page.body += "</tbody></table>\n";
    page.caption_table("The terms of the cost and their weights.");
  }
  if (!charts.empty()) {
    page.place_charts("terms", charts);
    page.caption_figure(
        "Each term along the filmed episodes, weighted, for the plan that was chosen. Green "
        "episodes reached their goal, red ones did not.");
  }
  page.close();
}

/// One line of TOML with its parts marked. Values are left whole: a string may hold anything.
std::string mark_toml_line(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  if (line[first] == '#') return element("span", "t-comment", escape_html(line));
  const std::size_t equals = line.find('=');
  if (line[first] == '[' && equals == std::string_view::npos)
    return element("span", "t-section", escape_html(line));
  if (equals == std::string_view::npos) return escape_html(line);
  return element("span", "t-key", escape_html(line.substr(0, equals))) + "=" +
         element("span", "t-value", escape_html(line.substr(equals + 1)));
}

void add_settings(Page& page, const std::string& toml) {
  if (toml.empty()) return;
  page.open("settings", "Settings", "Every setting of this run");
  std::string marked;
  std::size_t lines = 0;
  for (std::size_t begin = 0; begin < toml.size(); ++lines) {
    const std::size_t end = std::min(toml.find('\n', begin), toml.size());
    marked += mark_toml_line(std::string_view(toml).substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  page.body += "<details><summary><code>config.resolved.toml</code><small>" +
               std::to_string(lines) +
               " lines</small></summary><button type=\"button\" class=\"copy\" "
               "data-copy=\"settings-text\" hidden>Copy</button><pre id=\"settings-text\" "
               "tabindex=\"0\">" +
               marked + "</pre></details>\n";
  page.close();
}

/// A commit may go into a command only if a shell would read it as one plain word.
bool is_plain_word(const std::string& text) {
  return !text.empty() && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](unsigned char letter) {
           return std::isalnum(letter) != 0 || letter == '-' || letter == '_' || letter == '.';
         });
}

constexpr std::string_view kDirty = "-dirty";

bool is_dirty(const std::string& commit) { return commit.ends_with(kDirty); }

/// What git knows of "1a2b3c4-dirty".
std::string clean_commit(const std::string& commit) {
  return is_dirty(commit) ? commit.substr(0, commit.size() - kDirty.size()) : commit;
}

std::vector<std::string> repeat_commands(const ReportData& data) {
  if (data.results.has_value() && !data.results->repeat.empty()) return data.results->repeat;
  std::vector<std::string> commands;
  if (data.results.has_value() && is_plain_word(data.results->commit))
    commands.push_back("git checkout " + clean_commit(data.results->commit));
  commands.push_back("make build");
  commands.push_back("build/release/forethink run config.resolved.toml");
  return commands;
}

void add_repeat(Page& page, const ReportData& data) {
  page.open("repeat", "Repeat", "How to repeat it");
  page.body +=
      "<div class=\"code\"><button type=\"button\" class=\"copy\" "
      "data-copy=\"repeat-text\" hidden>Copy</button><pre id=\"repeat-text\" "
      "tabindex=\"0\">";
  for (const std::string& command : repeat_commands(data))
    page.body += "<span class=\"prompt\">$ </span>" + escape_html(command) + "\n";
  page.body += "</pre></div>\n";
  if (data.results.has_value() && is_dirty(data.results->commit))
    page.body += "<p>The code had changes that were not committed.</p>\n";
  if (!data.config_toml.empty()) {
    page.body +=
        "<p><code>config.resolved.toml</code> lies beside this report and stands above "
        "in full.</p>\n";
  }
  if (data.results.has_value() && !data.results->task_lists.empty()) {
    page.body +=
        "<table><thead><tr><th scope=\"col\">Tasks</th><th scope=\"col\" "
        "class=\"number\">Episodes</th><th scope=\"col\">Hash</th></tr></thead><tbody>";
    for (const TaskListEntry& list : data.results->task_lists) {
      page.body += "<tr><th scope=\"row\">" + escape_html(list.name) +
                   "</th><td class=\"number\">" + std::to_string(list.episodes) +
                   "</td><td class=\"hash\">" + escape_html(list.hash) + "</td></tr>";
    }
    page.body += "</tbody></table>\n";
    page.caption_table("The frozen task lists. Equal hashes mean equal tasks.");
  }
  page.close();
}

/// 'sha256-...' as a content security policy names an inline script or style.
std::string policy_source(const Part& part) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < part.sha256.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(part.sha256.substr(i, 2)), nullptr, 16));
  return " 'sha256-" + to_base64(bytes) + "'";
}

/// Nothing may be fetched, and only the page's own scripts and styles, known by digest, may run.
std::string security_policy() {
  return "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; script-src" +
         policy_source(report_parts::theme_js) + policy_source(report_parts::uPlot_iife_min_js) +
         policy_source(report_parts::lives_js) + policy_source(report_parts::report_js) +
         "; style-src" + policy_source(report_parts::uPlot_min_css) +
         policy_source(report_parts::report_css);
}

/// Puts values at {{name}}. One pass: what a value holds is never looked at again.
std::string fill_template(std::string_view text,
                          const std::map<std::string, std::string_view, std::less<>>& values) {
  std::string page;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t open = text.find("{{", begin);
    page += text.substr(begin, open == std::string_view::npos ? open : open - begin);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find("}}", open);
    page += values.at(std::string(text.substr(open + 2, close - open - 2)));
    begin = close + 2;
  }
  return page;
}

}  // namespace

std::string make_report(const ReportData& data) {
  if (data.lives.has_value()) data.lives->validate();
  const std::string experiment = data.results.has_value() ? data.results->experiment : "";
  const std::string title =
      escape_html(format_name(experiment.empty() ? data.run_name : experiment));
  Page page;
  add_result(page, data, title);
  if (data.results.has_value()) add_planners(page, *data.results);
  if (data.lives.has_value()) add_lives(page, *data.lives);
  add_films(page, data.films);
  add_learning(page, data);
  add_diagnostics(page, data);
  add_cost(page, data);
  add_settings(page, data.config_toml);
  add_repeat(page, data);

  nlohmann::json json = {{"charts", std::move(page.charts)},
                         {"films", nlohmann::json::array()},
                         {"stories", nlohmann::json::array()}};
  for (const Film& film : data.films) {
    json["films"].push_back(film_to_json(film));
    json["films"].back()["planner"] = format_planner(film.planner);
  }
  if (data.lives.has_value()) {
    for (const LifeStory& story : data.lives->stories)
      json["stories"].push_back(life_to_json(story));
  }
  const std::string page_title = title + " \u00b7 Forethink";
  const std::string policy = security_policy();
  // Text from a run may hold bytes that are not UTF-8; they become replacement characters.
  const std::string script_data =
      escape_json_for_script(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  const std::string footer =
      "<p>Made by Forethink. This page needs no network and sends nothing. Charts by uPlot, "
      "\u00a9 2022 Leon Sorokin, MIT licence (in the page's source).</p>";
  return fill_template(report_parts::report_html.text,
                       {{"title", page_title},
                        {"policy", policy},
                        {"navigation", page.navigation},
                        {"body", page.body},
                        {"footer", footer},
                        {"data", script_data},
                        {"css", report_parts::report_css.text},
                        {"uplot_css", report_parts::uPlot_min_css.text},
                        {"uplot_js", report_parts::uPlot_iife_min_js.text},
                        {"uplot_licence", report_parts::LICENSE.text},
                        {"theme_js", report_parts::theme_js.text},
                        {"lives_js", report_parts::lives_js.text},
                        {"js", report_parts::report_js.text}});
}

std::filesystem::path write_report(const std::filesystem::path& run_folder) {
  const std::filesystem::path path = run_folder / "report.html";
  write_file(path, make_report(read_report_data(run_folder)));
  return path;
}

}  // namespace forethink
