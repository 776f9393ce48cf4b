// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/gradient.h"

#include <cmath>

#include "forethink/core/settings.h"
#include "forethink/planning/search.h"

namespace forethink {

void GradientOptions::validate() const {
  expect_setting(starts >= 1, "gradient.starts", starts, "1 <= starts");
  expect_setting(iterations >= 1, "gradient.iterations", iterations, "1 <= iterations");
  expect_setting(learning_rate > 0 && std::isfinite(learning_rate), "gradient.learning_rate",
                 learning_rate, "0 < learning_rate < infinity");
  expect_setting(std_init > 0 && std::isfinite(std_init), "gradient.std_init", std_init,
                 "0 < std_init < infinity");
  expect_setting(0 <= correlation && correlation < 1, "gradient.correlation", correlation,
                 "0 <= correlation < 1");
  expect_setting(0 <= tolerance && tolerance < 1, "gradient.tolerance", tolerance,
                 "0 <= tolerance < 1");
  expect_setting(patience >= 1, "gradient.patience", patience, "1 <= patience");
}

Plan gradient(const Energy& energy, const PlanStart& start, RandomStream& rng,
              const GradientOptions& options) {
  options.validate();
  detail::Search search(energy, start);
  const detail::Gaussian gaussian = search.gaussian(options.std_init);
  detail::Population starts = search.population(options.starts);
  detail::DescentMemory memory(starts);
  search.draw(starts, gaussian, options.correlation, rng);
  detail::put_mean_(starts, 0, gaussian);  // The warm start itself.
  detail::descend(search, starts, memory,
                  {.iterations = options.iterations,
                   .learning_rate = options.learning_rate,
                   .tolerance = options.tolerance,
                   .patience = options.patience});
  return search.finish();
}

}  // namespace forethink
