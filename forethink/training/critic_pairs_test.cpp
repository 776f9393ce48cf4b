// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/critic_pairs.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "forethink/core/error.h"

namespace forethink {
namespace {

// Three episodes of 4, 2 and 5 rows; the state of a row is its number.
RecordedStates three_episodes() {
  return {at::arange(11, at::kFloat).unsqueeze(1), at::tensor({0, 4, 6}, at::kLong),
          at::tensor({4, 2, 5}, at::kLong)};
}

Tensor episode_of(const Tensor& rows) { return rows.ge(4).to(at::kLong) + rows.ge(6); }

TEST(EpisodeRows, StayInTheirEpisode) {
  const EpisodeRows episodes(three_episodes());
  RandomStream rng(1, "rows");
  const Tensor rows = episodes.rows(2000, rng);
  EXPECT_EQ(std::get<0>(at::_unique(rows)).size(0), 11);
  const Tensor same = episodes.same_episode(rows, rng);
  EXPECT_TRUE(at::equal(episode_of(same), episode_of(rows)));
  // All 16 + 4 + 25 pairs of one episode come up.
  EXPECT_EQ(std::get<0>(at::_unique(rows * 11 + same)).size(0), 45);
  const Tensor later = episodes.near_future(rows, 2, rng);
  EXPECT_TRUE(at::equal(episode_of(later), episode_of(rows)));
  EXPECT_TRUE(later.ge(rows).logical_and(later.le(rows + 2)).all().item<bool>());
  EXPECT_TRUE(later.gt(rows + 1).any().item<bool>());
  const Tensor before = episodes.rows_with_next(2000, rng);
  EXPECT_TRUE(at::equal(episode_of(before), episode_of(before + 1)));
  EXPECT_EQ(std::get<0>(at::_unique(before)).size(0), 8);
}

TEST(RecordedStates, NamesWhatIsWrong) {
  const auto message = [](const RecordedStates& recorded) -> std::string {
    try {
      recorded.validate();
    } catch (const DataError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message(three_episodes()), "no error");
  RecordedStates bad = three_episodes();
  bad.ep_offset = at::tensor({0, 4, 7}, at::kLong);
  EXPECT_NE(message(bad).find("follow one another"), std::string::npos);
  bad = three_episodes();
  bad.states = bad.states.narrow(0, 0, 10);
  EXPECT_NE(message(bad).find("follow one another"), std::string::npos);
  bad = three_episodes();
  bad.ep_len = at::tensor({4, 1, 6}, at::kLong);
  bad.ep_offset = at::tensor({0, 4, 5}, at::kLong);
  EXPECT_NE(message(bad).find("fewer than two rows"), std::string::npos);
  bad = three_episodes();
  bad.states = bad.states.clone();
  bad.states[3][0] = std::numeric_limits<float>::infinity();
  EXPECT_NE(message(bad).find("not finite"), std::string::npos);
}

TEST(HardPairs, DrawsTheWorst) {
  HardPairs pairs(100, 4);
  RandomStream rng(2, "hard");
  EXPECT_EQ(pairs.draw(5, rng).size(0), 0);
  const Tensor numbers = at::arange(100, at::kLong);
  pairs.insert(numbers, numbers + 1000, numbers.to(at::kFloat));
  const Tensor slots = pairs.draw(20, rng);
  ASSERT_EQ(slots.size(0), 20);
  EXPECT_GT(pairs.first(slots).to(at::kFloat).mean().item<float>(), 80.0F);  // Evenly: 50.
  EXPECT_TRUE(at::equal(pairs.second(slots), pairs.first(slots) + 1000));
  EXPECT_EQ(pairs.draw(50, rng).size(0), 25);  // One in four of what there is.
}

TEST(HardPairs, ForgetsTheOldestAndTakesNewErrors) {
  HardPairs pairs(4, 1);
  pairs.insert(at::tensor({1, 2, 3}, at::kLong), at::tensor({1, 2, 3}, at::kLong), at::ones({3}));
  EXPECT_EQ(pairs.size(), 3);
  pairs.insert(at::tensor({4, 5}, at::kLong), at::tensor({4, 5}, at::kLong), at::ones({2}));
  EXPECT_EQ(pairs.size(), 4);
  EXPECT_TRUE(
      at::equal(pairs.first(at::arange(4, at::kLong)), at::tensor({5, 2, 3, 4}, at::kLong)));
  // A slot that comes twice keeps what was written last.
  pairs.update(at::tensor({1, 1}, at::kLong), at::tensor({0.0F, 9.0F}));
  std::map<std::string, Tensor> tensors;
  pairs.save(tensors);
  EXPECT_TRUE(at::equal(tensors.at("hard.error"), at::tensor({1.0F, 9.0F, 1.0F, 1.0F})));
  HardPairs other(4, 1);
  other.load(tensors);
  EXPECT_TRUE(
      at::equal(other.first(at::arange(4, at::kLong)), pairs.first(at::arange(4, at::kLong))));
  EXPECT_EQ(other.size(), 4);
  EXPECT_THROW(HardPairs(5, 1).load(tensors), CheckpointError);
  tensors.erase("hard.counts");
  EXPECT_THROW(other.load(tensors), CheckpointError);
}

}  // namespace
}  // namespace forethink
