// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "tests/browser/lives_sample.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/cost/intrinsic_cost.h"
#include "forethink/environments/meadow.h"
#include "forethink/environments/meadow_behaviour.h"
#include "forethink/environments/meadow_film.h"
#include "forethink/evaluation/wilson.h"

namespace {

using forethink::LifeSeries;
using forethink::LifeStory;
using forethink::LivesEntry;
using forethink::LivesReport;
using forethink::RandomStream;
using forethink::Tensor;

constexpr std::int64_t kSteps = 1000;
constexpr std::int64_t kStride = 4;  // Steps of the world between looks.
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

std::vector<double> column(const Tensor& table, std::int64_t index) {
  const Tensor values = table.select(1, index).to(torch::kDouble).contiguous();
  return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

/// States [N, V] of one life at each look, the last one included.
Tensor live(forethink::MeadowBehaviour behaviour, RandomStream rng) {
  forethink::Meadow meadow;
  meadow.reset(1, rng);
  forethink::MeadowAnimals animals(behaviour, 1, rng, meadow.options());
  std::vector<Tensor> states;
  for (std::int64_t step = 0; step <= kSteps; ++step) {
    const Tensor state = meadow.state();
    const bool dead = forethink::meadow::is_dead(forethink::meadow_worlds("state", state)[0]);
    if (step % kStride == 0 || dead) states.push_back(state[0].clone());
    if (dead) break;
    meadow.step(animals.act(state));
  }
  return torch::stack(states);
}

/// Each vital at each look, and what might have been predicted for it.
void tell_vitals(LifeStory& story, const Tensor& vitals, const RandomStream& rng) {
  RandomStream chance = rng.child(2);
  const Tensor noise = 0.012 * chance.normal(vitals.sizes());
  const std::vector<std::string>& names = forethink::vital_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    story.vitals.push_back({names[i], column(vitals, index)});
    LifeSeries predicted{names[i], column(vitals + noise, index)};
    predicted.values.front() = kNothing;
    story.predicted_vitals.push_back(std::move(predicted));
  }
}

void tell_terms(LifeStory& story, const Tensor& drives) {
  const std::vector<std::string>& names = forethink::drive_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    story.energy_terms.push_back({names[i], column(drives, index)});
    story.energy_terms.push_back(
        {"critic_" + names[i], column(2.0 * drives.roll(-20, 0) + 0.05, index)});
  }
}

/// The nearest of the `places` of a world that was in sight before.
forethink::RememberedWay tell_way(const std::string& need, const Tensor& states,
                                  const std::vector<forethink::meadow::World>& worlds,
                                  const auto& places) {
  forethink::RememberedWay way{need, {}, {}, {}};
  std::vector<bool> seen(places(worlds[0]).x.size(), false);
  for (std::int64_t look = 0; look < states.size(0); ++look) {
    const auto& world = worlds[static_cast<std::size_t>(look)];
    const auto& there = places(world);
    double nearest = std::numeric_limits<double>::infinity(), x = kNothing, y = kNothing;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      const double dx = there.x[i] - world.agent.x, dy = there.y[i] - world.agent.y;
      if (std::abs(dx) < 8.0 && std::abs(dy) < 8.0) seen[i] = true;
      if (!seen[i] || std::hypot(dx, dy) >= nearest) continue;
      nearest = std::hypot(dx, dy);
      x = dx;
      y = dy;
    }
    way.x.push_back(x);
    way.y.push_back(y);
    way.worth.push_back(std::isnan(x) ? kNothing : 0.3 + 0.5 / (1.0 + 0.1 * nearest));
  }
  return way;
}

LifeStory tell(const std::string& agent, std::int64_t world, const Tensor& states,
               const RandomStream& rng) {
  const auto worlds = forethink::meadow_worlds("states", states);
  std::vector<Tensor> rows;
  LifeStory story;
  story.agent = agent;
  story.world = world;
  for (std::size_t look = 0; look < worlds.size(); ++look) {
    const auto& w = worlds[look];
    rows.push_back(torch::tensor({w.energy, w.water, w.integrity, w.temperature, w.effort}));
    story.step.push_back(static_cast<double>(look) * kStride);
  }
  const Tensor vitals = torch::stack(rows);  // [T, 5]
  story.steps = static_cast<std::int64_t>(story.step.back());
  story.alive = !forethink::meadow::is_dead(worlds.back());
  if (!story.alive) {
    story.cause = forethink::vital_names()[static_cast<std::size_t>(
        vitals[-1].argmin().item<std::int64_t>())];
  }
  tell_vitals(story, vitals, rng);
  tell_terms(story, forethink::IntrinsicCost()(vitals));
  story.ways = {tell_way(
                    "hunger", states, worlds, [](const auto& w) -> auto& { return w.foods; }),
                tell_way(
                    "thirst", states, worlds, [](const auto& w) -> auto& { return w.waters; }),
                tell_way(
                    "cold", states, worlds, [](const auto& w) -> auto& { return w.shelters; })};
  story.frames = forethink::film_meadow(states, {.scale = 4});
  story.frame_step = story.step;
  return story;
}

LivesEntry agent(const std::string& name, const std::string& mode, std::int64_t alive,
                 double energy) {
  constexpr std::int64_t kWorlds = 64;
  LivesEntry entry;
  entry.name = name;
  entry.mode = mode;
  entry.worlds = kWorlds;
  entry.alive = alive;
  entry.survival_rate = static_cast<double>(alive) / kWorlds;
  const forethink::Interval interval = forethink::wilson_interval(alive, kWorlds);
  entry.wilson_low = interval.low;
  entry.wilson_high = interval.high;
  entry.energy_error = 0.06 * energy;
  const std::vector<double> shares = {0.24, 0.31, 0.12, 0.1, 0.06, 0.12, 0.05};
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const std::string& drive = forethink::drive_names()[i];
    entry.energy_by_drive.emplace_back(drive, shares[i] * energy);
    entry.energy_mean += shares[i] * energy;
    if (mode == "deliberate") entry.honesty_gap.emplace_back(drive, 0.05 * shares[i] * energy);
  }
  entry.model_steps_per_act = mode == "deliberate" ? 4096.0 : 0.0;
  entry.act_ms_p50 = mode == "deliberate" ? 14.2 : 0.4;
  entry.act_ms_p99 = 2.0 * entry.act_ms_p50;
  for (int i = 0; i <= 50; ++i) {
    const double share = 1.0 - (1.0 - entry.survival_rate) * std::pow(i / 50.0, 1.4);
    entry.survival_curve.push_back(std::round(share * kWorlds) / kWorlds);
  }
  for (std::size_t i = 1; i < entry.survival_curve.size(); ++i) {
    entry.steps_mean +=
        0.5 * kSteps / 50.0 * (entry.survival_curve[i - 1] + entry.survival_curve[i]);
  }
  return entry;
}

forethink::DriveCalibration calibration(const std::string& drive, double factor) {
  forethink::DriveCalibration entry{drive, 16000, 0.5 + 0.45 * factor, 0.04 / factor, {}};
  for (int i = 0; i < 10; ++i) {
    const double predicted = 0.02 + 0.006 * i * i;
    entry.bins.push_back({1600, predicted, predicted * factor + 0.01, 0.004 + 0.002 * i});
  }
  return entry;
}

}  // namespace

LivesReport make_lives() {
  const RandomStream rng(11, "lives");
  LivesReport report;
  report.steps = kSteps;
  report.agents = {agent("full", "deliberate", 58, 0.21),
                   agent("no memory", "deliberate", 39, 0.38),
                   agent("no critic", "deliberate", 44, 0.33),
                   agent("imitation", "reactive", 31, 0.45), agent("random", "reactive", 2, 1.12)};
  report.stories = {
      tell("full", 3, live(forethink::MeadowBehaviour::kRemember, rng.child(1)), rng.child(1)),
      tell("random", 3, live(forethink::MeadowBehaviour::kRandom, rng.child(1)), rng.child(2))};
  double factor = 1.0;
  for (const std::string& drive : forethink::drive_names())
    report.calibration.push_back(calibration(drive, factor -= 0.06));
  for (const std::string& vital : forethink::vital_names()) {
    for (const std::int64_t steps : {1, 8, 32}) {
      const double still = 0.004 * static_cast<double>(steps);
      const double share = vital == "effort" ? 1.3 : 0.3;
      report.vitals_prediction.push_back({steps, vital, share * still, still});
    }
  }
  return report;
}
