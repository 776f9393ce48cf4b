// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/policy_trainer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "forethink/core/error.h"
#include "forethink/nn/init.h"

namespace forethink {
namespace {

// Whoever stands somewhere walked back to the middle.
Deeds ways_home(std::int64_t count, std::uint64_t seed) {
  RandomStream rng(seed, "deeds");
  const Tensor states = rng.uniform({count, 2}, -1.0, 1.0);
  return {states, -0.7 * states};
}

std::shared_ptr<Policy> some_policy() {
  auto policy = std::make_shared<Policy>(2, 2, 1.0, MlpOptions{.widths = {32}});
  RandomStream rng(1, "policy");
  initialise(*policy, rng);
  return policy;
}

PolicyTrainer start(const std::shared_ptr<Policy>& policy) {
  PolicyTrainerOptions options{.steps = 200, .batch = 64};
  options.optimizer.learning_rate = 1e-2;
  return PolicyTrainer(policy, ways_home(500, 1), ways_home(100, 2), options, 1);
}

TEST(PolicyTrainer, ImitatesWhatWasDone) {
  PolicyTrainer trainer = start(some_policy());
  EXPECT_LT(trainer.diagnose().at("explained"), 0.5);
  while (trainer.step() < trainer.steps()) trainer.advance();
  EXPECT_GT(trainer.diagnose().at("explained"), 0.98);
}

TEST(PolicyTrainer, ResumesBitForBit) {
  const auto whole_policy = some_policy(), resumed_policy = some_policy();
  PolicyTrainer whole = start(whole_policy);
  for (int i = 0; i < 5; ++i) whole.advance();
  const auto saved = whole.state();
  for (int i = 0; i < 5; ++i) whole.advance();
  PolicyTrainer resumed = start(resumed_policy);
  resumed.restore(saved);
  EXPECT_EQ(resumed.step(), 5);
  for (int i = 0; i < 5; ++i) resumed.advance();
  const Tensor at_places = ways_home(20, 3).states;
  EXPECT_TRUE(at::equal(whole_policy->forward(at_places), resumed_policy->forward(at_places)));
}

TEST(PolicyTrainer, RefusesWhatItCannotLearnFrom) {
  const auto train_on = [](const Deeds& deeds) {
    PolicyTrainer(some_policy(), deeds, ways_home(9, 2), {}, 1);
  };
  EXPECT_THROW(train_on({}), DataError);
  EXPECT_THROW(train_on({at::zeros({4, 2}), at::zeros({3, 2})}), DataError);
  EXPECT_THROW(train_on({at::zeros({4, 3}), at::zeros({4, 2})}), DataError);
  Deeds broken = ways_home(4, 1);
  broken.actions[2][0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(train_on(broken), DataError);
  EXPECT_THROW(PolicyTrainer(some_policy(), ways_home(4, 1), ways_home(4, 2), {.steps = 0}, 1),
               ConfigError);
}

}  // namespace
}  // namespace forethink
