// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/progress.h"

#include <gtest/gtest.h>

namespace forethink {
namespace {

TEST(Progress, Durations) {
  EXPECT_EQ(format_clock(0.9), "0:00");
  EXPECT_EQ(format_clock(75.0), "1:15");
  EXPECT_EQ(format_clock(3675.0), "1:01:15");
  EXPECT_EQ(format_clock(-1.0), "0:00");
}

TEST(Progress, Lines) {
  EXPECT_EQ(format_progress("jepa", 0, 8, "", ""), "jepa [>                       ]   0% 0/8");
  EXPECT_EQ(format_progress("jepa", 4, 8, "0:12 left", "loss 0.12"),
            "jepa [============>           ]  50% 4/8  0:12 left  loss 0.12");
  EXPECT_EQ(format_progress("jepa", 8, 8, "0:20", ""),
            "jepa [========================] 100% 8/8  0:20");
  EXPECT_EQ(format_progress("collect", 17, 0, "", ""), "collect 17");
}

TEST(Progress, IsMuteWhenPiped) {
  testing::internal::CaptureStderr();  // A file, not a terminal.
  {
    Progress bar("jepa", 10);
    bar.advance(10, "loss 0.12");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace forethink
