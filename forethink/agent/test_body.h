// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// An agent with a body that has learnt nothing, for tests of how it lives in the meadow.
//
// Role:    tests of the agent and of its onlookers.
#pragma once

#include <torch/types.h>

#include <memory>

#include "forethink/agent/episode.h"
#include "forethink/environments/meadow.h"

namespace forethink {

inline constexpr std::int64_t kSeen = 3;  // Numbers of an encoded picture.

// The mean colour.
class MeanColour final : public Encoder {
 public:
  Tensor forward(const Tensor& x) override { return x.to(at::kFloat).mean({1, 2}) / 255.0; }
  std::int64_t dim() const override { return kSeen; }
};

// Nothing changes but energy and water, which fall by 0.001 a model step.
class SlowHunger final : public WorldModel {
 public:
  explicit SlowHunger(std::int64_t hold) : hold_(hold) {}
  std::int64_t state_dim(std::int64_t) const override { return kSeen + 2 + 12 + kVitals; }
  std::int64_t action_dim(std::int64_t) const override { return 2 * hold_; }
  std::int64_t latent_dim(std::int64_t) const override { return 0; }
  Tensor predict(const Tensor& s, const Tensor&, const Tensor&, std::int64_t) const override {
    Tensor next = s.clone();
    next.slice(1, s.size(1) - kVitals, s.size(1) - kVitals + 2) -= 0.001;
    return next;
  }

 private:
  std::int64_t hold_;
};

// All modules of one, kept together.
struct UntaughtBody {
  explicit UntaughtBody(std::int64_t hold)
      : perception({{"image", std::make_shared<MeanColour>()}}),
        world_model(hold),
        sight(critic(kSeen + 2 + kVitals)),
        worth(sight, kSeen, 0.9) {
    add_drives_(cost, intrinsic, VitalsSlice::last_of(world_model.state_dim(1)));
    options.deliberation = {.horizon = 2, .hold = hold};
    options.deliberation.planner.name = "cem";
    options.deliberation.planner.cem = {.samples = 8, .elites = 2, .iterations = 1};
    options.replan_every = hold;
  }
  LivingAgent agent(Policy* policy = nullptr) const {
    LivingAgent body{perception,  {"proprioception", "recollection", "vitals"},
                     world_model, intrinsic,
                     cost,        policy,
                     worth};
    return body;
  }
  static std::shared_ptr<DriveCritic> critic(std::int64_t dim) {
    RandomStream rng(3, "critic");
    return std::make_shared<DriveCritic>(dim, DriveCriticOptions{.networks = 1, .width = 8}, rng);
  }

  Perception perception;
  SlowHunger world_model;
  IntrinsicCost intrinsic;
  Cost cost;
  std::shared_ptr<DriveCritic> sight;
  PlaceWorth worth;
  LifeOptions options;
};

}  // namespace forethink
