// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/probe.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

#include "forethink/core/error.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

const ProbeOptions kSmallMlp{.kind = "mlp", .hidden = 32, .steps = 400, .batch = 128};

class ProbeTest : public ::testing::Test {
 protected:
  // States in which two positions (units 0 .. 200) lie plain, among others that do not matter.
  void SetUp() override {
    states_ = rng_.normal({600, 12});
    const Tensor mix = rng_.normal({12, 2});
    labels_ = 100.0 + 30.0 * states_.matmul(mix);
  }
  Tensor fit_states() const { return states_.slice(0, 0, 400); }
  Tensor fit_labels() const { return labels_.slice(0, 0, 400); }
  Tensor new_states() const { return states_.slice(0, 400); }
  Tensor new_labels() const { return labels_.slice(0, 400); }

  RandomStream rng_{4, "probe_test"};
  Tensor states_, labels_;
};

TEST_F(ProbeTest, FindsALinearLabelExactly) {
  const Probe probe = fit_regression_probe(fit_states(), fit_labels(), rng_, {.ridge = 1e-9});
  const ProbeScore score = score_regression_probe(probe, new_states(), new_labels());
  EXPECT_LT(score.error, 1e-3);  // Units of 1 in 200, single precision.
  EXPECT_LT(score.error_worst, 3e-3);
  EXPECT_NEAR(score.r2, 1.0, 1e-6);
}

TEST_F(ProbeTest, HasTheKnownSlopeOfRidgeRegression) {
  // One input of variance 1, label y = 2 x + 1: the slope shrinks to 2 / (1 + ridge).
  const Tensor x = torch::tensor({-1.0F, 1.0F}).unsqueeze(1);
  const Probe probe = fit_regression_probe(x, 2.0 * x + 1.0, rng_, {.ridge = 0.25});
  const Tensor decoded = probe.apply(torch::tensor({{0.0F}, {1.0F}, {2.0F}}));
  EXPECT_NEAR(decoded[0].item<double>(), 1.0, 1e-6);
  EXPECT_NEAR(decoded[1].item<double>(), 1.0 + 2.0 / 1.25, 1e-6);
  EXPECT_NEAR(decoded[2].item<double>(), 1.0 + 4.0 / 1.25, 1e-6);
}

TEST_F(ProbeTest, SaysWhenNothingIsThere) {
  const Tensor unrelated = rng_.normal({600, 2});
  const Probe probe = fit_regression_probe(fit_states(), unrelated.slice(0, 0, 400), rng_);
  EXPECT_LT(score_regression_probe(probe, new_states(), unrelated.slice(0, 400)).r2, 0.05);
}

TEST_F(ProbeTest, SurvivesStatesThatNeverChange) {
  const Probe probe = fit_regression_probe(torch::ones({400, 3}), fit_labels(), rng_);
  const Tensor decoded = probe.apply(torch::ones({1, 3}));
  EXPECT_TRUE(torch::allclose(decoded[0], fit_labels().mean(0), 1e-4, 1e-2));
}

TEST_F(ProbeTest, OfTwoLayersFindsWhatIsFolded) {
  // The label is the length of a vector: no linear function of it.
  const Tensor folded = fit_states().slice(1, 0, 2).norm(2, {1}, true);
  const Tensor later = new_states().slice(1, 0, 2).norm(2, {1}, true);
  const Tensor plane = fit_states().slice(1, 0, 2), new_plane = new_states().slice(1, 0, 2);
  const Probe linear = fit_regression_probe(plane, folded, rng_);
  const Probe mlp = fit_regression_probe(plane, folded, rng_, kSmallMlp);
  EXPECT_LT(score_regression_probe(linear, new_plane, later).r2, 0.1);
  EXPECT_GT(score_regression_probe(mlp, new_plane, later).r2, 0.95);
}

TEST_F(ProbeTest, FindsClasses) {
  // Three classes along one direction for the linear probe; inside or outside for the MLP.
  const Tensor first = states_.select(1, 0);
  const Tensor door = (first > 0.0).to(torch::kLong) + (first > 1.0).to(torch::kLong);
  const Tensor inside = (states_.slice(1, 0, 2).norm(2, {1}) < 1.1).to(torch::kLong);
  const Tensor plane = states_.slice(1, 0, 2);
  const Probe linear = fit_classification_probe(
      plane.slice(0, 0, 400), (first > 0.0).to(torch::kLong).slice(0, 0, 400), 2, rng_);
  EXPECT_GT(
      probe_accuracy(linear, plane.slice(0, 400), (first > 0.0).to(torch::kLong).slice(0, 400)),
      0.95);
  const Probe three =
      fit_classification_probe(plane.slice(0, 0, 400), door.slice(0, 0, 400), 3, rng_, kSmallMlp);
  EXPECT_GT(probe_accuracy(three, plane.slice(0, 400), door.slice(0, 400)), 0.93);
  const Probe circle =
      fit_classification_probe(plane.slice(0, 0, 400), inside.slice(0, 0, 400), 2, rng_, kSmallMlp);
  EXPECT_GT(probe_accuracy(circle, plane.slice(0, 400), inside.slice(0, 400)), 0.93);
  EXPECT_EQ(circle.classes(plane).scalar_type(), torch::kLong);
}

TEST_F(ProbeTest, IsTheSameForTheSameStream) {
  RandomStream one(9, "probe"), same(9, "probe"), other(10, "probe");
  ProbeOptions options = kSmallMlp;
  options.steps = 20;
  const Tensor a =
      fit_regression_probe(fit_states(), fit_labels(), one, options).apply(new_states());
  const Tensor b =
      fit_regression_probe(fit_states(), fit_labels(), same, options).apply(new_states());
  const Tensor c =
      fit_regression_probe(fit_states(), fit_labels(), other, options).apply(new_states());
  EXPECT_TRUE(torch::equal(a, b));
  EXPECT_FALSE(torch::equal(a, c));
}

TEST_F(ProbeTest, IsNotRoundedInABf16Scope) {
  const Probe probe = fit_regression_probe(fit_states(), fit_labels(), rng_);
  const Tensor plain = probe.apply(new_states());
  const Bf16Scope scope(true);
  EXPECT_TRUE(torch::equal(probe.apply(new_states()), plain));
}

TEST_F(ProbeTest, ComesBackFromTensors) {
  for (const char* kind : {"linear", "mlp"}) {
    ProbeOptions options = kSmallMlp;
    options.kind = kind;
    options.steps = 5;
    const Probe probe = fit_regression_probe(fit_states(), fit_labels(), rng_, options);
    std::map<std::string, Tensor> tensors;
    probe.save("position.", tensors);
    const Probe back = Probe::load(tensors, "position.");
    EXPECT_TRUE(torch::equal(back.apply(new_states()), probe.apply(new_states()))) << kind;
    EXPECT_FALSE(back.classifies);

    auto missing = tensors;
    missing.erase("position.bias_0");
    EXPECT_THROW(Probe::load(missing, "position."), CheckpointError);
    auto wrong = tensors;
    wrong["position.weight_0"] = torch::zeros({3, 3});
    EXPECT_THROW(Probe::load(wrong, "position."), CheckpointError);
    wrong = tensors;
    wrong["position.header"] = torch::tensor({0, 1000000}, torch::kLong);
    EXPECT_THROW(Probe::load(wrong, "position."), CheckpointError);
    EXPECT_THROW(Probe::load(tensors, "door."), CheckpointError);
  }
}

TEST_F(ProbeTest, RefusesWhatDoesNotFit) {
  EXPECT_THROW(fit_regression_probe(fit_states(), new_labels(), rng_), ShapeError);
  EXPECT_THROW(fit_regression_probe(fit_states(), fit_labels().select(1, 0), rng_), ShapeError);
  Tensor bad = fit_states().clone();
  bad[3][1] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(fit_regression_probe(bad, fit_labels(), rng_), ShapeError);
  const Tensor classes = torch::zeros({400}, torch::kLong);
  EXPECT_THROW(fit_classification_probe(fit_states(), classes + 2, 2, rng_), ShapeError);
  EXPECT_THROW(fit_classification_probe(fit_states(), classes, 1, rng_), ConfigError);
  EXPECT_THROW(fit_regression_probe(fit_states(), fit_labels(), rng_, {.kind = "tree"}),
               ConfigError);
  EXPECT_THROW(fit_regression_probe(fit_states(), fit_labels(), rng_, {.ridge = 0.0}), ConfigError);
  const Probe probe = fit_regression_probe(fit_states(), fit_labels(), rng_);
  EXPECT_THROW(probe.apply(torch::zeros({2, 11})), ShapeError);
  EXPECT_THROW(probe.classes(fit_states()), ConfigError);
  EXPECT_THROW(score_regression_probe(probe, fit_states(), new_labels()), ShapeError);
}

}  // namespace
}  // namespace forethink
