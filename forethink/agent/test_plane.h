// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The simplest world and the world model that knows it, for tests of what acts.
//
// Role:    tests of the agent and of its onlookers.
#pragma once

#include <torch/types.h>

#include "forethink/agent/episode.h"
#include "forethink/environments/environment.h"
#include "forethink/perception/perception.h"
#include "forethink/world_model/world_model.h"

namespace forethink {

inline constexpr double kReach = 0.5;  // Distance at which the goal counts as reached.

// An empty plane: the state is a position, the sensor shows it, actions add to it.
class Plane final : public Environment {
 public:
  Plane() {
    spec_.name = "plane";
    spec_.observation.push_back(two_numbers("place"));
    spec_.action = two_numbers("action");
    spec_.state = two_numbers("state");
  }
  const EnvironmentSpec& spec() const override { return spec_; }
  void reset(std::int64_t batch, RandomStream& rng) override { state_ = rng.normal({batch, 2}); }
  void reset_to(const Tensor& states, const Tensor& goals, RandomStream&) override {
    state_ = states.clone();
    goals_ = goals;
    steps_taken = at::zeros({states.size(0)}, at::kLong);
  }
  StepResult step(const Tensor& actions) override {
    const Tensor there = reached();
    steps_taken += there.logical_not();
    state_ = at::where(there.unsqueeze(1), state_, state_ + actions.clamp(-1, 1));
    return {reached(), at::zeros({state_.size(0)}, at::kBool)};
  }
  Observation observe() const override { return render(state_); }
  Tensor state() const override { return state_; }
  Observation render(const Tensor& states) const override { return {{"place", states.clone()}}; }

  Tensor steps_taken;

 private:
  static ArraySpec two_numbers(const std::string& name) {
    ArraySpec spec;
    spec.name = name;
    spec.shape = {2};
    spec.low = -1;
    spec.high = 1;
    return spec;
  }
  Tensor reached() const { return (state_ - goals_).norm(2, 1).lt(kReach); }
  EnvironmentSpec spec_;
  Tensor state_, goals_;
};

// A state is what is seen.
class Identity final : public Encoder {
 public:
  Tensor forward(const Tensor& x) override { return x; }
  std::int64_t dim() const override { return 2; }
};

// Two actions a model step.
class Mover final : public WorldModel {
 public:
  std::int64_t state_dim(std::int64_t) const override { return 2; }
  std::int64_t action_dim(std::int64_t) const override { return 2 * 2; }
  std::int64_t latent_dim(std::int64_t) const override { return 0; }
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor&, std::int64_t) const override {
    return s + a.view({a.size(0), 2, 2}).sum(1);
  }
};

// Two model steps ahead, one of them acted out.
inline EpisodeOptions plane_options(std::int64_t budget) {
  EpisodeOptions options;
  options.budget = budget;
  options.replan_every = 2;
  options.deliberation.horizon = 2;
  options.deliberation.hold = 2;
  options.deliberation.planner.name = "cem";
  return options;
}

}  // namespace forethink
