// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/memory/recollection.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "forethink/core/error.h"
#include "forethink/core/random.h"

namespace forethink {
namespace {

constexpr std::int64_t kNeeds = 2;

// One agent that walked east in steps of 10: place 1 feeds, place 3 waters, place 2 hurts.
struct Walk {
  Tensor place = at::tensor({0., 0., 10., 0., 20., 0., 30., 0., 40., 0.}, at::kFloat).view({5, 2});
  Tensor worth = at::tensor({.5, .5, .1, .5, .5, .5, .5, .2, .5, .5}, at::kFloat).view({5, 2});
  Tensor hurt = at::tensor({0., 0., .3, 0., 0.}, at::kFloat);
  RememberedPlaces remembered() const {
    return {place.unsqueeze(0), worth.unsqueeze(0), hurt.unsqueeze(0),
            at::arange(5, at::kLong).unsqueeze(0), at::ones({1, 5}, at::kBool)};
  }
};

Tensor at_place(double x, double y) { return at::tensor({x, y}, at::kFloat).view({1, 2}); }

void expect_reading(const Tensor& reading, std::initializer_list<double> wanted) {
  const Tensor expected =
      at::tensor(std::vector<double>(wanted), at::kDouble).to(at::kFloat).view({1, -1});
  EXPECT_TRUE(at::allclose(reading, expected, 1e-5, 1e-6)) << reading << expected;
}

TEST(Recollection, PointsToWhereEachNeedIsServedAndToPain) {
  const Walk walk;
  const RecollectionOptions options{.scale = 10.0};
  // From (25, 0): food 15 to the west, water 5 to the east, pain 5 to the west.
  expect_reading(recollect(walk.remembered(), at_place(25, 0), options),
                 {-1.5, 0, .1, .5, 0, .2, -.5, 0, .3});
  EXPECT_EQ(recollection_dim(kNeeds), 9);
}

TEST(Recollection, PainOutOfReachDoesNotComeToMind) {
  const Walk walk;
  const Tensor reading = recollect(walk.remembered(), at_place(20, 13), {.reach = 12.0});
  EXPECT_EQ(reading.slice(1, 6).abs().sum().item<float>(), 0.0F);
}

TEST(Recollection, WeighsTheWayAgainstWhatIsThere) {
  Walk walk;
  walk.worth.select(1, 0).copy_(at::tensor({.2, .9, .9, .9, .1}, at::kFloat));
  const Tensor near_first = at_place(5, 0);
  // Nearly as good and 30 units nearer.
  expect_reading(recollect(walk.remembered(), near_first, {.way_cost = 0.01}).slice(1, 0, 3),
                 {-5.0 / 16, 0, .2});
  expect_reading(recollect(walk.remembered(), near_first, {.way_cost = 0.001}).slice(1, 0, 3),
                 {35.0 / 16, 0, .1});
}

TEST(Recollection, ALaterLookFromNearbyRenewsAPlaceButPainStays) {
  Walk walk;
  walk.place = at::tensor({0., 0., 30., 0., 2., 0.}, at::kFloat).view({3, 2});
  walk.worth = at::tensor({.1, .9, .5, .9, .7, .9}, at::kFloat).view({3, 2});  // Bare by then.
  walk.hurt = at::tensor({.3, 0., 0.}, at::kFloat);
  const RememberedPlaces places{walk.place.unsqueeze(0), walk.worth.unsqueeze(0),
                                walk.hurt.unsqueeze(0), at::arange(3, at::kLong).unsqueeze(0),
                                at::ones({1, 3}, at::kBool)};
  const Tensor reading = recollect(places, at_place(2, 0), {.renewal = 6.0, .scale = 1.0});
  expect_reading(reading.slice(1, 0, 3), {28, 0, .5});
  expect_reading(reading.slice(1, 6), {-2, 0, .3});
  // Without renewal the full patch is believed to be there still.
  const Tensor stale = recollect(places, at_place(2, 0), {.renewal = 0.0, .scale = 1.0});
  expect_reading(stale.slice(1, 0, 3), {-2, 0, .1});
}

TEST(Recollection, WalkingAwayStepByStepDoesNotForgetThePlaceThatWasLeft) {
  constexpr std::int64_t n = 30;  // Each place lies within reach of a look from the next one.
  const Tensor place = at::stack({at::arange(n), at::zeros({n})}, 1);
  Tensor worth = at::full({n, 1}, .9);
  worth.slice(0, 0, 3).fill_(.1);  // Food in sight of the first three.
  const Tensor reading = recollect_on_way(place, worth, at::zeros({n}), {.renewal = 3.0});
  expect_reading(reading.slice(0, n - 1), {-29.0 / 16, 0, .1, 0, 0, 0});
}

TEST(Recollection, AnEmptyMemorySaysSo) {
  RememberedPlaces places = Walk().remembered();
  places.held.fill_(false);
  expect_reading(recollect(places, at_place(3, 4)), {0, 0, 1, 0, 0, 1, 0, 0, 0});
}

TEST(Recollection, OnAWayIsWhatTheMemoryOfItSays) {
  RandomStream rng(4, "way");
  constexpr std::int64_t n = 60;
  const Tensor place = rng.normal({n, 2}).mul(4.0).cumsum(0);
  const Tensor worth = rng.uniform({n, 3}), hurt = rng.uniform({n}, -1.0, 0.2).clamp_min(0.0);
  const Tensor all = recollect_on_way(place, worth, hurt);
  for (const std::int64_t t : {0, 1, 17, 59}) {
    const std::int64_t M = t + 1;
    // Entries lie in any order, and some places are free.
    const Tensor order = rng.permutation(n);
    const RememberedPlaces places{
        place.index_select(0, order).unsqueeze(0), worth.index_select(0, order).unsqueeze(0),
        hurt.index_select(0, order).unsqueeze(0), order.unsqueeze(0), order.lt(M).unsqueeze(0)};
    EXPECT_TRUE(at::equal(recollect(places, place.slice(0, t, M)), all.slice(0, t, M))) << t;
  }
}

TEST(Recollection, RefusesWhatDoesNotFit) {
  const RememberedPlaces places = Walk().remembered();
  EXPECT_THROW(recollect(places, at::zeros({2, 2})), ShapeError);
  RememberedPlaces broken = places;
  broken.hurt = at::zeros({1, 4});
  EXPECT_THROW(recollect(broken, at_place(0, 0)), ShapeError);
  EXPECT_THROW(recollect(places, at_place(0, 0), {.scale = 0.0}), ConfigError);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(recollect(places, at_place(0, 0), {.way_cost = nan}), ConfigError);
}

}  // namespace
}  // namespace forethink
