// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Trains a policy to do what was done in recordings: imitation.
//
//   L = mean_n |pi(s_n) - a_n|^2
//
// The mean of what was done in like states: where one went left and another right, it hesitates.
//
// Role:    training; the plain policy of Mode-1. What Mode-2 teaches it comes on top.
// Source:  Pomerleau, ALVINN: An Autonomous Land Vehicle in a Neural Network, 1988.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "forethink/actor/policy.h"
#include "forethink/core/random.h"
#include "forethink/training/optimizer.h"
#include "forethink/training/training.h"

namespace forethink {

/// Settings of PolicyTrainer.
struct PolicyTrainerOptions {
  std::int64_t steps = 3000;  ///< >= 1.
  std::int64_t batch = 1024;  ///< States per step; >= 1.
  OptimizerOptions optimizer = {};
  LoopOptions loop = {};

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("steps", self.steps);
    visit("batch", self.batch);
    visit("optimizer", self.optimizer);
    visit("loop", self.loop);
  }
};

/// What was done: states [N, D] and the actions [N, A] taken in them, float32.
struct Deeds {
  Tensor states;
  Tensor actions;
};

class PolicyTrainer final : public Trainer {
 public:
  /// @param validation  Of other episodes, for `diagnose`.
  /// @throws ConfigError if `options` break a rule.
  /// @throws DataError   if deeds are none, are not finite or do not fit the policy.
  PolicyTrainer(std::shared_ptr<Policy> policy, Deeds deeds, Deeds validation,
                const PolicyTrainerOptions& options, std::uint64_t seed);

  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return options_.steps; }
  Measurements advance() override;
  /// "validation_error", and "explained": the share of the variance of actions that is imitated.
  Measurements diagnose() override;
  std::string verdict() const override { return ""; }
  std::map<std::string, Tensor> state() const override;
  void restore(const std::map<std::string, Tensor>& tensors) override;

 private:
  std::shared_ptr<Policy> policy_;
  Deeds deeds_;
  Deeds validation_;
  PolicyTrainerOptions options_;
  RandomStream rng_;
  AdamW optimizer_;
  std::int64_t step_ = 0;
};

}  // namespace forethink
