// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/evaluation/push_agreement.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/environments/four_rooms_truth.h"

namespace forethink {
namespace {

constexpr std::int64_t kSkip = 5;

// Its states are true states, and it moves them by a rule.
class Oracle : public WorldModel {
 public:
  explicit Oracle(std::int64_t skip = kSkip) : skip_(skip) {}
  std::int64_t state_dim(std::int64_t) const override { return 6; }
  std::int64_t action_dim(std::int64_t) const override { return 2 * skip_; }
  std::int64_t latent_dim(std::int64_t) const override { return 0; }

 protected:
  std::int64_t skip_;
};

// Steps the world itself.
class Perfect final : public Oracle {
 public:
  using Oracle::Oracle;
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor&, std::int64_t) const override {
    FourRooms world;
    RandomStream rng(0, "perfect");
    world.reset_to(s, {}, rng);
    for (std::int64_t t = 0; t < skip_; ++t) world.step(a.slice(1, 2 * t, 2 * t + 2).contiguous());
    return world.state();
  }
};

// Walks through walls and shut doors.
class Ghost final : public Oracle {
 public:
  using Oracle::Oracle;
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor&, std::int64_t) const override {
    const Tensor moved = s.slice(1, 0, 2) + 2.5 * a.view({-1, skip_, 2}).sum(1);
    return torch::cat({moved, s.slice(1, 2)}, 1);
  }
};

// Never moves.
class Statue final : public Oracle {
 public:
  using Oracle::Oracle;
  Tensor predict(const Tensor& s, const Tensor&, const Tensor&, std::int64_t) const override {
    return s;
  }
};

PushSubject subject_of(const WorldModel& model) {
  return {.model = model,
          .render =
              [](const Tensor& states) {
                return Observation{{"truth", states}};
              },
          .encode = [](const Observation& seen) { return seen.at("truth"); },
          .decode_position = [](const Tensor& s) { return s.slice(1, 0, 2); }};
}

std::map<std::string, PushResult> run(const WorldModel& model,
                                      const PushTestOptions& options = {}) {
  std::map<std::string, PushResult> named;
  for (const PushResult& result :
       push_test(subject_of(model), four_rooms_pushes({}), RandomStream(1, "push_test"), options)) {
    named[result.kind + "_" + std::to_string(result.steps)] = result;
  }
  return named;
}

TEST(PushTest, FindsNothingWrongWithTheWorldItself) {
  const auto results = run(Perfect());
  EXPECT_EQ(results.size(), 18U);  // 2 speeds, 3 kinds, 3 lengths.
  for (const auto& [name, result] : results) {
    EXPECT_EQ(result.agreed, 200) << name;
    EXPECT_EQ(result.agreement, 1.0) << name;
    EXPECT_EQ(result.readable, 1.0) << name;
    EXPECT_EQ(result.interval.high, 1.0) << name;
    EXPECT_NEAR(result.interval.low, wilson_interval(200, 200).low, 1e-12) << name;
  }
}

TEST(PushTest, MeasuresAtTheModelStepThatCoversTheLength) {
  const auto results = run(Statue(), {.trials = 3});
  EXPECT_EQ(results.at("wall_4").model_steps, 1);
  EXPECT_EQ(results.at("wall_4").steps_done, 5);
  EXPECT_EQ(results.at("wall_8").model_steps, 2);
  EXPECT_EQ(results.at("wall_8").steps_done, 10);
  EXPECT_EQ(results.at("wall_25").model_steps, 5);
  EXPECT_EQ(results.at("wall_25").steps_done, 25);
  EXPECT_EQ(run(Perfect(1), {.trials = 3, .steps = {4}}).at("wall_4").steps_done, 4);
}

TEST(PushTest, CatchesAModelThatWalksThroughWalls) {
  // 25 steps of 2.5 units cross any wall from 12 units before it; 5 steps reach 12.5 units, and the
  // middle line is at least 10.5 away.
  const auto results = run(Ghost());
  EXPECT_EQ(results.at("wall_25").agreed, 0);
  EXPECT_EQ(results.at("closed_door_25").agreed, 0);
  EXPECT_EQ(results.at("closed_door_25").readable, 1.0);  // It is not the probe's fault.
  EXPECT_EQ(results.at("closed_door at 0.75_25").agreed, 0);
  EXPECT_EQ(results.at("open_door_25").agreed, 200);
  EXPECT_GT(results.at("closed_door_4").agreement, 0.7);
  EXPECT_LT(results.at("closed_door_8").agreement, 0.2);
}

TEST(PushTest, CatchesAModelThatNeverMoves) {
  const auto results = run(Statue());
  EXPECT_EQ(results.at("wall_25").agreed, 200);
  EXPECT_EQ(results.at("closed_door_25").agreed, 200);
  EXPECT_EQ(results.at("open_door_25").agreed, 0);
}

TEST(PushTest, ForgivesLessThanARadiusAcrossTheLine) {
  // Beside the truth by 3 units, whichever way: no trial ends in another room by more than that.
  const Perfect model;
  PushSubject beside = subject_of(model);
  beside.decode_position = [](const Tensor& s) {
    return s.slice(1, 0, 2) + torch::tensor({3.0F, 0.0F});
  };
  const RandomStream rng(1, "push_test");
  for (const PushResult& result : push_test(beside, four_rooms_pushes({}), rng, {.trials = 100})) {
    EXPECT_EQ(result.agreed, 100) << result.kind << " " << result.steps;
  }
  std::int64_t agreed = 0;
  for (const PushResult& result :
       push_test(beside, four_rooms_pushes({}), rng, {.trials = 100, .tolerance = 0.0})) {
    agreed += result.agreed;
  }
  EXPECT_LT(agreed, 1800);
}

TEST(PushTest, TellsAProbeThatCannotRead) {
  const Perfect model;
  PushSubject blind = subject_of(model);
  blind.decode_position = [](const Tensor& s) { return torch::zeros({s.size(0), 2}); };
  for (const PushResult& result :
       push_test(blind, four_rooms_pushes({}), RandomStream(1, "push_test"))) {
    EXPECT_EQ(result.readable, result.agreement) << result.kind;  // The model is not to blame.
    EXPECT_LT(result.readable, 0.5) << result.kind;
  }
}

TEST(PushTest, NamesItsMeasurements) {
  const auto named = push_measurements(push_test(subject_of(Perfect()), four_rooms_pushes({}),
                                                 RandomStream(1, "push_test"), {.trials = 2}));
  EXPECT_EQ(named.size(), 6U);  // 3 kinds at 2 speeds, the longest of 3 lengths.
  EXPECT_EQ(named.at("push_closed_door_25"), 1.0);
  EXPECT_EQ(named.at("push_closed_door_at_0.75_25"), 1.0);
}

TEST(PushTest, RepeatsForEqualStreams) {
  const auto one = run(Ghost(), {.trials = 50});
  const auto same = run(Ghost(), {.trials = 50});
  for (const auto& [name, result] : one) EXPECT_EQ(result.agreed, same.at(name).agreed) << name;
}

TEST(PushTest, RefusesWhatDoesNotFit) {
  EXPECT_THROW(run(Perfect(), {.trials = 0}), ConfigError);
  EXPECT_THROW(run(Perfect(), {.steps = {4, 0}}), ConfigError);
  EXPECT_THROW(run(Perfect(), {.speeds = {1.0, 1.5}}), ConfigError);
  EXPECT_THROW(run(Perfect(), {.tolerance = -1.0}), ConfigError);
  const Perfect model;
  PushSubject wrong = subject_of(model);
  wrong.decode_position = [](const Tensor& s) { return s; };
  EXPECT_THROW(push_test(wrong, four_rooms_pushes({}), RandomStream(1, "push_test"), {.trials = 2}),
               ShapeError);
  wrong.decode_position = subject_of(model).decode_position;
  wrong.encode = [](const Observation&) { return torch::zeros({2, 3}); };
  EXPECT_THROW(push_test(wrong, four_rooms_pushes({}), RandomStream(1, "push_test"), {.trials = 2}),
               ShapeError);
}

}  // namespace
}  // namespace forethink
