// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/energy.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/planning/analytic_energies.h"

namespace forethink {
namespace {

constexpr std::int64_t kSamples = 5;

// E = sum of a^2, returned as [B, S], or in another shape or without its gradient.
class Squares final : public AnalyticEnergy {
 public:
  enum class Fault { kNone, kShape, kNoGradient };
  explicit Squares(Fault fault) : AnalyticEnergy(at::arange(3), 4, 2), fault_(fault) {}
  Tensor operator()(const Tensor& actions) const override {
    recorded = at::GradMode::is_enabled() && actions.requires_grad();
    const Tensor energies = actions.square().sum({2, 3});
    if (fault_ == Fault::kShape) return energies.unsqueeze(2);
    return fault_ == Fault::kNoGradient ? energies.detach() : energies;
  }
  mutable bool recorded = false;

 private:
  Fault fault_;
};

Tensor some_actions() { return RandomStream(1, "actions").uniform({3, kSamples, 4, 2}, -1.0, 1.0); }

TEST(Energy, ScoresInPlaceWhatItReturns) {
  const Squares energy(Squares::Fault::kNone);
  const Tensor actions = some_actions();
  const Tensor before = actions.clone();
  std::vector<float> energies(3 * kSamples);
  const at::AutoGradMode on(true);
  energy.score(actions.const_data_ptr<float>(), kSamples, energies.data());
  EXPECT_FALSE(energy.recorded);
  EXPECT_TRUE(at::tensor(energies).view({3, kSamples}).equal(energy(actions)));
  EXPECT_TRUE(actions.equal(before));
}

TEST(Energy, ScoresInPlaceWithTheGradientOfEachSequence) {
  const Squares energy(Squares::Fault::kNone);
  const Tensor actions = some_actions();
  std::vector<float> energies(3 * kSamples);
  std::vector<float> gradients(actions.numel());
  const at::NoGradGuard off;  // As in a search.
  energy.score_with_gradient(actions.const_data_ptr<float>(), kSamples, energies.data(),
                             gradients.data());
  EXPECT_TRUE(energy.recorded);
  EXPECT_TRUE(at::tensor(energies).view({3, kSamples}).equal(energy(actions)));
  EXPECT_TRUE(at::tensor(gradients).view(actions.sizes()).equal(2 * actions));
  EXPECT_FALSE(at::GradMode::is_enabled());
}

TEST(Energy, RefusesAnotherShapeAndAMissingGradient) {
  const Tensor actions = some_actions();
  const float* in = actions.const_data_ptr<float>();
  std::vector<float> energies(3 * kSamples);
  std::vector<float> gradients(actions.numel());
  const Squares shape(Squares::Fault::kShape);
  EXPECT_THROW(shape.score(in, kSamples, energies.data()), ShapeError);
  EXPECT_THROW(shape.score_with_gradient(in, kSamples, energies.data(), gradients.data()),
               ShapeError);
  const Squares blunt(Squares::Fault::kNoGradient);
  try {
    blunt.score_with_gradient(in, kSamples, energies.data(), gradients.data());
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "this planner needs the gradient of the energy, and the energy is not "
                 "differentiable in the actions; choose a planner that samples (cem, icem, mppi)");
  }
}

}  // namespace
}  // namespace forethink
