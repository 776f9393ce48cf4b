// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/lives.h"

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "forethink/core/error.h"
#include "forethink/core/files.h"

namespace forethink {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

LivesReport small_lives() {
  LivesReport report;
  report.steps = 20;
  LivesEntry entry;
  entry.name = "full";
  entry.mode = "deliberate";
  entry.worlds = 4;
  entry.alive = 3;
  entry.survival_rate = 0.75;
  entry.wilson_low = 0.3;
  entry.wilson_high = 0.95;
  entry.steps_mean = 18.5;
  entry.energy_mean = 0.25;
  entry.energy_error = 0.03;
  entry.energy_by_drive = {{"thirst", 0.2}, {"hunger", 0.05}};
  entry.honesty_gap = {{"thirst", 0.01}};
  entry.model_steps_per_act = 512.0;
  entry.act_ms_p50 = 3.0;
  entry.act_ms_p99 = 9.0;
  entry.survival_curve = {1.0, 1.0, 0.75};
  report.agents = {entry};
  LifeStory story;
  story.agent = "full";
  story.world = 2;
  story.alive = false;
  story.cause = "water";
  story.steps = 9;
  story.step = {0.0, 4.0, 8.0};
  story.vitals = {{"water", {0.5, 0.25, 0.125}}};
  story.predicted_vitals = {{"water", {kNothing, 0.3, 0.1}}};
  story.energy_terms = {{"thirst", {0.1, kNothing, 0.8}}};
  story.ways = {{"thirst", {kNothing, 3.0, 2.0}, {kNothing, -4.0, 0.5}, {kNothing, 0.7, 0.6}}};
  // More than one picture of 64 frames, and not full; few colours, so that they stay as they are.
  story.frames = torch::arange(70).view({70, 1, 1, 1}).repeat({1, 6, 8, 3}).to(torch::kUInt8);
  for (int i = 0; i < 70; ++i) story.frame_step.push_back(i);
  report.stories = {story};
  report.calibration = {{"thirst", 90, 0.8, 0.05, {{45, 0.1, 0.12, 0.01}, {45, 0.4, 0.5, 0.02}}}};
  report.vitals_prediction = {{8, "water", 0.01, 0.03}};
  return report;
}

void expect_same(const std::vector<double>& came, const std::vector<double>& wanted) {
  ASSERT_EQ(came.size(), wanted.size());
  for (std::size_t i = 0; i < came.size(); ++i) {
    EXPECT_TRUE(came[i] == wanted[i] || (std::isnan(came[i]) && std::isnan(wanted[i])))
        << i << ": " << came[i] << ", not " << wanted[i];
  }
}

/// A folder of its own for each test, removed afterwards.
class LivesFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("forethink-lives-" +
               std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + "-" +
               std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "lives.json";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  nlohmann::json written() const {
    write_lives(path_, small_lives());
    return nlohmann::json::parse(read_file(path_));
  }

  /// What the reader says of this JSON, without the folder.
  std::string refusal(const nlohmann::json& json) const {
    std::ofstream(path_) << json;
    try {
      read_lives(path_);
    } catch (const DataError& error) {
      const std::string message = error.what();
      return message.substr(message.find("lives.json"));
    }
    return "no DataError";
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
};

TEST_F(LivesFile, ComesBackAsItWas) {
  const LivesReport lives = small_lives();
  write_lives(path_, lives);
  const LivesReport back = read_lives(path_);
  EXPECT_EQ(back.steps, 20);
  ASSERT_EQ(back.agents.size(), 1U);
  const LivesEntry &entry = back.agents[0], &wanted = lives.agents[0];
  EXPECT_EQ(entry.name, "full");
  EXPECT_EQ(entry.mode, "deliberate");
  EXPECT_EQ(entry.worlds, 4);
  EXPECT_EQ(entry.alive, 3);
  EXPECT_EQ(entry.survival_rate, 0.75);
  EXPECT_EQ(entry.wilson_low, 0.3);
  EXPECT_EQ(entry.wilson_high, 0.95);
  EXPECT_EQ(entry.steps_mean, 18.5);
  EXPECT_EQ(entry.energy_mean, 0.25);
  EXPECT_EQ(entry.energy_error, 0.03);
  // In the order given, not of the alphabet.
  EXPECT_EQ(entry.energy_by_drive, wanted.energy_by_drive);
  EXPECT_EQ(entry.honesty_gap, wanted.honesty_gap);
  EXPECT_EQ(entry.model_steps_per_act, 512.0);
  EXPECT_EQ(entry.act_ms_p50, 3.0);
  EXPECT_EQ(entry.act_ms_p99, 9.0);
  EXPECT_EQ(entry.survival_curve, wanted.survival_curve);
  ASSERT_EQ(back.calibration.size(), 1U);
  EXPECT_EQ(back.calibration[0].drive, "thirst");
  EXPECT_EQ(back.calibration[0].count, 90);
  EXPECT_EQ(back.calibration[0].rank_correlation, 0.8);
  EXPECT_EQ(back.calibration[0].mean_error, 0.05);
  ASSERT_EQ(back.calibration[0].bins.size(), 2U);
  EXPECT_EQ(back.calibration[0].bins[1].realised, 0.5);
  EXPECT_EQ(back.calibration[0].bins[1].standard_error, 0.02);
  ASSERT_EQ(back.vitals_prediction.size(), 1U);
  EXPECT_EQ(back.vitals_prediction[0].vital, "water");
  EXPECT_EQ(back.vitals_prediction[0].persistence_error, 0.03);
}

TEST_F(LivesFile, StoriesComeBackAsTheyWere) {
  const LifeStory wanted = small_lives().stories[0];
  write_lives(path_, small_lives());
  const LivesReport back = read_lives(path_);
  ASSERT_EQ(back.stories.size(), 1U);
  const LifeStory& story = back.stories[0];
  EXPECT_EQ(story.agent, "full");
  EXPECT_EQ(story.world, 2);
  EXPECT_FALSE(story.alive);
  EXPECT_EQ(story.cause, "water");
  EXPECT_EQ(story.steps, 9);
  expect_same(story.step, wanted.step);
  ASSERT_EQ(story.vitals.size(), 1U);
  expect_same(story.vitals[0].values, wanted.vitals[0].values);
  ASSERT_EQ(story.predicted_vitals.size(), 1U);
  expect_same(story.predicted_vitals[0].values, wanted.predicted_vitals[0].values);
  ASSERT_EQ(story.energy_terms.size(), 1U);
  EXPECT_EQ(story.energy_terms[0].name, "thirst");
  expect_same(story.energy_terms[0].values, wanted.energy_terms[0].values);
  ASSERT_EQ(story.ways.size(), 1U);
  expect_same(story.ways[0].x, wanted.ways[0].x);
  expect_same(story.ways[0].y, wanted.ways[0].y);
  expect_same(story.ways[0].worth, wanted.ways[0].worth);
  EXPECT_TRUE(torch::equal(story.frames, wanted.frames));
  expect_same(story.frame_step, wanted.frame_step);
}

TEST_F(LivesFile, OnlyAgentsAreNeeded) {
  EXPECT_EQ(refusal({{"version", 1}, {"steps", 5}, {"agents", nlohmann::json::array()}}),
            "no DataError");
  EXPECT_EQ(refusal({{"version", 1}, {"steps", 5}}), "lives.json: agents is missing");
  EXPECT_EQ(refusal({{"version", 2}, {"steps", 5}}), "lives.json: version must be 1");
}

TEST_F(LivesFile, RefusesMalformedAgentsByFileAndField) {
  const nlohmann::json good = written();
  const auto with = [&](const char* field, const nlohmann::json& value) {
    nlohmann::json json = good;
    json["agents"][0][field] = value;
    return refusal(json);
  };
  EXPECT_EQ(with("name", 3), "lives.json, agents[0]: name is number, must be a string");
  EXPECT_EQ(with("worlds", 0), "lives.json, agents[0]: worlds = 0, must be >= 1");
  EXPECT_EQ(with("alive", 5),
            "lives.json: lives.agents[0].alive = 5, must satisfy 0 <= alive <= worlds");
  EXPECT_EQ(
      with("survival_rate", 99.3),
      "lives.json: lives.agents[0].survival_rate = 99.3, must satisfy 0.0 <= survival_rate <= "
      "1.0");
  EXPECT_EQ(with("energy_mean", nullptr), "lives.json, agents[0]: energy_mean is missing");
  EXPECT_EQ(with("energy_by_drive", {{{"name", "cold"}}}),
            "lives.json, agents[0], energy_by_drive[0]: value is missing");
  EXPECT_EQ(
      with("survival_curve", {1.0}),
      "lives.json: lives.agents[0].survival_curve = 1, must satisfy no value, or two and more");
}

TEST_F(LivesFile, RefusesMalformedStoriesByFileAndField) {
  const nlohmann::json good = written();
  const auto with = [&](const char* pointer, const nlohmann::json& value) {
    nlohmann::json json = good;
    json["stories"][0][nlohmann::json::json_pointer(pointer)] = value;
    return refusal(json);
  };
  EXPECT_EQ(with("/step", {0, 4, 4}),
            "lives.json: lives.stories[0].step[2] = 4, must satisfy finite, more than the one "
            "before");
  EXPECT_EQ(
      with("/vitals/0/values", {0.5, 0.25}),
      "lives.json: lives.stories[0].vitals.water has 2 values, must have 3, one for each step");
  // Only what is predicted, planned or remembered may be absent.
  EXPECT_EQ(with("/vitals/0/values", {0.5, nullptr, 0.5}),
            "lives.json, stories[0], vitals[0]: values must hold numbers, holds null");
  EXPECT_EQ(with("/ways/0/x", {1, "far", 2}),
            "lives.json, stories[0], ways[0]: x must hold numbers, holds string");
  EXPECT_EQ(
      with("/frame_step", {1, 2, 3}),
      "lives.json: lives.stories[0].frames must be uint8 [N, Y, X, 3], a frame for each of the "
      "3 values of frame_step");
  EXPECT_EQ(with("/frames_png", {"AAAA"}),
            "lives.json, stories[0]: frames_png must hold 2 pictures");
  EXPECT_EQ(
      with("/frames_png/1", "AAAA").find("lives.json, stories[0]: frames_png[1] is not a PNG"), 0U);
  EXPECT_EQ(with("/frame_count", 1LL << 40),
            "lives.json, stories[0]: frame_count x height x width is more than this reader takes");
  EXPECT_EQ(with("/frame_height", 7).find("lives.json, stories[0]: frames_png[0] is a picture of"),
            0U);
}

TEST_F(LivesFile, RefusesMalformedDiagnosesByFileAndField) {
  nlohmann::json json = written();
  json["calibration"][0]["rank_correlation"] = 1.5;
  EXPECT_EQ(refusal(json),
            "lives.json: lives.calibration[0].rank_correlation = 1.5, must satisfy -1.0 <= "
            "rank_correlation <= 1.0");
  json = written();
  json["calibration"][0]["bins"][1].erase("count");
  EXPECT_EQ(refusal(json), "lives.json, calibration[0], bins[1]: count is missing");
  json = written();
  json["vitals_prediction"][0]["steps"] = 0;
  EXPECT_EQ(refusal(json), "lives.json, vitals_prediction[0]: steps = 0, must be >= 1");
}

TEST_F(LivesFile, WritesNothingThatItsReaderRefuses) {
  LivesReport lives = small_lives();
  lives.agents[0].energy_mean = kNothing;
  EXPECT_THROW(write_lives(path_, lives), ConfigError);
  lives = small_lives();
  lives.stories[0].ways[0].worth.pop_back();
  EXPECT_THROW(write_lives(path_, lives), ShapeError);
  lives = small_lives();
  lives.stories[0].frames = torch::zeros({70, 6, 8, 3});
  EXPECT_THROW(write_lives(path_, lives), ShapeError);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace forethink
