// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/own_lives.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/agent/test_body.h"

namespace forethink {
namespace {

TEST(LifeRecorder, KeepsEveryStepSoThatItCanBeLivedAgain) {
  Meadow world({.image_size = 16});
  RandomStream worlds(4, "worlds"), rng(5, "agent");
  world.reset(3, worlds);
  const Tensor start = world.state().clone();
  UntaughtBody body(4);
  body.options.mode = "random";
  body.options.steps = 30;
  LifeRecorder recorder(world);
  live(world, body.agent(), rng, body.options, &recorder);
  const Tensor states = recorder.states(), actions = recorder.actions();
  ASSERT_EQ(states.size(1), 31);
  ASSERT_EQ(actions.size(1), 31);
  EXPECT_TRUE(at::equal(states.select(1, 0), start));
  EXPECT_EQ(actions.select(1, 30).abs().max().item<float>(), 0.0F);
  Meadow again({.image_size = 16});
  again.reset_to(start, {}, rng);
  for (std::int64_t t = 0; t < 30; ++t) again.step(actions.select(1, t).contiguous());
  EXPECT_TRUE(at::equal(again.state(), states.select(1, 30)));
}

}  // namespace
}  // namespace forethink
