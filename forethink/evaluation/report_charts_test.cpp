// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/report_charts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace forethink {
namespace {

MetricSeries series(const std::string& name) { return {name, {0.0, 1.0}, {0.5, 0.25}}; }

std::vector<std::string> labels(const Chart& chart) {
  std::vector<std::string> names;
  for (const ChartLine& line : chart.lines) names.push_back(line.label);
  return names;
}

TEST(ReportCharts, LossesComeFirstTogetherAndOnALogScale) {
  const std::vector<Chart> charts =
      stage_charts({"jepa",
                    1.0,
                    {},
                    {series("effective_rank"), series("covariance"), series("loss"),
                     series("push_agreement"), series("something_else")}});
  ASSERT_EQ(charts.size(), 4U);
  EXPECT_EQ(charts[0].title, "Loss");
  EXPECT_TRUE(charts[0].y_log);
  EXPECT_EQ(labels(charts[0]), (std::vector<std::string>{"Loss", "Covariance"}));
  EXPECT_EQ(charts[1].title, "Effective rank");
  EXPECT_FALSE(charts[1].y_log);
  EXPECT_TRUE(charts[2].percent);
  EXPECT_EQ(charts[3].title, "Something else");
}

TEST(ReportCharts, RolloutErrorsStandByTheirLength) {
  const MetricStage stage{
      "jepa",
      1.0,
      {},
      {series("rollout_error_16"), series("rollout_error_2"), series("rollout_error_1")}};
  const std::vector<Chart> charts = stage_charts(stage);
  ASSERT_EQ(charts.size(), 1U);
  EXPECT_EQ(labels(charts[0]), (std::vector<std::string>{"1 step", "2 steps", "16 steps"}));
  const std::optional<Chart> by_length = rollout_chart({stage});
  ASSERT_TRUE(by_length.has_value());
  EXPECT_EQ(by_length->lines[0].x, (std::vector<double>{1, 2, 16}));
  EXPECT_EQ(by_length->lines[0].y, (std::vector<double>{0.25, 0.25, 0.25}));
  EXPECT_FALSE(rollout_chart({{"s", 1.0, {}, {series("loss")}}}).has_value());
}

TEST(ReportCharts, WhatWasLoggedOnceIsAFactAndAQuietAlarmIsNothing) {
  const MetricStage stage{"probes",
                          5.0,
                          {},
                          {{"probe_door_accuracy", {5.0}, {0.995}},
                           {"nodes", {5.0}, {128.0}},
                           {"not_finite", {1.0, 2.0}, {0.0, 0.0}},
                           {"collapse_alarm", {1.0, 2.0}, {0.0, 1.0}}}};
  const auto facts = stage_facts(stage);
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_EQ(facts[0].first, "Probe door accuracy");
  EXPECT_EQ(facts[0].second, "99.5\u00a0%");
  EXPECT_EQ(facts[1].second, "128");
  const std::vector<Chart> charts = stage_charts(stage);
  ASSERT_EQ(charts.size(), 1U);
  EXPECT_EQ(charts[0].title, "Collapse alarm");
}

TEST(ReportCharts, TermsSkipWhatWasNotPlanned) {
  Film film;
  film.task = 3;
  film.terms = {"goal"};
  film.energy = torch::tensor({1.0F, std::numeric_limits<float>::quiet_NaN(), 3.0F}).view({3, 1});
  const std::vector<Chart> charts = term_charts({film, film});
  ASSERT_EQ(charts.size(), 1U);
  ASSERT_EQ(charts[0].lines.size(), 2U);
  EXPECT_EQ(charts[0].lines[0].x, (std::vector<double>{0, 2}));
  EXPECT_EQ(charts[0].lines[0].y, (std::vector<double>{1, 3}));
  EXPECT_EQ(charts[0].lines[0].tone, "bad");
  EXPECT_TRUE(charts[0].y_log);
  film.energy = -film.energy;
  EXPECT_FALSE(term_charts({film})[0].y_log);
}

TEST(ReportCharts, ThinningKeepsPeaksOrderAndTheEnd) {
  ChartLine line{"loss", "", {}, {}};
  for (int i = 0; i < 100000; ++i) {
    line.x.push_back(i);
    line.y.push_back(i == 51234 ? 99.0 : i == 70001 ? -99.0 : 0.001 * (i % 7));
  }
  line.y.back() = 0.5;
  const ChartLine thinned = thin(line, 600);
  EXPECT_LE(thinned.x.size(), 601U);
  EXPECT_GE(thinned.x.size(), 500U);
  EXPECT_EQ(*std::max_element(thinned.y.begin(), thinned.y.end()), 99.0);
  EXPECT_EQ(*std::min_element(thinned.y.begin(), thinned.y.end()), -99.0);
  EXPECT_EQ(thinned.x.back(), 99999.0);
  EXPECT_EQ(thinned.y.back(), 0.5);
  for (std::size_t i = 1; i < thinned.x.size(); ++i) ASSERT_LT(thinned.x[i - 1], thinned.x[i]);
  EXPECT_EQ(thin(thinned, 700).x, thinned.x);
}

}  // namespace
}  // namespace forethink
