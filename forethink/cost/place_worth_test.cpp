// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/place_worth.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"

namespace forethink {
namespace {

constexpr std::int64_t kEncoded = 4;
constexpr double kDiscount = 0.9;

std::shared_ptr<DriveCritic> some_critic(std::int64_t felt) {
  RandomStream rng(1, "place worth");
  return std::make_shared<DriveCritic>(kEncoded + felt,
                                       DriveCriticOptions{.networks = 2, .width = 16}, rng);
}

TEST(PlaceWorth, AsksTheCriticOfABodyInNeed) {
  const auto critic = some_critic(kVitals + 2);
  const PlaceWorth worth(critic, kEncoded, kDiscount);
  RandomStream rng(2, "places");
  const Tensor places = rng.normal({6, kEncoded});
  const auto future = [&](Drive drive, std::vector<double> vitals) {
    const Tensor body = at::cat({at::zeros({2}), at::tensor(vitals).to(at::kFloat)});
    return critic->predictions(at::cat({places, body.expand({6, kVitals + 2})}, 1))
        .mean(0)
        .select(1, static_cast<std::int64_t>(drive));
  };
  const Tensor told = worth(places);
  ASSERT_EQ(told.sizes(), (std::vector<std::int64_t>{6, 3}));
  const Tensor hunger = future(Drive::kHunger, {0.3, 0.8, 1, 0.5, 0.3});
  EXPECT_TRUE(at::allclose(told.select(1, 0), (1 - kDiscount) * hunger, 1e-4, 1e-6));
  const Tensor weather = at::maximum(future(Drive::kCold, {0.8, 0.8, 1, 0.25, 0.3}),
                                     future(Drive::kHeat, {0.8, 0.8, 1, 0.8, 0.3}));
  EXPECT_TRUE(at::allclose(told.select(1, 2), (1 - kDiscount) * weather, 1e-4, 1e-6));
  EXPECT_FALSE(told.requires_grad());
}

TEST(PlaceWorth, RefusesWhatDoesNotFit) {
  EXPECT_THROW(PlaceWorth(nullptr, kEncoded, kDiscount), ConfigError);
  EXPECT_THROW(PlaceWorth(some_critic(kVitals), kEncoded + 1, kDiscount), ConfigError);
  EXPECT_THROW(PlaceWorth(some_critic(kVitals), kEncoded, 1.0), ConfigError);
  const PlaceWorth worth(some_critic(kVitals), kEncoded, kDiscount);
  EXPECT_THROW(worth(at::zeros({2, kEncoded + 1})), ShapeError);
}

}  // namespace
}  // namespace forethink
