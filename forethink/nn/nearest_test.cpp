// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/nearest.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "forethink/core/error.h"
#include "forethink/core/random.h"

namespace forethink {
namespace {

// The definition, in float64: [N, M] squared distances per dimension.
Tensor all_distances(const Tensor& queries, const Tensor& bank) {
  return (queries.to(at::kDouble).unsqueeze(1) - bank.to(at::kDouble).unsqueeze(0))
      .square()
      .mean(2);
}

class NearestBankIn : public testing::TestWithParam<bool> {};

TEST_P(NearestBankIn, FindsTheNeighboursOfTheDefinition) {
  RandomStream rng(1, "nearest");
  // Sizes that no block or chunk divides; the vectors are as large as normalised latents.
  const Tensor bank = rng.normal({777, 37});
  const Tensor queries = rng.normal({301, 37});
  const Neighbours found = NearestBank(bank, GetParam()).find(queries, 5);
  const auto [distance, index] = all_distances(queries, bank).topk(5, 1, /*largest=*/false);
  ASSERT_EQ(found.index.sizes(), at::IntArrayRef({301, 5}));
  EXPECT_TRUE(at::equal(found.index, index));
  EXPECT_TRUE(at::allclose(found.distance.to(at::kDouble), distance, 1e-5, 1e-6));
}

TEST(NearestBank, ResolvesDistancesFarBelowTheNormsInFloat32) {
  // Points 0.001 apart on a line: 8e-6 of the norm.
  const Tensor bank = at::full({200, 8}, 1.0);
  bank.select(1, 0).copy_(1.0 + 0.001 * at::arange(200));
  Tensor queries = at::full({3, 8}, 1.0);
  queries.select(1, 0).copy_(at::tensor({1.0501F, 1.0F, 1.1994F}));
  const Neighbours found = NearestBank(bank, false).find(queries, 2);
  EXPECT_TRUE(at::equal(found.index, at::tensor({50, 51, 0, 1, 199, 198}, at::kLong).view({3, 2})));
}

TEST_P(NearestBankIn, FindsAMemberAtDistanceZero) {
  RandomStream rng(2, "nearest");
  const Tensor bank = rng.normal({500, 128});
  const Neighbours found = NearestBank(bank, GetParam()).find(bank, 1);
  EXPECT_TRUE(at::equal(found.index.select(1, 0), at::arange(500)));
  EXPECT_EQ(found.distance.max().item<float>(), 0.0F);
}

TEST_P(NearestBankIn, OrdersTwinsByTheirPlaceInTheBank) {
  RandomStream rng(3, "nearest");
  const Tensor once = rng.normal({4, 6});
  const Neighbours found = NearestBank(at::cat({once, once, once}), GetParam()).find(once, 3);
  for (std::int64_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(at::equal(found.index[i], at::tensor({i, i + 4, i + 8}, at::kLong)));
  }
}

TEST_P(NearestBankIn, GivesTheWholeBankWhenAskedForIt) {
  const Tensor bank = at::tensor({5.0F, 1.0F, 3.0F}).view({3, 1});
  const Neighbours found = NearestBank(bank, GetParam()).find(at::zeros({1, 1}), 3);
  EXPECT_TRUE(at::equal(found.index, at::tensor({1, 2, 0}, at::kLong).view({1, 3})));
  EXPECT_TRUE(at::equal(found.distance, at::tensor({1.0F, 9.0F, 25.0F}).view({1, 3})));
  EXPECT_EQ(NearestBank(bank, GetParam()).find(at::zeros({0, 1}), 1).index.size(0), 0);
}

TEST_P(NearestBankIn, IsTheSameForAnyNumberOfThreads) {
  RandomStream rng(4, "nearest");
  const NearestBank bank(rng.normal({300, 16}), GetParam());
  const Tensor queries = rng.normal({1000, 16});
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Neighbours one = bank.find(queries, 2);
  at::set_num_threads(2);
  const Neighbours two = bank.find(queries, 2);
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(one.index, two.index));
  EXPECT_TRUE(at::equal(one.distance, two.distance));
}

TEST_P(NearestBankIn, ToleratesAQueryThatIsNotANumber) {
  Tensor queries = at::zeros({2, 4});
  queries[0][1] = std::numeric_limits<float>::quiet_NaN();
  const Tensor bank = at::arange(40, at::kFloat).view({10, 4});
  const Neighbours found = NearestBank(bank, GetParam()).find(queries, 2);
  EXPECT_TRUE(found.index.ge(0).logical_and(found.index.lt(10)).all().item<bool>());
  EXPECT_TRUE(found.distance[0].isnan().all().item<bool>());
  EXPECT_TRUE(at::equal(found.index[1], at::tensor({0, 1}, at::kLong)));
}

INSTANTIATE_TEST_SUITE_P(Precision, NearestBankIn, testing::Values(false, true),
                         [](const auto& which) { return which.param ? "bf16" : "float32"; });

TEST(NearestBank, RefusesWhatDoesNotFit) {
  EXPECT_THROW(NearestBank(at::zeros({3})), ShapeError);
  EXPECT_THROW(NearestBank(at::zeros({0, 3})), ShapeError);
  EXPECT_THROW(NearestBank(at::zeros({3, 2}, at::kDouble)), ShapeError);
  EXPECT_THROW(NearestBank(at::full({3, 2}, std::nan(""))), ShapeError);
  const NearestBank bank(at::zeros({3, 2}));
  EXPECT_THROW(bank.find(at::zeros({1, 3}), 1), ShapeError);
  EXPECT_THROW(bank.find(at::zeros({1, 2}), 0), ShapeError);
  EXPECT_THROW(bank.find(at::zeros({1, 2}), 4), ShapeError);
}

}  // namespace
}  // namespace forethink
