// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// TD-MPC2: a world model, rewards, values and a policy that were trained elsewhere, planning here.
//
//   s  = Enc(x)                     layers of W x + b, layer norm, Mish; the last ends in SimNorm
//   s' = Pred(s, a)                 the same
//   r  = symexp E[bins | R(s, a)],  q_i = symexp E[bins | Q_i(s, a)],  Pi(s) = (mean,
//   log-deviation) E  = - sum_{h<H} discount^h r(s[h], a[h]) - discount^H mean_i q_i(s[H], a),
//        a = tanh(mean + deviation * noise)
//
// What its authors call a value is here an energy with the other sign.
//
// Role:    importers; a single-task model on state observations.
// Source:  Hansen, Su, Wang, TD-MPC2: Scalable, Robust World Models for Continuous Control, 2024.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "forethink/cost/cost.h"
#include "forethink/world_model/world_model.h"

namespace forethink {

/// What the weights do not tell; the defaults are the authors'.
struct Tdmpc2Options {
  std::int64_t simplex = 8;    ///< Numbers of a group of SimNorm; >= 1.
  double bin_low = -10.0;      ///< Bins of rewards and values, in symlog.
  double bin_high = 10.0;      ///< > bin_low.
  double log_std_low = -10.0;  ///< The policy's deviation.
  double log_std_high = 2.0;   ///< > log_std_low.
  double discount = 0.99;      ///< 0 < discount <= 1. The authors': by the length of episodes.
  std::vector<std::int64_t> value_heads = {0, 1};  ///< Whose mean is the value; not empty.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
};

class Tdmpc2 final : public WorldModel {
 public:
  /// @param tensors  Of a checkpoint, by the authors' names: `_encoder.state.*`, `_dynamics.*`,
  ///                 `_reward.*`, `_pi.*`, `_Qs.params.*`.
  /// @throws DataError naming the tensor that is missing, of another shape or not finite.
  explicit Tdmpc2(const std::map<std::string, Tensor>& tensors, const Tdmpc2Options& options = {});
  ~Tdmpc2() override;

  /// @param path  A safetensors file, as scripts/convert_weights.py makes it of a checkpoint.
  static Tdmpc2 load(const std::filesystem::path& path, const Tdmpc2Options& options = {});

  Tensor encode(const Tensor& observations) const;  ///< [N, X] -> [N, D].

  using WorldModel::predict;
  std::int64_t state_dim(std::int64_t level = 1) const override;
  std::int64_t action_dim(std::int64_t level = 1) const override;
  std::int64_t latent_dim(std::int64_t) const override { return 0; }
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor& z,
                 std::int64_t level = 1) const override;
  Value describe(Formula& formula, Value s, Value a, std::int64_t level = 1) const override;

  Tensor reward(const Tensor& s, const Tensor& a) const;  ///< [N, D], [N, A] -> [N].
  /// Actions of the policy [N, A] from states [N, D] and noise [N, A]; undefined: none.
  Tensor policy(const Tensor& s, const Tensor& noise) const;
  /// Mean of the value heads [N].
  Tensor value(const Tensor& s, const Tensor& a) const;

  /// The energy E of plans, as two terms, "reward" and "value".
  ///
  /// @param horizon  H of the plans.
  /// @param noise    Of the policy at the end, [P, A] for each task, or undefined.
  /// The terms share the weights and outlive the model.
  Cost cost(std::int64_t horizon, const Tensor& noise = {}) const;

 private:
  struct Networks;
  class Reward;
  class FinalValue;
  std::shared_ptr<const Networks> networks_;
};

}  // namespace forethink
