// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/evaluation/camera.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/agent/test_plane.h"
#include "forethink/cost/goal_energy.h"
#include "forethink/environments/two_rooms.h"

namespace forethink {
namespace {

TEST(Camera, FilmsWhatHappenedAndWhatWasImagined) {
  const Tensor starts = at::zeros({2, 2});
  const Tensor goals = torch::tensor({{1.5F, 0.0F}, {0.0F, 50.0F}});  // One near, one out of reach.
  Plane plane;
  RandomStream world(1, "world"), search(2, "search");
  plane.reset_to(starts, goals, world);
  const Perception perception({{"place", std::make_shared<Identity>()}});
  const Mover model;
  Cost cost;
  cost.add(std::make_shared<GoalEnergy>(goals, GoalEnergyOptions{.combine = "sum"}), 2.0);
  Camera camera([](const Tensor& states) { return 10.0 * states; },
                {.sensor = "place", .stride = 2});
  const EpisodeResult result =
      run_episodes(plane, {perception, model, cost}, search, plane_options(/*budget=*/20), &camera);

  const Film near = camera.film(0, plane, goals, result);
  EXPECT_TRUE(near.success);
  EXPECT_EQ(near.frames.size(0), near.steps + 1);  // Cut when it arrived.
  EXPECT_LT((near.positions[-1] - goals[0]).norm().item<double>(), kReach);

  const Film far = camera.film(1, plane, goals, result);
  EXPECT_FALSE(far.success);
  EXPECT_EQ(far.task, 1);
  EXPECT_EQ(far.steps, 20);
  EXPECT_EQ(far.frames.size(0), 21);
  EXPECT_TRUE(at::equal(far.frames, far.positions));  // The sensor of this world is the position.
  EXPECT_TRUE(at::equal(far.goal_position, goals[1]));
  ASSERT_EQ(far.imagined.size(), 10U);
  for (std::size_t k = 0; k < 10; ++k) {
    const ImaginedPath& path = far.imagined[k];
    EXPECT_EQ(path.step, static_cast<std::int64_t>(2 * k));
    // It starts where the world was, and its model is exact.
    EXPECT_TRUE(at::allclose(path.positions[0], 10.0 * far.positions[path.step]));
    EXPECT_TRUE(at::allclose(path.positions[1], 10.0 * far.positions[path.step + 2], 1e-4, 1e-4));
    EXPECT_TRUE(at::isfinite(far.energy[path.step]).all().item<bool>());
    EXPECT_TRUE(at::isnan(far.energy[path.step + 1]).all().item<bool>());
  }
  EXPECT_EQ(far.terms, std::vector<std::string>{"goal"});
}

TEST(Camera, FilmsTwoChannelsAsARedAgentBetweenBlackWalls) {
  TwoRoomsOptions options;
  options.episode_steps = 4;
  TwoRooms world(options);
  const Tensor start = torch::tensor({{20.0F, 30.0F, 40.0F, 20.0F}});
  RandomStream rng(1, "rooms");
  world.reset_to(start, start, rng);
  Camera camera([](const Tensor& s) { return s; }, {});
  camera.saw(0, world);
  EpisodeResult result;
  result.success = torch::ones({1}, at::kBool);
  result.steps = torch::zeros({1}, at::kLong);
  const Film film = camera.film(0, world, start, result);
  ASSERT_EQ(film.frames.sizes(), at::IntArrayRef({1, 65, 65, 3}));
  const auto colour = [&](int y, int x) { return film.frames[0][y][x].to(at::kInt); };
  EXPECT_TRUE(at::equal(colour(30, 20), torch::tensor({255, 0, 0}, at::kInt)));      // The agent,
  EXPECT_TRUE(at::equal(colour(50, 40), torch::tensor({0, 0, 0}, at::kInt)));        // the wall,
  EXPECT_TRUE(at::equal(colour(20, 40), torch::tensor({255, 255, 255}, at::kInt)));  // the door.
  EXPECT_EQ(film.goal_frame.sizes(), at::IntArrayRef({65, 65, 3}));
}

}  // namespace
}  // namespace forethink
