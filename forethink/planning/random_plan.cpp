// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/random_plan.h"

#include "forethink/planning/search.h"

namespace forethink {

Plan random_plan(const Energy& energy, const PlanStart& start, RandomStream& rng) {
  detail::Search search(energy, start);
  if (search.next_iteration(1)) {
    detail::Population one = search.population(1);
    search.draw_uniformly(one, rng);
    search.score(one);
    search.keep_best(one);
  }
  return search.finish();
}

}  // namespace forethink
