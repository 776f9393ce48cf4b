// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Stacked frames from end to end: what recordings show is what the acting agent sees, and it holds
// the velocity.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/agent/test_plane.h"
#include "forethink/cost/goal_energy.h"
#include "forethink/datasets/trajectories.h"
#include "forethink/nn/init.h"
#include "forethink/training/probe.h"

namespace forethink {
namespace {

// Keeps what it is shown; the state is the newest reading.
class Spy final : public Encoder {
 public:
  Tensor forward(const Tensor& x) override {
    seen.push_back(x.clone());
    return x.slice(1, x.size(1) - 2);
  }
  std::int64_t dim() const override { return 2; }
  std::vector<Tensor> seen;
};

// Records every primitive step, and when was planned for whom.
class Recorder final : public EpisodeWatcher {
 public:
  void planned(std::int64_t step, const Tensor& active, const ImaginedEnergy&,
               const Plan&) override {
    plans.emplace_back(step, active);
  }
  void saw(std::int64_t, const Environment& environment) override {
    states.push_back(environment.state().clone());
  }
  std::vector<std::pair<std::int64_t, Tensor>> plans;
  std::vector<Tensor> states;  // Of each step, [P, 2].
};

// Acts three episodes of different lengths, then looks at the recorded steps as training does.
void expect_acting_sees_the_recording(std::int64_t frames, std::int64_t replan_every) {
  SCOPED_TRACE(std::to_string(frames) + " frames, plans of " + std::to_string(replan_every));
  const Tensor goals = torch::tensor({{2.0F, 0.0F}, {9.0F, 1.0F}, {0.0F, -14.0F}});
  Plane plane;
  RandomStream world(1, "world"), search(2, "search");
  plane.reset_to(torch::zeros({3, 2}), goals, world);
  const auto spy = std::make_shared<Spy>();
  const Perception perception({{"place", spy}}, frames);
  const Mover model;
  Cost cost;
  cost.add(std::make_shared<GoalEnergy>(goals, GoalEnergyOptions{.combine = "last"}), 1.0);
  EpisodeOptions options = plane_options(/*budget=*/24);
  options.replan_every = replan_every;
  Recorder recorder;
  run_episodes(plane, Agent{perception, model, cost}, search, options, &recorder);

  Trajectories data;
  const Tensor states = torch::stack(recorder.states, 1);  // [P, T, 2]
  const std::int64_t T = states.size(1);
  data.columns = {{"state", states.flatten(0, 1)}, {"action", torch::zeros({3 * T, 2})}};
  data.ep_len = torch::full({3}, T, at::kLong);
  data.ep_offset = torch::arange(3) * T;
  data.render = [&](const Tensor& rows) { return plane.render(rows); };
  data.frames = frames;
  ASSERT_EQ(spy->seen.size(), recorder.plans.size());
  ASSERT_LT(recorder.plans.back().second.size(0), 3);  // Some had left the batch.
  for (std::size_t i = 0; i < spy->seen.size(); ++i) {
    const auto& [step, active] = recorder.plans[i];
    const Tensor recorded = data.observe(active * T + step).at("place");
    EXPECT_EQ(recorded.size(1), 2 * frames);
    EXPECT_TRUE(torch::equal(spy->seen[i], recorded)) << "step " << step;
  }
}

TEST(StackedFrames, AreTheSameInRecordingsAndInActing) {
  expect_acting_sees_the_recording(/*frames=*/1, /*replan_every=*/2);
  expect_acting_sees_the_recording(2, 2);
  expect_acting_sees_the_recording(5, 2);  // Frames from before the last plan.
  expect_acting_sees_the_recording(2, 4);  // Steps that no plan looks at.
}

// A soft ball, 16 x 16 pixels, that crosses the image; the true state is its place and velocity,
// which in the middle row of an episode have nothing to do with one another.
Trajectories balls(std::int64_t episodes, RandomStream& rng) {
  const Tensor middle = rng.uniform({episodes, 2}, 5.0, 11.0);
  const Tensor velocity = rng.uniform({episodes, 2}, -1.0, 1.0);
  std::vector<Tensor> steps;
  for (const double t : {-1.0, 0.0, 1.0}) {
    steps.push_back(torch::cat({middle + t * velocity, velocity}, 1));
  }
  Trajectories data;
  data.columns = {{"state", torch::stack(steps, 1).flatten(0, 1)},
                  {"action", torch::zeros({3 * episodes, 1})}};
  data.ep_len = torch::full({episodes}, 3, at::kLong);
  data.ep_offset = torch::arange(episodes) * 3;
  data.render = [](const Tensor& states) -> Observation {
    const Tensor pixel = torch::arange(16).view({1, 16}).to(at::kFloat);
    const auto along = [&](std::int64_t axis) {
      return (-(pixel - states.slice(1, axis, axis + 1)).square() / 4.0).exp();  // [N, 16]
    };
    const Tensor ball = along(0).unsqueeze(2) * along(1).unsqueeze(1);
    return {{"image", (255.0 * ball).round().to(at::kByte).unsqueeze(3)}};
  };
  return data;
}

// How well a linear read-out of the states of an untrained encoder tells the velocity.
double velocity_r2(std::int64_t frames) {
  constexpr std::int64_t kFit = 900, kScore = 300;
  RandomStream rng(3, "balls");
  Trajectories data = balls(kFit + kScore, rng);
  data.frames = frames;
  const auto encoder = make_encoder(
      {.dim = 128, .norm = "none", .frames = frames, .patch = {.hidden = 64}}, {16, 16, 1});
  initialise(*encoder, rng);
  const Perception perception({{"image", encoder}}, frames);
  const Tensor rows = data.ep_offset + 1;
  const Tensor s = perception.estimate(data.observe(rows));
  const Tensor velocity = data.columns.at("state").index_select(0, rows).slice(1, 2);
  const Probe probe =
      fit_regression_probe(s.slice(0, 0, kFit), velocity.slice(0, 0, kFit), rng, {.ridge = 1e-4});
  return score_regression_probe(probe, s.slice(0, kFit), velocity.slice(0, kFit)).r2;
}

TEST(StackedFrames, ShowTheVelocityThatOneFrameDoesNot) {
  EXPECT_LT(velocity_r2(1), 0.05);
  EXPECT_GT(velocity_r2(2),
            0.8);  // Not 1: the encoder is untrained and its features are not linear.
}

}  // namespace
}  // namespace forethink
