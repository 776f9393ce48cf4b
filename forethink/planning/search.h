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

#include <limits>
#include <optional>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/planning/energy.h"
#include "forethink/planning/plan.h"

namespace forethink::detail {

/// Independent normal distributions over action sequences.
struct Gaussian {
  Tensor mean;       ///< [B, H, A].
  Tensor deviation;  ///< [B, H, A], standard deviations in action units.
};

/// Sequences of every problem and their energies, in memory that is taken once: all of them, or the
/// best.
struct Population {
  Population(std::int64_t problems, std::int64_t most, std::int64_t size);

  /// Sequence s of problem b, H x A numbers.
  float* at(std::int64_t b, std::int64_t s) { return actions.data() + (b * samples + s) * size; }
  const float* at(std::int64_t b, std::int64_t s) const {
    return actions.data() + (b * samples + s) * size;
  }
  float* energy(std::int64_t b) { return energies.data() + b * samples; }
  const float* energy(std::int64_t b) const { return energies.data() + b * samples; }
  float* weight(std::int64_t b) { return weights.data() + b * samples; }
  const float* weight(std::int64_t b) const { return weights.data() + b * samples; }

  std::int64_t problems;
  std::int64_t most;
  std::int64_t size;                ///< H x A.
  std::int64_t samples;             ///< S at present, at most `most`.
  std::vector<float> actions;       ///< [B, S, H, A].
  std::vector<float> energies;      ///< [B, S].
  std::vector<float> weights;       ///< [B, S], for those who weigh.
  std::vector<std::int64_t> order;  ///< [B, S], scratch for the lowest.
};

/// What of the old distribution remains in `refit`, and how narrow it may become.
struct Refit {
  double momentum = 0.0;       ///< new <- (1 - momentum) new + momentum old.
  double deviation_min = 0.0;  ///< In action units.
  bool deviations = true;      ///< Otherwise the mean alone.
};

/// One search: its clock, its counters, and the best sequence of each problem so far. While it
/// lives, nothing is recorded for autograd, except inside `score_with_gradient`. Iterations
/// allocate nothing, unless the energy does.
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

  /// Room for so many sequences of each problem.
  Population population(std::int64_t most) const;

  /// Around the warm start; `deviation` in half-widths of the bounds.
  Gaussian gaussian(double deviation) const;

  /// Draws the population within the bounds: mean + deviation * n, where along time n_t = c n_{t-1}
  /// + sqrt(1 - c^2) e_t with white e: coloured noise of variance 1 and correlation c from step to
  /// step.
  void draw(Population& population, const Gaussian& gaussian, double correlation,
            RandomStream& rng) const;
  /// Draws one sequence for each problem, uniform within the bounds.
  void draw_uniformly(Population& population, RandomStream& rng) const;

  /// Fills in the energies, +inf for those that are not finite.
  void score(Population& population);
  /// The same, and the derivative of each energy by its own sequence, [B, S, H, A], with 0 for what
  /// is not finite.
  void score_with_gradient(Population& population, std::vector<float>& gradients);

  /// Remembers for each problem the candidate of least energy, if it is lower than what it has.
  void keep_best(const Population& population);
  /// The same for candidate `s` alone; of all, for problems that have nothing finite yet.
  void keep_candidate(const Population& population, std::int64_t s);
  void keep_best_where_none(const Population& population);

  /// Moves `gaussian` to the weighted mean and deviation of the population; a problem whose weights
  /// are all 0 keeps what it has.
  void refit(Gaussian& gaussian, const Population& population, const Refit& options);

  double low() const { return low_; }
  double high() const { return high_; }
  double half_width() const { return 0.5 * (high_ - low_); }
  const Tensor& best() const { return best_; }                ///< [B, H, A], first the warm start.
  const Tensor& best_energy() const { return best_energy_; }  ///< [B], +inf while there is none.

  Plan finish(const Tensor& elites = {}) const;

 private:
  using Clock = std::chrono::steady_clock;
  void count_scored(Population& population, std::int64_t steps_per_model_step);
  void remember(const Population& population, std::int64_t b, std::int64_t s);

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
  std::vector<float> average_;  // Scratch of `refit`, [B, H, A] both.
  std::vector<float> variance_;
};

/// Copies the sequences of least energy of each problem, as many as `elites` has room for, lowest
/// first, ties by their place.
void take_lowest_(Population& elites, Population& from);

/// Copies the `count` least energies of each problem, ties by their place, to where they are in
/// `energies` [B, S]; the others there are +inf.
void copy_lowest_(std::vector<float>& energies, Population& from, std::int64_t count);

/// Weights that are equal over the finite energies of a problem and sum to 1 (or all 0).
void weigh_equally_(Population& population);

/// Copies sequences [B, n, H, A] into the population, from place `first` on.
void put_(Population& population, std::int64_t first, const Tensor& sequences);

/// Copies the first `count` sequences of `from` to the places from `first` on.
void put_at_(Population& population, std::int64_t first, const Population& from,
             std::int64_t count);

/// Copies the mean to a place.
void put_mean_(Population& population, std::int64_t place, const Gaussian& gaussian);

/// The sequences as a tensor [B, S, H, A].
Tensor to_tensor(const Population& population, std::int64_t horizon);

/// How `descend` moves.
struct Descent {
  std::int64_t iterations = 1;
  double learning_rate = 0.1;  ///< In half-widths of the bounds.
  double tolerance = 0.01;    ///< A gain below this share of a problem's total gain is no progress.
  std::int64_t patience = 5;  ///< Iterations without progress after which a problem stops.
};

/// What a problem has gained in a descent.
struct DescentProgress {
  void update(float energy, const Descent& options);

  float first = std::numeric_limits<float>::infinity();  ///< Its best energy at the start.
  float best = std::numeric_limits<float>::infinity();
  std::int64_t stale = 0;  ///< Iterations in a row without progress.
};

/// What `descend` needs beside a population, in memory that is taken once.
struct DescentMemory {
  explicit DescentMemory(const Population& population);

  std::vector<float> gradients;           ///< [B, S, H, A].
  std::vector<float> first_moments;       ///< [B, S, H, A], of the gradients: Adam's m.
  std::vector<float> second_moments;      ///< [B, S, H, A], Adam's v.
  std::vector<DescentProgress> progress;  ///< [B].
};

/// Adam on every sequence of the population through the energy, clamped to the bounds, each problem
/// until it stops to improve; the best of all goes to `search`.
/// @param memory  Fresh, and of a population of at least as many samples.
void descend(Search& search, Population& population, DescentMemory& memory, const Descent& options);

}  // namespace forethink::detail
