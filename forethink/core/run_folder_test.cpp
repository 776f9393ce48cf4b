// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/run_folder.h"

#include <gtest/gtest.h>

#include "forethink/core/error.h"
#include "forethink/core/test_folder.h"

namespace forethink {
namespace {

constexpr std::string_view kSettings = "seed = 1\n\n[jepa]\nlr = 0.001\n";
constexpr std::string_view kOther = "seed = 1\n\n[jepa]\nlr = 0.0003\nsteps = 5\n";

TEST(RunFolder, IsCreatedAndOpenedAgain) {
  const TestFolder folder;
  const auto root = folder.path() / "runs/a";
  {
    const RunFolder run(root, kSettings);
    EXPECT_TRUE(run.is_new());
    EXPECT_EQ(read_file(run.layout().config()), kSettings);
    EXPECT_THROW(RunFolder(root, kSettings), IoError);  // Two writers.
  }
  // Same settings, other spelling.
  const RunFolder run(root, "jepa.lr = 1e-3 # the same\nseed = 1\n");
  EXPECT_FALSE(run.is_new());
  EXPECT_EQ(read_file(run.layout().config()), kSettings);
}

TEST(RunFolder, RefusesOtherSettingsAndNamesThem) {
  const TestFolder folder;
  const auto root = folder.path() / "a";
  { const RunFolder run(root, kSettings); }
  EXPECT_EQ(error_text<ConfigError>([&] { RunFolder(root, kOther); }),
            root.string() +
                " holds a run with other settings; choose another folder, or the same settings:\n"
                "  jepa.lr: 0.001 there, 0.0003 now\n"
                "  jepa.steps: nothing there, 5 now");
  EXPECT_EQ(read_file(root / "config.resolved.toml"), kSettings);
}

TEST(RunFolder, TakesOtherSettingsIfAskedAndKeepsTheOldOnes) {
  const TestFolder folder;
  const auto root = folder.path() / "a";
  { const RunFolder run(root, kSettings); }
  { const RunFolder run(root, kOther, OtherSettings::kAccept); }
  { const RunFolder run(root, kSettings, OtherSettings::kAccept); }
  EXPECT_EQ(read_file(root / "config.resolved.toml"), kSettings);
  EXPECT_EQ(read_file(root / "config.replaced-1.toml"), kSettings);
  EXPECT_EQ(read_file(root / "config.replaced-2.toml"), kOther);
}

}  // namespace
}  // namespace forethink
