// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Trainable critic: a network that has learnt the remaining cost, d(s, g) >= 0 in model steps.
//
//   "mlp":          d = scale softplus(f([s, g]))
//   "quasimetric":  d = scale (|x_s - x_g| + max_i relu(y_s - y_g)_i),   [x, y] = f(s)
//
// The quasimetric head obeys the triangle inequality and d(g, g) = 0 by construction and may differ
// there and back. The first head with scale = -1 / ln(gamma) is the same as a sigmoid that gives
// 1 - gamma^d, so networks in the space of discounts and of distances are one; only the loss
// differs. Of a pair the larger answer counts: an error that promises a short cut must be made
// twice.
//
// Role:    the trainable critic of the cost module (figure 6, TC).
// Source:  Liu, Feng, Liu, Abbeel, Metric Residual Networks for Sample Efficient Goal-Conditioned
//          Reinforcement Learning, 2023 (quasimetric head).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/cost/remaining_cost.h"

namespace forethink {

/// Settings of `TrainableCritic`.
struct CriticOptions {
  std::string head = "mlp";      ///< "mlp" or "quasimetric".
  std::int64_t width = 384;      ///< Of each hidden layer; >= 1.
  std::int64_t layers = 2;       ///< Hidden layers; >= 1.
  std::int64_t embedding = 128;  ///< Of x and of y, "quasimetric" only; >= 1.
  double scale = 10.0;           ///< Model steps per unit that the network gives; > 0.
  bool pair = false;             ///< Two networks, of which the larger answer counts.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("head", self.head);
    visit("width", self.width);
    visit("layers", self.layers);
    visit("embedding", self.embedding);
    visit("scale", self.scale);
    visit("pair", self.pair);
  }
};

/// One network of either head: the goal's side apart, so that it may be computed once.
class CriticNet;

class TrainableCritic final : public RemainingCost {
 public:
  /// @param state_dim  D.   @param rng  Source of the initial weights.
  /// @throws ConfigError if `options` break a rule.
  TrainableCritic(std::int64_t state_dim, const CriticOptions& options, RandomStream& rng);

  std::string name() const override { return "critic"; }

  /// Computes the goal's side of the networks once. What it returns shares the weights: train no
  /// further while it is in use.
  std::unique_ptr<const CostToGoals> to(const Tensor& goals) const override;

  /// Remaining model steps of each network [nets, N] from states [N, D] to goals [N, D]: what
  /// training compares with its targets.
  Tensor distances(const Tensor& states, const Tensor& goals) const;

  /// The larger answer of the networks [B, N], from states [B, N, D] to goals [B, D].
  Tensor remaining(const Tensor& states, const Tensor& goals) const;

  /// The parameters of all networks, in a fixed order.
  std::vector<Tensor> parameters() const;

  /// The parameters by name, for a checkpoint, and back.
  std::map<std::string, Tensor> state() const;
  /// @throws CheckpointError naming the tensor that is missing or of another shape.
  void restore(const std::map<std::string, Tensor>& tensors);

  std::int64_t state_dim() const { return state_dim_; }
  const CriticOptions& options() const { return options_; }

 private:
  std::int64_t state_dim_;
  CriticOptions options_;
  std::vector<std::shared_ptr<CriticNet>> nets_;
};

}  // namespace forethink
