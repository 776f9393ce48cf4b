// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// WorldModel: predicts the next state, s' = Pred(s, a, z).
//
// The latent z carries what s and a cannot tell about s'. A model without a latent has
// latent_dim() == 0 and ignores z, which may then be undefined. Levels are numbered from 1; a plain
// model has one.
//
// Role:    the world model module (figures 2 and 4).
#pragma once

#include <limits>
#include <vector>

#include "forethink/core/types.h"
#include "forethink/nn/formula.h"

namespace forethink {

class WorldModel {
 public:
  virtual ~WorldModel() = default;

  virtual std::int64_t levels() const { return 1; }
  virtual std::int64_t state_dim(std::int64_t level = 1) const = 0;   ///< D.
  virtual std::int64_t action_dim(std::int64_t level = 1) const = 0;  ///< A of one model step.
  virtual std::int64_t latent_dim(std::int64_t level = 1) const = 0;  ///< 0: no latent.

  /// One imagined step: s [N, D], a [N, A], z [N, Z] (undefined if there is no latent) -> [N, D].
  virtual Tensor predict(const Tensor& s, const Tensor& a, const Tensor& z,
                         std::int64_t level = 1) const = 0;

  /// The same as a formula: s [rows, D], a [rows, A] -> s', with z at its prior's mean, zero.
  /// @throws NotCompiled, which is what a model without a formula does.
  virtual Value describe(Formula& formula, Value s, Value a, std::int64_t level = 1) const;

  /// What `imagine` returns: a step after the other, each from the state before it alone. A model
  /// that looks back at earlier states overrides this.
  virtual Tensor rollout(const Tensor& s0, const Tensor& actions) const;
  /// The same as a formula, s[1] .. s[H]; empty where a step sees only the state before it, as
  /// `describe` says.
  virtual std::vector<Value> describe_rollout(Formula& formula, Value s0,
                                              const std::vector<Value>& actions) const;
};

/// Imagines action sequences: s0 [N, D], actions [N, H, A] -> states [N, H+1, D] with s0 first.
/// Latents are at their prior mean, zero.
Tensor imagine(const WorldModel& model, const Tensor& s0, const Tensor& actions);

/// How a plan's actions become those of the world model.
struct PlanShape {
  std::int64_t horizon = 1;  ///< H, model steps.
  std::int64_t hold = 1;     ///< Primitive steps that one plan action is held for.
  /// Plan actions longer than this are imagined shortened to it, as the effectors will make them.
  double norm = std::numeric_limits<double>::infinity();

  /// A of a plan. @throws ShapeError if the model does not take blocks of hold x A.
  std::int64_t action_dim(const WorldModel& model) const;
};

/// Imagines plans [B, S, H, A] from states [B, D]: -> [B, S, H+1, D], the present states first.
Tensor imagine_plans(const WorldModel& model, const Tensor& states, const Tensor& plans,
                     const PlanShape& shape);

}  // namespace forethink
