// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/mppi.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/planning/search.h"

namespace forethink {
namespace {

constexpr double kEffectiveMin = 4.0;  // Fewer samples than this make no mean.

// 1 / sum w^2 of the normalised weights exp(-excess / temperature), which are written to `weights`.
double weigh(const std::vector<double>& excess, double temperature, std::vector<double>& weights) {
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
void weigh_effectively(const std::vector<double>& excess, double effective,
                       std::vector<double>& weights) {
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

// Weights of one problem.
void weigh_problem(const float* energies, std::int64_t samples, const MppiOptions& options,
                   float* out) {
  std::vector<double> excess;
  for (std::int64_t s = 0; s < samples; ++s) {
    if (std::isfinite(energies[s])) excess.push_back(energies[s]);
  }
  std::fill_n(out, samples, 0.0F);
  if (excess.empty()) return;
  const double least = *std::min_element(excess.begin(), excess.end());
  for (double& energy : excess) energy -= least;

  std::vector<double> weights(excess.size());
  if (options.temperature > 0.0) {
    weigh(excess, options.temperature, weights);
  } else {
    const double wanted = std::max(options.effective * static_cast<double>(samples), kEffectiveMin);
    weigh_effectively(excess, std::min(wanted, static_cast<double>(excess.size())), weights);
  }
  auto weight = weights.begin();
  for (std::int64_t s = 0; s < samples; ++s) {
    if (std::isfinite(energies[s])) out[s] = static_cast<float>(*weight++);
  }
}

// The elites that the search starts with, as candidates: [B, K', H, A], or undefined.
Tensor proposed(const PlanStart& start, std::int64_t samples, const detail::Search& search) {
  if (!start.elites.defined()) return {};
  return start.elites.narrow(1, 0, std::min(samples - 1, start.elites.size(1)))
      .to(at::kFloat)
      .clamp(search.low(), search.high());
}

// Energies [B, S] with +inf for all but the least.
Tensor elites_of(const Tensor& energies, const MppiOptions& options) {
  if (options.elites == 0) return energies;
  const Tensor least = detail::lowest(energies, options.elites);  // [B, K]
  const Tensor kept = at::full_like(energies, std::numeric_limits<float>::infinity());
  return kept.scatter_(1, least, energies.gather(1, least));
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
  constexpr std::int64_t kGrain = 16;  // Problems that a thread takes at least.
  at::parallel_for(0, rows.size(0), kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      weigh_problem(rows.const_data_ptr<float>() + b * samples, samples, options,
                    weights.mutable_data_ptr<float>() + b * samples);
    }
  });
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
  while (search.next_iteration(options.iterations)) {
    const Tensor candidates = search.sample(gaussian, options.samples, options.correlation, rng);
    candidates.select(1, 0).copy_(gaussian.mean);  // [B, S, H, A]
    if (proposals.defined()) candidates.narrow(1, 1, proposals.size(1)).copy_(proposals);
    const Tensor energies = search.score(candidates);  // [B, S]
    search.keep_best(candidates.narrow(1, 0, 1), energies.narrow(1, 0, 1));
    const Tensor has_plan = search.best_energy().isfinite().unsqueeze(1);
    search.keep_best(candidates,
                     energies.masked_fill(has_plan, std::numeric_limits<float>::infinity()));
    detail::refit_(gaussian, candidates, mppi_weights(elites_of(energies, options), options),
                   refit);
  }
  // The last mean has not been scored yet.
  if (search.iterations() > 0 && search.time_left(1.0 / static_cast<double>(options.samples))) {
    const Tensor mean = gaussian.mean.unsqueeze(1);  // [B, 1, H, A]
    search.keep_best(mean, search.score(mean));
  }
  return search.finish();
}

}  // namespace forethink
