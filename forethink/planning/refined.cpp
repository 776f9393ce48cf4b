// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/refined.h"

#include <algorithm>
#include <cmath>

#include "forethink/core/settings.h"
#include "forethink/planning/search.h"

namespace forethink {

void RefinedOptions::validate() const {
  sampling.validate("refined.sampling");
  expect_setting(1 <= starts && starts <= sampling.elites, "refined.starts", starts,
                 "1 <= starts <= sampling.elites");
  expect_setting(iterations >= 1, "refined.iterations", iterations, "1 <= iterations");
  expect_setting(learning_rate > 0 && std::isfinite(learning_rate), "refined.learning_rate",
                 learning_rate, "0 < learning_rate < infinity");
  expect_setting(0 <= tolerance && tolerance < 1, "refined.tolerance", tolerance,
                 "0 <= tolerance < 1");
  expect_setting(patience >= 1, "refined.patience", patience, "1 <= patience");
}

Plan refined(const Energy& energy, const PlanStart& start, RandomStream& rng,
             const RefinedOptions& options) {
  options.validate();
  detail::Search search(energy, start);
  detail::Population sequences = search.population(options.starts);
  detail::DescentMemory memory(sequences);
  const Tensor elites = detail::icem_search(search, start, rng, options.sampling);
  sequences.samples = std::min(options.starts, elites.size(1));
  detail::put_(sequences, 0, elites.narrow(1, 0, sequences.samples));
  detail::descend(search, sequences, memory,
                  {.iterations = options.iterations,
                   .learning_rate = options.learning_rate,
                   .tolerance = options.tolerance,
                   .patience = options.patience});
  return search.finish(elites);
}

}  // namespace forethink
