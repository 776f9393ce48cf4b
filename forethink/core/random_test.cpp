// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/random.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <set>

#include "forethink/core/error.h"

namespace forethink {
namespace {

using Words = std::array<std::uint32_t, 4>;

// The known-answer file of Random123, philox4x32 with 10 rounds.
TEST(Random, PhiloxKnownAnswers) {
  constexpr std::uint64_t kOnes = 0xffffffffffffffffULL;
  EXPECT_EQ(philox(0, 0, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox(kOnes, kOnes, kOnes), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox(0x299f31d0a4093822ULL, 0x0370734413198a2eULL, 0x85a308d3243f6a88ULL),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, UniformsAreTheUpper24BitsOfPhilox) {
  const std::uint64_t key = RandomStream(7, "sensor").key();
  const Tensor drawn = RandomStream(7, "sensor").uniform({6});
  const Words first = philox(key, 0, 0);
  const Words second = philox(key, 0, 1);
  for (int i = 0; i < 6; ++i) {
    const std::uint32_t word = i < 4 ? first[i] : second[i - 4];
    EXPECT_EQ(drawn[i].item<double>(), (word >> 8) * 0x1.0p-24);
  }
}

TEST(Random, NormalsAreBoxMullerOfPhilox) {
  constexpr std::int64_t kCount = 4 * 37 + 3;
  const std::uint64_t key = RandomStream(7, "sensor").key();
  for (const std::uint64_t draw : {std::uint64_t{0}, std::uint64_t{0x1234567890}}) {
    const Tensor drawn = RandomStream::restore(key, draw).normal({kCount});
    for (std::int64_t i = 0; i < kCount; ++i) {
      const Words words = philox(key, draw, static_cast<std::uint64_t>(i / 4));
      const double u = (words[i % 4 < 2 ? 0 : 2] >> 8) * 0x1.0p-24;
      const double angle = 2.0 * M_PI * (words[i % 4 < 2 ? 1 : 3] >> 8) * 0x1.0p-24;
      const double radius = std::sqrt(-2.0 * std::log(1.0 - u));
      // The stream computes in float; an angle near 2 pi is rounded by 2.4e-7.
      EXPECT_NEAR(drawn[i].item<double>(),
                  radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle)), 3e-6);
    }
  }
}

TEST(Random, FillsRowsInPlaceWithTheSameNumbers) {
  const int threads = at::get_num_threads();
  const Tensor rows = torch::tensor({3, 0, 3, 70000, 12});
  // Parts of a block, many rows for one thread, and rows that threads share.
  for (const std::int64_t count : {0, 1, 3, 64, 67, 20011}) {
    at::set_num_threads(1);
    RandomStream stream(2, "rows");
    const Tensor wanted = stream.normal_rows(rows, {count});
    const Tensor next = stream.normal_rows(rows, {count});
    for (const int used : {1, 2}) {
      at::set_num_threads(used);
      RandomStream again(2, "rows");
      // One more number behind, which nobody may touch.
      const Tensor out = torch::full({5 * count + 1}, 7.0F);
      again.fill_normal_rows(rows, count, out.data_ptr<float>());
      EXPECT_TRUE(out.narrow(0, 0, 5 * count).view({5, count}).equal(wanted)) << count;
      EXPECT_EQ(out[5 * count].item<float>(), 7.0F);
      again.fill_normal_rows(rows, count, out.data_ptr<float>());
      EXPECT_TRUE(out.narrow(0, 0, 5 * count).view({5, count}).equal(next)) << count;
    }
  }
  at::set_num_threads(threads);
}

TEST(Random, OneAndTwoThreadsDrawTheSame) {
  const int threads = at::get_num_threads();
  const auto draw = [](int count) {
    at::set_num_threads(count);
    RandomStream stream(3, "threads");
    const Tensor rows = torch::arange(3);
    return std::vector<Tensor>{stream.normal({70001}), stream.uniform({70001}),
                               stream.integers({70001}, -5, 100), stream.permutation(5000),
                               stream.normal_rows(rows, {20011})};
  };
  const std::vector<Tensor> one = draw(1);
  const std::vector<Tensor> two = draw(2);
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(one[i].equal(two[i])) << "draw " << i;
}

// The bounds are five standard errors: a right generator fails once in two million seeds.
TEST(Random, Moments) {
  constexpr std::int64_t kCount = 200000;
  const double error = 5.0 / std::sqrt(static_cast<double>(kCount));
  RandomStream stream(1, "moments");
  const Tensor normal = stream.normal({kCount}).to(at::kDouble);
  EXPECT_NEAR(normal.mean().item<double>(), 0.0, error);
  EXPECT_NEAR(normal.square().mean().item<double>(), 1.0, error * std::sqrt(2.0));
  EXPECT_NEAR(normal.pow(3).mean().item<double>(), 0.0, error * std::sqrt(15.0));
  EXPECT_NEAR(normal.pow(4).mean().item<double>(), 3.0, error * std::sqrt(96.0));

  const Tensor uniform = stream.uniform({kCount}, 2.0, 5.0).to(at::kDouble);
  EXPECT_NEAR(uniform.mean().item<double>(), 3.5, error * std::sqrt(0.75));
  EXPECT_NEAR((uniform - 3.5).square().mean().item<double>(), 0.75, error * std::sqrt(0.45));
  EXPECT_GE(uniform.min().item<double>(), 2.0);
  EXPECT_LT(uniform.max().item<double>(), 5.0);

  const Tensor neighbours = normal.slice(0, 1) * normal.slice(0, 0, -1);
  EXPECT_NEAR(neighbours.mean().item<double>(), 0.0, error);
}

TEST(Random, RestoreGoesOnWhereTheStreamWas) {
  RandomStream stream(5, "cut");
  stream.normal({3});
  stream.word();
  RandomStream again = RandomStream::restore(stream.key(), stream.draws());
  EXPECT_EQ(stream.draws(), 2U);
  EXPECT_TRUE(again.normal({9}).equal(stream.normal({9})));
  EXPECT_EQ(again.word(), stream.word());
}

TEST(Random, DrawsDiffer) {
  RandomStream stream(5, "draws");
  EXPECT_FALSE(stream.normal({9}).equal(stream.normal({9})));
}

TEST(Random, StreamsOfOtherNamesSeedsAndChildrenDiffer) {
  const RandomStream stream(5, "a");
  const std::set<std::uint64_t> keys = {stream.key(),
                                        RandomStream(6, "a").key(),
                                        RandomStream(5, "b").key(),
                                        RandomStream(5, "").key(),
                                        stream.child("x").key(),
                                        stream.child("y").key(),
                                        stream.child(std::uint64_t{0}).key(),
                                        stream.child(std::uint64_t{1}).key()};
  EXPECT_EQ(keys.size(), 8U);
}

TEST(Random, ChildrenDoNotDependOnThePosition) {
  RandomStream stream(5, "a");
  const std::uint64_t before = stream.child("x").key();
  stream.word();
  EXPECT_EQ(stream.child("x").key(), before);
}

TEST(Random, RowsDoNotDependOnTheOtherRows) {
  const auto draw = [](std::vector<std::int64_t> rows) {
    return RandomStream(2, "rows").normal_rows(torch::tensor(rows), {3, 5});
  };
  const Tensor all = draw({0, 1, 2, 3});  // [4, 3, 5]
  EXPECT_EQ(all.sizes(), (std::vector<std::int64_t>{4, 3, 5}));
  const Tensor some = draw({3, 1, 3});
  EXPECT_TRUE(some[0].equal(all[3]));
  EXPECT_TRUE(some[1].equal(all[1]));
  EXPECT_TRUE(some[2].equal(all[3]));
  EXPECT_FALSE(all[0].equal(all[1]));

  const Tensor uniform =
      RandomStream(2, "rows").uniform_rows(torch::tensor({3, 1}), {64}, -1.0, 1.0);
  EXPECT_TRUE(uniform[1].equal(
      RandomStream(2, "rows").uniform_rows(torch::tensor({1}), {64}, -1.0, 1.0)[0]));
  EXPECT_LT(uniform.min().item<double>(), -0.5);
  EXPECT_GT(uniform.max().item<double>(), 0.5);
}

TEST(Random, IntegersCoverTheirRange) {
  RandomStream stream(4, "integers");
  const Tensor drawn = stream.integers({1000}, -2, 3);
  EXPECT_EQ(drawn.scalar_type(), at::kLong);
  for (std::int64_t value = -2; value < 3; ++value) {
    // 200 expected; the bound is five standard deviations.
    EXPECT_NEAR((drawn == value).sum().item<double>(), 200.0, 5.0 * std::sqrt(160.0));
  }
  EXPECT_THROW(stream.integers({1}, 3, 3), ConfigError);
}

TEST(Random, PermutationHoldsEveryNumberOnce) {
  RandomStream stream(4, "order");
  const Tensor order = stream.permutation(257);
  EXPECT_TRUE(std::get<0>(order.sort()).equal(torch::arange(257)));
  EXPECT_FALSE(order.equal(torch::arange(257)));
  EXPECT_FALSE(order.equal(stream.permutation(257)));
  EXPECT_EQ(stream.permutation(0).numel(), 0);
}

TEST(Random, ScalarsAreInTheUnitInterval) {
  RandomStream stream(4, "scalars");
  double sum = 0.0;
  for (int i = 0; i < 1000; ++i) {
    const double value = stream.uniform1();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 1000.0, 0.5, 5.0 * std::sqrt(1.0 / 12.0 / 1000.0));
}

}  // namespace
}  // namespace forethink
