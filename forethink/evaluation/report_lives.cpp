// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/report_lives.h"

#include <algorithm>
#include <utility>

#include "forethink/evaluation/report_format.h"
#include "forethink/evaluation/report_json.h"

namespace forethink::report_page {
namespace {

using DriveNumbers = std::vector<std::pair<std::string, double>>;

// Lines of one chart that can still be told apart.
constexpr std::size_t kLinesMax = 8;

/// "0.21 ± 0.013": of an error, two digits are known at best.
std::string plus_minus(double error) {
  return "\u00b1\u00a0" + format_number(round_digits(error, 2));
}

bool is_random_agent(const LivesEntry& entry) { return entry.name == "random"; }

std::string agent_name(const LivesEntry& entry) {
  return is_random_agent(entry) ? "Random actions" : format_planner(entry.name);
}

std::string drive_heads(const std::vector<std::string>& drives) {
  std::string html;
  for (std::size_t i = 0; i < drives.size(); ++i) {
    html += "<th scope=\"col\" class=\"number\"><i class=\"" + swatch_class(i) + "\"></i>" +
            escape_html(format_name(drives[i])) + "</th>";
  }
  return html;
}

/// A table that may be wider than the page.
std::string open_scroll(const std::string& name) {
  return "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"" + name + "\">";
}

// ------------------------------------------------------------------ agents

/// A bar of the mean, with whiskers one standard error to each side.
std::string energy_cell(const std::string& fill, const LivesEntry& entry, double largest) {
  const double scale = largest > 0.0 ? 100.0 / largest : 0.0;
  const double low = std::max(0.0, entry.energy_mean - entry.energy_error) * scale;
  const double high = (entry.energy_mean + entry.energy_error) * scale;
  std::string bar =
      svg_rect("track", 0, 4, 100, 10) + svg_rect(fill, 0, 4, entry.energy_mean * scale, 10);
  if (high > low) {
    bar += svg_line("whisker", low, 9, high, 9) + svg_line("whisker", low, 4.5, low, 13.5) +
           svg_line("whisker", high, 4.5, high, 13.5);
  }
  return "<td class=\"energy\" data-label=\"Energy a step\"><div class=\"measure\">" +
         svg_scale(bar) + "<div class=\"reading\">" + format_number(entry.energy_mean) +
         element("small", "", plus_minus(entry.energy_error)) + "</div></div></td>";
}

void add_agents(Page& page, const LivesReport& report) {
  double largest = 0.0;
  for (const LivesEntry& entry : report.agents)
    largest = std::max(largest, entry.energy_mean + entry.energy_error);
  page.body +=
      "<table class=\"planners\"><thead><tr><th scope=\"col\">Agent</th><th "
      "scope=\"col\">Survival<small>0 to 100 %, 95 % interval</small></th><th "
      "scope=\"col\">Intrinsic energy<small>a step, \u00b1 standard error</small></th><th "
      "scope=\"col\" class=\"number\">Steps lived<small>mean</small></th><th scope=\"col\" "
      "class=\"number\">Model steps<small>an act</small></th><th scope=\"col\" "
      "class=\"number\">One act<small>median</small></th></tr></thead>\n<tbody>";
  for (const LivesEntry& entry : report.agents) {
    const bool headline = &entry == &report.agents.front(), random = is_random_agent(entry);
    const std::string fill = random ? "fill-soft" : "fill";
    std::string about = random ? "the floor" : escape_html(entry.mode);
    if (!about.empty()) about += " \u00b7 ";
    about += std::to_string(entry.alive) + " of " + std::to_string(entry.worlds) + " alive";
    page.body += headline ? "<tr class=\"headline\">" : random ? "<tr class=\"floor\">" : "<tr>";
    page.body += "<th scope=\"row\">" + escape_html(agent_name(entry)) +
                 element("span", "sub", about) + "</th>";
    page.body +=
        success_cell("Survival", fill, entry.survival_rate, entry.wilson_low, entry.wilson_high);
    page.body += energy_cell(fill, entry, largest);
    page.body += number_cell("Steps lived", format_number(entry.steps_mean));
    page.body += number_cell("Model steps", format_count(entry.model_steps_per_act));
    page.body += number_cell(
        "One act",
        element("div", "",
                format_duration(entry.act_ms_p50 / 1e3) +
                    element("span", "sub", "99th: " + format_duration(entry.act_ms_p99 / 1e3))));
    page.body += "</tr>\n";
  }
  page.body += "</tbody></table>\n";
  page.caption_table(
      "Who lives, and what it pays. Survival is the share of worlds in which the agent is alive "
      "after " +
      std::to_string(report.steps) +
      " steps, with its 95 % interval. Intrinsic energy is what the drives say that a step costs, "
      "the mean over lives; a life that ended goes on paying what its last step cost. A model step "
      "is one prediction of the world model for one candidate plan. The first row is the agent "
      "that the experiment set out to report.");
}

void add_survival(Page& page, const LivesReport& report) {
  std::vector<Chart> charts;
  std::size_t lines = 0;
  for (const LivesEntry& entry : report.agents) {
    const std::vector<double>& curve = entry.survival_curve;
    if (curve.empty()) continue;
    if (lines++ % kLinesMax == 0) charts.push_back({"Alive", "step", false, false, true, {}});
    ChartLine line{agent_name(entry), "", {}, curve};
    for (std::size_t i = 0; i < curve.size(); ++i) {
      line.x.push_back(static_cast<double>(report.steps) * static_cast<double>(i) /
                       static_cast<double>(curve.size() - 1));
    }
    charts.back().lines.push_back(std::move(line));
  }
  if (charts.empty()) return;
  page.place_charts("survival", charts, true);
  page.caption_figure("The share of worlds in which each agent is still alive.");
}

/// A row for each agent, with a stacked bar and the numbers it is made of.
void add_drive_table(Page& page, const LivesReport& report, DriveNumbers LivesEntry::*numbers,
                     const char* name, const char* total_name, const std::string& caption) {
  std::vector<std::string> drives;
  double largest = 0.0;
  const auto total = [&](const LivesEntry& entry) {
    double sum = 0.0;
    for (const auto& [drive, value] : entry.*numbers) sum += value;
    return sum;
  };
  for (const LivesEntry& entry : report.agents) {
    largest = std::max(largest, total(entry));
    for (const auto& [drive, value] : entry.*numbers) {
      if (std::find(drives.begin(), drives.end(), drive) == drives.end()) drives.push_back(drive);
    }
  }
  if (drives.empty()) return;
  page.body += open_scroll(name) +
               "<table class=\"drives\"><thead><tr><th scope=\"col\">Agent</th><th "
               "scope=\"col\" class=\"stack\">" +
               total_name + "</th>" + drive_heads(drives) + "</tr></thead>\n<tbody>";
  for (const LivesEntry& entry : report.agents) {
    if ((entry.*numbers).empty()) continue;
    std::string bar, cells;
    double begin = 0.0;
    for (std::size_t i = 0; i < drives.size(); ++i) {
      const auto found = std::find_if((entry.*numbers).begin(), (entry.*numbers).end(),
                                      [&](const auto& pair) { return pair.first == drives[i]; });
      const bool there = found != (entry.*numbers).end();
      const double width = there && largest > 0.0 ? 100.0 * found->second / largest : 0.0;
      if (width > 0.0) bar += svg_rect(swatch_class(i), begin, 2, std::max(width - 0.3, 0.1), 14);
      begin += width;
      cells += number_cell("", there ? format_number(found->second) : kNothing);
    }
    page.body += "<tr><th scope=\"row\">" + escape_html(agent_name(entry)) +
                 "</th><td><div class=\"measure\">" + svg_scale(bar) + "<div class=\"reading\">" +
                 format_number(total(entry)) + "</div></div></td>" + cells + "</tr>\n";
  }
  page.body += "</tbody></table></div>\n";
  page.caption_table(caption);
}

// ----------------------------------------------------------------- stories

void add_stories(Page& page, const LivesReport& report) {
  if (report.stories.empty()) return;
  page.open("stories", "Stories", "Lives told in full");
  page.body +=
      "<p class=\"caption\">Space plays, \u2190 \u2192 step, with Shift ten at a time; a click on "
      "a chart jumps.</p>\n<noscript><p class=\"empty\">Films and charts need JavaScript, which "
      "this browser does not run.</p></noscript>\n<div class=\"lives\">\n";
  for (std::size_t i = 0; i < report.stories.size(); ++i) {
    const LifeStory& story = report.stories[i];
    const std::string badge =
        story.alive ? "\u2713 alive"
                    : "\u2717 died" + (story.cause.empty() ? "" : ": " + escape_html(story.cause));
    page.body += "<article class=\"life\" data-life=\"" + std::to_string(i) + "\"><header>" +
                 element("span", story.alive ? "badge good" : "badge bad", badge) +
                 element("strong", "", escape_html(format_planner(story.agent))) +
                 element("span", "who",
                         "world " + std::to_string(story.world) + " \u00b7 lived " +
                             std::to_string(story.steps) + " of " + std::to_string(report.steps) +
                             " steps") +
                 "</header></article>\n";
  }
  page.body += "</div>\n";
  page.caption_figure(
      "Lives from above, beside what the agent felt and thought. Vitals: solid as they were, "
      "dotted as they had been predicted at the look before. Energy: the terms of the plan chosen "
      "at each look, weighted. Memory: how far away the place is that it returned for each need, "
      "and in which direction; a larger dot is remembered as worth more.");
  page.close();
}

// --------------------------------------------------------------- foresight

/// Bins in order of what was predicted; equal predictions are joined.
ChartLine calibration_line(const DriveCalibration& drive) {
  std::vector<CalibrationBin> bins = drive.bins;
  std::sort(bins.begin(), bins.end(), [](const CalibrationBin& left, const CalibrationBin& right) {
    return left.predicted < right.predicted;
  });
  ChartLine line{"realised", "", {}, {}, {}};
  std::int64_t count = 0;  // Of the last point.
  for (const CalibrationBin& bin : bins) {
    if (!line.x.empty() && bin.predicted <= line.x.back()) {
      const double share = static_cast<double>(bin.count) / static_cast<double>(bin.count + count);
      line.y.back() += share * (bin.realised - line.y.back());
      line.error.back() = std::max(line.error.back(), bin.standard_error);
      count += bin.count;
      continue;
    }
    line.x.push_back(bin.predicted);
    line.y.push_back(bin.realised);
    line.error.push_back(bin.standard_error);
    count = bin.count;
  }
  return line;
}

void add_calibration(Page& page, const std::vector<DriveCalibration>& calibration) {
  if (calibration.empty()) return;
  std::vector<Chart> charts;
  std::string rows;
  for (const DriveCalibration& drive : calibration) {
    const std::string name = format_name(drive.drive);
    rows += "<tr><th scope=\"row\">" + escape_html(name) + "</th>" +
            number_cell("", format_count(static_cast<double>(drive.count))) +
            number_cell("", format_number(drive.rank_correlation)) +
            number_cell("", format_number(drive.mean_error)) + "</tr>";
    if (drive.bins.empty()) continue;
    Chart chart{name + ", rank correlation " + format_number(drive.rank_correlation),
                "predicted",
                false,
                false,
                false,
                {calibration_line(drive)}};
    const std::vector<double> ends = {chart.lines[0].x.front(), chart.lines[0].x.back()};
    if (ends[0] < ends[1]) chart.lines.push_back({"as predicted", "guide", ends, ends});
    charts.push_back(std::move(chart));
  }
  page.body += "<h3>What the critic foretells</h3>\n";
  page.body +=
      "<table class=\"narrow-table\"><thead><tr><th scope=\"col\">Drive</th><th scope=\"col\" "
      "class=\"number\">Looks</th><th scope=\"col\" class=\"number\">Rank correlation</th><th "
      "scope=\"col\" class=\"number\">Mean error</th></tr></thead><tbody>" +
      rows + "</tbody></table>\n";
  page.caption_table(
      "What the critic foretold of each drive, against what the agent came to feel. The rank "
      "correlation is 0 where nothing of a drive was felt.");
  if (charts.empty()) return;
  page.place_charts("calibration", charts);
  page.caption_figure(
      "Energy that came, by the energy foretold, in bins of equally many looks; whiskers are one "
      "standard error. On the dashed line what is foretold comes true.");
}

void add_vitals_prediction(Page& page, const std::vector<VitalsPredictionEntry>& entries) {
  if (entries.empty()) return;
  std::vector<std::string> vitals;
  std::vector<std::int64_t> lengths;
  for (const VitalsPredictionEntry& entry : entries) {
    if (std::find(vitals.begin(), vitals.end(), entry.vital) == vitals.end())
      vitals.push_back(entry.vital);
    if (std::find(lengths.begin(), lengths.end(), entry.steps) == lengths.end())
      lengths.push_back(entry.steps);
  }
  std::sort(lengths.begin(), lengths.end());
  page.body += "<h3>How well vitals are imagined</h3>\n" +
               open_scroll("Errors of imagined vitals") +
               "<table class=\"narrow-table agreement\"><thead><tr><th scope=\"col\">Vital</th>";
  for (const std::int64_t length : lengths) {
    page.body += "<th scope=\"col\" class=\"number\">" + std::to_string(length) +
                 (length == 1 ? " step</th>" : " steps</th>");
  }
  page.body += "</tr></thead><tbody>";
  for (const std::string& vital : vitals) {
    page.body += "<tr><th scope=\"row\">" + escape_html(format_name(vital)) + "</th>";
    for (const std::int64_t length : lengths) {
      const auto entry = std::find_if(entries.begin(), entries.end(), [&](const auto& other) {
        return other.vital == vital && other.steps == length;
      });
      std::string text = kNothing;
      if (entry != entries.end()) {
        const bool worse = entry->error > entry->persistence_error;
        text =
            format_number(entry->error) + element("span", "sub",
                                                  std::string(worse ? "worse than " : "beside ") +
                                                      format_number(entry->persistence_error));
      }
      page.body += number_cell("", text);
    }
    page.body += "</tr>";
  }
  page.body += "</tbody></table></div>\n";
  page.caption_table(
      "Mean distance of imagined vitals from those that came, by model steps ahead; below it, that "
      "of the guess that nothing changes.");
}

}  // namespace

std::string lives_headline(const LivesReport& report) {
  const LivesEntry& first = report.agents.front();
  const std::string percent = format_percent(first.survival_rate);
  const std::string interval =
      format_interval(first.survival_rate, first.wilson_low, first.wilson_high);
  std::string html =
      "<div class=\"hero\">\n<div class=\"hero-number\">" +
      percent.substr(0, percent.find("\u00a0")) +
      "<span>%</span></div>\n<div class=\"hero-text\"><p><b>" + escape_html(agent_name(first)) +
      "</b> is alive after " + std::to_string(report.steps) + " steps in " +
      std::to_string(first.alive) + " of " + std::to_string(first.worlds) +
      " worlds.</p>\n<p class=\"range\">95 % interval (Wilson) " +
      interval.substr(interval.find('[')) + "</p></div>\n</div>\n<dl class=\"facts\">";
  html += fact("intrinsic energy a step",
               format_number(first.energy_mean) + " " + plus_minus(first.energy_error));
  html += fact("steps lived, mean", format_number(first.steps_mean));
  if (first.model_steps_per_act > 0.0)
    html += fact("model steps an act", format_count(first.model_steps_per_act));
  html += fact("one act, median", format_duration(first.act_ms_p50 / 1e3));
  const auto floor = std::find_if(report.agents.begin() + 1, report.agents.end(), is_random_agent);
  if (floor != report.agents.end()) {
    html += fact("survival at random", format_percent(floor->survival_rate));
    html += fact("energy at random",
                 format_number(floor->energy_mean) + " " + plus_minus(floor->energy_error));
  }
  return html + "</dl>\n";
}

void add_lives(Page& page, const LivesReport& report) {
  if (!report.agents.empty()) {
    page.open("lives", "Lives", "Who lives, and at what cost");
    add_agents(page, report);
    add_survival(page, report);
    add_drive_table(page, report, &LivesEntry::energy_by_drive, "Intrinsic energy by drive",
                    "Energy a step",
                    "Intrinsic energy by drive, the mean over lives. Lives that ended go on "
                    "paying as above.");
    page.close();
  }
  add_stories(page, report);
  const bool gaps = std::any_of(report.agents.begin(), report.agents.end(),
                                [](const LivesEntry& entry) { return !entry.honesty_gap.empty(); });
  if (!gaps && report.calibration.empty() && report.vitals_prediction.empty()) return;
  page.open("foresight", "Foresight", "Whether what it foresees comes true");
  add_drive_table(page, report, &LivesEntry::honesty_gap, "Honesty gap by drive", "Gap",
                  "The honesty gap: how far the intrinsic energy of what was predicted is from "
                  "that of what came, by drive. A plan that exploits a vital which the world model "
                  "predicts too well shows here.");
  add_calibration(page, report.calibration);
  add_vitals_prediction(page, report.vitals_prediction);
  page.close();
}

}  // namespace forethink::report_page
