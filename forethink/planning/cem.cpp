// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/cem.h"

#include <cmath>

#include "forethink/core/settings.h"
#include "forethink/planning/search.h"

namespace forethink {

void CemOptions::validate() const {
  expect_setting(samples >= 1, "cem.samples", samples, "1 <= samples");
  expect_setting(1 <= elites && elites <= samples, "cem.elites", elites, "1 <= elites <= samples");
  expect_setting(iterations >= 1, "cem.iterations", iterations, "1 <= iterations");
  expect_setting(std_init > 0 && std::isfinite(std_init), "cem.std_init", std_init,
                 "0 < std_init < infinity");
  expect_setting(0 <= std_min && std_min <= std_init, "cem.std_min", std_min,
                 "0 <= std_min <= std_init");
  expect_setting(0 <= momentum && momentum < 1, "cem.momentum", momentum, "0 <= momentum < 1");
}

Plan cem(const Energy& energy, const PlanStart& start, RandomStream& rng,
         const CemOptions& options) {
  options.validate();
  detail::Search search(energy, start);
  detail::Gaussian gaussian = search.gaussian(options.std_init);
  const detail::Refit refit{.momentum = options.momentum,
                            .deviation_min = options.std_min * search.half_width()};
  detail::Population candidates = search.population(options.samples);
  detail::Population elites = search.population(options.elites);
  while (search.next_iteration(options.iterations)) {
    search.draw(candidates, gaussian, /*correlation=*/0.0, rng);
    detail::put_mean_(candidates, 0, gaussian);
    search.score(candidates);
    search.keep_best(candidates);
    detail::take_lowest_(elites, candidates);
    detail::weigh_equally_(elites);
    search.refit(gaussian, elites, refit);
  }
  return search.finish();
}

}  // namespace forethink
