// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/four_rooms_truth.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"

namespace forethink {
namespace {

Tensor states(const std::vector<std::array<float, 3>>& rows) {
  Tensor out = at::empty({static_cast<std::int64_t>(rows.size()), 3});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy(rows[i].begin(), rows[i].end(), out.data_ptr<float>() + 3 * i);
  }
  return out;
}

TEST(FourRoomsTruth, NumbersTheRooms) {
  const Tensor rooms = room_of(states({{50, 50, -1}, {150, 50, -1}, {50, 150, -1}, {150, 150, 0}}));
  EXPECT_TRUE(at::equal(rooms, at::arange(4)));
}

TEST(FourRoomsTruth, MeasuresRoutesThroughOpenDoors) {
  // Same room: straight. Through the first door: level with its middle, so straight too.
  // With it shut: down, right and up again through the middles of doors 2, 1 and 3.
  const Tensor from = states({{20, 20, -1}, {56, 56, -1}, {56, 56, 0}, {56, 56, 2}});
  const Tensor to = states({{50, 60, -1}, {168, 56, -1}, {168, 56, 0}, {168, 168, 2}});
  const Tensor length = route_length(from, to);
  const float diagonal = std::hypot(56.0F, 56.0F);
  EXPECT_FLOAT_EQ(length[0].item<float>(), 50);
  EXPECT_FLOAT_EQ(length[1].item<float>(), 112);
  EXPECT_FLOAT_EQ(length[2].item<float>(), 112 + 2 * diagonal);
  EXPECT_FLOAT_EQ(length[3].item<float>(), 112 + diagonal);  // Right, then down.
  EXPECT_TRUE(at::equal(route_crossings(from, to), at::tensor({0, 1, 3, 2}, at::kLong)));
}

TEST(FourRoomsTruth, ExpertAimsBeyondTheDoor) {
  // From (56, 56) to the room on the right: at (123.5, 56); with door 0 shut at (56, 123.5).
  const Tensor actions = expert_actions(states({{56, 56, -1}, {56, 56, 0}, {50, 50, -1}}),
                                        states({{168, 56, -1}, {168, 56, 0}, {53, 54, -1}}));
  EXPECT_TRUE(
      at::allclose(actions, at::tensor({1.0F, 0.0F, 0.0F, 1.0F, 0.6F, 0.8F}).reshape({3, 2})));
}

TEST(FourRoomsTruth, PushesEndWhereTheWallSays) {
  RandomStream rng(1, "test");
  const PushWorld pushes = four_rooms_pushes({});
  EXPECT_EQ(pushes.kinds.size(), 3U);
  for (const std::string& kind : pushes.kinds) {
    const PushTrials trials = pushes.make(kind, {.count = 300, .steps = 25}, rng);
    EXPECT_EQ(trials.starts.sizes(), at::IntArrayRef({300, 6}));
    const Tensor crossed = room_of(trials.starts) != room_of(trials.ends);
    EXPECT_EQ(crossed.sum().item<int>(), kind == "open_door" ? 300 : 0);
    EXPECT_TRUE(at::allclose(trials.actions.abs().sum(1), at::ones({300})));
    // Distance along the push from start to the face that stops: 2 to 12 units and its set-back.
    const Tensor moved = ((trials.ends - trials.starts).narrow(1, 0, 2) * trials.actions).sum(1);
    if (kind == "open_door") {
      EXPECT_TRUE(at::allclose(moved, at::full({300}, 62.5)));
    } else {
      EXPECT_GE(moved.min().item<float>(), 1.49F);
      EXPECT_LE(moved.max().item<float>(), 11.51F);
    }
    for (int door = 0; door < 4; ++door) {
      const Tensor shut = trials.starts.select(1, 2) == door;
      EXPECT_GT(shut.sum().item<int>(), 10);
    }
  }
}

TEST(FourRoomsTruth, RefusesWhatDoesNotFit) {
  RandomStream rng(1, "test");
  const PushWorld pushes = four_rooms_pushes({});
  EXPECT_THROW(pushes.make("wall", {.count = 0}, rng), ConfigError);
  EXPECT_THROW(pushes.make("wall", {.steps = 0}, rng), ConfigError);
  EXPECT_THROW(pushes.make("well", {}, rng), ConfigError);
  EXPECT_THROW(route_length(at::zeros({2, 3}), at::zeros({3, 3})), ShapeError);
  EXPECT_THROW(route_length(at::zeros({2, 2}), at::zeros({2, 2})), ShapeError);
}

}  // namespace
}  // namespace forethink
