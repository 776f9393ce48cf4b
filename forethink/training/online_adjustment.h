// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// On-line adjustment: the world model learns on from what the agent has just lived through.
//
// After each look the short-term memory holds what came of the last action. A few gradient steps on
// pairs (s[t], a[t], s[t+1]) of the last looks lower the error of the prediction,
//
//   L = mean |s~[t+1] - s[t+1]|^2 of what is encoded  +  felt_weight felt_error,
//
// the newest pair always among them. What the model knew before is kept only as far as the rate is
// small and the world asks for it.
//
// Role:    training; figure 3, "the world model is adjusted once the next observation is in".
// Source:  LeCun, A Path Towards Autonomous Machine Intelligence, 2022, section 3.1.1.
#pragma once

#include <memory>

#include "forethink/core/random.h"
#include "forethink/memory/short_term_memory.h"
#include "forethink/training/optimizer.h"
#include "forethink/world_model/jepa.h"

namespace forethink {

/// Settings of OnlineAdjuster.
struct OnlineAdjustmentOptions {
  std::int64_t steps = 2;       ///< Gradient steps after each look; >= 1.
  std::int64_t batch = 32;      ///< Pairs of a step, for each agent's memory together; >= 1.
  std::int64_t recent = 100;    ///< Looks back that pairs are drawn from; >= 1.
  double learning_rate = 3e-4;  ///< > 0.
  double felt_weight = 1.0;     ///< >= 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("steps", self.steps);
    visit("batch", self.batch);
    visit("recent", self.recent);
    visit("learning_rate", self.learning_rate);
    visit("felt_weight", self.felt_weight);
  }
};

class OnlineAdjuster {
 public:
  /// @param model  Its predictor learns; the encoder stays as it is.
  /// @param hold, norm  How long an action in memory is held, and what effectors shorten it to.
  /// @throws ConfigError if `options` break a rule.
  OnlineAdjuster(std::shared_ptr<Jepa> model, std::int64_t hold, double norm,
                 const OnlineAdjustmentOptions& options, std::uint64_t seed);

  /// Learns from what `memory` has observed, if there are two looks that follow each other.
  void operator()(const ShortTermMemory& memory);

 private:
  struct Pairs {
    Tensor before;   // [N, D]
    Tensor actions;  // [N, A]
    Tensor after;    // [N, D]
    Tensor newest;   // [n] int64: rows of the newest pairs.
  };
  Pairs pairs_of(const ShortTermMemory& memory) const;
  Tensor loss(const Pairs& pairs, const Tensor& rows);

  std::shared_ptr<Jepa> model_;
  PlanShape shape_;
  OnlineAdjustmentOptions options_;
  RandomStream rng_;
  AdamW optimizer_;
};

}  // namespace forethink
