// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/evaluation/score.h"

#include <torch/torch.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "forethink/evaluation/wilson.h"

namespace forethink {

Score score_episodes(const EpisodeResult& result, double preparation_s) {
  Score score;
  score.episodes = result.success.size(0);
  score.successes = result.success.sum().item<std::int64_t>();
  const auto n = static_cast<double>(score.episodes);
  score.success_rate = static_cast<double>(score.successes) / n;
  const Interval interval = wilson_interval(score.successes, score.episodes);
  score.wilson_low = interval.low;
  score.wilson_high = interval.high;
  const Tensor steps = result.steps.masked_select(result.success).to(at::kDouble);
  score.steps_to_success_median = median(
      std::vector<double>(steps.data_ptr<double>(), steps.data_ptr<double>() + steps.numel()));
  score.model_steps_per_episode = static_cast<double>(result.model_steps) / n;
  score.planning_seconds_per_episode = (result.planning_seconds + preparation_s) / n;
  score.plan_ms_p50 = quantile(result.plan_ms, 0.5);
  score.plan_ms_p99 = quantile(result.plan_ms, 0.99);
  score.late_plans = result.late_plans;
  return score;
}

nlohmann::json to_json(const Score& score) {
  return {{"name", score.name},
          {"tasks", score.tasks},
          {"mode", score.mode},
          {"planner", score.planner},
          {"cost", score.cost},
          {"episodes", score.episodes},
          {"successes", score.successes},
          {"success_rate", score.success_rate},
          {"wilson_low", score.wilson_low},
          {"wilson_high", score.wilson_high},
          {"steps_to_success_median", score.steps_to_success_median},
          {"model_steps_per_episode", score.model_steps_per_episode},
          {"planning_seconds_per_episode", score.planning_seconds_per_episode},
          {"plan_ms_p50", score.plan_ms_p50},
          {"plan_ms_p99", score.plan_ms_p99},
          {"late_plans", score.late_plans}};
}

std::string describe(const Score& score) {
  char text[160];
  std::snprintf(text, sizeof text, "%-26s %5.1f %% [%5.1f, %5.1f]  %9.0f model steps  %7.4f s",
                score.name.c_str(), 100 * score.success_rate, 100 * score.wilson_low,
                100 * score.wilson_high, score.model_steps_per_episode,
                score.planning_seconds_per_episode);
  return text;
}

}  // namespace forethink
