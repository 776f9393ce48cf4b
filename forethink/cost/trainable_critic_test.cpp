// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/trainable_critic.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

constexpr std::int64_t kDim = 6;

TrainableCritic make_critic(CriticOptions options, std::uint64_t seed = 1) {
  options.width = 16;
  options.embedding = 8;
  RandomStream rng(seed, "critic");
  return TrainableCritic(kDim, options, rng);
}

class CriticWith : public testing::TestWithParam<std::pair<std::string, bool>> {
 protected:
  CriticOptions options() const { return {.head = GetParam().first, .pair = GetParam().second}; }
};

TEST_P(CriticWith, GivesTheSameAnswersByEveryDoor) {
  const TrainableCritic critic = make_critic(options());
  RandomStream rng(2, "states");
  const Tensor states = rng.normal({3, 4, kDim}), goals = rng.normal({2, kDim});
  const Tensor tasks = at::tensor({1, 0, 1}, at::kLong);
  const Tensor by_table = (*critic.to(goals))(states, tasks);  // [3, 4]
  const Tensor chosen = goals.index_select(0, tasks);
  EXPECT_TRUE(at::allclose(by_table, critic.remaining(states, chosen), 1e-5, 1e-5));
  const Tensor pairs = critic.distances(
      states.reshape({12, kDim}), chosen.unsqueeze(1).expand({3, 4, kDim}).reshape({12, kDim}));
  EXPECT_EQ(pairs.size(0), GetParam().second ? 2 : 1);
  EXPECT_TRUE(at::allclose(by_table.view(-1), pairs.amax(0), 1e-5, 1e-5));
  EXPECT_TRUE(by_table.ge(0).all().item<bool>());
}

TEST_P(CriticWith, StartsFromItsStreamAlone) {
  const Tensor states = at::ones({1, kDim}), goals = at::zeros({1, kDim});
  const Tensor first = make_critic(options(), 1).distances(states, goals);
  EXPECT_TRUE(at::equal(first, make_critic(options(), 1).distances(states, goals)));
  EXPECT_FALSE(at::equal(first, make_critic(options(), 2).distances(states, goals)));
}

TEST_P(CriticWith, ComesBackFromItsState) {
  const TrainableCritic first = make_critic(options(), 1);
  TrainableCritic second = make_critic(options(), 2);
  second.restore(first.state());
  const Tensor states = at::ones({1, kDim}), goals = at::zeros({1, kDim});
  EXPECT_TRUE(at::equal(first.distances(states, goals), second.distances(states, goals)));
  auto missing = first.state();
  missing.erase(missing.begin());
  EXPECT_THROW(second.restore(missing), CheckpointError);
  auto misshapen = first.state();
  misshapen.begin()->second = at::zeros({3, 3, 3});
  EXPECT_THROW(second.restore(misshapen), CheckpointError);
}

TEST_P(CriticWith, GradientAgreesWithFiniteDifferences) {
  const TrainableCritic critic = make_critic(options());
  const at::NoGradGuard no_grad;
  RandomStream rng(3, "states");
  for (Tensor parameter : critic.parameters()) parameter.set_data(parameter.to(at::kDouble));
  const auto to_goal = critic.to(rng.normal({1, kDim}).to(at::kDouble));
  const Tensor tasks = at::zeros({1}, at::kLong);
  const Tensor base = rng.normal({1, 2, kDim}).to(at::kDouble);
  const auto value = [&](const Tensor& x) { return (*to_goal)(x, tasks).sum(); };
  Tensor gradient;
  {
    const at::AutoGradMode record(true);
    const Tensor states = base.clone().requires_grad_();
    value(states).backward();
    gradient = states.grad().view(-1);
  }
  for (std::int64_t i = 0; i < base.numel(); ++i) {
    Tensor up = base.clone(), down = base.clone();
    up.view(-1)[i] += 1e-6;
    down.view(-1)[i] -= 1e-6;
    const double slope = (value(up) - value(down)).item<double>() / 2e-6;
    EXPECT_NEAR(gradient[i].item<double>(), slope, 1e-6);
  }
}

TEST_P(CriticWith, ComputesItsLastLayerInFloat32) {
  const TrainableCritic critic = make_critic(options());
  const Tensor states = at::ones({1, kDim}), goals = at::zeros({1, kDim});
  const Tensor exact = critic.distances(states, goals);
  const Bf16Scope scope(true);
  const Tensor rounded = critic.distances(states, goals);
  EXPECT_EQ(rounded.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::allclose(rounded, exact, 0.05, 0.05));
}

INSTANTIATE_TEST_SUITE_P(Heads, CriticWith,
                         testing::Values(std::pair{"mlp", false}, std::pair{"mlp", true},
                                         std::pair{"quasimetric", false},
                                         std::pair{"quasimetric", true}),
                         [](const auto& which) {
                           return which.param.first + (which.param.second ? "_pair" : "");
                         });

TEST(QuasimetricCritic, ObeysTheTriangleInequalityAndIsZeroAtTheGoalAndAsymmetric) {
  const TrainableCritic critic = make_critic({.head = "quasimetric"});
  RandomStream rng(4, "states");
  const Tensor a = rng.normal({200, kDim}), b = rng.normal({200, kDim}),
               c = rng.normal({200, kDim});
  const Tensor detour = critic.distances(a, b) + critic.distances(b, c);
  EXPECT_TRUE(critic.distances(a, c).le(detour + 1e-4).all().item<bool>());
  EXPECT_EQ(critic.distances(a, a).abs().max().item<float>(), 0.0F);
  EXPECT_GT((critic.distances(a, b) - critic.distances(b, a)).abs().max().item<float>(), 1e-3);
}

TEST(QuasimetricCritic, HasAFiniteGradientAtTheGoal) {
  const TrainableCritic critic = make_critic({.head = "quasimetric"});
  const Tensor state = at::ones({1, kDim}).requires_grad_();
  critic.distances(state, at::ones({1, kDim})).sum().backward();
  EXPECT_TRUE(at::isfinite(state.grad()).all().item<bool>());
}

TEST(CriticOptions, NamesTheSettingThatBreaksItsRule) {
  const auto message = [](const CriticOptions& options) -> std::string {
    try {
      options.validate();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message({.width = 0}), "critic.width = 0, must satisfy width >= 1");
  EXPECT_NE(message({.head = "linear"}).find("critic.head"), std::string::npos);
  EXPECT_NE(message({.layers = 0}).find("critic.layers"), std::string::npos);
  EXPECT_NE(message({.embedding = 0}).find("critic.embedding"), std::string::npos);
  EXPECT_NE(message({.scale = 0}).find("critic.scale"), std::string::npos);
}

}  // namespace
}  // namespace forethink
