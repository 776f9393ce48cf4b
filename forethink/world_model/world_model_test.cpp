// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/world_model.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"

namespace forethink {
namespace {

// s' = s + a; a latent, if there is one, is added too.
class Walk final : public WorldModel {
 public:
  explicit Walk(std::int64_t latent_dim) : latent_dim_(latent_dim) {}
  std::int64_t state_dim(std::int64_t) const override { return 2; }
  std::int64_t action_dim(std::int64_t) const override { return 2; }
  std::int64_t latent_dim(std::int64_t) const override { return latent_dim_; }
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor& z, std::int64_t) const override {
    return latent_dim_ > 0 ? s + a + z : s + a;
  }

 private:
  std::int64_t latent_dim_;
};

TEST(Imagine, AddsUpTheStepsOfAWalk) {
  const Tensor s0 = torch::tensor({{1.0, 2.0}, {0.0, 0.0}});
  const Tensor actions = torch::ones({2, 3, 2});
  for (const std::int64_t latent_dim : {0, 2}) {
    const Tensor states = imagine(Walk(latent_dim), s0, actions);
    EXPECT_EQ(states.sizes().vec(), (std::vector<std::int64_t>{2, 4, 2}));
    EXPECT_TRUE(torch::equal(states.select(1, 0), s0));
    EXPECT_TRUE(torch::equal(states.select(1, 3), s0 + 3.0));
  }
}

TEST(Imagine, NamesTheTensorThatDoesNotFit) {
  try {
    imagine(Walk(0), torch::zeros({2, 2}), torch::zeros({2, 3, 5}));
    FAIL() << "expected ShapeError";
  } catch (const ShapeError& error) {
    EXPECT_EQ(std::string(error.what()).find("actions has shape"), 0U) << error.what();
  }
  EXPECT_THROW(imagine(Walk(0), torch::zeros({2, 3}), torch::zeros({2, 3, 2})), ShapeError);
}

}  // namespace
}  // namespace forethink
