// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Drive critic: K networks that have learnt, for each drive, the intrinsic energy that is still to
// come.
//
//   y_k = scale softplus(f_k(s))              one head for each drive j, >= 0 as energies are
//   TC(s) = mean_k y_k + pessimism std_k y_k  (std over the K networks, divided by K)
//
// Energies are lowered, so a pessimist adds: where the networks have seen little they differ, and
// what they differ in looks dear. What "to come" means is the target that they were trained on: the
// energy some steps later, or a discounted sum (training/drive_targets.h).
//
// Role:    the trainable critic of the cost module (figure 6, TC), for drives instead of goals.
// Source:  Lakshminarayanan, Pritzel, Blundell, Simple and Scalable Predictive Uncertainty
// Estimation
//          using Deep Ensembles, 2017.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/cost/cost.h"
#include "forethink/cost/drive_energy.h"

namespace forethink {

/// Settings of `DriveCritic`.
struct DriveCriticOptions {
  std::int64_t networks = 3;  ///< K; >= 1.
  std::int64_t width = 256;   ///< Of each hidden layer; >= 1.
  std::int64_t layers = 2;    ///< Hidden layers; >= 1.
  double scale = 5.0;         ///< Energy per unit that a network gives; > 0.
  double pessimism = 0.5;     ///< Deviations of the ensemble that are added to its mean; >= 0.
  std::int64_t unread = 0;    ///< Leading numbers of the state that the critic does not look at;
                              ///< >= 0, less than D. A search finds the encoded futures that a
                              ///< critic is wrong about; felt numbers leave it less room.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("networks", self.networks);
    visit("width", self.width);
    visit("layers", self.layers);
    visit("scale", self.scale);
    visit("pessimism", self.pessimism);
    visit("unread", self.unread);
  }
};

/// One network of the ensemble.
class DriveNet;

class DriveCritic {
 public:
  /// @param state_dim  D.   @param rng  Source of the initial weights.
  /// @throws ConfigError if `options` break a rule, or nothing of the state is read.
  DriveCritic(std::int64_t state_dim, const DriveCriticOptions& options, RandomStream& rng);

  /// What each network says of states [N, D]: [K, N, drives]. Training compares these with targets.
  Tensor predictions(const Tensor& states) const;

  /// TC(s): states [..., D] -> [..., drives]. @throws ShapeError if states are not of D numbers.
  Tensor operator()(const Tensor& states) const;

  /// sum_j weights[j] TC_j(s) as a formula: state [rows, D] -> [rows, 1].
  Value describe(Formula& formula, Value state, const std::vector<double>& weights) const;

  /// The parameters of all networks, in a fixed order.
  std::vector<Tensor> parameters() const;

  /// The parameters by name, for a checkpoint, and back.
  std::map<std::string, Tensor> state() const;
  /// @throws CheckpointError naming the tensor that is missing or of another shape.
  void restore(const std::map<std::string, Tensor>& tensors);

  std::int64_t state_dim() const { return state_dim_; }
  const DriveCriticOptions& options() const { return options_; }

 private:
  std::int64_t state_dim_;
  DriveCriticOptions options_;
  std::vector<std::shared_ptr<DriveNet>> nets_;
};

/// Settings of `DriveCriticEnergy`.
struct DriveCriticEnergyOptions {
  double discount = 1.0;     ///< Per imagined step, of what the last state promises; in (0, 1].
  double mean_weight = 0.0;  ///< Of the mean over all imagined steps; >= 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("discount", self.discount);
    visit("mean_weight", self.mean_weight);
  }
};

/// What a drive critic makes of where a plan ends:
///
///   E = discount^H C(s[H]) + mean_weight mean_h C(s[h]),   C(s) = sum_j v_j TC_j(s)
///
/// One term of all drives runs the networks once; one term of each drive shows them apart.
class DriveCriticEnergy final : public CostTerm {
 public:
  /// All drives: "future_drives".
  /// @throws ConfigError if a setting breaks its rule or `critic` is null.
  DriveCriticEnergy(std::shared_ptr<const DriveCritic> critic, const DriveWeights& weights,
                    const DriveCriticEnergyOptions& options = {});

  /// One of them, with v_j = 1: "future_hunger" and so on.
  static DriveCriticEnergy of_drive(std::shared_ptr<const DriveCritic> critic,
                                    const std::string& drive,
                                    const DriveCriticEnergyOptions& options = {});

  std::string name() const override { return name_; }
  Tensor energy(const Imagined& imagined) const override;
  StepEnergy describe(Formula& formula, const StepValues& step,
                      std::int64_t horizon) const override;

 private:
  DriveCriticEnergy(std::shared_ptr<const DriveCritic> critic, std::string name,
                    std::vector<double> weights, const DriveCriticEnergyOptions& options);

  std::shared_ptr<const DriveCritic> critic_;
  std::string name_;
  std::vector<double> weights_;  // In the order of `Drive`.
  DriveCriticEnergyOptions options_;
};

}  // namespace forethink
