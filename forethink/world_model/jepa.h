// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// JEPA: a joint-embedding predictive architecture, trained as a world model and read as an energy.
//
//   s_x = Enc_x(x),  s_y = Enc_y(y),  s~_y = Pred(s_x, a, z)
//   E(x, y, a, z) = mean_j (s~_y - s_y)_j^2 + w R(z),   R(z) = 1/2 |z|^2
//   E(x, y, a)    = min_z E(x, y, a, z)
//
// z is continuous and found by gradient descent, or one of K codes and found by trying all.
//
// The encoders need not be identical; one encoder may also serve both sides. The prediction is made
// in representation space, so whatever the encoders leave out need not be predicted.
//
// What an agent feels (vitals, its own movement, what its memory returns) are numbers already: they
// need no encoder, and a state ends with them as they are, s = [Enc(x), felt]. A predictor whose
// states are wider than the encoder's predicts them, too.
//
// Role:    the world model that the agent learns by watching (figures 12 and 13).
// Source:  LeCun, A Path Towards Autonomous Machine Intelligence, 2022, section 4.4.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string_view>

#include "forethink/nn/module.h"
#include "forethink/world_model/world_model.h"

namespace forethink {

/// What a JEPA makes of its latent.
struct JepaOptions {
  double latent_weight = 0.01;   ///< w, the price of information in z; >= 0.
  bool discrete_latent = false;  ///< z is one of K = Z codes (`latent_codes`), not any vector.

  /// Throws ConfigError with `section`, the field, its value and the rule it breaks.
  void validate(std::string_view section) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("latent_weight", self.latent_weight);
    visit("discrete_latent", self.discrete_latent);
  }
};

/// Settings of the search for the continuous latent that explains a pair (x, y) best.
struct LatentSearchOptions {
  std::int64_t steps = 50;     ///< Gradient steps (Adam, rate falling to zero); >= 1.
  double learning_rate = 0.2;  ///< In units of z, whose prior has deviation one; > 0.

  /// Throws ConfigError with `section`, the field, its value and the rule it breaks.
  void validate(std::string_view section) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("steps", self.steps);
    visit("learning_rate", self.learning_rate);
  }
};

/// The energy of pairs after minimising over z.
struct MinimisedEnergy {
  Tensor energy;                 ///< [N], never above the energy at z = 0.
  Tensor z;                      ///< [N, Z], detached; undefined if there is no latent.
  std::int64_t model_steps = 0;  ///< Predictor calls per pair; a gradient step counts 3.
};

class Jepa final : public torch::nn::Module, public WorldModel {
 public:
  /// @param encoder_x  Encodes what is seen.
  /// @param encoder_y  Encodes what comes after; may be the same object as `encoder_x`.
  /// @param predictor  Of states that are as wide as the encoders', or end with what is felt.
  /// @throws ConfigError if the dimensions of the three do not agree, or `options` break a rule or
  ///         want a discrete latent of a predictor with less than two latent numbers.
  Jepa(std::shared_ptr<Encoder> encoder_x, std::shared_ptr<Encoder> encoder_y,
       std::shared_ptr<Predictor> predictor, const JepaOptions& options = {});

  Tensor encode_x(const Tensor& x) const {
    return encoder_x_->forward(x);
  }  ///< [N, ...] -> [N, D].
  Tensor encode_y(const Tensor& y) const {
    return encoder_y_->forward(y);
  }  ///< [N, ...] -> [N, D].

  using WorldModel::predict;
  std::int64_t state_dim(std::int64_t level = 1) const override;
  /// Numbers at the end of a state that are felt, not encoded; >= 0.
  std::int64_t felt_dim() const { return predictor_->state_dim() - encoder_x_->dim(); }
  std::int64_t action_dim(std::int64_t level = 1) const override;
  std::int64_t latent_dim(std::int64_t level = 1) const override;
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor& z,
                 std::int64_t level = 1) const override;
  Value describe(Formula& formula, Value s, Value a, std::int64_t level = 1) const override;

  /// Energies [N] of pairs: x, y readings [N, ...], a [N, A], z [N, Z] or undefined (zero).
  /// Only where nothing is felt; else join the states and ask `state_energy`.
  Tensor energy(const Tensor& x, const Tensor& y, const Tensor& a, const Tensor& z) const;

  /// Energies [N] of pairs that are already encoded: s_x [N, D], s_y [N, D].
  Tensor state_energy(const Tensor& s_x, const Tensor& s_y, const Tensor& a, const Tensor& z) const;

  /// min over z of `energy`. Without a latent, exactly `energy`. Gradients flow into the networks
  /// through the energy at the z that was found, not through the search. The search over a discrete
  /// latent is exact and has no use for `options`.
  MinimisedEnergy minimum_energy(const Tensor& x, const Tensor& y, const Tensor& a,
                                 const LatentSearchOptions& options = {}) const;

  const std::shared_ptr<Encoder>& encoder_x() const { return encoder_x_; }
  const std::shared_ptr<Encoder>& encoder_y() const { return encoder_y_; }
  const std::shared_ptr<Predictor>& predictor() const { return predictor_; }
  bool has_discrete_latent() const { return options_.discrete_latent; }
  bool shares_encoder() const { return encoder_x_ == encoder_y_; }

 private:
  MinimisedEnergy least_of_codes(const Tensor& s_x, const Tensor& s_y, const Tensor& a) const;

  std::shared_ptr<Encoder> encoder_x_;
  std::shared_ptr<Encoder> encoder_y_;
  std::shared_ptr<Predictor> predictor_;
  JepaOptions options_;
};

}  // namespace forethink
