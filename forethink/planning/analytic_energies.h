// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Energies with known optima, to test and to time planners without a world model.
//
// Role:    planning; every planner has to reach these optima.
#pragma once

#include "forethink/core/random.h"
#include "forethink/planning/energy.h"

namespace forethink {

/// What the energies below have in common: a row of problems within bounds.
class AnalyticEnergy : public Energy {
 public:
  AnalyticEnergy(const Tensor& problem_ids, std::int64_t horizon, std::int64_t action_dim,
                 ActionBounds bounds = {})
      : ids_(problem_ids), horizon_(horizon), action_dim_(action_dim), bounds_(bounds) {}

  std::int64_t problems() const final { return ids_.numel(); }
  std::int64_t horizon() const final { return horizon_; }
  std::int64_t action_dim() const final { return action_dim_; }
  ActionBounds bounds() const final { return bounds_; }
  Tensor problem_ids() const final { return ids_; }

 private:
  Tensor ids_;
  std::int64_t horizon_;
  std::int64_t action_dim_;
  ActionBounds bounds_;
};

/// E(a) = offset + scale * mean over steps and dimensions of (a - target)^2: least at the target.
class Bowl final : public AnalyticEnergy {
 public:
  /// The target of a problem depends on its id only, and fills nine tenths of the bounds.
  Bowl(const Tensor& problem_ids, std::int64_t horizon, std::int64_t action_dim,
       ActionBounds bounds = {})
      : AnalyticEnergy(problem_ids, horizon, action_dim, bounds),
        target(RandomStream(7, "bowl").uniform_rows(problem_ids, {horizon, action_dim},
                                                    0.95 * bounds.low + 0.05 * bounds.high,
                                                    0.05 * bounds.low + 0.95 * bounds.high)),
        scale(at::ones({problem_ids.numel(), 1})),
        offset(at::zeros({problem_ids.numel(), 1})) {}

  Tensor operator()(const Tensor& actions) const override {
    const Tensor error = (actions - target.unsqueeze(1)).square().mean({2, 3});  // [B, S]
    return scale * error + offset;
  }

  Tensor target;  ///< [B, H, A].
  Tensor scale;   ///< [B, 1].
  Tensor offset;  ///< [B, 1].
};

/// A point in the plane, moved by its actions, that has to arrive on the other side of a wall.
///
///   E(a) = H sum_t |a_t|^2 + 100 |p_H - goal|^2 + 40 max(0, 3/4 - |y where it crosses x = 0|)
///
/// It starts at (-1, 0), the goal is (1, 0), and the wall is x = 0, |y| < 3/4. The shortest detour,
/// round a tip of the wall, has length 5/2, and H sum_t |a_t|^2 is at least the square of the
/// length, so stopping d before the goal costs (5/2 - d)^2 + 100 d^2, least at `kLeast`. Straight
/// ahead costs 4 + 30, staying 400: going greedily for the goal ends at the wall.
class Wall final : public AnalyticEnergy {
 public:
  static constexpr double kDetour = 2.5;
  static constexpr double kTip = 0.75;
  static constexpr double kGoalWeight = 100.0;
  static constexpr double kWallWeight = 40.0;
  static constexpr double kLeast = kDetour * kDetour * kGoalWeight / (1.0 + kGoalWeight);
  static constexpr double kStraight = 4.0 + kWallWeight * kTip;

  Wall(const Tensor& problem_ids, std::int64_t horizon)
      : AnalyticEnergy(problem_ids, horizon, 2, {.low = -0.6, .high = 0.6}) {}

  Tensor operator()(const Tensor& actions) const override {
    const Tensor start = at::tensor({-1.0F, 0.0F});
    const Tensor after = actions.cumsum(2) + start;  // [B, S, H, 2]
    const Tensor before = after - actions;
    const Tensor x0 = before.select(3, 0);  // [B, S, H]
    const Tensor x1 = after.select(3, 0);
    const Tensor crosses = (x0 < 0).logical_xor(x1 < 0);
    const Tensor run = at::where(crosses, x0 - x1, at::ones({}));
    const Tensor y = before.select(3, 1) + x0 / run * actions.select(3, 1);
    const Tensor inside = at::where(crosses, (kTip - y.abs()).relu(), at::zeros({}));
    const Tensor end = after.select(2, horizon() - 1);  // [B, S, 2]
    const Tensor away = (end - at::tensor({1.0F, 0.0F})).square().sum(-1);
    const double steps = static_cast<double>(horizon());
    return steps * actions.square().sum({2, 3}) + kGoalWeight * away + kWallWeight * inside.sum(-1);
  }
};

/// A point that has to travel far: E(a) = |sum_t a_t / H - goal|^2, goals of length 0.8 around the
/// origin. Noise that is white along time moves the sum only by 1 / sqrt(H).
class Journey final : public AnalyticEnergy {
 public:
  Journey(const Tensor& problem_ids, std::int64_t horizon)
      : AnalyticEnergy(problem_ids, horizon, 2) {
    const Tensor direction = RandomStream(7, "journey").normal_rows(problem_ids, {1, 2});
    goal = 0.8 * direction / direction.square().sum(-1, true).sqrt();  // [B, 1, 2]
  }

  Tensor operator()(const Tensor& actions) const override {
    return (actions.mean(2) - goal).square().sum(-1);
  }

  Tensor goal;
};

}  // namespace forethink
