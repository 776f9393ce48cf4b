// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/mppi.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/planning/search.h"

namespace forethink {
namespace {

constexpr double kEffectiveMin = 4.0;  // Fewer samples than this make no mean.

// 1 / sum w^2 of the normalised weights exp(-excess / temperature), which are written to `weights`.
double weigh(std::span<const double> excess, double temperature, std::span<double> weights) {
  double sum = 0.0;
  double squares = 0.0;
  for (std::size_t i = 0; i < excess.size(); ++i) {
    weights[i] = std::exp(-excess[i] / temperature);
    sum += weights[i];
    squares += weights[i] * weights[i];
  }
  for (double& weight : weights) weight /= sum;
  return sum * sum / squares;
}

// The effective number grows with the temperature, so bisection on its logarithm finds it. All is
// relative to the spread of the energies: problems of any scale get equal weights.
void weigh_effectively(std::span<const double> excess, double effective,
                       std::span<double> weights) {
  constexpr int kHalvings = 40;
  constexpr double kClose = 0.01;
  const double spread = *std::max_element(excess.begin(), excess.end());
  if (spread == 0.0) {
    weigh(excess, 1.0, weights);
    return;
  }
  double cold = std::log(1e-12);
  double hot = std::log(1e3);
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = 0.5 * (cold + hot);
    const double number = weigh(excess, spread * std::exp(middle), weights);
    if (std::abs(number - effective) < kClose * effective) return;
    (number < effective ? cold : hot) = middle;
  }
}

// Weights of one problem; `scratch` has room for twice as many numbers.
void weigh_problem(const float* energies, std::int64_t samples, const MppiOptions& options,
                   double* scratch, float* out) {
  std::size_t finite = 0;
  for (std::int64_t s = 0; s < samples; ++s) {
    if (std::isfinite(energies[s])) scratch[finite++] = energies[s];
  }
  std::fill_n(out, samples, 0.0F);
  if (finite == 0) return;
  const std::span<double> excess(scratch, finite);
  const std::span<double> weights(scratch + samples, finite);
  const double least = *std::min_element(excess.begin(), excess.end());
  for (double& energy : excess) energy -= least;

  if (options.temperature > 0.0) {
    weigh(excess, options.temperature, weights);
  } else {
    const double wanted = std::max(options.effective * static_cast<double>(samples), kEffectiveMin);
    weigh_effectively(excess, std::min(wanted, static_cast<double>(finite)), weights);
  }
  auto weight = weights.begin();
  for (std::int64_t s = 0; s < samples; ++s) {
    if (std::isfinite(energies[s])) out[s] = static_cast<float>(*weight++);
  }
}

// The weights of B problems [B, S] into `out`; `scratch` [B, 2 S].
void weigh_all(const float* energies, std::int64_t problems, std::int64_t samples,
               const MppiOptions& options, double* scratch, float* out) {
  constexpr std::int64_t kGrain = 16;  // Problems that a thread takes at least.
  at::parallel_for(0, problems, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      weigh_problem(energies + b * samples, samples, options, scratch + 2 * b * samples,
                    out + b * samples);
    }
  });
}

// The elites that the search starts with, as candidates: [B, K', H, A], or undefined.
Tensor proposed(const PlanStart& start, std::int64_t samples, const detail::Search& search) {
  if (!start.elites.defined()) return {};
  return start.elites.narrow(1, 0, std::min(samples - 1, start.elites.size(1)))
      .to(at::kFloat)
      .clamp(search.low(), search.high());
}

}  // namespace

void MppiOptions::validate() const {
  expect_setting(samples >= 2, "mppi.samples", samples, "2 <= samples");
  expect_setting(iterations >= 1, "mppi.iterations", iterations, "1 <= iterations");
  expect_setting(std_init > 0 && std::isfinite(std_init), "mppi.std_init", std_init,
                 "0 < std_init < infinity");
  expect_setting(0 <= std_min && std_min <= std_init, "mppi.std_min", std_min,
                 "0 <= std_min <= std_init");
  expect_setting(0 <= correlation && correlation < 1, "mppi.correlation", correlation,
                 "0 <= correlation < 1");
  expect_setting(0 < effective && effective <= 1, "mppi.effective", effective,
                 "0 < effective <= 1");
  expect_setting(0 <= elites && elites <= samples, "mppi.elites", elites, "0 <= elites <= samples");
  expect_setting(temperature >= 0 && std::isfinite(temperature), "mppi.temperature", temperature,
                 "0 <= temperature < infinity");
}

Tensor mppi_weights(const Tensor& energies, const MppiOptions& options) {
  expect_shape("energies", energies, {kAny, kAny});
  expect_dtype("energies", energies, at::kFloat);
  const Tensor rows = energies.contiguous();
  Tensor weights = at::empty_like(rows);
  const std::int64_t samples = rows.size(1);
  std::vector<double> scratch(2 * rows.numel());
  weigh_all(rows.const_data_ptr<float>(), rows.size(0), samples, options, scratch.data(),
            weights.mutable_data_ptr<float>());
  return weights;
}

Plan mppi(const Energy& energy, const PlanStart& start, RandomStream& rng,
          const MppiOptions& options) {
  options.validate();
  detail::Search search(energy, start);
  detail::Gaussian gaussian = search.gaussian(options.std_init);
  const detail::Refit refit{.deviation_min = options.std_min * search.half_width(),
                            .deviations = options.refit_std};
  const Tensor proposals = proposed(start, options.samples, search);
  detail::Population candidates = search.population(options.samples);
  detail::Population mean = search.population(1);
  detail::Population proposed_sequences =
      search.population(proposals.defined() ? proposals.size(1) : 1);
  if (proposals.defined()) detail::put_(proposed_sequences, 0, proposals);
  std::vector<double> scratch(2 * candidates.energies.size());
  // Those that do not count keep their places, with +inf and so no weight: sums go on in the order
  // of the draw, and `effective` is a share of all samples.
  std::vector<float> elites(options.elites > 0 ? candidates.energies.size() : 0);
  const float* counted = options.elites > 0 ? elites.data() : candidates.energies.data();
  while (search.next_iteration(options.iterations)) {
    search.draw(candidates, gaussian, options.correlation, rng);
    detail::put_mean_(candidates, 0, gaussian);
    if (proposals.defined()) {
      detail::put_at_(candidates, 1, proposed_sequences, proposed_sequences.samples);
    }
    search.score(candidates);
    search.keep_candidate(candidates, 0);
    search.keep_best_where_none(candidates);
    if (options.elites > 0) detail::copy_lowest_(elites, candidates, options.elites);
    weigh_all(counted, candidates.problems, candidates.samples, options, scratch.data(),
              candidates.weights.data());
    search.refit(gaussian, candidates, refit);
  }
  // The last mean has not been scored yet.
  if (search.iterations() > 0 && search.time_left(1.0 / static_cast<double>(options.samples))) {
    detail::put_mean_(mean, 0, gaussian);
    search.score(mean);
    search.keep_best(mean);
  }
  return search.finish();
}

}  // namespace forethink
