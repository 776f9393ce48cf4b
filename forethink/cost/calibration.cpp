// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/calibration.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

// Ranks from 0, twins at their mean.
Tensor ranks_of(const Tensor& x) {
  const auto [values, order] = x.to(at::kDouble).sort();
  const auto [unique, group, counts] = at::unique_consecutive(values, /*return_inverse=*/true,
                                                              /*return_counts=*/true);
  const Tensor ends = counts.cumsum(0).to(at::kDouble);
  const Tensor mean_rank = ends - (counts.to(at::kDouble) + 1.0) / 2.0;
  Tensor ranks = at::empty_like(values);
  ranks.index_copy_(0, order, mean_rank.index_select(0, group));
  return ranks;
}

}  // namespace

double rank_correlation(const Tensor& a, const Tensor& b) {
  expect_shape("a", a, {kAny});
  expect_shape("b", b, {a.size(0)});
  Tensor x = ranks_of(a), y = ranks_of(b);
  x = x - x.mean();
  y = y - y.mean();
  const double scale = (x.norm() * y.norm()).item<double>();
  return scale > 0.0 ? (x * y).sum().item<double>() / scale : 0.0;
}

std::vector<CalibrationBin> calibrate(const Tensor& predicted, const Tensor& realised,
                                      std::int64_t bins) {
  expect_shape("predicted", predicted, {kAny});
  expect_shape("realised", realised, {predicted.size(0)});
  expect_finite("predicted", predicted);
  expect_finite("realised", realised);
  expect_setting(bins >= 1, "calibration.bins", bins, "bins >= 1");
  const at::NoGradGuard no_grad;
  const auto [sorted, order] =
      predicted.to(at::kDouble).sort(/*stable=*/true, 0, /*descending=*/false);
  const Tensor outcome = realised.to(at::kDouble).index_select(0, order);
  const std::int64_t N = sorted.size(0), parts = std::min(bins, N);
  std::vector<CalibrationBin> cut;
  for (std::int64_t i = 0; i < parts; ++i) {
    const std::int64_t first = i * N / parts, count = (i + 1) * N / parts - first;
    const Tensor part = outcome.narrow(0, first, count);
    CalibrationBin bin{.count = count,
                       .predicted = sorted.narrow(0, first, count).mean().item<double>(),
                       .realised = part.mean().item<double>()};
    if (count > 1) {
      bin.standard_error = part.std().item<double>() / std::sqrt(static_cast<double>(count));
    }
    cut.push_back(bin);
  }
  return cut;
}

double calibration_error(const std::vector<CalibrationBin>& bins) {
  double error = 0.0, count = 0.0;
  for (const CalibrationBin& bin : bins) {
    error += static_cast<double>(bin.count) * std::abs(bin.predicted - bin.realised);
    count += static_cast<double>(bin.count);
  }
  return count > 0.0 ? error / count : 0.0;
}

}  // namespace forethink
