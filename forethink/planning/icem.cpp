// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/icem.h"

#include <algorithm>
#include <cmath>

#include "forethink/core/settings.h"
#include "forethink/planning/search.h"

namespace forethink {
namespace {

std::int64_t kept_elites(const IcemOptions& options) {
  return std::llround(options.keep * static_cast<double>(options.elites));
}

// The warm start, and the elites of the last search that may join it: [B, 1 + K', H, A].
Tensor first_candidates(const Tensor& warm_start, const Tensor& elites, std::int64_t count) {
  Tensor first = warm_start.unsqueeze(1);
  if (!elites.defined()) return first;
  return at::cat({first, elites.narrow(1, 0, std::min(count, elites.size(1))).to(at::kFloat)}, 1);
}

}  // namespace

void IcemOptions::validate(const std::string& section) const {
  const auto name = [&](const char* field) { return section + "." + field; };
  expect_setting(samples >= 2, name("samples"), samples, "2 <= samples");
  expect_setting(1 <= elites && elites <= samples / 2, name("elites"), elites,
                 "1 <= elites <= samples / 2");
  expect_setting(iterations >= 1, name("iterations"), iterations, "1 <= iterations");
  expect_setting(std_init > 0 && std::isfinite(std_init), name("std_init"), std_init,
                 "0 < std_init < infinity");
  expect_setting(0 <= std_min && std_min <= std_init, name("std_min"), std_min,
                 "0 <= std_min <= std_init");
  expect_setting(0 <= momentum && momentum < 1, name("momentum"), momentum, "0 <= momentum < 1");
  expect_setting(0 <= correlation && correlation < 1, name("correlation"), correlation,
                 "0 <= correlation < 1");
  expect_setting(shrink >= 1 && std::isfinite(shrink), name("shrink"), shrink,
                 "1 <= shrink < infinity");
  expect_setting(0 <= keep && keep <= 1, name("keep"), keep, "0 <= keep <= 1");
}

Tensor detail::icem_search(Search& search, const PlanStart& start, RandomStream& rng,
                           const IcemOptions& options) {
  Gaussian gaussian = search.gaussian(options.std_init);
  const Refit refit{.momentum = options.momentum,
                    .deviation_min = options.std_min * search.half_width()};
  const Tensor first = first_candidates(search.best(), start.elites, kept_elites(options))
                           .clamp(search.low(), search.high());
  const std::int64_t horizon = first.size(2);
  Population candidates = search.population(std::max(options.samples, 2 * options.elites));
  Population elites = search.population(options.elites);
  double population = static_cast<double>(options.samples);
  std::int64_t i = 0;
  for (; search.next_iteration(options.iterations); ++i) {
    candidates.samples = std::max(2 * options.elites, static_cast<std::int64_t>(population));
    search.draw(candidates, gaussian, options.correlation, rng);
    if (i == 0) {
      put_(candidates, 0, first);
    } else {
      put_at_(candidates, 0, elites, kept_elites(options));
      if (i == options.iterations - 1) put_mean_(candidates, kept_elites(options), gaussian);
    }
    search.score(candidates);
    search.keep_best(candidates);
    take_lowest_(elites, candidates);
    weigh_equally_(elites);
    search.refit(gaussian, elites, refit);
    population /= options.shrink;
  }
  return i == 0 ? first : to_tensor(elites, horizon);
}

Plan icem(const Energy& energy, const PlanStart& start, RandomStream& rng,
          const IcemOptions& options) {
  options.validate();
  detail::Search search(energy, start);
  const Tensor elites = detail::icem_search(search, start, rng, options);
  return search.finish(elites);
}

}  // namespace forethink
