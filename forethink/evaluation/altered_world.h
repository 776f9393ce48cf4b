// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// A world that is changed while an agent lives in it, and an agent that is led by the hand: what
// trials of memory and of adjustment are made of.
//
// Role:    evaluation; an environment around another one.
#pragma once

#include <functional>

#include "forethink/environments/environment.h"

namespace forethink {

class AlteredWorld final : public Environment {
 public:
  /// Before primitive step `step` (0, 1, ..): changes `states` [P, V] and says whether it did.
  using Alter = std::function<bool(std::int64_t step, Tensor& states)>;
  /// At the same time: the actions [P, A] to make instead of those asked for, or undefined.
  using Lead = std::function<Tensor(std::int64_t step, const Tensor& states)>;

  /// @param world  Just reset; borrowed.   @param alter, lead  May be empty.
  AlteredWorld(Environment& world, Alter alter, Lead lead = {})
      : world_(world), alter_(std::move(alter)), lead_(std::move(lead)) {}

  const EnvironmentSpec& spec() const override { return world_.spec(); }
  void reset(std::int64_t batch, RandomStream& rng) override {
    step_ = 0;
    world_.reset(batch, rng);
  }
  void reset_to(const Tensor& states, const Tensor& goals, RandomStream& rng) override {
    step_ = 0;
    world_.reset_to(states, goals, rng);
  }
  StepResult step(const Tensor& actions) override {
    Tensor states = world_.state().clone();
    if (alter_ && alter_(step_, states)) world_.reset_to(states, {}, chance_);
    const Tensor led = lead_ ? lead_(step_, states) : Tensor();
    ++step_;
    return world_.step(led.defined() ? led : actions);
  }
  Observation observe() const override { return world_.observe(); }
  Tensor state() const override { return world_.state(); }
  Observation render(const Tensor& states) const override { return world_.render(states); }

 private:
  Environment& world_;
  Alter alter_;
  Lead lead_;
  std::int64_t step_ = 0;
  RandomStream chance_{0, "altered world"};
};

}  // namespace forethink
