// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/drive_critic.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

constexpr std::int64_t kStateDim = 6;

std::shared_ptr<DriveCritic> make_drive_critic(DriveCriticOptions options = {},
                                               std::uint64_t seed = 1) {
  options.width = 16;
  RandomStream rng(seed, "drive critic");
  return std::make_shared<DriveCritic>(kStateDim, options, rng);
}

Tensor draw(at::IntArrayRef shape) {
  RandomStream rng(2, "states");
  return rng.normal(shape);
}

TEST(DriveCritic, IsTheMeanAndAPessimistsShareOfTheDeviation) {
  const auto critic = make_drive_critic({.networks = 4, .scale = 3.0, .pessimism = 1.5});
  const Tensor states = draw({9, kStateDim});
  const Tensor each = critic->predictions(states);
  ASSERT_EQ(each.sizes(), at::IntArrayRef({4, 9, kDrives}));
  EXPECT_TRUE(each.ge(0).all().item<bool>());
  const Tensor expected = each.mean(0) + 1.5 * each.std(0, /*unbiased=*/false);
  EXPECT_TRUE(at::allclose((*critic)(states), expected, 1e-5, 1e-5));
  EXPECT_TRUE(at::equal((*critic)(states.view({3, 3, kStateDim}))[1][2], (*critic)(states)[5]));
  const auto single = make_drive_critic({.networks = 1, .pessimism = 1.5});
  EXPECT_TRUE(at::equal((*single)(states), single->predictions(states)[0]));
}

TEST(DriveCritic, StartsFromItsStreamAloneWithNetworksThatDiffer) {
  const Tensor states = draw({4, kStateDim});
  const Tensor first = make_drive_critic()->predictions(states);
  EXPECT_TRUE(at::equal(first, make_drive_critic()->predictions(states)));
  EXPECT_FALSE(at::equal(first, make_drive_critic({}, 2)->predictions(states)));
  EXPECT_FALSE(at::equal(first[0], first[1]));
}

TEST(DriveCritic, ComesBackFromItsState) {
  const auto first = make_drive_critic({}, 1), second = make_drive_critic({}, 2);
  second->restore(first->state());
  const Tensor states = draw({4, kStateDim});
  EXPECT_TRUE(at::equal((*first)(states), (*second)(states)));
  auto missing = first->state();
  missing.erase(missing.begin());
  EXPECT_THROW(second->restore(missing), CheckpointError);
  auto misshapen = first->state();
  misshapen.begin()->second = at::zeros({3, 3, 3});
  EXPECT_THROW(second->restore(misshapen), CheckpointError);
}

TEST(DriveCritic, GradientAgreesWithFiniteDifferences) {
  const auto critic = make_drive_critic();
  for (Tensor parameter : critic->parameters()) parameter.set_data(parameter.to(at::kDouble));
  const Tensor base = draw({2, kStateDim}).to(at::kDouble);
  const Tensor leaf = base.clone().requires_grad_();
  (*critic)(leaf).sum().backward();
  const at::NoGradGuard no_grad;
  for (std::int64_t i = 0; i < base.numel(); ++i) {
    Tensor up = base.clone(), down = base.clone();
    up.view(-1)[i] += 1e-6;
    down.view(-1)[i] -= 1e-6;
    const double slope = ((*critic)(up) - (*critic)(down)).sum().item<double>() / 2e-6;
    EXPECT_NEAR(leaf.grad().view(-1)[i].item<double>(), slope, 1e-6);
  }
}

TEST(DriveCritic, HasAFiniteGradientWhereItsNetworksAgree) {
  const auto critic = make_drive_critic({.networks = 2});
  auto twins = critic->state();
  for (auto& [name, tensor] : twins) {
    if (name.starts_with("net1.")) tensor = twins.at("net0." + name.substr(5));
  }
  critic->restore(twins);
  const Tensor states = draw({3, kStateDim}).requires_grad_();
  (*critic)(states).sum().backward();
  EXPECT_TRUE(at::isfinite(states.grad()).all().item<bool>());
}

TEST(DriveCritic, ComputesInFloat32WhateverTheCallersPrecision) {
  const auto critic = make_drive_critic();
  const Tensor states = draw({3, kStateDim});
  const Tensor exact = (*critic)(states);
  const Bf16Scope scope(true);
  EXPECT_TRUE(at::equal((*critic)(states), exact));
}

TEST(DriveCritic, DoesNotLookAtWhatItLeavesUnread) {
  RandomStream rng(3, "critic");
  const DriveCritic critic(6, {.networks = 2, .width = 8, .unread = 4}, rng);
  const Tensor states = rng.normal({5, 6});
  Tensor others = states.clone();
  others.slice(1, 0, 4).copy_(rng.normal({5, 4}));
  EXPECT_TRUE(at::equal(critic(states), critic(others)));
  others.slice(1, 4).add_(1.0);
  EXPECT_FALSE(at::allclose(critic(states), critic(others)));
  EXPECT_THROW(DriveCritic(6, {.unread = 6}, rng), ConfigError);
  EXPECT_THROW(DriveCritic(6, {.unread = -1}, rng), ConfigError);
}

TEST(DriveCritic, RefusesStatesOfAnotherSize) {
  const auto critic = make_drive_critic();
  EXPECT_THROW((*critic)(at::zeros({2, 5})), ShapeError);
  EXPECT_THROW(critic->predictions(at::zeros({2, 2, kStateDim})), ShapeError);
}

TEST(DriveCriticEnergy, JudgesTheLastStateAndAllOfThemWhenAsked) {
  const auto critic = make_drive_critic();
  const Imagined imagined{draw({2, 3, 5, kStateDim}), at::zeros({2, 3, 4, 1}),
                          at::zeros({2}, at::kLong)};
  DriveWeights weights;
  weights.hunger = 2.0;
  weights.effort = 0.0;
  const Tensor v = at::tensor(weights.list()).to(at::kFloat);
  const Tensor all = (*critic)(imagined.states).matmul(v);  // [2, 3, 5]
  const Tensor last = all.select(2, 4), mean = all.narrow(2, 1, 4).mean(2);
  const auto energy = [&](const DriveCriticEnergyOptions& options) {
    return DriveCriticEnergy(critic, weights, options).energy(imagined);
  };
  EXPECT_TRUE(at::allclose(energy({}), last, 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(energy({.discount = 0.5}), last / 16.0, 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(energy({.mean_weight = 0.3}), last + 0.3 * mean, 1e-5, 1e-5));
}

TEST(DriveCriticEnergy, OfOneDriveShowsItAlone) {
  const auto critic = make_drive_critic();
  const Imagined imagined{draw({1, 2, 3, kStateDim}), at::zeros({1, 2, 2, 1}),
                          at::zeros({1}, at::kLong)};
  const DriveCriticEnergy thirst = DriveCriticEnergy::of_drive(critic, "thirst");
  EXPECT_EQ(thirst.name(), "future_thirst");
  EXPECT_EQ(DriveCriticEnergy(critic, {}).name(), "future_drives");
  const Tensor expected = (*critic)(imagined.states.select(2, 2)).select(2, 1);
  EXPECT_TRUE(at::allclose(thirst.energy(imagined), expected, 1e-5, 1e-5));
  EXPECT_THROW(DriveCriticEnergy::of_drive(critic, "fame"), ConfigError);
}

TEST(DriveCriticOptions, NamesTheSettingThatBreaksItsRule) {
  const auto message = [](const auto& act) -> std::string {
    try {
      act();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  const auto names = [&](const DriveCriticOptions& options, const std::string& field) {
    EXPECT_NE(message([&] { options.validate(); }).find(field), std::string::npos) << field;
  };
  EXPECT_EQ(message([] { DriveCriticOptions{.networks = 0}.validate(); }),
            "drive_critic.networks = 0, must satisfy networks >= 1");
  names({.width = 0}, "drive_critic.width");
  names({.layers = 0}, "drive_critic.layers");
  names({.scale = 0}, "drive_critic.scale");
  names({.pessimism = -1}, "drive_critic.pessimism");
  const auto critic = make_drive_critic();
  EXPECT_NE(message([&] { DriveCriticEnergy(critic, {}, {.discount = 2.0}); }).find("discount = 2"),
            std::string::npos);
  EXPECT_NE(
      message([&] { DriveCriticEnergy(critic, {}, {.mean_weight = -1}); }).find("mean_weight"),
      std::string::npos);
  DriveWeights weights;
  weights.heat = -1.0;
  EXPECT_NE(message([&] { DriveCriticEnergy(critic, weights); }).find("drives.heat = -1"),
            std::string::npos);
  EXPECT_NE(message([] { DriveCriticEnergy(nullptr, DriveWeights{}); }).find("null"),
            std::string::npos);
}

}  // namespace
}  // namespace forethink
