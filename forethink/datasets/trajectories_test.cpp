// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/datasets/trajectories.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "forethink/core/error.h"
#include "tests/conformance/dataset_conformance.h"

namespace forethink {
namespace {

// Episodes of the given lengths one after the other; row r has action (r, -r) and "image" r.
Trajectories numbered(const std::vector<std::int64_t>& lengths) {
  const Tensor length = torch::tensor(lengths);
  const Tensor end = length.cumsum(0);
  const Tensor row = torch::arange(end[-1].item<std::int64_t>());
  const Tensor number = row.to(torch::kFloat);
  Trajectories data;
  data.columns = {{"action", torch::stack({number, -number}, 1)},
                  {"state", number.unsqueeze(1)},
                  {"image", row.to(torch::kByte).view({-1, 1, 1, 1})}};
  data.ep_len = length;
  data.ep_offset = end - length;
  return data;
}

// The message of the DataError (or any Error) that `call` throws.
template <class Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

std::string refusal_of(const Trajectories& data) {
  return refusal([&] { data.validate(); });
}

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST(Trajectories, Conform) {
  expect_dataset_conforms(numbered({41, 60, 45}));
  expect_dataset_conforms(numbered({3, 2, 7}), {.length = 2, .skip = 1});
}

TEST(Trajectories, ConformWithRenderedObservations) {
  Trajectories data = numbered({41, 60});
  data.columns.erase("image");
  data.render = [](const Tensor& states) { return Observation{{"image", states * 2}}; };
  expect_dataset_conforms(data);
  const Observation seen = data.observe(torch::tensor({std::int64_t{5}, std::int64_t{3}}));
  EXPECT_TRUE(torch::equal(seen.at("image"), torch::tensor({{10.0F}, {6.0F}})));
}

TEST(Trajectories, StoredSensorsJoinRenderedOnes) {
  Trajectories data = numbered({4});
  data.render = [](const Tensor& states) {
    return Observation{{"image", states}, {"sound", states + 1}};
  };
  const Observation seen = data.observe(torch::tensor({std::int64_t{2}}));
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen.at("image").scalar_type(), torch::kByte);
  EXPECT_EQ(seen.at("sound").item<float>(), 3.0F);
}

TEST(Trajectories, NeverShowsTheTrueState) {
  const Observation seen = numbered({4}).observe(torch::tensor({std::int64_t{2}}));
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen.begin()->first, "image");
}

TEST(Trajectories, RefusesRowsThatDoNotExist) {
  const Trajectories data = numbered({4});
  EXPECT_THROW(data.observe(torch::tensor({std::int64_t{4}})), ShapeError);
  EXPECT_THROW(data.observe(torch::tensor({std::int64_t{-1}})), ShapeError);
  EXPECT_THROW(data.observe(torch::tensor({1.0F})), ShapeError);
}

TEST(Trajectories, RefusesColumnsThatDisagreeByName) {
  Trajectories data = numbered({4, 5});
  data.columns["image"] = data.columns["image"].slice(0, 0, 8);
  EXPECT_EQ(refusal_of(data), "column 'image' has 8 rows, but column 'action' has 9");

  data = numbered({4, 5});
  data.columns["image"] = Tensor();
  EXPECT_SAYS(refusal_of(data), "column 'image' is empty");

  data = numbered({4, 5});
  data.columns.erase("action");
  EXPECT_EQ(refusal_of(data), "column 'action' is missing");

  data = numbered({4, 5});
  data.columns.erase("image");
  EXPECT_SAYS(refusal_of(data), "nothing to observe");
  EXPECT_NO_THROW(data.validate_columns());

  data = numbered({4, 5});
  data.columns.erase("state");
  data.render = [](const Tensor& states) { return Observation{{"image", states}}; };
  EXPECT_SAYS(refusal_of(data), "column 'state' is missing");
}

TEST(Trajectories, RefusesActionsThatAreNotFiniteOrNotFloat) {
  Trajectories data = numbered({4, 5});
  data.columns["action"][6][1] = std::numeric_limits<float>::quiet_NaN();
  data.columns["action"][7][0] = std::numeric_limits<float>::infinity();
  EXPECT_SAYS(refusal_of(data), "column 'action' is not finite in 2 of 9 rows, first in row 6");

  data = numbered({4, 5});
  data.columns["action"] = data.columns["action"].to(torch::kDouble);
  EXPECT_SAYS(refusal_of(data), "column 'action' is Double [9, 2]");

  data = numbered({4, 5});
  data.columns["action"] = torch::zeros({9});
  EXPECT_SAYS(refusal_of(data), "expected Float [rows, A]");

  data = numbered({4, 5});
  for (auto& [name, column] : data.columns) column = column.slice(0, 0, 0);
  EXPECT_SAYS(refusal_of(data), "column 'action' has no rows");
}

TEST(Trajectories, RefusesEpisodesThatDoNotShareOutTheRows) {
  const auto with = [](const std::vector<std::int64_t>& offset,
                       const std::vector<std::int64_t>& length) {
    Trajectories data = numbered({4, 5});
    data.ep_offset = torch::tensor(offset);
    data.ep_len = torch::tensor(length);
    return refusal_of(data);
  };
  EXPECT_EQ(with({5, 0}, {4, 5}), "nothing was thrown");  // Any order will do.
  EXPECT_SAYS(with({0, 4}, {4, 6}), "episode 1");         // Beyond the last row.
  EXPECT_SAYS(with({0, 3}, {4, 5}), "episode 1");         // Overlap.
  EXPECT_SAYS(with({0, 5}, {4, 4}), "episode 1");         // Gap.
  EXPECT_SAYS(with({-1, 4}, {5, 5}), "episode 0");
  EXPECT_SAYS(with({0, 4}, {4, 4}), "'ep_len' accounts for 8 rows");
  EXPECT_SAYS(with({0, 4}, {4, 0}), "'ep_len' of episode 1 is 0");
  EXPECT_SAYS(with({0}, {4, 5}), "'ep_offset' has 1 episodes");
  EXPECT_SAYS(with({0, 4}, {4, std::numeric_limits<std::int64_t>::max()}), "episode 1");

  Trajectories data = numbered({4, 5});
  data.ep_len = Tensor();
  EXPECT_EQ(refusal_of(data), "'ep_len' is missing");
  data = numbered({4, 5});
  data.ep_offset = data.ep_offset.to(torch::kFloat);
  EXPECT_SAYS(refusal_of(data), "'ep_offset' is Float");
}

// Files cut or joined by hand: one of the two ways to tell episodes apart was forgotten.
TEST(Trajectories, RefusesNumberingThatDisagreesWithTheEpisodes) {
  const auto with = [](const char* name, const std::vector<std::int64_t>& numbers) {
    Trajectories data = numbered({3, 4});
    data.columns[name] = torch::tensor(numbers);
    return refusal_of(data);
  };
  for (const char* name : {"ep_idx", "episode_idx"}) {
    EXPECT_EQ(with(name, {0, 0, 0, 1, 1, 1, 1}), "nothing was thrown");
    EXPECT_EQ(with(name, {7, 7, 7, 7, 7, 7, 7}), "nothing was thrown");  // Two files joined.
    EXPECT_EQ(with(name, {0, 0, 1, 1, 1, 1, 1}),
              "column '" + std::string(name) +
                  "' changes in row 2, which 'ep_offset' and 'ep_len' say lies within an episode; "
                  "one of them is wrong");
  }
  EXPECT_EQ(with("step_idx", {0, 1, 2, 0, 1, 2, 3}), "nothing was thrown");
  EXPECT_EQ(with("step_idx", {0, 5, 10, 5, 10, 15, 20}), "nothing was thrown");  // Thinned.
  EXPECT_SAYS(with("step_idx", {0, 1, 2, 3, 0, 1, 2}), "'step_idx' does not increase in row 4");

  Trajectories data = numbered({3, 4});
  data.columns["step_idx"] = torch::tensor({0., 1., 2., 0., 1., 1., 2.}).unsqueeze(1);
  EXPECT_SAYS(refusal_of(data), "'step_idx' does not increase in row 5");
  data.columns["step_idx"] = torch::zeros({7, 2});  // Something else of that name.
  EXPECT_EQ(refusal_of(data), "nothing was thrown");
  data = numbered({1});
  data.columns["ep_idx"] = torch::zeros({1});
  EXPECT_EQ(refusal_of(data), "nothing was thrown");
}

TEST(ExpectColumn, RefusesRowsOfAnotherShapeOrType) {
  const Trajectories data = numbered({4, 5});
  EXPECT_NO_THROW(expect_column(data, "image", {1, 1, 1}, torch::kByte));
  EXPECT_NO_THROW(expect_column(data, "action", {2}, torch::kFloat));
  EXPECT_EQ(refusal([&] { expect_column(data, "action", {3}, torch::kFloat); }),
            "column 'action' holds rows of Float [2], expected Float [3]");
  EXPECT_EQ(refusal([&] {
              expect_column(data, "image", {8, 8, 3}, torch::kByte);
            }),
            "column 'image' holds rows of Byte [1, 1, 1], expected Byte [8, 8, 3]");
  EXPECT_EQ(refusal([&] {
              expect_column(data, "image", {1, 1, 1}, torch::kFloat);
            }),
            "column 'image' holds rows of Byte [1, 1, 1], expected Float [1, 1, 1]");
  EXPECT_EQ(refusal([&] {
              expect_column(data, "pixels", {1, 1, 1}, torch::kByte);
            }),
            "column 'pixels' is missing; the data hold action, image, state");
}

TEST(ExpectColumn, RefusesNumbersThatAreNotFinite) {
  Trajectories data = numbered({20000});  // More rows than are looked at a time.
  data.columns["state"][17000][0] = std::numeric_limits<float>::infinity();
  data.columns["state"][19999][0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NO_THROW(data.validate());  // Nothing may want this column.
  EXPECT_SAYS(refusal([&] { expect_column(data, "state", {1}, torch::kFloat); }),
              "column 'state' is not finite in 2 of 20000 rows, first in row 17000");
}

TEST(ExpectColumn, LooksAtWhatIsDrawn) {
  Trajectories data = numbered({4});
  data.columns.erase("image");
  data.render = [](const Tensor& states) { return Observation{{"image", states * 2}}; };
  EXPECT_NO_THROW(expect_column(data, "image", {1}, torch::kFloat));
  EXPECT_SAYS(refusal([&] { expect_column(data, "image", {1}, torch::kByte); }),
              "column 'image' holds rows of Float [1], expected Byte [1]");
  EXPECT_SAYS(refusal([&] { expect_column(data, "sound", {1}, torch::kFloat); }),
              "column 'sound' is missing; the data hold action, state");
}

TEST(SplitEpisodes, IsDisjointCompleteAndSetByItsSeed) {
  const Trajectories data = numbered(std::vector<std::int64_t>(50, 2));
  const Split split = split_episodes(data, 0.1, 3);
  EXPECT_EQ(split.train.size(0), 45);
  EXPECT_EQ(split.validation.size(0), 5);
  const Tensor both = torch::cat({split.train, split.validation});
  EXPECT_TRUE(torch::equal(std::get<0>(both.sort()), torch::arange(50)));
  EXPECT_FALSE(torch::equal(both, torch::arange(50)));
  EXPECT_TRUE(torch::equal(split_episodes(data, 0.1, 3).validation, split.validation));
  EXPECT_FALSE(torch::equal(split_episodes(data, 0.1, 4).validation, split.validation));
}

TEST(SplitEpisodes, RefusesAnEmptySide) {
  EXPECT_SAYS(refusal([] {
                split_episodes(numbered({3, 3, 3}), 0.1, 0);
              }),
              "leaves 3 for training and 0 for validation");
  EXPECT_THROW(split_episodes(numbered({3, 3, 3}), 0.9, 0), DataError);
  EXPECT_THROW(split_episodes(numbered({3}), 0.5, 0), DataError);
  EXPECT_THROW(split_episodes(numbered({3, 3}), 0.0, 0), ConfigError);
  EXPECT_THROW(split_episodes(numbered({3, 3}), 1.0, 0), ConfigError);
  EXPECT_THROW(split_episodes(numbered({3, 3}), std::nan(""), 0), ConfigError);
}

// Episodes of 8, 3 and 6 rows; windows of 3 observations 2 rows apart take 5 rows: 4, 0 and 2.
TEST(Windows, HasTheWindowsThatOneCountsByHand) {
  const Trajectories data = numbered({8, 3, 6});
  const Windows windows(data, torch::arange(3), {.length = 3, .skip = 2});
  ASSERT_EQ(windows.size(), 6);
  const WindowBatch batch = windows.get(torch::arange(6));
  const Tensor rows = torch::tensor(
      {{0, 2, 4}, {1, 3, 5}, {2, 4, 6}, {3, 5, 7}, {11, 13, 15}, {12, 14, 16}}, torch::kLong);
  EXPECT_TRUE(torch::equal(batch.rows, rows)) << batch.rows;
  ASSERT_EQ(batch.actions.sizes(), (std::vector<std::int64_t>{6, 2, 4}));
  EXPECT_TRUE(torch::equal(
      batch.actions[4], torch::tensor({{11.F, -11.F, 12.F, -12.F}, {13.F, -13.F, 14.F, -14.F}})));
}

TEST(Trajectories, ShowsTheFramesBeforeARowWithinItsEpisode) {
  Trajectories data = numbered({4, 3});  // Rows 0 .. 3 and 4 .. 6.
  data.ep_offset = data.ep_offset.flip(0).contiguous();
  data.ep_len = data.ep_len.flip(0).contiguous();
  data.frames = 3;
  const Tensor image = data.observe(torch::tensor({5, 0, 6, 3, 4, 2, 1}, torch::kLong)).at("image");
  const Tensor wanted = torch::tensor(
      {{4, 4, 5}, {0, 0, 0}, {4, 5, 6}, {1, 2, 3}, {4, 4, 4}, {0, 1, 2}, {0, 0, 1}}, torch::kByte);
  EXPECT_TRUE(torch::equal(image, wanted.view({7, 1, 1, 3})));
  expect_dataset_conforms(data, {.length = 2, .skip = 1});
  data.frames = 0;
  EXPECT_SAYS(refusal_of(data), "an observation shows 0 frames, must be >= 1");
}

TEST(Trajectories, DrawsAsManyFramesAsItShows) {
  Trajectories data = numbered({4, 3});
  data.columns.erase("image");
  data.render = [](const Tensor& states) -> Observation { return {{"place", states}}; };
  data.frames = 2;
  EXPECT_TRUE(torch::equal(data.observe(torch::tensor({4, 6}, torch::kLong)).at("place"),
                           torch::tensor({{4.0F, 4.0F}, {5.0F, 6.0F}})));
}

TEST(Windows, TakesOnlyTheEpisodesItIsGiven) {
  const Trajectories data = numbered({8, 3, 6});
  const Windows windows(data, torch::tensor({std::int64_t{2}, std::int64_t{1}}),
                        {.length = 3, .skip = 2});
  EXPECT_EQ(windows.size(), 2);
  const WindowBatch batch =
      windows.get(torch::tensor({std::int64_t{1}, std::int64_t{0}, std::int64_t{1}}));
  EXPECT_TRUE(torch::equal(batch.rows.select(1, 0), torch::tensor({12, 11, 12}, torch::kLong)));
}

TEST(Windows, OfExactlyOneEpisodeLengthIsOne) {
  const Trajectories data = numbered({41});
  EXPECT_EQ(Windows(data, torch::arange(1), {.length = 9, .skip = 5}).size(), 1);
}

TEST(Windows, RefusesWhatItCannotCut) {
  const Trajectories data = numbered({40, 12});
  EXPECT_SAYS(refusal([&] { Windows(data, torch::arange(2), {}); }),
              "no episode is long enough: windows of 9 observations 5 rows apart take 41 rows, the "
              "longest of 2 episodes has 40");
  EXPECT_SAYS(refusal([&] { Windows(data, torch::tensor({std::int64_t{2}}), {}); }),
              "episode 2 is unknown");
  EXPECT_THROW(Windows(data, torch::empty({0}, torch::kLong), {}), DataError);
  EXPECT_SAYS(refusal([&] { Windows(data, torch::arange(2), {.length = 1}); }),
              "windows.length = 1, must satisfy length >= 2");
  EXPECT_THROW(Windows(data, torch::arange(2), {.skip = 0}), ConfigError);
  const Windows windows(data, torch::arange(2), {.length = 2, .skip = 1});
  EXPECT_THROW(windows.get(torch::tensor({windows.size()})), ShapeError);
  EXPECT_THROW(windows.get(torch::tensor({std::int64_t{-1}})), ShapeError);
}

}  // namespace
}  // namespace forethink
