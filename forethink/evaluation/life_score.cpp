// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/evaluation/life_score.h"

#include <torch/torch.h>

#include <cmath>
#include <cstdio>

#include "forethink/core/shape.h"
#include "forethink/evaluation/wilson.h"

namespace forethink {
namespace {

constexpr std::int64_t kCurvePoints = 51;

std::vector<std::pair<std::string, double>> by_drive(const Tensor& values) {  // [drives]
  std::vector<std::pair<std::string, double>> named;
  for (std::int64_t j = 0; j < kDrives; ++j) {
    named.emplace_back(drive_names()[static_cast<std::size_t>(j)], values[j].item<double>());
  }
  return named;
}

std::vector<double> survival_curve(const LivesResult& result, std::int64_t steps) {
  std::vector<double> curve;
  for (std::int64_t i = 0; i < kCurvePoints; ++i) {
    const double at = static_cast<double>(steps) * static_cast<double>(i) / (kCurvePoints - 1);
    // Whoever is alive at the end has lived all steps and not died in the last one.
    const Tensor lives = result.alive.logical_or(result.steps.gt(at));
    curve.push_back(lives.to(at::kDouble).mean().item<double>());
  }
  return curve;
}

}  // namespace

LivesEntry score_lives(const LivesResult& result, const DriveWeights& weights, std::int64_t steps,
                       const std::string& name, const std::string& mode) {
  const Tensor u = at::tensor(weights.list(), at::kDouble);
  const Tensor energy = result.energy.to(at::kDouble) * u;  // [P, drives]
  const Tensor total = energy.sum(1);
  LivesEntry entry;
  entry.name = name;
  entry.mode = mode;
  entry.worlds = result.alive.size(0);
  entry.alive = result.alive.sum().item<std::int64_t>();
  entry.survival_rate = static_cast<double>(entry.alive) / static_cast<double>(entry.worlds);
  const Interval interval = wilson_interval(entry.alive, entry.worlds);
  entry.wilson_low = interval.low;
  entry.wilson_high = interval.high;
  entry.steps_mean = result.steps.to(at::kDouble).mean().item<double>();
  entry.energy_mean = total.mean().item<double>();
  if (entry.worlds > 1) {
    entry.energy_error = total.std().item<double>() / std::sqrt(static_cast<double>(entry.worlds));
  }
  entry.energy_by_drive = by_drive(energy.mean(0));
  const Tensor gap = result.honesty_gap.to(at::kDouble).nanmean(0);
  if (at::isfinite(gap).all().item<bool>()) entry.honesty_gap = by_drive(gap);
  if (result.acts > 0) {
    entry.model_steps_per_act =
        static_cast<double>(result.model_steps) / static_cast<double>(result.acts);
  }
  if (!result.act_ms.empty()) {
    // A batch is acted for at once; what one act takes is its share.
    const double batch =
        static_cast<double>(result.acts) / static_cast<double>(result.act_ms.size());
    entry.act_ms_p50 = quantile(result.act_ms, 0.5) / batch;
    entry.act_ms_p99 = quantile(result.act_ms, 0.99) / batch;
  }
  entry.survival_curve = survival_curve(result, steps);
  return entry;
}

std::string describe(const LivesEntry& entry) {
  char line[256];
  std::snprintf(line, sizeof(line),
                "%-12s %5.1f %% alive [%.1f, %.1f]  %4.0f steps  energy %.3f +- %.3f a step  "
                "%.0f model steps, %.2f ms an act",
                entry.name.c_str(), 100 * entry.survival_rate, 100 * entry.wilson_low,
                100 * entry.wilson_high, entry.steps_mean, entry.energy_mean,
                1.96 * entry.energy_error, entry.model_steps_per_act, entry.act_ms_p50);
  return line;
}

std::vector<VitalsPredictionEntry> score_vitals_prediction(const WorldModel& model,
                                                           const Tensor& states,
                                                           const Tensor& actions,
                                                           const std::vector<std::int64_t>& steps) {
  expect_shape("states", states, {kAny, kAny, model.state_dim()});
  expect_shape("actions", actions, {states.size(0), states.size(1) - 1, model.action_dim()});
  const at::NoGradGuard no_grad;
  const VitalsSlice vitals = VitalsSlice::last_of(states.size(2));
  const Tensor imagined =
      vitals.of(imagine(model, states.select(1, 0), actions)).to(at::kFloat);  // [N, T, V]
  const Tensor came = vitals.of(states);
  std::vector<VitalsPredictionEntry> entries;
  for (const std::int64_t h : steps) {
    if (h < 1 || h >= states.size(1)) {
      throw ShapeError("vitals prediction: " + std::to_string(h) + " steps ahead, of windows of " +
                       std::to_string(states.size(1)) + " states");
    }
    const Tensor off = (imagined.select(1, h) - came.select(1, h)).abs().mean(0);
    const Tensor stays = (came.select(1, 0) - came.select(1, h)).abs().mean(0);
    for (std::int64_t v = 0; v < kVitals; ++v) {
      entries.push_back({h, vital_names()[static_cast<std::size_t>(v)], off[v].item<double>(),
                         stays[v].item<double>()});
    }
  }
  return entries;
}

}  // namespace forethink
