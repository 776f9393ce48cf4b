// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/report_data.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "forethink/core/error.h"

namespace forethink {
namespace {

/// A folder of its own for each test, removed afterwards.
class RunFolderFiles : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = std::filesystem::temp_directory_path() /
              ("forethink-" + name + "-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  /// What the reader says of results.json with this text, without the folder.
  std::string results_refusal(const std::string& text) const {
    try {
      read_results(write("results.json", text));
    } catch (const DataError& error) {
      const std::string message = error.what();
      return message.substr(message.find("results.json"));
    }
    return "no DataError";
  }

  std::string metrics_refusal(const std::string& text) const {
    try {
      read_metrics(write("metrics.jsonl", text));
    } catch (const DataError& error) {
      const std::string message = error.what();
      return message.substr(message.find("metrics.jsonl"));
    }
    return "no DataError";
  }

  std::filesystem::path folder_;
};

TEST_F(RunFolderFiles, ResultsComeBackAsTheyWere) {
  RunResults results;
  results.experiment = "four_rooms";
  results.machine = "two cores";
  results.commit = "abc123";
  results.seed = 7;
  results.task_lists = {{"a", "hash", 300, 0.04}, {"b", "", 50, {}}};
  results.training_seconds = {{"zebra", 3.0}, {"ant", 1.5}};
  PlannerEntry full{"iCEM", "a",  "deliberate", "roadmap", 0.99, 0.97, 0.995,
                    300,    71.0, 1040.0,       0.05,      12.0, 18.0};
  PlannerEntry sparse{"CEM", "", "", "", 0.5, 0.4, 0.6, 10, {}, {}, {}, {}, {}};
  results.planners = {full, sparse};
  results.random_success_rate = 0.05;
  results.push_test = {{"wall", 5, 0.99, 200, 0.995}};
  results.probes = {{"position", 3.1}};
  results.reference = {{"other", "a", 0.96}};
  results.cost_terms = {{"goal", "distance", 0.5}, {"effort", "", {}}};
  results.repeat = {"make demo"};
  write_results(folder_ / "results.json", results);
  const RunResults back = read_results(folder_ / "results.json");
  EXPECT_EQ(back.experiment, "four_rooms");
  EXPECT_EQ(back.seed, 7);
  ASSERT_EQ(back.task_lists.size(), 2U);
  EXPECT_EQ(back.task_lists[0].random_success_rate, 0.04);
  EXPECT_FALSE(back.task_lists[1].random_success_rate.has_value());
  // In the order of the file, not of the alphabet.
  EXPECT_EQ(back.training_seconds, results.training_seconds);
  ASSERT_EQ(back.planners.size(), 2U);
  EXPECT_EQ(back.planners[0].plan_ms_p99, 18.0);
  EXPECT_EQ(back.planners[0].steps_to_success_median, 71.0);
  EXPECT_FALSE(back.planners[1].model_steps_per_episode.has_value());
  EXPECT_EQ(back.random_success_rate, 0.05);
  EXPECT_EQ(back.push_test[0].agreement, 0.99);
  EXPECT_EQ(back.push_test[0].readable, 0.995);
  EXPECT_EQ(back.probes, results.probes);
  EXPECT_EQ(back.reference[0].tasks, "a");
  EXPECT_EQ(back.cost_terms[0].weight, 0.5);
  EXPECT_FALSE(back.cost_terms[1].weight.has_value());
  EXPECT_EQ(back.repeat, results.repeat);
}

TEST_F(RunFolderFiles, OnlyTheExperimentIsNeededInResults) {
  const RunResults results = read_results(write("results.json", R"({"experiment": "x"})"));
  EXPECT_EQ(results.experiment, "x");
  EXPECT_TRUE(results.planners.empty());
  EXPECT_FALSE(results.seed.has_value());
}

TEST_F(RunFolderFiles, RefusesMalformedResultsByFileAndField) {
  EXPECT_EQ(results_refusal("{}"), "results.json: experiment is missing");
  EXPECT_EQ(results_refusal("[]"), "results.json: is array, must be an object {...}");
  EXPECT_EQ(results_refusal("{").find("results.json: not valid JSON"), 0U);
  EXPECT_EQ(results_refusal(R"({"experiment": 3})"),
            "results.json: experiment is number, must be a string");
  EXPECT_EQ(results_refusal(R"({"experiment": "x", "planners": {}})"),
            "results.json: planners is object, must be an array [...]");
  EXPECT_EQ(results_refusal(R"({"experiment": "x", "planners": [{"name": "a"}]})"),
            "results.json, planners[0]: success_rate is missing");
  EXPECT_EQ(
      results_refusal(R"({"experiment": "x", "planners": [{"name": "a", "success_rate": 99.3}]})"),
      "results.json, planners[0]: success_rate = 99.3, must be in [0.0, 1.0]");
  EXPECT_EQ(results_refusal(R"({"experiment": "x", "planners": [{"name": "a", "success_rate": 0.5,
                "wilson_low": 0.6, "wilson_high": 0.4, "episodes": 3}]})"),
            "results.json, planners[0]: wilson_high = 0.4, must be in [0.6, 1.0]");
  EXPECT_EQ(results_refusal(R"({"experiment": "x", "training_seconds": {"jepa": "long"}})"),
            "results.json: training_seconds.jepa is string, must be a number");
  EXPECT_EQ(results_refusal(R"({"experiment": "x", "training_seconds": {"jepa": -1}})"),
            "results.json: training_seconds.jepa must be >= 0");
}

TEST_F(RunFolderFiles, MetricsAreGatheredByStageInOrder) {
  const auto stages = read_metrics(write("metrics.jsonl",
                                         R"({"stage":"jepa","step":0,"time":1.0,"loss":2.0}
{"stage":"jepa","step":10,"time":3.5,"loss":1.0,"rollout_error":{"1":0.1,"8":0.4},"note":"x"}

{"stage":"critic","step":5,"loss":0.5,"broken":null}
)"));
  ASSERT_EQ(stages.size(), 2U);
  EXPECT_EQ(stages[0].name, "jepa");
  EXPECT_EQ(stages[0].last_step, 10.0);
  EXPECT_EQ(stages[0].seconds, 2.5);
  ASSERT_EQ(stages[0].series.size(), 3U);
  EXPECT_EQ(stages[0].series[0].name, "loss");
  EXPECT_EQ(stages[0].series[0].values, (std::vector<double>{2.0, 1.0}));
  EXPECT_EQ(stages[0].series[2].name, "rollout_error_8");
  EXPECT_EQ(stages[0].series[2].steps, std::vector<double>{10.0});
  EXPECT_FALSE(stages[1].seconds.has_value());
  EXPECT_EQ(stages[1].series.size(), 1U);
}

TEST_F(RunFolderFiles, AfterAResumeTheLaterLineCounts) {
  const auto stages = read_metrics(write("metrics.jsonl", R"({"stage":"s","step":0,"loss":9}
{"stage":"s","step":10,"loss":8}
{"stage":"s","step":20,"loss":7}
{"stage":"s","step":10,"loss":5}
{"stage":"s","step":30,"loss":4}
)"));
  EXPECT_EQ(stages[0].series[0].steps, (std::vector<double>{0, 10, 30}));
  EXPECT_EQ(stages[0].series[0].values, (std::vector<double>{9, 5, 4}));
}

TEST_F(RunFolderFiles, LinesOfOneStepBelongTogether) {
  const auto stages = read_metrics(write("metrics.jsonl", R"({"stage":"s","step":10,"loss":9}
{"stage":"s","step":10,"effective_rank":50}
{"stage":"s","step":20,"loss":8}
{"stage":"s","step":20,"loss":7}
)"));
  ASSERT_EQ(stages[0].series.size(), 2U);
  EXPECT_EQ(stages[0].series[0].values, (std::vector<double>{9, 7}));
  EXPECT_EQ(stages[0].series[1].values, std::vector<double>{50});
}

TEST_F(RunFolderFiles, ALastLineThatAKillCutShortIsLeftOut) {
  const auto stages =
      read_metrics(write("metrics.jsonl", "{\"stage\":\"s\",\"step\":0,\"loss\":9}\n{\"stage\":"));
  ASSERT_EQ(stages.size(), 1U);
  EXPECT_EQ(stages[0].series[0].values.size(), 1U);
}

TEST_F(RunFolderFiles, RefusesMalformedMetricsByLineAndField) {
  EXPECT_EQ(metrics_refusal("{\"stage\":\"s\",\"step\":0}\n{\"step\":1}\n"),
            "metrics.jsonl:2: stage is missing");
  EXPECT_EQ(metrics_refusal("{\"stage\":\"s\",\"step\":-1}\n"),
            "metrics.jsonl:1: step = -1, must be >= 0.0");
  EXPECT_EQ(metrics_refusal("garbage\n").find("metrics.jsonl:1: not valid JSON"), 0U);
}

TEST_F(RunFolderFiles, AFolderNeedsOneOfTheFiles) {
  EXPECT_THROW(read_report_data(folder_ / "missing"), IoError);
  EXPECT_THROW(read_report_data(folder_), IoError);
  write("config.resolved.toml", "seed = 1\n");
  const ReportData data = read_report_data(folder_ / "");
  EXPECT_EQ(data.run_name, folder_.filename().string());
  EXPECT_EQ(data.config_toml, "seed = 1\n");
  EXPECT_FALSE(data.results.has_value());
  EXPECT_TRUE(data.films.empty());
  EXPECT_FALSE(data.lives.has_value());
  write("lives.json", R"({"version": 1, "steps": 7, "agents": []})");
  EXPECT_EQ(read_report_data(folder_).lives.value().steps, 7);
  write("films.json", "{}");
  EXPECT_THROW(read_report_data(folder_), DataError);
}

}  // namespace
}  // namespace forethink
