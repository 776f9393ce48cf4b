// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/diagnostics.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

constexpr double kLowDeviation = 0.1;
constexpr double kRankOffset = 1e-7;         // RankMe's, against the logarithm of zero.
constexpr double kTiny = 1e-12;              // Below this a squared error counts as none.
constexpr double kMostSensitivity = 1000.0;  // A perfect model has no finite one.
constexpr std::int64_t kLongestRollout = 64;
constexpr std::int64_t kRolloutStarts = 4;  // Per window, and one more if T-1 does not divide.

// Rows minus their mean, in double: small deviations around a large mean would drown in float.
Tensor centred(const Tensor& states) {
  expect_shape("states", states, {kAny, kAny});
  if (states.size(0) < 2 || states.size(1) < 1) {
    throw ShapeError("states has shape [" + std::to_string(states.size(0)) + ", " +
                     std::to_string(states.size(1)) + "], expected at least two rows");
  }
  const Tensor wide = states.detach().to(at::kDouble);
  return wide - wide.mean(0, /*keepdim=*/true);
}

double mean_square(const Tensor& error) { return error.square().mean().item<double>(); }

double rank_of_spectrum(const Tensor& sigma) {
  const double total = sigma.sum().item<double>();
  if (!(total > 0.0)) return total == 0.0 ? 0.0 : std::numeric_limits<double>::quiet_NaN();
  const Tensor p = sigma / total + kRankOffset;
  return std::exp(-(p * p.log()).sum().item<double>());
}

double participation_of_spectrum(const Tensor& sigma) {
  const Tensor lambda = sigma.square();  // Up to 1/(n-1), which cancels.
  const double total = lambda.sum().item<double>();
  if (!(total > 0.0)) return total == 0.0 ? 0.0 : std::numeric_limits<double>::quiet_NaN();
  return total * total / lambda.square().sum().item<double>();
}

void check_transitions(const WorldModel& model, const Transitions& data) {
  const std::int64_t n = data.s.size(0);
  expect_shape("s", data.s, {kAny, model.state_dim()});
  expect_shape("a", data.a, {n, model.action_dim()});
  expect_shape("s_next", data.s_next, {n, model.state_dim()});
  if (n < 2) throw ShapeError("transitions have " + std::to_string(n) + " rows, expected >= 2");
}

Tensor one_step(const WorldModel& model, const Tensor& s, const Tensor& a) {
  return imagine(model, s, a.unsqueeze(1)).select(1, 1);  // [n, D]
}

std::string format(const char* pattern, double a, double b, double c = 0.0) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, a, b, c);
  return text;
}

}  // namespace

double rank_me(const Tensor& states) {
  return rank_of_spectrum(at::linalg_svdvals(centred(states)));
}

double participation_ratio(const Tensor& states) {
  return participation_of_spectrum(at::linalg_svdvals(centred(states)));
}

StateStatistics state_statistics(const Tensor& states) {
  const Tensor rows = centred(states);
  const std::int64_t D = rows.size(1);
  StateStatistics out;
  out.dims = D;
  if (!at::isfinite(rows).all().item<bool>()) {
    const double none = std::numeric_limits<double>::quiet_NaN();
    out.deviation_mean = out.deviation_min = out.deviation_low_share = none;
    out.effective_rank = out.participation_ratio = out.covariance_off_diagonal = none;
    return out;
  }
  const Tensor covariance = rows.t().mm(rows) / static_cast<double>(rows.size(0) - 1);  // [D, D]
  const Tensor deviation = covariance.diagonal().sqrt();                                // [D]
  out.deviation_mean = deviation.mean().item<double>();
  out.deviation_min = deviation.min().item<double>();
  out.deviation_low_share = (deviation < kLowDeviation).to(at::kDouble).mean().item<double>();
  if (D > 1) {
    const Tensor off = covariance - at::diag(covariance.diagonal());
    out.covariance_off_diagonal =
        off.square().sum().item<double>() / static_cast<double>(D * (D - 1));
  }
  const Tensor sigma = at::linalg_svdvals(rows);
  out.effective_rank = rank_of_spectrum(sigma);
  out.participation_ratio = participation_of_spectrum(sigma);
  return out;
}

double action_sensitivity(const WorldModel& model, const Transitions& data, RandomStream& rng) {
  check_transitions(model, data);
  const at::NoGradGuard no_grad;
  const std::int64_t n = data.s.size(0);
  // Along a random cycle every row gets another row's action; a plain shuffle leaves some alone.
  const Tensor order = rng.permutation(n);
  const Tensor dealt =
      at::empty_like(data.a).index_copy_(0, order, data.a.index_select(0, order.roll(1)));
  const double own = mean_square(one_step(model, data.s, data.a) - data.s_next);
  const double others = mean_square(one_step(model, data.s, dealt) - data.s_next);
  return std::min(kMostSensitivity, (others + kTiny) / (own + kTiny));
}

double copy_skill(const WorldModel& model, const Transitions& data) {
  check_transitions(model, data);
  const at::NoGradGuard no_grad;
  const double own = mean_square(one_step(model, data.s, data.a) - data.s_next);
  const double copied = mean_square(data.s - data.s_next);
  return 1.0 - (own + kTiny) / (copied + kTiny);
}

std::vector<std::pair<std::int64_t, double>> rollout_errors(const WorldModel& model,
                                                            const Tensor& x, const Tensor& y,
                                                            const Tensor& actions) {
  expect_shape("x", x, {kAny, kAny, model.state_dim()});
  const std::int64_t T = x.size(1);
  if (T < 2) throw ShapeError("x has T = " + std::to_string(T) + " steps, expected at least 2");
  expect_shape("y", y, {x.size(0), T, model.state_dim()});
  expect_shape("actions", actions, {x.size(0), T - 1, model.action_dim()});
  const at::NoGradGuard no_grad;
  const std::int64_t longest = std::min(T - 1, kLongestRollout);
  std::vector<double> sum(static_cast<std::size_t>(longest) + 1, 0.0);
  std::vector<double> count(sum.size(), 0.0);
  const std::int64_t stride = std::max<std::int64_t>(1, (T - 1) / kRolloutStarts);
  for (std::int64_t start = 0; start < T - 1; start += stride) {
    const std::int64_t steps = std::min(T - 1 - start, longest);
    const Tensor imagined =
        imagine(model, x.select(1, start), actions.slice(1, start, start + steps));
    const Tensor error =
        (imagined - y.slice(1, start, start + steps + 1)).to(at::kDouble).square().mean({0, 2});
    for (std::int64_t k = 1; k <= steps; ++k) {
      sum[static_cast<std::size_t>(k)] += error[k].item<double>();
      count[static_cast<std::size_t>(k)] += 1.0;
    }
  }
  const double variance =
      y.reshape({-1, y.size(2)}).to(at::kDouble).var(/*dim=*/0).mean().item<double>();
  std::vector<std::pair<std::int64_t, double>> errors;
  for (std::int64_t k = 1; k <= longest; k *= 2) {
    const auto i = static_cast<std::size_t>(k);
    errors.emplace_back(k, sum[i] / count[i] / (variance + kTiny));
  }
  return errors;
}

std::map<std::string, double> Diagnosis::measurements() const {
  std::map<std::string, double> named{{"deviation_mean", states.deviation_mean},
                                      {"deviation_min", states.deviation_min},
                                      {"deviation_low_share", states.deviation_low_share},
                                      {"effective_rank", states.effective_rank},
                                      {"effective_rank_participation", states.participation_ratio},
                                      {"off_diagonal", states.covariance_off_diagonal},
                                      {"action_sensitivity", action_sensitivity},
                                      {"copy_skill", copy_skill}};
  for (const auto& [steps, error] : rollout_errors) {
    named["rollout_error_" + std::to_string(steps)] = error;
  }
  return named;
}

Diagnosis diagnose_states(const WorldModel& model, const Tensor& x, const Tensor& y,
                          const Tensor& actions, RandomStream& rng) {
  Diagnosis diagnosis;
  diagnosis.rollout_errors = rollout_errors(model, x, y, actions);
  const std::int64_t T = x.size(1), D = x.size(2);
  diagnosis.states = state_statistics(y.reshape({-1, D}));
  if (!x.is_same(y)) {
    const StateStatistics sources = state_statistics(x.reshape({-1, D}));
    if (!(sources.effective_rank >= diagnosis.states.effective_rank)) diagnosis.states = sources;
  }
  const Transitions transitions{.s = x.slice(1, 0, T - 1).reshape({-1, D}),
                                .a = actions.reshape({-1, actions.size(2)}),
                                .s_next = y.slice(1, 1).reshape({-1, D})};
  diagnosis.action_sensitivity = action_sensitivity(model, transitions, rng);
  diagnosis.copy_skill = copy_skill(model, transitions);
  return diagnosis;
}

void CollapseLimits::validate() const {
  expect_setting(deviation_mean >= 0.0, "collapse.deviation_mean", deviation_mean,
                 "deviation_mean >= 0");
  expect_setting(rank_share >= 0.0 && rank_share <= 1.0, "collapse.rank_share", rank_share,
                 "0 <= rank_share <= 1");
  expect_setting(action_sensitivity >= 1.0, "collapse.action_sensitivity", action_sensitivity,
                 "action_sensitivity >= 1");
}

CollapseVerdict judge_collapse(const Diagnosis& diagnosis, const CollapseLimits& limits) {
  const StateStatistics& states = diagnosis.states;
  const double least_rank = limits.rank_share * static_cast<double>(states.dims);
  // Written so that not-a-number counts as collapse.
  if (!std::isfinite(states.deviation_mean) || !std::isfinite(diagnosis.action_sensitivity)) {
    return {true, "states are not finite: lower the learning rate"};
  }
  if (!(states.deviation_mean >= limits.deviation_mean)) {
    return {true, format("total collapse: states deviate by %.3g per dimension, must be at least "
                         "%.3g; raise the weight of variance or SIGReg",
                         states.deviation_mean, limits.deviation_mean)};
  }
  if (!(states.effective_rank >= least_rank)) {
    return {true,
            format("dimensional collapse: effective rank %.1f of %.0f, must be at least %.1f; "
                   "raise the weight of covariance or SIGReg, or lower the dimension",
                   states.effective_rank, static_cast<double>(states.dims), least_rank)};
  }
  if (!(diagnosis.action_sensitivity >= limits.action_sensitivity)) {
    return {true, format("actions ignored: other actions raise the error %.2f times, must be at "
                         "least %.2f; raise the weight of inverse dynamics, or skip more steps",
                         diagnosis.action_sensitivity, limits.action_sensitivity)};
  }
  return {};
}

}  // namespace forethink
