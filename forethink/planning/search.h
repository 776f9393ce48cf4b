// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What the planners share: bookkeeping of one search, and the arithmetic of populations.
//
// The arithmetic runs in plain loops, one problem after the other with the problems dealt out to
// threads, because ATen's reductions may add up in another order for other batch sizes or numbers
// of threads, and a problem's plan must not depend on either.
//
// Role:    internal to planning; the planners' own files hold only their published loops.
#pragma once

#include <torch/types.h>

#include <optional>

#include "forethink/core/random.h"
#include "forethink/planning/energy.h"
#include "forethink/planning/plan.h"

namespace forethink::detail {

/// Independent normal distributions over action sequences.
struct Gaussian {
  Tensor mean;       ///< [B, H, A].
  Tensor deviation;  ///< [B, H, A], standard deviations in action units.
};

/// One search: its clock, its counters, and the best sequence of each problem so far. While it
/// lives, nothing is recorded for autograd, except inside `score_with_gradient`.
class Search {
 public:
  /// @throws ShapeError, ConfigError if `start` does not fit `energy` or the bounds are empty.
  Search(const Energy& energy, const PlanStart& start);

  /// True, and counted, if fewer than `limit` iterations are done and another one as slow as the
  /// slowest so far would still keep the deadline.
  bool next_iteration(std::int64_t limit);
  /// True if `share` of an iteration would still keep the deadline.
  bool time_left(double share);
  std::int64_t iterations() const { return iterations_; }

  /// Around the warm start; `deviation` in half-widths of the bounds.
  Gaussian gaussian(double deviation) const;

  /// [B, samples, H, A] within the bounds: mean + deviation * n, where along time n_t = c n_{t-1} +
  /// sqrt(1 - c^2) e_t with white e: coloured noise of variance 1 and correlation c from step to
  /// step.
  Tensor sample(const Gaussian& gaussian, std::int64_t samples, double correlation,
                RandomStream& rng) const;

  /// [B, H, A], uniform within the bounds.
  Tensor uniform(RandomStream& rng) const;

  /// Energies [B, S] of [B, S, H, A], with +inf for those that are not finite.
  Tensor score(const Tensor& candidates);
  /// The same, and the derivative of each energy by its own sequence, with 0 for what is not
  /// finite.
  Tensor score_with_gradient(const Tensor& candidates, Tensor& gradient);

  /// Remembers for each problem the candidate of least energy, if it is lower than what it has.
  void keep_best(const Tensor& candidates, const Tensor& energies);

  double low() const { return low_; }
  double high() const { return high_; }
  double half_width() const { return 0.5 * (high_ - low_); }
  const Tensor& best() const { return best_; }                ///< [B, H, A], first the warm start.
  const Tensor& best_energy() const { return best_energy_; }  ///< [B], +inf while there is none.

  Plan finish(const Tensor& elites = {}) const;

 private:
  using Clock = std::chrono::steady_clock;
  Tensor checked(const Tensor& energies, std::int64_t samples, std::int64_t steps_per_model_step);

  const Clock::time_point began_ = Clock::now();
  // Leave an inference mode of the caller: its tensors could not be differentiated later.
  const c10::InferenceMode no_inference_mode_{false};
  const at::NoGradGuard no_grad_;
  const Energy& energy_;
  const std::optional<Clock::time_point> deadline_;
  Clock::time_point iteration_began_ = began_;
  Clock::duration slowest_{0};
  bool stopped_ = false;
  bool scored_ = false;
  std::int64_t iterations_ = 0;
  std::int64_t model_steps_ = 0;
  std::int64_t problems_;
  float low_;
  float high_;
  Tensor ids_;
  Tensor best_;
  Tensor best_energy_;
};

/// Indices [B, K] of the K least energies of each row of [B, S], lowest first, ties by index.
Tensor lowest(const Tensor& energies, std::int64_t count);

/// Rows [B, K, H, A] of candidates [B, S, H, A].
Tensor pick(const Tensor& candidates, const Tensor& indices);

/// Weights [B, S] that are equal over the finite energies of a problem and sum to 1 (or all 0).
Tensor equal_weights(const Tensor& energies);

/// What of the old distribution remains in `refit_`, and how narrow it may become.
struct Refit {
  double momentum = 0.0;       ///< new <- (1 - momentum) new + momentum old.
  double deviation_min = 0.0;  ///< In action units.
  bool deviations = true;      ///< Otherwise the mean alone.
};

/// Moves `gaussian` to the weighted mean and deviation of [B, S, H, A]; a problem whose weights are
/// all 0 keeps what it has.
void refit_(Gaussian& gaussian, const Tensor& candidates, const Tensor& weights,
            const Refit& options);

/// How `descend` moves.
struct Descent {
  std::int64_t iterations = 1;
  double learning_rate = 0.1;  ///< In half-widths of the bounds.
  double tolerance = 0.01;    ///< A gain below this share of a problem's total gain is no progress.
  std::int64_t patience = 5;  ///< Iterations without progress after which a problem stops.
};

/// Adam on every sequence of [B, S, H, A] through the energy, clamped to the bounds, each problem
/// until it stops to improve; the best of all goes to `search`.
void descend(Search& search, Tensor sequences, const Descent& options);

}  // namespace forethink::detail
