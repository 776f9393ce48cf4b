// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// A critic's teacher that finds out: recordings, then value iteration in imagination.
//
// Goals are always states of the same episode, so that the world's layout is the same without being
// told. d^ is the slow critic.
//
//   first, along recorded steps s -> s' (expectile tau, for the recorded action may be a poor one):
//     y = min(1 + d^(s', g), steps the recording took from s to g if it got there);  0 if s is g
//   then, from what the world model imagines each action to lead to:
//     y = min(min_{a,n} [n + penalty + d^(snap(imagine(s, a, n)), g)], steps the recording took)
//
// with pushes of every length n up to `push_steps`: with long ones alone no goal nearer than that
// is ever met, and what is taught around it contradicts what the recordings show. Where d2(s, g) is
// small enough for latent distance to be trusted, it bounds the cost too.
//
// What made this work in trials: the imagined state is snapped to a remembered one, or the search
// finds states that do not exist; the loss is on distances, for in the space of discounts an error
// of one step far from the goal is invisible; and the slow critic follows fast, for every sweep of
// value iteration costs as many steps as the average is long.
//
// Role:    training; the way to a critic without a roadmap.
// Source:  Kostrikov, Nair, Levine, Offline Reinforcement Learning with Implicit Q-Learning, 2022
//          (expectile); Andrychowicz et al., Hindsight Experience Replay, 2017 (goals).
#pragma once

#include "forethink/cost/roadmap.h"
#include "forethink/training/critic_pairs.h"
#include "forethink/training/critic_teacher.h"

namespace forethink {

/// Settings of `RecordingsTeacher`. Distances are squared distances per dimension, d2.
struct RecordingsTeacherOptions {
  std::int64_t pool = 65536;       ///< States to imagine from; >= 1, at most all rows are used.
  std::int64_t bank = 16384;       ///< Remembered states to snap to; >= 1, at most all rows.
  std::int64_t push_steps = 2;     ///< Longest push; every length from 1 is imagined; >= 1.
  double snap_threshold = 0.02;    ///< Largest d2 of a snap, unless all of a state's are larger.
  double snap_penalty = 1.4;       ///< Model steps per sqrt(d2) of a snap; >= 0.
  double arrive_threshold = 0.02;  ///< Largest d2 to the goal at which distance_cost sqrt(d2)
                                   ///< bounds the remaining cost; >= 0.
  double distance_cost = 2.0;      ///< >= 0.
  double expectile = 0.9;          ///< tau; in (0, 1).
  double recorded_share = 0.2;     ///< Of the training, along recorded steps; in [0, 1].
  double near_share = 0.3;         ///< Of a lesson: goals a few steps ahead; in [0, 1].
  std::int64_t near_steps = 4;     ///< Model steps that these are ahead at most; >= 0.
  double hard_share = 0.5;         ///< Of what is not near; in [0, 1].
  std::int64_t hard_capacity = 32768;  ///< Pairs whose last error is remembered; >= 1024.
  std::int64_t hard_choose_from = 8;   ///< Hard pairs are the worst of this many; >= 1.
  double longest = 200.0;              ///< No remaining cost is believed to be more; > 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("pool", self.pool);
    visit("bank", self.bank);
    visit("push_steps", self.push_steps);
    visit("snap_threshold", self.snap_threshold);
    visit("snap_penalty", self.snap_penalty);
    visit("arrive_threshold", self.arrive_threshold);
    visit("distance_cost", self.distance_cost);
    visit("expectile", self.expectile);
    visit("recorded_share", self.recorded_share);
    visit("near_share", self.near_share);
    visit("near_steps", self.near_steps);
    visit("hard_share", self.hard_share);
    visit("hard_capacity", self.hard_capacity);
    visit("hard_choose_from", self.hard_choose_from);
    visit("longest", self.longest);
  }
};

/// Pushes imagined once from a pool of recorded states, each end snapped to a remembered state.
struct ImaginedPushes {
  Tensor rows;     ///< [pool] recorded row that each was imagined from.
  Tensor ends;     ///< [pool, K * push_steps] recorded row that each push was snapped to.
  Tensor penalty;  ///< [pool, K * push_steps] its cost and its snap's; infinite: does not count.
  std::int64_t model_steps = 0;
  double milliseconds = 0.0;
};

/// @param candidates  [K, A], or [P, K, A] for P = min(options.pool, rows).
ImaginedPushes imagine_pushes(const RecordedStates& recorded, const StepFunction& step,
                              const Tensor& candidates, const RecordingsTeacherOptions& options,
                              RandomStream rng, const ProgressFunction& progress = {});

class RecordingsTeacher final : public CriticTeacher {
 public:
  /// @param pushes  From `imagine_pushes` with the same recordings.
  RecordingsTeacher(const RecordedStates& recorded, ImaginedPushes pushes,
                    const RecordingsTeacherOptions& options, RandomStream rng);

  std::string name() const override { return "recordings"; }
  CriticLesson draw(std::int64_t batch, double share, const TrainableCritic& slow,
                    RandomStream& rng) override;
  void record(const Tensor& errors) override;
  /// "bellman_error" in model steps over pairs that are fixed, "mean_remaining" of these.
  Measurements examine(const TrainableCritic& critic) const override;
  std::map<std::string, Tensor> state() const override;
  void restore(const std::map<std::string, Tensor>& tensors) override;

 private:
  Tensor recorded_targets(const Tensor& rows, const Tensor& goals,
                          const TrainableCritic& slow) const;
  Tensor imagined_targets(const Tensor& places, const Tensor& goals,
                          const TrainableCritic& slow) const;
  Tensor straight(const Tensor& states, const Tensor& goals) const;
  Tensor bounded(const Tensor& targets, const Tensor& rows, const Tensor& goals) const;

  RecordedStates recorded_;
  EpisodeRows episodes_;
  ImaginedPushes pushes_;
  RecordingsTeacherOptions options_;
  HardPairs hard_;
  Tensor examined_;  // [2, n] places in the pool and goal rows
  // The lesson drawn last: hard slots and even pairs; empty while learning along recorded steps.
  Tensor drawn_slots_, drawn_places_, drawn_goals_;
};

}  // namespace forethink
