// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Energy: all that a planner sees of the world.
//
// A planner lowers the energy of B independent problems at once (B = 1 is the plain case). It never
// sees a model, a cost or an environment.
//
// Role:    the seam between the actor's imagination and its search (figure 4, total energy).
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// Box of allowed actions, the same at every step.
struct ActionBounds {
  double low = -1.0;
  double high = 1.0;
};

class Energy {
 public:
  virtual ~Energy() = default;

  /// Energies [B, S] of action sequences [B, S, H, A]. Differentiable in the actions where autograd
  /// records and they require it.
  virtual Tensor operator()(const Tensor& actions) const = 0;

  /// The same for planners' loops, from and into memory of the caller, contiguous. An energy that
  /// can do so without tensors overrides it, and then plans allocate nothing on the way.
  /// @throws ShapeError if `operator()` does not return [B, S].
  virtual void score(const float* actions, std::int64_t samples, float* energies) const;
  /// The same with the derivative [B, S, H, A] of each energy by its own sequence.
  /// @throws ConfigError if the energy is not differentiable in the actions.
  virtual void score_with_gradient(const float* actions, std::int64_t samples, float* energies,
                                   float* gradients) const;

  virtual std::int64_t problems() const = 0;    ///< B.
  virtual std::int64_t horizon() const = 0;     ///< H.
  virtual std::int64_t action_dim() const = 0;  ///< A.
  virtual ActionBounds bounds() const = 0;

  /// Which problem of the whole experiment each row is, [B] int64: indexes the noise, so that a
  /// problem's plan does not depend on which others share its batch.
  virtual Tensor problem_ids() const = 0;

  /// Predictor calls that scoring one sequence once takes (H for a one-level rollout).
  virtual std::int64_t model_steps_per_sequence() const { return horizon(); }
};

}  // namespace forethink
