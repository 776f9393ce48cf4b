// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/report_format.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace forethink {
namespace {

/// The formats put a space that does not break before a unit; the tests are easier to read without.
std::string plain(const std::string& text) {
  constexpr std::string_view kSpace = "\u00a0";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool space = text.compare(i, kSpace.size(), kSpace) == 0;
    out += space ? ' ' : text[i];
    i += space ? kSpace.size() - 1 : 0;
  }
  return out;
}

TEST(ReportFormat, PercentKeepsOneDecimalUnlessAllOrNothing) {
  EXPECT_EQ(plain(format_percent(298.0 / 300.0)), "99.3 %");
  EXPECT_EQ(plain(format_percent(1.0)), "100 %");
  EXPECT_EQ(plain(format_percent(0.0)), "0 %");
  EXPECT_EQ(plain(format_percent(0.9997)), "100.0 %");
  EXPECT_EQ(format_percent(NAN), "\u2013");
  EXPECT_EQ(plain(format_interval(298.0 / 300.0, 0.976, 0.998)), "99.3 % [97.6, 99.8]");
}

TEST(ReportFormat, CountsChangeUnitWhereTheyWouldReadAsThousand) {
  EXPECT_EQ(format_count(71.0), "71");
  EXPECT_EQ(format_count(71.5), "71.5");
  EXPECT_EQ(format_count(999.4), "999");
  EXPECT_EQ(plain(format_count(999.6)), "1.0 k");
  EXPECT_EQ(plain(format_count(1040.0)), "1.0 k");
  EXPECT_EQ(plain(format_count(9960.0)), "10 k");
  EXPECT_EQ(plain(format_count(999600.0)), "1.0 M");
  EXPECT_EQ(plain(format_count(56e6)), "56 M");
  EXPECT_EQ(format_count(-3.0), "\u22123");
}

TEST(ReportFormat, DurationsUseTheUnitThatPeopleWould) {
  EXPECT_EQ(plain(format_duration(0.0)), "0 s");
  EXPECT_EQ(plain(format_duration(4.2e-5)), "42 \u00b5s");
  EXPECT_EQ(plain(format_duration(0.012)), "12 ms");
  EXPECT_EQ(plain(format_duration(0.54)), "0.54 s");
  EXPECT_EQ(plain(format_duration(8.25)), "8.2 s");
  EXPECT_EQ(plain(format_duration(59.7)), "1 min");
  EXPECT_EQ(plain(format_duration(75.0)), "1 min 15 s");
  EXPECT_EQ(plain(format_duration(3720.0)), "1 h 2 min");
  EXPECT_EQ(format_duration(-1.0), "\u2013");
}

TEST(ReportFormat, NumbersKeepAboutThreeDigits) {
  EXPECT_EQ(format_number(0.01234), "0.0123");
  EXPECT_EQ(format_number(128.0), "128");
  EXPECT_EQ(format_number(3.14159), "3.14");
  EXPECT_EQ(format_number(1234.6), "1235");
  EXPECT_EQ(plain(format_number(54000.0)), "54 k");
}

TEST(ReportFormat, NamesReadAsWords) {
  EXPECT_EQ(format_name("effective_rank"), "Effective rank");
  EXPECT_EQ(format_name("position_error_units"), "Position error, units");
  EXPECT_EQ(format_name("jepa"), "JEPA");
  EXPECT_EQ(format_name("jepa_large"), "JEPA large");
  EXPECT_EQ(format_name(""), "");
}

TEST(ReportFormat, PlannersHaveTheirUsualNames) {
  EXPECT_EQ(format_planner("icem, critic_roadmap"), "iCEM, critic roadmap");
  EXPECT_EQ(format_planner("cem"), "CEM");
  EXPECT_EQ(format_planner("cement"), "Cement");
  EXPECT_EQ(format_planner("gradient, goal"), "Gradient, goal");
  EXPECT_EQ(format_planner("iCEM, roadmap"), "iCEM, roadmap");
}

TEST(ReportFormat, TextCannotLeaveItsPlaceInThePage) {
  EXPECT_EQ(escape_html("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
  EXPECT_EQ(escape_json_for_script(R"(["</script>&"])"), R"(["\u003c/script\u003e\u0026"])");
}

}  // namespace
}  // namespace forethink
