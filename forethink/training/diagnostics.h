// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Diagnostics: is there still information in the states, and does the world model use it?
//
// A JEPA can lower its loss by making states equal (total collapse), by using few dimensions of
// them (dimensional collapse), or by predicting without looking at the action. None of the three
// shows in the loss, and the last two not in a linear probe either; these numbers show them.
//
// Role:    training; looked at every few hundred steps, on validation episodes.
// Source:  Garrido et al., RankMe, 2023; Bardes, Ponce & LeCun, VICReg, 2022 (deviation,
//          covariance).
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/core/types.h"
#include "forethink/world_model/world_model.h"

namespace forethink {

/// What the states alone say. All are over the rows of one tensor [n, D].
struct StateStatistics {
  std::int64_t dims = 0;                 ///< D.
  double deviation_mean = 0.0;           ///< Mean over dimensions of the standard deviation.
  double deviation_min = 0.0;            ///< The least deviation of a dimension.
  double deviation_low_share = 0.0;      ///< Share of dimensions whose deviation is below 0.1.
  double effective_rank = 0.0;           ///< `rank_me`.
  double participation_ratio = 0.0;      ///< `participation_ratio`.
  double covariance_off_diagonal = 0.0;  ///< sum over i != j of C[i][j]^2 / (D (D-1)).
};

/// Effective rank of states [n, D]: exp(-sum_k p_k ln p_k), p_k = sigma_k / sum sigma + 1e-7, with
/// sigma the singular values of the rows minus their mean (the mean tells rows apart by nothing).
/// Between 1 and min(n, D); 0 if all rows are equal.
/// @throws ShapeError if `states` is not [n, D] with n >= 2.
double rank_me(const Tensor& states);

/// (sum lambda)^2 / sum lambda^2 of the eigenvalues of the covariance of states [n, D]: how many
/// directions carry the variance. 0 if all rows are equal.
/// @throws ShapeError if `states` is not [n, D] with n >= 2.
double participation_ratio(const Tensor& states);

/// All of the above. Not-a-number throughout if a state is not finite.
/// @throws ShapeError if `states` is not [n, D] with n >= 2.
StateStatistics state_statistics(const Tensor& states);

/// Transitions: state, action and what came of them. Row i of each belongs together.
struct Transitions {
  Tensor s;       ///< [n, D].
  Tensor a;       ///< [n, A].
  Tensor s_next;  ///< [n, D].
};

/// MSE with the actions dealt out to other rows / MSE. 1: the model ignores its action; healthy
/// above 2. At most 1000, which a perfect model would pass by any amount.
/// @throws ShapeError if the shapes do not fit the model or each other, or n < 2.
double action_sensitivity(const WorldModel& model, const Transitions& data, RandomStream& rng);

/// 1 - MSE / MSE of predicting that nothing changes. At most 1; below 0 copying is better.
/// @throws ShapeError as `action_sensitivity`.
double copy_skill(const WorldModel& model, const Transitions& data);

/// Error of imagining k model steps ahead, for k = 1, 2, 4 .. 64 as far as the windows reach:
/// mean over rows and dimensions of (s'[k] - y[k])^2, divided by the variance of y (mean over
/// dimensions). 0 is perfect, 1 as good as guessing the mean, 2 as bad as a random state.
///
/// Imagines from up to five starts per window: the first, and each further quarter.
///
/// @param x        [B, T, D] states to start from.
/// @param y        [B, T, D] states to compare with; x itself if there is one encoder.
/// @param actions  [B, T-1, A].
/// @returns        Pairs (k, error).
/// @throws ShapeError if the shapes do not fit the model or each other, or T < 2.
std::vector<std::pair<std::int64_t, double>> rollout_errors(const WorldModel& model,
                                                            const Tensor& x, const Tensor& y,
                                                            const Tensor& actions);

/// Everything of one moment of training.
struct Diagnosis {
  StateStatistics states;
  double action_sensitivity = 0.0;
  double copy_skill = 0.0;
  std::vector<std::pair<std::int64_t, double>> rollout_errors;

  /// As named numbers: deviation_mean, deviation_min, deviation_low_share, effective_rank,
  /// effective_rank_participation, off_diagonal, action_sensitivity, copy_skill, rollout_error_1 ..
  std::map<std::string, double> measurements() const;
};

/// Looks at a world model on windows of encoded validation episodes (parameters as
/// `rollout_errors`). The statistics are those of x or y, whichever has the lower effective rank.
Diagnosis diagnose_states(const WorldModel& model, const Tensor& x, const Tensor& y,
                          const Tensor& actions, RandomStream& rng);

/// Below which numbers a representation counts as collapsed.
struct CollapseLimits {
  double deviation_mean = 0.1;  ///< Total collapse; >= 0. Healthy is about 1.
  /// Dimensional collapse, as a share of D; in [0, 1]. In worlds of few degrees of freedom healthy
  /// states reach 0.12 to 0.4, so the 0.25 that is read elsewhere would stop good runs.
  double rank_share = 0.1;
  double action_sensitivity = 1.2;  ///< Actions ignored; >= 1.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("deviation_mean", self.deviation_mean);
    visit("rank_share", self.rank_share);
    visit("action_sensitivity", self.action_sensitivity);
  }
};

/// What the numbers mean. One bad reading may be chance and early ones always are: stop a run only
/// when several in a row agree.
struct CollapseVerdict {
  bool collapsed = false;
  std::string cause;  ///< Name, number, limit and what to try; empty if not collapsed.
};

/// The first that holds of: states not finite, total collapse, dimensional collapse, actions
/// ignored.
CollapseVerdict judge_collapse(const Diagnosis& diagnosis, const CollapseLimits& limits = {});

}  // namespace forethink
