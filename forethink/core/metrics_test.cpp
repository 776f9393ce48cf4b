// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "forethink/core/error.h"
#include "forethink/core/files.h"
#include "forethink/core/test_folder.h"

namespace forethink {
namespace {

namespace fs = std::filesystem;

std::string read_events(const fs::path& folder) {
  std::string bytes;
  int files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().find("tfevents") == std::string::npos) continue;
    bytes = read_file(entry.path());
    ++files;
  }
  EXPECT_EQ(files, 1);
  return bytes;
}

// A known answer of TensorFlow's record format: the event with file_version "CRC test, one two".
TEST(Metrics, EventRecordKnownAnswer) {
  const std::string record = detail::event_record(
      "\x1a\x11"
      "CRC test, one two");
  ASSERT_EQ(record.size(), 8U + 4U + 19U + 4U);
  EXPECT_EQ(record.substr(0, 8), std::string("\x13\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(record.substr(12, 19),
            "\x1a\x11"
            "CRC test, one two");
  EXPECT_EQ(record.substr(31), "\x8a\xd0\x94\x57");  // 0x5794d08a
}

TEST(Metrics, EventBytes) {
  EXPECT_EQ(detail::version_event(1.0, "v"), std::string("\x09\0\0\0\0\0\0\xf0\x3f\x1a\x01v", 12));
  // step 300 is the varint ac 02; 1.0f is 0000803f.
  EXPECT_EQ(detail::scalars_event({"w", 300, 1.0, {{"a", 1.0}}}),
            std::string("\x09\0\0\0\0\0\0\xf0\x3f"
                        "\x10\xac\x02"
                        "\x2a\x0c"
                        "\x0a\x0a"
                        "\x0a\x03w/a"
                        "\x15\0\0\x80\x3f",
                        26));
}

TEST(Metrics, WhatIsWrittenIsRead) {
  const TestFolder folder;
  MetricsWriter metrics(folder.path() / "run");
  metrics.write("jepa", 20, {{"loss", 1.0 / 3.0}, {"rank", 12}});
  metrics.write("jepa", 40,
                {{"loss", std::numeric_limits<double>::quiet_NaN()},
                 {"norm", -std::numeric_limits<double>::infinity()}});
  const std::string text = read_file(folder.path() / "run/metrics.jsonl");
  EXPECT_TRUE(text.starts_with("{\"stage\":\"jepa\",\"step\":20,\"time\":"));
  EXPECT_NE(text.find("\"loss\":0.3333333333333333,\"rank\":12.0}\n"), std::string::npos);
  EXPECT_NE(text.find("\"loss\":null,\"norm\":null}\n"), std::string::npos);

  const auto lines = read_metric_lines(folder.path() / "run/metrics.jsonl");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].stage, "jepa");
  EXPECT_EQ(lines[0].step, 20);
  EXPECT_EQ(lines[0].values.at("loss"), 1.0 / 3.0);
  EXPECT_GT(lines[0].time_s, 1.7e9);
  EXPECT_TRUE(std::isnan(lines[1].values.at("loss")));
  EXPECT_EQ(lines[1].values.count("time"), 0U);
}

TEST(Metrics, ATakenNameIsRefused) {
  const TestFolder folder;
  MetricsWriter metrics(folder.path());
  EXPECT_EQ(error_text<ConfigError>([&] {
              metrics.write("jepa", 1, {{"step", 1.0}});
            }),
            "metric \"step\" needs another name, it is taken");
}

TEST(Metrics, ResumeDropsTheLaterStepsOfThatStageOnly) {
  const TestFolder folder;
  {
    MetricsWriter metrics(folder.path());
    metrics.write("jepa", 10, {{"loss", 1.0}});
    metrics.write("critic", 30, {{"loss", 2.0}});
    metrics.write("jepa", 20, {{"loss", 3.0}});
    metrics.write("jepa", 30, {{"loss", 4.0}});
  }
  const std::size_t events_before = read_events(folder.path()).size();
  MetricsWriter metrics(folder.path());
  EXPECT_EQ(read_events(folder.path()).size(), events_before);
  metrics.resume_at("jepa", 20);
  metrics.write("jepa", 30, {{"loss", 5.0}});
  EXPECT_EQ(read_events(folder.path()).size(), events_before);

  std::string seen;
  for (const MetricLine& line : read_metric_lines(folder.path() / "metrics.jsonl")) {
    seen += line.stage + std::to_string(line.step) + "=" +
            std::to_string(static_cast<int>(line.values.at("loss"))) + " ";
  }
  EXPECT_EQ(seen, "jepa10=1 critic30=2 jepa20=3 jepa30=5 ");
}

TEST(Metrics, ATornLastLineIsLeftOutAndCutOff) {
  const TestFolder folder;
  const fs::path log = folder.path() / "metrics.jsonl";
  const std::string whole = "{\"stage\":\"w\",\"step\":1,\"time\":2.5,\"a\":3.0}\n";
  for (std::size_t cut = 0; cut < whole.size() - 1; ++cut) {
    EXPECT_EQ(parse_metric_lines(whole + whole.substr(0, cut), "log").size(), 1U) << cut;
  }
  write_file(log, whole + whole.substr(0, 20));
  {
    MetricsWriter metrics(folder.path());
    metrics.write("w", 2, {});
  }
  const auto lines = read_metric_lines(log);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].values.at("a"), 3.0);
  EXPECT_EQ(lines[1].step, 2);
}

TEST(Metrics, AMalformedLineIsNamed) {
  const std::string good = "{\"stage\":\"w\",\"step\":1,\"time\":2.5}\n";
  const auto refusal = [&](const std::string& bad) {
    return error_text<DataError>([&] { parse_metric_lines(good + bad + "\n" + good, "log"); });
  };
  EXPECT_TRUE(refusal("{\"stage\":").starts_with("log:2: "));
  EXPECT_TRUE(refusal("").starts_with("log:2: "));
  EXPECT_TRUE(refusal("[1]").starts_with("log:2: "));
  EXPECT_TRUE(refusal("{\"stage\":\"w\",\"time\":2.5}").starts_with("log:2: "));
  EXPECT_EQ(refusal("{\"stage\":\"w\",\"step\":1.5,\"time\":2.5}"),
            "log:2: \"step\" is not an integer");
  EXPECT_EQ(refusal("{\"stage\":\"w\",\"step\":1,\"time\":2.5,\"a\":\"b\"}"),
            "log:2: \"a\" is neither a number nor null");
}

}  // namespace
}  // namespace forethink
