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
  ids_ = energy.problem_ids();
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

Tensor Search::sample(const Gaussian& gaussian, std::int64_t samples, double correlation,
                      RandomStream& rng) const {
  const std::int64_t horizon = best_.size(1);
  const std::int64_t width = best_.size(2);
  const Tensor out = rng.normal_rows(ids_, {samples, horizon, width});
  const auto kept = static_cast<float>(correlation);
  const auto fresh = static_cast<float>(std::sqrt(1.0 - correlation * correlation));
  const std::int64_t size = horizon * width;
  for_each_problem(problems_, samples * size, [&](std::int64_t b) {
    const float* mean = data(gaussian.mean) + b * size;
    const float* deviation = data(gaussian.deviation) + b * size;
    for (std::int64_t s = 0; s < samples; ++s) {
      float* x = data_(out) + (b * samples + s) * size;
      for (std::int64_t i = width; i < size; ++i) x[i] = kept * x[i - width] + fresh * x[i];
      for (std::int64_t i = 0; i < size; ++i) {
        x[i] = std::clamp(mean[i] + deviation[i] * x[i], low_, high_);
      }
    }
  });
  return out;
}

Tensor Search::uniform(RandomStream& rng) const {
  return rng.uniform_rows(ids_, {best_.size(1), best_.size(2)}, low_, high_).clamp_(low_, high_);
}

Tensor Search::checked(const Tensor& energies, std::int64_t samples,
                       std::int64_t steps_per_model_step) {
  expect_shape("energy(actions)", energies, {problems_, samples});
  model_steps_ += problems_ * samples * energy_.model_steps_per_sequence() * steps_per_model_step;
  return energies.detach().to(at::kFloat).nan_to_num(kInfinity, kInfinity, kInfinity).contiguous();
}

Tensor Search::score(const Tensor& candidates) {
  return checked(energy_(candidates), candidates.size(1), 1);
}

Tensor Search::score_with_gradient(const Tensor& candidates, Tensor& gradient) {
  const at::AutoGradMode recorded(true);
  const Tensor leaf = candidates.clone().requires_grad_();
  const Tensor energies = energy_(leaf);
  if (!energies.requires_grad()) {
    throw ConfigError(
        "this planner needs the gradient of the energy, and the energy is not differentiable in "
        "the "
        "actions; choose a planner that samples (cem, icem, mppi)");
  }
  // Sequences are independent, so one product with ones gives the gradient of each of them.
  gradient = torch::autograd::grad({energies}, {leaf}, {at::ones_like(energies)})[0];
  gradient = gradient.to(at::kFloat).nan_to_num(0.0, 0.0, 0.0).contiguous();
  return checked(energies, candidates.size(1), kGradientSteps);
}

void Search::keep_best(const Tensor& candidates, const Tensor& energies) {
  scored_ = true;
  const Tensor rows = candidates.contiguous();
  const Tensor scores = energies.contiguous();
  const std::int64_t samples = scores.size(1);
  const std::int64_t size = best_.size(1) * best_.size(2);
  for_each_problem(problems_, samples + size, [&](std::int64_t b) {
    const float* first = data(scores) + b * samples;
    const float* least = std::min_element(first, first + samples);
    if (*least >= data(best_energy_)[b]) return;
    data_(best_energy_)[b] = *least;
    std::copy_n(data(rows) + (b * samples + (least - first)) * size, size, data_(best_) + b * size);
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

Tensor lowest(const Tensor& energies, std::int64_t count) {
  const std::int64_t samples = energies.size(1);
  const Tensor indices = at::empty({energies.size(0), count}, at::kLong);
  for_each_problem(energies.size(0), samples * 8, [&](std::int64_t b) {
    const float* row = data(energies) + b * samples;
    std::vector<std::int64_t> order(samples);
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + count, order.end(),
                      [row](std::int64_t i, std::int64_t j) {
                        return row[i] < row[j] || (row[i] == row[j] && i < j);
                      });
    std::copy_n(order.begin(), count, indices.mutable_data_ptr<std::int64_t>() + b * count);
  });
  return indices;
}

Tensor pick(const Tensor& candidates, const Tensor& indices) {
  return at::take_along_dim(candidates, indices.view({indices.size(0), indices.size(1), 1, 1}), 1);
}

Tensor equal_weights(const Tensor& energies) {
  const Tensor finite = energies.isfinite();
  return finite / finite.sum(1, /*keepdim=*/true).clamp_min(1);  // Counts: exact in any order.
}

void refit_(Gaussian& gaussian, const Tensor& candidates, const Tensor& weights,
            const Refit& options) {
  const std::int64_t samples = candidates.size(1);
  const std::int64_t size = candidates.size(2) * candidates.size(3);
  const auto old = static_cast<float>(options.momentum);
  const auto least = static_cast<float>(options.deviation_min);
  for_each_problem(candidates.size(0), samples * size, [&](std::int64_t b) {
    const float* w = data(weights) + b * samples;
    if (std::all_of(w, w + samples, [](float weight) { return weight == 0.0F; })) return;
    const float* x = data(candidates) + b * samples * size;
    float* mean = data_(gaussian.mean) + b * size;
    float* deviation = data_(gaussian.deviation) + b * size;
    std::vector<float> average(size, 0.0F);
    std::vector<float> variance(size, 0.0F);
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

namespace {

// What a problem has gained in a descent.
struct Progress {
  float first = kInfinity;  // Its best energy at the start.
  float best = kInfinity;
  std::int64_t stale = 0;  // Iterations in a row without progress.

  void update(float energy, const Descent& options) {
    if (best == kInfinity) {
      first = best = energy;
      stale = energy == kInfinity ? stale + 1 : 0;
      return;
    }
    // Measured against the total gain, so that neither the scale nor the zero of the energy
    // matters.
    const float gain = std::max(best - energy, 0.0F);
    best = std::min(best, energy);
    stale = gain <= options.tolerance * (first - best) ? stale + 1 : 0;
  }
};

}  // namespace

void descend(Search& search, Tensor sequences, const Descent& options) {
  constexpr float kFirstDecay = 0.9F;
  constexpr float kSecondDecay = 0.999F;
  // Far below any gradient: Adam's usual 1e-8 would slow problems whose energies are small.
  constexpr float kTiny = 1e-30F;
  sequences = sequences.contiguous();
  const std::int64_t problems = sequences.size(0);
  const std::int64_t samples = sequences.size(1);
  const std::int64_t size = samples * sequences.size(2) * sequences.size(3);
  const Tensor first_moments = at::zeros_like(sequences);
  const Tensor second_moments = at::zeros_like(sequences);
  std::vector<Progress> progress(problems);
  const auto low = static_cast<float>(search.low());
  const auto high = static_cast<float>(search.high());
  const double rate = options.learning_rate * search.half_width();

  const std::int64_t begin = search.iterations();
  while (search.next_iteration(begin + options.iterations)) {
    Tensor gradient;
    const Tensor energies = search.score_with_gradient(sequences, gradient);
    search.keep_best(sequences, energies);
    const double t = static_cast<double>(search.iterations() - begin);
    const auto step = static_cast<float>(rate / (1.0 - std::pow(kFirstDecay, t)));
    const auto correction = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(kSecondDecay, t)));
    for_each_problem(problems, size, [&](std::int64_t b) {
      const float* row = data(energies) + b * samples;
      progress[b].update(*std::min_element(row, row + samples), options);
      if (progress[b].stale >= options.patience) return;
      const float* g = data(gradient) + b * size;
      float* x = data_(sequences) + b * size;
      float* m = data_(first_moments) + b * size;
      float* v = data_(second_moments) + b * size;
      for (std::int64_t i = 0; i < size; ++i) {
        m[i] = kFirstDecay * m[i] + (1.0F - kFirstDecay) * g[i];
        v[i] = kSecondDecay * v[i] + (1.0F - kSecondDecay) * g[i] * g[i];
        x[i] = std::clamp(x[i] - step * m[i] / (std::sqrt(v[i]) * correction + kTiny), low, high);
      }
    });
    const bool done = std::all_of(progress.begin(), progress.end(),
                                  [&](const Progress& p) { return p.stale >= options.patience; });
    if (done) return;
  }
  // Where the last step led.
  if (search.time_left(1.0 / kGradientSteps) && problems > 0) {
    search.keep_best(sequences, search.score(sequences));
  }
}

}  // namespace forethink::detail
