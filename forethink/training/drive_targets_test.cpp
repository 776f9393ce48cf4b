// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/drive_targets.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

#include "forethink/core/error.h"
#include "forethink/core/random.h"

namespace forethink {
namespace {

// One drive. `ends` has a letter per row: '.' goes on, 'x' terminated, '|' truncated.
RecordedLives lives(const std::vector<float>& energies, const std::string& ends) {
  const auto T = static_cast<std::int64_t>(energies.size());
  RecordedLives recorded{at::zeros({T, 3}), at::tensor(energies).view({T, 1}),
                         at::zeros({T}, at::kBool), at::zeros({T}, at::kBool)};
  for (std::int64_t t = 0; t < T; ++t) {
    recorded.terminated[t] = ends[t] == 'x';
    recorded.truncated[t] = ends[t] == '|';
  }
  return recorded;
}

void expect_targets(const DriveTargets& targets, const std::vector<float>& values,
                    const std::vector<int>& known) {
  EXPECT_TRUE(at::equal(targets.known, at::tensor(known).to(at::kBool))) << targets.known;
  const Tensor expected = at::tensor(values);
  const Tensor found = targets.values.view(-1).masked_select(targets.known);
  EXPECT_TRUE(at::allclose(found, expected.masked_select(targets.known), 0.0, 1e-5))
      << targets.values;
}

// 500 rows of three drives in lives that end in both ways.
RecordedLives random_lives() {
  RandomStream rng(1, "lives");
  const Tensor fate = rng.uniform({500});
  RecordedLives recorded{rng.normal({500, 3}), rng.uniform({500, 3}), fate.lt(0.03), fate.gt(0.97)};
  recorded.terminated[499] = false;
  recorded.truncated[499] = true;
  return recorded;
}

TEST(Delayed, IsTheEnergySomeStepsLater) {
  const RecordedLives recorded = lives({1, 2, 3, 4, 5, 6, 7}, "...|..x");
  expect_targets(delayed(recorded, {.delay = 2}), {3, 4, 0, 0, 7, 7, 7}, {1, 1, 0, 0, 1, 1, 1});
  expect_targets(delayed(recorded, {.delay = 2, .end_lasts = false}), {3, 4, 0, 0, 7, 0, 0},
                 {1, 1, 0, 0, 1, 1, 1});
}

TEST(DiscountedSums, AddWhatComesUntilTheEndAndBeyondIt) {
  const RecordedLives recorded = lives({1, 2, 3, 4, 5, 6}, "..|..x");
  const Tensor values = at::tensor({9, 9, 10, 9, 9, 9}).to(at::kFloat).view({6, 1});
  // 3 + 0.5 * 10 = 8, 2 + 0.5 * 8 = 6; after the end 6 / (1 - 0.5) = 12, 6 + 0.5 * 12, 5 + 0.5
  // * 12.
  expect_targets(discounted_sums(recorded, values, {.discount = 0.5}), {6, 8, 0, 11, 12, 12},
                 {1, 1, 0, 1, 1, 1});
  expect_targets(discounted_sums(recorded, values, {.discount = 0.5, .end_lasts = false}),
                 {6, 8, 0, 8, 6, 0}, {1, 1, 0, 1, 1, 1});
}

TEST(DiscountedSums, AreKnownWithoutACriticWhereLittleIsMissing) {
  const RecordedLives recorded = lives({1, 1, 1, 1, 1, 1, 2}, "......|");
  // 0.5^4 = 0.0625 is missing two rows in, 0.03125 before.
  expect_targets(discounted_sums(recorded, {}, {.discount = 0.5}),
                 {1.984375F + 0.015625F, 2.0F, 0, 0, 0, 0, 0}, {1, 1, 0, 0, 0, 0, 0});
  const DriveTargets dies = discounted_sums(lives({1, 1}, ".x"), {}, {.discount = 0.9});
  expect_targets(dies, {10, 10}, {1, 1});
}

TEST(TdLambda, AgreesWithNumbersByHand) {
  const RecordedLives recorded = lives({0, 1, 2, 4}, "...|");
  const Tensor values = at::tensor({100.0F, 10.0F, 20.0F, 40.0F}).view({4, 1});
  // y[2] = 4 + 0.5 * 40 = 24, y[1] = 2 + 0.5 (0.75 * 20 + 0.25 * 24) = 12.5,
  // y[0] = 1 + 0.5 (0.75 * 10 + 0.25 * 12.5) = 6.3125.
  expect_targets(td_lambda(recorded, values, {.discount = 0.5, .lambda = 0.25}),
                 {6.3125F, 12.5F, 24, 0}, {1, 1, 1, 0});
}

TEST(TdLambda, DoesNotAskTheCriticAboutTheEnd) {
  const RecordedLives recorded = lives({0, 1, 3}, "..x");
  const Tensor values = at::full({3, 1}, 1000.0);
  // After the end 3 / (1 - 0.5) = 6; y[1] = 3 + 0.5 * 6.
  expect_targets(td_lambda(recorded, values, {.discount = 0.5, .lambda = 0.0}),
                 {1 + 0.5F * 1000, 6, 6}, {1, 1, 1});
}

TEST(TdLambda, WithLambdaOneAreDiscountedSums) {
  const RecordedLives recorded = random_lives();
  RandomStream rng(2, "values");
  const Tensor values = rng.uniform({500, 3}, 0.0, 10.0);
  const DriveTargets td = td_lambda(recorded, values, {.discount = 0.9, .lambda = 1.0});
  const DriveTargets sums = discounted_sums(recorded, values, {.discount = 0.9});
  EXPECT_TRUE(at::equal(td.values, sums.values));
  EXPECT_TRUE(at::equal(td.known, sums.known));
}

TEST(TdLambda, WithLambdaZeroLooksOneStepAhead) {
  const RecordedLives recorded = random_lives();
  RandomStream rng(2, "values");
  const Tensor values = rng.uniform({500, 3}, 0.0, 10.0);
  const DriveTargets td = td_lambda(recorded, values, {.discount = 0.9, .lambda = 0.0});
  const Tensor ends = recorded.terminated.unsqueeze(1);
  const Tensor ahead = at::where(ends, recorded.energies / (1.0 - 0.9), values);
  const Tensor one_step = recorded.energies.slice(0, 1) + 0.9 * ahead.slice(0, 1);
  const Tensor goes_on =
      recorded.terminated.logical_or(recorded.truncated).logical_not().slice(0, 0, 499);
  const Tensor error =
      (td.values.slice(0, 0, 499) - one_step).abs().masked_select(goes_on.unsqueeze(1));
  EXPECT_LT(error.max().item<float>(), 1e-4);
}

TEST(TdLambda, IsRightWhenTheCriticIs) {
  // Of a constant energy 2 for ever: V = 2 / (1 - g), whatever lambda.
  const RecordedLives recorded = lives({2, 2, 2, 2}, "...|");
  const Tensor values = at::full({4, 1}, 20.0);
  for (const double lambda : {0.0, 0.3, 1.0}) {
    expect_targets(td_lambda(recorded, values, {.discount = 0.9, .lambda = lambda}),
                   {20, 20, 20, 20}, {1, 1, 1, 0});
  }
}

TEST(ImaginedTargets, SumImaginedStepsAndWhatTheCriticSaysOfTheLast) {
  const Tensor energies = at::tensor({1.0F, 2.0F, 4.0F}).view({1, 3, 1});
  const Tensor target = imagined_targets(energies, at::full({1, 1}, 8.0), 0.5);
  EXPECT_NEAR(target.item<double>(), 1 + 1 + 1 + 1, 1e-6);
  EXPECT_THROW(imagined_targets(energies, at::zeros({2, 1}), 0.5), ShapeError);
}

TEST(RecordedLives, NamesWhatDoesNotFit) {
  const auto message = [](const RecordedLives& recorded) -> std::string {
    try {
      recorded.validate();
    } catch (const DataError& error) {
      return error.what();
    }
    return "no error";
  };
  const RecordedLives good = lives({1, 2}, ".|");
  EXPECT_EQ(message(good), "no error");
  RecordedLives bad = good;
  bad.states = at::zeros({3, 3});
  EXPECT_NE(message(bad).find("states"), std::string::npos);
  bad = good;
  bad.terminated = Tensor();
  EXPECT_NE(message(bad).find("terminated"), std::string::npos);
  bad = lives({1, std::numeric_limits<float>::quiet_NaN()}, ".|");
  EXPECT_NE(message(bad).find("an energy is not finite"), std::string::npos);
  EXPECT_NE(message(lives({1, 2}, "..")).find("last row"), std::string::npos);
  bad = lives({1, 2}, ".|");
  bad.terminated[1] = true;
  EXPECT_NE(message(bad).find("both"), std::string::npos);
  EXPECT_NE(message(RecordedLives{}).find("energies"), std::string::npos);
}

TEST(RecordedLives, AreWhatAMemoryObservedInTheOrderOfTime) {
  ShortTermMemory memory({.agents = 2, .state = 1, .drives = 1});
  EXPECT_THROW(lives_of(memory), DataError);
  const auto write = [&](std::int64_t agent, std::int64_t time, bool observed) {
    const MemoryEntries entry{.time = at::full({1}, time, at::kLong),
                              .state = at::full({1, 1}, static_cast<double>(100 * agent + time)),
                              .energy = at::full({1, 1}, static_cast<double>(time)),
                              .action = {},
                              .latent = {},
                              .key = {}};
    const Tensor row = at::full({1}, agent, at::kLong);
    if (observed) {
      memory.observe(entry, row);
    } else {
      memory.predict(entry, row);
    }
  };
  for (const std::int64_t time : {3, 1, 2, 6}) write(1, time, true);
  write(1, 4, false);
  write(0, 5, true);
  const RecordedLives recorded = lives_of(memory);
  recorded.validate();
  EXPECT_TRUE(
      at::equal(recorded.states.view(-1), at::tensor({5.0F, 101.0F, 102.0F, 103.0F, 106.0F})));
  EXPECT_TRUE(at::equal(recorded.truncated, at::tensor({1, 0, 0, 1, 1}).to(at::kBool)));
  expect_targets(delayed(recorded, {.delay = 1}), {0, 2, 3, 0, 0}, {0, 1, 1, 0, 0});
}

TEST(DriveTargetOptions, NamesTheSettingThatBreaksItsRule) {
  const auto message = [](const DriveTargetOptions& options) -> std::string {
    try {
      options.validate();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message({.kind = "monte_carlo"}),
            "drive_targets.kind = \"monte_carlo\", must satisfy one of delayed, sums, td_lambda");
  EXPECT_NE(message({.delay = 0}).find("drive_targets.delay"), std::string::npos);
  EXPECT_NE(message({.discount = 1.0}).find("drive_targets.discount"), std::string::npos);
  EXPECT_NE(message({.lambda = -0.1}).find("drive_targets.lambda"), std::string::npos);
}

}  // namespace
}  // namespace forethink
