// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/search.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink::detail {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::int64_t kGrain = 1 << 15;    // Numbers that a thread takes at least.
constexpr std::int64_t kGradientSteps = 3;  // A forward and a backward pass, in model steps.

// Calls f(problem) for every problem; `size` is how many numbers one of them touches.
template <class F>
void for_each_problem(std::int64_t problems, std::int64_t size, const F& f) {
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, size));
  at::parallel_for(0, problems, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) f(b);
  });
}

const float* data(const Tensor& tensor) { return tensor.const_data_ptr<float>(); }
float* data_(const Tensor& tensor) { return tensor.mutable_data_ptr<float>(); }

// The nearest float that is not outside: 2.45 as a float lies above 2.45.
float round_inward(double bound, double middle) {
  const auto rounded = static_cast<float>(bound);
  const bool outside = bound > middle ? rounded > bound : rounded < bound;
  return outside ? std::nextafter(rounded, static_cast<float>(middle)) : rounded;
}

}  // namespace

Search::Search(const Energy& energy, const PlanStart& start)
    : energy_(energy), deadline_(start.deadline), problems_(energy.problems()) {
  const auto [low, high] = energy.bounds();
  const double middle = 0.5 * (low + high);
  low_ = round_inward(low, middle);
  high_ = round_inward(high, middle);
  expect_setting(std::isfinite(high_), "bounds.high", high, "high < infinity");
  expect_setting(std::isfinite(low_) && low_ < high_, "bounds.low", low, "-infinity < low < high");
  const std::int64_t horizon = energy.horizon();
  const std::int64_t action_dim = energy.action_dim();
  ids_ = energy.problem_ids().to(at::kLong).contiguous();
  expect_shape("energy.problem_ids()", ids_, {problems_});
  if (start.mean.defined()) {
    expect_shape("start.mean", start.mean, {problems_, horizon, action_dim});
    expect_finite("start.mean", start.mean);
    best_ = start.mean.to(at::kFloat).clamp(low_, high_).contiguous();
  } else {
    best_ = at::full({problems_, horizon, action_dim}, middle, at::kFloat).clamp_(low_, high_);
  }
  if (start.elites.defined()) {
    expect_shape("start.elites", start.elites, {problems_, kAny, horizon, action_dim});
    expect_finite("start.elites", start.elites);
  }
  best_energy_ = at::full({problems_}, kInfinity, at::kFloat);
  average_.resize(best_.numel());
  variance_.resize(best_.numel());
}

bool Search::time_left(double share) {
  if (!deadline_) return true;
  const Clock::time_point now = Clock::now();
  const auto needed = std::chrono::duration_cast<Clock::duration>(share * slowest_);
  stopped_ = stopped_ || now + needed >= *deadline_;
  return !stopped_;
}

bool Search::next_iteration(std::int64_t limit) {
  const Clock::time_point now = Clock::now();
  if (iterations_ > 0) slowest_ = std::max(slowest_, now - iteration_began_);
  iteration_began_ = now;
  // An empty batch has nothing to search.
  if (iterations_ >= limit || problems_ == 0 || !time_left(1.0)) return false;
  ++iterations_;
  return true;
}

Gaussian Search::gaussian(double deviation) const {
  return {best_.clone(), at::full_like(best_, deviation * half_width())};
}

Population Search::population(std::int64_t most) const {
  return {problems_, most, best_.size(1) * best_.size(2)};
}

void Search::draw(Population& population, const Gaussian& gaussian, double correlation,
                  RandomStream& rng) const {
  const std::int64_t width = best_.size(2);
  const std::int64_t size = population.size;
  const std::int64_t samples = population.samples;
  rng.fill_normal_rows(ids_, samples * size, population.actions.data());
  const auto kept = static_cast<float>(correlation);
  const auto fresh = static_cast<float>(std::sqrt(1.0 - correlation * correlation));
  for_each_problem(problems_, samples * size, [&](std::int64_t b) {
    const float* mean = data(gaussian.mean) + b * size;
    const float* deviation = data(gaussian.deviation) + b * size;
    for (std::int64_t s = 0; s < samples; ++s) {
      float* x = population.at(b, s);
      for (std::int64_t i = width; i < size; ++i) x[i] = kept * x[i - width] + fresh * x[i];
      for (std::int64_t i = 0; i < size; ++i) {
        x[i] = std::clamp(mean[i] + deviation[i] * x[i], low_, high_);
      }
    }
  });
}

void Search::draw_uniformly(Population& population, RandomStream& rng) const {
  put_(population, 0,
       rng.uniform_rows(ids_, {1, best_.size(1), best_.size(2)}, low_, high_).clamp_(low_, high_));
}

void Search::count_scored(Population& population, std::int64_t steps_per_model_step) {
  const std::int64_t scored = problems_ * population.samples;
  model_steps_ += scored * energy_.model_steps_per_sequence() * steps_per_model_step;
  float* energies = population.energies.data();
  // Always written: a store under a condition would not be vectorised.
  for (std::int64_t i = 0; i < scored; ++i) {
    energies[i] = std::isfinite(energies[i]) ? energies[i] : kInfinity;
  }
}

void Search::score(Population& population) {
  energy_.score(population.actions.data(), population.samples, population.energies.data());
  count_scored(population, 1);
}

void Search::score_with_gradient(Population& population, std::vector<float>& gradients) {
  energy_.score_with_gradient(population.actions.data(), population.samples,
                              population.energies.data(), gradients.data());
  for (float& gradient : gradients) gradient = std::isfinite(gradient) ? gradient : 0.0F;
  count_scored(population, kGradientSteps);
}

void Search::remember(const Population& population, std::int64_t b, std::int64_t s) {
  if (population.energy(b)[s] >= data(best_energy_)[b]) return;
  data_(best_energy_)[b] = population.energy(b)[s];
  std::copy_n(population.at(b, s), population.size, data_(best_) + b * population.size);
}

void Search::keep_best(const Population& population) {
  scored_ = true;
  for_each_problem(problems_, population.samples + population.size, [&](std::int64_t b) {
    const float* first = population.energy(b);
    remember(population, b, std::min_element(first, first + population.samples) - first);
  });
}

void Search::keep_candidate(const Population& population, std::int64_t s) {
  scored_ = true;
  for (std::int64_t b = 0; b < problems_; ++b) remember(population, b, s);
}

void Search::keep_best_where_none(const Population& population) {
  for_each_problem(problems_, population.samples + population.size, [&](std::int64_t b) {
    if (std::isfinite(data(best_energy_)[b])) return;
    const float* first = population.energy(b);
    remember(population, b, std::min_element(first, first + population.samples) - first);
  });
}

void Search::refit(Gaussian& gaussian, const Population& population, const Refit& options) {
  const std::int64_t samples = population.samples;
  const std::int64_t size = population.size;
  const auto old = static_cast<float>(options.momentum);
  const auto least = static_cast<float>(options.deviation_min);
  for_each_problem(problems_, samples * size, [&](std::int64_t b) {
    const float* w = population.weight(b);
    if (std::all_of(w, w + samples, [](float weight) { return weight == 0.0F; })) return;
    const float* x = population.at(b, 0);
    float* mean = data_(gaussian.mean) + b * size;
    float* deviation = data_(gaussian.deviation) + b * size;
    float* average = average_.data() + b * size;
    float* variance = variance_.data() + b * size;
    std::fill_n(average, size, 0.0F);
    std::fill_n(variance, size, 0.0F);
    for (std::int64_t s = 0; s < samples; ++s) {
      for (std::int64_t i = 0; i < size; ++i) average[i] += w[s] * x[s * size + i];
    }
    for (std::int64_t s = 0; options.deviations && s < samples; ++s) {
      for (std::int64_t i = 0; i < size; ++i) {
        const float away = x[s * size + i] - average[i];
        variance[i] += w[s] * away * away;
      }
    }
    for (std::int64_t i = 0; i < size; ++i) {
      mean[i] = (1.0F - old) * average[i] + old * mean[i];
      if (!options.deviations) continue;
      const float refitted = (1.0F - old) * std::sqrt(variance[i]) + old * deviation[i];
      deviation[i] = std::max(refitted, least);
    }
  });
}

Plan Search::finish(const Tensor& elites) const {
  Plan plan;
  plan.actions = best_;
  plan.energy = scored_ ? best_energy_ : at::full_like(best_energy_, std::nan(""));
  plan.elites = elites;
  plan.model_steps = model_steps_;
  plan.iterations = iterations_;
  const Clock::time_point now = Clock::now();
  plan.milliseconds = std::chrono::duration<double, std::milli>(now - began_).count();
  if (stopped_) plan.status = PlanStatus::kDeadline;
  if (deadline_ && now > *deadline_) plan.status = PlanStatus::kLate;
  if (scored_ && best_energy_.isinf().any().item<bool>()) plan.status = PlanStatus::kNotFinite;
  return plan;
}

Population::Population(std::int64_t problem_count, std::int64_t most_samples, std::int64_t numbers)
    : problems(problem_count),
      most(most_samples),
      size(numbers),
      samples(most_samples),
      actions(problem_count * most_samples * numbers),
      energies(problem_count * most_samples),
      weights(problem_count * most_samples),
      order(problem_count * most_samples) {}

namespace {

// Places of the `count` least energies of a problem, lowest first, ties by their place.
const std::int64_t* lowest(Population& population, std::int64_t b, std::int64_t count) {
  const std::int64_t samples = population.samples;
  const float* row = population.energy(b);
  std::int64_t* order = population.order.data() + b * samples;
  std::iota(order, order + samples, 0);
  std::partial_sort(order, order + count, order + samples, [row](std::int64_t i, std::int64_t j) {
    return row[i] < row[j] || (row[i] == row[j] && i < j);
  });
  return order;
}

}  // namespace

void take_lowest_(Population& elites, Population& from) {
  const std::int64_t count = elites.samples;
  for_each_problem(from.problems, from.samples * 8 + count * from.size, [&](std::int64_t b) {
    const float* row = from.energy(b);
    const std::int64_t* order = lowest(from, b, count);
    for (std::int64_t k = 0; k < count; ++k) {
      std::copy_n(from.at(b, order[k]), from.size, elites.at(b, k));
      elites.energy(b)[k] = row[order[k]];
    }
  });
}

void copy_lowest_(std::vector<float>& energies, Population& from, std::int64_t count) {
  const std::int64_t samples = from.samples;
  for_each_problem(from.problems, samples * 8, [&](std::int64_t b) {
    const float* row = from.energy(b);
    const std::int64_t* order = lowest(from, b, count);
    float* out = energies.data() + b * samples;
    std::fill_n(out, samples, kInfinity);
    for (std::int64_t k = 0; k < count; ++k) out[order[k]] = row[order[k]];
  });
}

void weigh_equally_(Population& population) {
  for (std::int64_t b = 0; b < population.problems; ++b) {
    const float* energies = population.energy(b);
    const auto finite = std::count_if(energies, energies + population.samples,
                                      [](float energy) { return std::isfinite(energy); });
    const float weight = 1.0F / static_cast<float>(std::max<std::int64_t>(finite, 1));
    for (std::int64_t s = 0; s < population.samples; ++s) {
      population.weight(b)[s] = std::isfinite(energies[s]) ? weight : 0.0F;
    }
  }
}

void put_(Population& population, std::int64_t first, const Tensor& sequences) {
  const Tensor rows = sequences.to(at::kFloat).contiguous();
  const std::int64_t count = rows.size(1);
  for (std::int64_t b = 0; b < population.problems; ++b) {
    std::copy_n(data(rows) + b * count * population.size, count * population.size,
                population.at(b, first));
  }
}

void put_at_(Population& population, std::int64_t first, const Population& from,
             std::int64_t count) {
  for (std::int64_t b = 0; b < population.problems; ++b) {
    std::copy_n(from.at(b, 0), count * from.size, population.at(b, first));
  }
}

void put_mean_(Population& population, std::int64_t place, const Gaussian& gaussian) {
  for (std::int64_t b = 0; b < population.problems; ++b) {
    std::copy_n(data(gaussian.mean) + b * population.size, population.size,
                population.at(b, place));
  }
}

Tensor to_tensor(const Population& population, std::int64_t horizon) {
  Tensor out =
      at::empty({population.problems, population.samples, horizon, population.size / horizon});
  std::copy_n(population.at(0, 0), out.numel(), data_(out));
  return out;
}

void DescentProgress::update(float energy, const Descent& options) {
  if (best == kInfinity) {
    first = best = energy;
    stale = energy == kInfinity ? stale + 1 : 0;
    return;
  }
  // Measured against the total gain, so that neither the scale nor the zero of the energy matters.
  const float gain = std::max(best - energy, 0.0F);
  best = std::min(best, energy);
  stale = gain <= options.tolerance * (first - best) ? stale + 1 : 0;
}

DescentMemory::DescentMemory(const Population& population)
    : gradients(population.actions.size()),
      first_moments(population.actions.size(), 0.0F),
      second_moments(population.actions.size(), 0.0F),
      progress(population.problems) {}

void descend(Search& search, Population& population, DescentMemory& memory,
             const Descent& options) {
  constexpr float kFirstDecay = 0.9F;
  constexpr float kSecondDecay = 0.999F;
  // Far below any gradient: Adam's usual 1e-8 would slow problems whose energies are small.
  constexpr float kTiny = 1e-30F;
  const std::int64_t problems = population.problems;
  const std::int64_t samples = population.samples;
  const std::int64_t size = samples * population.size;
  std::vector<DescentProgress>& progress = memory.progress;
  const auto low = static_cast<float>(search.low());
  const auto high = static_cast<float>(search.high());
  const double rate = options.learning_rate * search.half_width();

  const std::int64_t begin = search.iterations();
  while (search.next_iteration(begin + options.iterations)) {
    search.score_with_gradient(population, memory.gradients);
    search.keep_best(population);
    const double t = static_cast<double>(search.iterations() - begin);
    const auto step = static_cast<float>(rate / (1.0 - std::pow(kFirstDecay, t)));
    const auto correction = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(kSecondDecay, t)));
    for_each_problem(problems, size, [&](std::int64_t b) {
      const float* row = population.energy(b);
      progress[b].update(*std::min_element(row, row + samples), options);
      if (progress[b].stale >= options.patience) return;
      const float* g = memory.gradients.data() + b * size;
      float* x = population.at(b, 0);
      float* m = memory.first_moments.data() + b * size;
      float* v = memory.second_moments.data() + b * size;
      // In a loop of their own, the moments are vectorised; a root that may set errno is not.
      for (std::int64_t i = 0; i < size; ++i) {
        m[i] = kFirstDecay * m[i] + (1.0F - kFirstDecay) * g[i];
        v[i] = kSecondDecay * v[i] + (1.0F - kSecondDecay) * g[i] * g[i];
      }
      for (std::int64_t i = 0; i < size; ++i) {
        x[i] = std::clamp(x[i] - step * m[i] / (std::sqrt(v[i]) * correction + kTiny), low, high);
      }
    });
    const bool done = std::all_of(progress.begin(), progress.end(), [&](const DescentProgress& p) {
      return p.stale >= options.patience;
    });
    if (done) return;
  }
  // Where the last step led.
  if (search.time_left(1.0 / kGradientSteps) && problems > 0) {
    search.score(population);
    search.keep_best(population);
  }
}

}  // namespace forethink::detail
