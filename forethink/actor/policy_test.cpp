// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/actor/policy.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/random.h"
#include "forethink/nn/init.h"

namespace forethink {
namespace {

// A plane: two actions a model step add to the place.
class Plane final : public WorldModel {
 public:
  std::int64_t state_dim(std::int64_t) const override { return 2; }
  std::int64_t action_dim(std::int64_t) const override { return 4; }
  std::int64_t latent_dim(std::int64_t) const override { return 0; }
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor&, std::int64_t) const override {
    return s + a.view({-1, 2, 2}).sum(1);
  }
};

std::shared_ptr<Policy> some_policy() {
  auto policy = std::make_shared<Policy>(2, 2, 0.5, MlpOptions{.widths = {8}});
  RandomStream rng(1, "policy");
  initialise(*policy, rng);
  return policy;
}

TEST(Policy, StaysWithinItsLimit) {
  const auto policy = some_policy();
  const Tensor a = policy->forward(at::tensor({1e6, -1e6, 0., 0.}, at::kFloat).view({2, 2}));
  EXPECT_EQ(a.sizes(), (std::vector<std::int64_t>{2, 2}));
  EXPECT_LE(a.abs().max().item<double>(), 0.5);
  EXPECT_THROW(policy->forward(at::zeros({2, 3})), ShapeError);
  EXPECT_THROW(Policy(2, 2, 0.0), ConfigError);
}

TEST(Policy, ProposesWhatItWouldDoStepByStep) {
  const auto policy = some_policy();
  const at::NoGradGuard no_grad;
  Tensor s = at::tensor({0.3, -0.2, 1.0, 0.4}, at::kFloat).view({2, 2});
  const Tensor plan = propose(*policy, Plane(), s, {.horizon = 3, .hold = 2});
  ASSERT_EQ(plan.sizes(), (std::vector<std::int64_t>{2, 3, 2}));
  for (std::int64_t h = 0; h < 3; ++h) {
    const Tensor a = policy->forward(s);
    EXPECT_TRUE(at::allclose(plan.select(1, h), a, 1e-5, 1e-6)) << h;
    s = s + 2 * a;
  }
}

}  // namespace
}  // namespace forethink
