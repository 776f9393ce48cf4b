// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Trains a critic on what a teacher says the remaining cost is.
//
//   "distance":  L = mean_i w_i huber((d_i - y_i) / huber_scale)
//   "discount":  L = mean_i w_i (gamma^d_i - gamma^y_i)^2
//   w_i = 2 tau_i where y_i < d_i, else 2 (1 - tau_i)        (tau = 0.5: a plain mean)
//
// and the slow critic follows: w^ <- w^ + target_rate (w - w^).
//
// Role:    training; the last stage of a run.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "forethink/core/random.h"
#include "forethink/cost/trainable_critic.h"
#include "forethink/training/critic_teacher.h"
#include "forethink/training/optimizer.h"
#include "forethink/training/training.h"

namespace forethink {

/// Settings of CriticTrainer.
struct CriticTrainerOptions {
  std::int64_t steps = 6000;      ///< >= 1.
  std::int64_t batch = 1024;      ///< Pairs per step; >= 4.
  std::string loss = "distance";  ///< "distance" or "discount".
  double huber_scale = 4.0;       ///< Model steps at which the distance loss turns linear; > 0.
  double discount = 0.975;        ///< gamma per model step, "discount" only; in (0, 1).
  double target_rate = 0.05;      ///< Of the slow critic; in (0, 1].
  bool bf16 = true;               ///< Where the processor gains by it.
  OptimizerOptions optimizer = {};
  LoopOptions loop = {};

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("steps", self.steps);
    visit("batch", self.batch);
    visit("loss", self.loss);
    visit("huber_scale", self.huber_scale);
    visit("discount", self.discount);
    visit("target_rate", self.target_rate);
    visit("bf16", self.bf16);
    visit("optimizer", self.optimizer);
    visit("loop", self.loop);
  }
};

class CriticTrainer final : public Trainer {
 public:
  /// @throws ConfigError if `options` break a rule.
  CriticTrainer(std::shared_ptr<TrainableCritic> critic, std::shared_ptr<CriticTeacher> teacher,
                const CriticTrainerOptions& options, std::uint64_t seed);

  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return options_.steps; }
  /// "loss", "error" (mean, in model steps), "gradient_norm", "target".
  Measurements advance() override;
  Measurements diagnose() override { return teacher_->examine(*critic_); }
  std::string verdict() const override { return ""; }
  std::map<std::string, Tensor> state() const override;
  void restore(const std::map<std::string, Tensor>& tensors) override;

 private:
  Tensor loss(const CriticLesson& lesson, Tensor& errors) const;

  std::shared_ptr<TrainableCritic> critic_;
  std::shared_ptr<CriticTeacher> teacher_;
  CriticTrainerOptions options_;
  RandomStream rng_;
  TrainableCritic slow_;
  AdamW optimizer_;
  std::int64_t step_ = 0;
};

}  // namespace forethink
