// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/evaluation/life_camera.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "forethink/agent/test_body.h"

namespace forethink {
namespace {

TEST(LifeCamera, TellsWhatWasFeltPredictedRememberedAndWeighed) {
  Meadow world({.image_size = 16});
  RandomStream worlds(4, "worlds"), rng(5, "agent");
  world.reset(4, worlds);
  UntaughtBody body(4);
  body.options.steps = 60;
  LifeCamera camera({1, 3}, body.options.recollection.scale, world);
  const LivesResult result = live(world, body.agent(), rng, body.options, &camera);
  std::int64_t filmed = 0;
  const auto stories = camera.stories("full", result, [&](const Tensor& states) {
    filmed += states.size(0);
    return at::zeros({states.size(0), 2, 2, 3}, at::kByte);
  });
  ASSERT_EQ(stories.size(), 2U);
  EXPECT_EQ(filmed, 2 * 15);
  LivesReport report;
  report.steps = 60;
  report.stories = stories;
  EXPECT_NO_THROW(report.validate());
  const LifeStory& story = stories.at(1);
  EXPECT_EQ(story.world, 3);
  ASSERT_EQ(story.step.size(), 15U);
  EXPECT_EQ(story.step[2], 8.0);
  // What was foretold of the second look was foretold at the first: 0.001 hungrier.
  EXPECT_TRUE(std::isnan(story.predicted_vitals[0].values[0]));
  EXPECT_NEAR(story.predicted_vitals[0].values[1], story.vitals[0].values[0] - 0.001, 1e-5);
  EXPECT_EQ(story.energy_terms.size(), static_cast<std::size_t>(kDrives));
  EXPECT_EQ(story.ways.size(), place_needs().size());
  EXPECT_TRUE(story.alive);
  EXPECT_EQ(story.cause, "");
}

TEST(LifeCamera, NamesWhatALifeEndedOf) {
  Meadow world({.image_size = 16});
  RandomStream worlds(4, "worlds"), rng(5, "agent");
  world.reset(2, worlds);
  Tensor parched = world.state().clone();
  parched.select(1, 5)[1] = 0.004;  // Water.
  world.reset_to(parched, {}, rng);
  UntaughtBody body(4);
  body.options.mode = "random";
  body.options.steps = 40;
  LifeCamera camera({1}, 16.0, world);
  const LivesResult result = live(world, body.agent(), rng, body.options, &camera);
  const LifeStory story = camera.stories("random", result, {}).front();
  EXPECT_FALSE(story.alive);
  EXPECT_EQ(story.cause, "water");
  EXPECT_LT(story.steps, 40);
  EXPECT_LT(story.step.size(), 10U);
  EXPECT_TRUE(story.energy_terms.empty());
}

}  // namespace
}  // namespace forethink
