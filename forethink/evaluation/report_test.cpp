// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What can be said of the page without a browser; tests/browser opens it in one.

#include "forethink/evaluation/report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "forethink/core/checksum.h"
#include "forethink/core/error.h"
#include "forethink/evaluation/report_base64.h"

namespace forethink {
namespace {

bool holds(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

std::size_t count(const std::string& page, const std::string& text) {
  std::size_t times = 0;
  for (std::size_t at = page.find(text); at != std::string::npos; at = page.find(text, at + 1))
    ++times;
  return times;
}

/// What stands between `open` and `close`, from `from` on.
std::string between(const std::string& page, const std::string& open, const std::string& close,
                    std::size_t from = 0) {
  const std::size_t begin = page.find(open, from) + open.size();
  return page.substr(begin, page.find(close, begin) - begin);
}

nlohmann::json embedded_data(const std::string& page) {
  return nlohmann::json::parse(
      between(page, "<script type=\"application/json\" id=\"report-data\">", "</script>"));
}

Film tiny_film(bool success) {
  Film film;
  film.planner = "iCEM";
  film.success = success;
  film.steps = 1;
  film.frames = torch::zeros({2, 4, 4, 3}, torch::kUInt8);
  film.goal_frame = torch::zeros({4, 4, 3}, torch::kUInt8);
  film.positions = torch::zeros({2, 2});
  film.terms = {"goal"};
  film.energy = torch::ones({2, 1});
  return film;
}

LivesReport tiny_lives() {
  LivesReport lives;
  LivesEntry entry;
  entry.name = "full";
  entry.mode = "deliberate";
  entry.worlds = 64;
  entry.alive = 58;
  entry.survival_rate = 58.0 / 64.0;
  entry.wilson_low = 0.81;
  entry.wilson_high = 0.956;
  entry.steps_mean = 961.0;
  entry.energy_mean = 0.21;
  entry.energy_error = 0.0126;
  entry.energy_by_drive = {{"hunger", 0.15}, {"thirst", 0.06}};
  entry.honesty_gap = {{"hunger", 0.0123}};
  entry.survival_curve = {1.0, 0.95, 58.0 / 64.0};
  LivesEntry random = entry;
  random.name = "random";
  random.honesty_gap.clear();
  lives.agents = {entry, random};
  LifeStory story;
  story.agent = "full";
  story.world = 12;
  story.alive = false;
  story.cause = "water";
  story.steps = 412;
  story.step = {0.0, 4.0};
  story.vitals = {{"water", {0.5, 0.4}}};
  story.frames = torch::zeros({2, 4, 6, 3}, torch::kUInt8);
  story.frame_step = story.step;
  lives.stories = {story};
  lives.calibration = {{"hunger",
                        1600,
                        0.8765,
                        0.05,
                        {{800, 0.1, 0.2, 0.01}, {800, 0.1, 0.4, 0.0}, {800, 0.3, 0.5, 0.02}}}};
  lives.vitals_prediction = {{1, "water", 0.01, 0.03}, {32, "water", 0.2, 0.1}};
  return lives;
}

ReportData full_data() {
  ReportData data;
  data.run_name = "demo";
  data.results = RunResults{};
  RunResults& results = *data.results;
  results.experiment = "four_rooms";
  results.commit = "abc123";
  results.seed = 3;
  results.task_lists = {{"list", "f00d", 300, {}}};
  results.training_seconds = {{"jepa", 300.0}};
  results.planners = {{"iCEM, roadmap", "list", "deliberate", "roadmap", 298.0 / 300.0, 0.976,
                       0.998, 300, 71.0, 1040.0, 0.054, 12.0, 18.0}};
  results.random_success_rate = 0.043;
  results.push_test = {{"wall", 5, 0.995, 200}};
  results.probes = {{"door_accuracy", 0.99}};
  results.reference = {{"H-JEPA", "", 0.96}};
  results.cost_terms = {{"goal", "distance", 0.5}};
  data.stages = {{"jepa", 10.0, 4.0, {{"loss", {0.0, 10.0}, {1.0, 0.5}}}}};
  data.films = {tiny_film(true), tiny_film(false)};
  data.config_toml = "# note\n[jepa]\nsteps = 10\n";
  data.lives = tiny_lives();
  return data;
}

TEST(Report, TellsTheResultWithoutAScript) {
  const std::string page = make_report(full_data());
  EXPECT_EQ(page.rfind("<!doctype html>", 0), 0U);
  EXPECT_TRUE(holds(page, "<title>Four rooms \u00b7 Forethink</title>"));
  EXPECT_TRUE(holds(page, "<div class=\"hero-number\">99.3<span>%</span></div>"));
  EXPECT_TRUE(holds(page, "</b> reaches 298 of 300 goals of <i>List</i>."));
  EXPECT_TRUE(holds(page, "[97.6, 99.8]"));
  EXPECT_TRUE(holds(page, "Random actions, the floor"));
  EXPECT_TRUE(holds(page, "H-JEPA"));
  EXPECT_TRUE(holds(page, "99.5\u00a0%"));
  EXPECT_TRUE(holds(page, "git checkout abc123"));
  EXPECT_TRUE(holds(page, "f00d"));
  EXPECT_TRUE(holds(page, "<span class=\"t-section\">[jepa]</span>"));
  for (const char* id : {"result", "planners", "lives", "stories", "foresight", "films", "learning",
                         "diagnostics", "cost", "settings", "repeat"}) {
    EXPECT_EQ(count(page, "<section id=\"" + std::string(id) + "\""), 1U) << id;
    EXPECT_TRUE(holds(page, "href=\"#" + std::string(id) + "\"")) << id;
  }
}

TEST(Report, TellsLivesWithoutAScript) {
  ReportData data;
  data.run_name = "meadow";
  data.lives = tiny_lives();
  const std::string page = make_report(data);
  EXPECT_FALSE(holds(page, "has not been evaluated yet"));
  EXPECT_TRUE(holds(page, "<div class=\"hero-number\">90.6<span>%</span></div>"));
  EXPECT_TRUE(holds(page, "<b>Full</b> is alive after 1000 steps in 58 of 64 worlds."));
  EXPECT_TRUE(holds(page, "[81.0, 95.6]"));
  EXPECT_TRUE(holds(page, "0.21 \u00b1\u00a00.013"));
  EXPECT_TRUE(holds(page, "a life that ended goes on paying what its last step cost"));
  EXPECT_TRUE(holds(page, "\u2717 died: water"));
  EXPECT_TRUE(holds(page, "world 12 \u00b7 lived 412 of 1000 steps"));
  EXPECT_TRUE(holds(page, "0.0123"));
  EXPECT_TRUE(holds(page, "0.876"));
  EXPECT_TRUE(holds(page, "beside 0.03<"));
  EXPECT_TRUE(holds(page, "worse than 0.1<"));
  std::size_t before = 0;
  for (const char* id : {"result", "lives", "stories", "foresight", "repeat"}) {
    const std::size_t at = page.find("<section id=\"" + std::string(id) + "\"");
    ASSERT_NE(at, std::string::npos) << id;
    EXPECT_GE(at, before) << id;
    EXPECT_TRUE(holds(page, "href=\"#" + std::string(id) + "\"")) << id;
    before = at;
  }
}

TEST(Report, CarriesLivesForTheScript) {
  const nlohmann::json data = embedded_data(make_report(full_data()));
  EXPECT_EQ(data["stories"].size(), 1U);
  EXPECT_EQ(data["stories"][0]["frame_count"], 2);
  EXPECT_EQ(data["charts"]["survival"][0]["lines"].size(), 2U);
  EXPECT_EQ(data["charts"]["survival"][0]["lines"][0]["x"], (std::vector<double>{0, 500, 1000}));
  // Two bins of the same prediction are one point: x must increase.
  const nlohmann::json& calibration = data["charts"]["calibration"][0];
  EXPECT_EQ(calibration["title"], "Hunger, rank correlation 0.876");
  EXPECT_EQ(calibration["lines"][0]["x"], (std::vector<double>{0.1, 0.3}));
  EXPECT_EQ(calibration["lines"][0]["y"], (std::vector<double>{0.3, 0.5}));
  EXPECT_EQ(calibration["lines"][0]["error"], (std::vector<double>{0.01, 0.02}));
  EXPECT_EQ(calibration["lines"][1]["tone"], "guide");
}

TEST(Report, LeavesOutPartsOfLivesWithoutData) {
  ReportData data;
  data.run_name = "young run";
  data.lives = LivesReport{};
  std::string page = make_report(data);
  EXPECT_TRUE(holds(page, "has not been evaluated yet"));
  for (const char* id : {"lives", "stories", "foresight"})
    EXPECT_FALSE(holds(page, "<section id=\"" + std::string(id) + "\"")) << id;
  data.lives = tiny_lives();
  for (LivesEntry& entry : data.lives->agents) {
    entry.survival_curve.clear();
    entry.energy_by_drive.clear();
    entry.honesty_gap.clear();
  }
  data.lives->stories.clear();
  data.lives->calibration.clear();
  data.lives->vitals_prediction.clear();
  page = make_report(data);
  EXPECT_TRUE(holds(page, "<section id=\"lives\""));
  for (const char* id : {"stories", "foresight"})
    EXPECT_FALSE(holds(page, "<section id=\"" + std::string(id) + "\"")) << id;
  EXPECT_FALSE(holds(page, "data-charts=\"survival\""));
  EXPECT_FALSE(holds(page, "class=\"drives\""));
  data.lives->agents[0].alive = 99;
  EXPECT_THROW(make_report(data), ConfigError);
}

TEST(Report, CarriesItsDataForTheScript) {
  const nlohmann::json data = embedded_data(make_report(full_data()));
  EXPECT_EQ(data["films"].size(), 2U);
  EXPECT_EQ(data["charts"]["stage-0"][0]["title"], "Loss");
  EXPECT_EQ(data["charts"]["terms"][0]["lines"].size(), 2U);
}

TEST(Report, LeavesOutSectionsWithoutData) {
  ReportData data;
  data.run_name = "young run";
  const std::string page = make_report(data);
  EXPECT_TRUE(holds(page, "<h1>Young run</h1>"));
  EXPECT_TRUE(holds(page, "has not been evaluated yet"));
  for (const char* id : {"planners", "films", "learning", "diagnostics", "cost", "settings"})
    EXPECT_FALSE(holds(page, "<section id=\"" + std::string(id) + "\"")) << id;
  EXPECT_TRUE(holds(page, "build/release/forethink run config.resolved.toml"));
}

TEST(Report, AMeasuredFloorStandsOnce) {
  ReportData data = full_data();
  data.lives.reset();
  data.results->planners.push_back(
      {"random", "list", "deliberate", "none", 0.01, 0.0, 0.03, 300, {}, 42.0, 0.002, 1.0, 2.0});
  const std::string page = make_report(data);
  EXPECT_EQ(count(page, "Random actions"), 1U);
  EXPECT_TRUE(holds(page, "[0, 3.0]"));
}

TEST(Report, TextFromARunStaysText) {
  const std::string attack = "</script><script>alert(1)</script>\"'><img src=x>{{data}}\xff";
  ReportData data = full_data();
  data.run_name = attack;
  data.config_toml = "key = \"" + attack + "\"\n";
  RunResults& results = *data.results;
  results.experiment = results.machine = results.commit = attack;
  results.planners[0].name = results.planners[0].tasks = results.planners[0].cost = attack;
  results.push_test[0].kind = results.reference[0].name = results.cost_terms[0].name = attack;
  results.cost_terms[0].meaning = results.task_lists[0].name = results.task_lists[0].hash = attack;
  results.probes[0].first = results.training_seconds[0].first = attack;
  results.repeat = {attack};
  data.stages[0].name = data.stages[0].series[0].name = attack;
  data.films[0].planner = data.films[0].terms[0] = attack;
  LivesReport& lives = *data.lives;
  for (LivesEntry& entry : lives.agents) {
    entry.name = entry.mode = attack;
    for (auto& [drive, value] : entry.energy_by_drive) drive += attack;
    for (auto& [drive, value] : entry.honesty_gap) drive = attack;
  }
  lives.stories[0].agent = lives.stories[0].cause = lives.stories[0].vitals[0].name = attack;
  lives.calibration[0].drive = lives.vitals_prediction[0].vital = attack;
  const std::string page = make_report(data);
  EXPECT_EQ(count(page, "<script>alert"), 0U);
  EXPECT_EQ(count(page, "<img"), 0U);
  // The page's own: two before the data, the data, two after them... and none more.
  EXPECT_EQ(count(page, "<script"), count(make_report(full_data()), "<script"));
  EXPECT_EQ(count(page, "</script"), count(make_report(full_data()), "</script"));
  const std::string kept = attack.substr(0, attack.size() - 1) + "\ufffd";
  EXPECT_EQ(embedded_data(page)["films"][0]["planner"], kept);
}

TEST(Report, ACommitThatIsNoPlainWordIsNotPutIntoACommand) {
  ReportData data = full_data();
  data.results->commit = "x; rm -r .";
  EXPECT_FALSE(holds(make_report(data), "git checkout"));
  data.results->commit = "1a2b3c4-dirty";
  EXPECT_TRUE(holds(make_report(data), "git checkout 1a2b3c4\n"));
  EXPECT_TRUE(holds(make_report(data), "changes that were not committed"));
  data.results->commit = "--upload-pack=x";
  EXPECT_FALSE(holds(make_report(data), "git checkout"));
}

TEST(Report, PolicyAllowsItsOwnScriptsAndNothingElse) {
  const std::string page = make_report(full_data());
  const std::string policy = between(page, "Content-Security-Policy\" content=\"", "\">");
  EXPECT_EQ(policy.rfind("default-src 'none'; img-src data:;", 0), 0U);
  EXPECT_FALSE(holds(policy, "unsafe"));
  EXPECT_FALSE(holds(policy, "http"));
  std::size_t scripts = 0;
  for (std::size_t at = page.find("<script>"); at != std::string::npos;
       at = page.find("<script>", at + 1)) {
    const std::string hex = sha256(between(page, "<script>", "</script>", at));
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
      bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    EXPECT_TRUE(holds(policy, "'sha256-" + to_base64(bytes) + "'"));
    ++scripts;
  }
  EXPECT_EQ(scripts, 4U);
  // Attributes of style or event would be refused by the policy; there must be none.
  const std::string body = between(page, "<main", "</main>");
  EXPECT_FALSE(holds(body, " style="));
  EXPECT_FALSE(holds(body, " onclick="));
  EXPECT_TRUE(holds(page, "Copyright (c) 2022 Leon Sorokin"));
}

TEST(Report, IsWrittenIntoTheRunFolder) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("forethink-report-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  EXPECT_THROW(write_report(folder), IoError);
  std::ofstream(folder / "config.resolved.toml") << "seed = 1\n";
  const auto path = write_report(folder);
  EXPECT_EQ(path, folder / "report.html");
  EXPECT_GT(std::filesystem::file_size(path), 50000U);
  std::ofstream(folder / "results.json") << R"({"experiment": 1})";
  EXPECT_THROW(write_report(folder), DataError);
  std::filesystem::remove_all(folder);
}

TEST(Report, AMillionPointsStaySmall) {
  ReportData data = full_data();
  MetricSeries series{"loss", {}, {}};
  for (int i = 0; i < 50000; ++i) {
    series.steps.push_back(i);
    series.values.push_back(1.0 / (1 + i % 100));
  }
  for (int k = 0; k < 20; ++k) {
    series.name = "metric_" + std::to_string(k);
    data.stages[0].series.push_back(series);
  }
  EXPECT_LT(make_report(data).size(), 600U * 1024U);
}

}  // namespace
}  // namespace forethink
