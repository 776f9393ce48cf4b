// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/random_plan.h"

#include "forethink/planning/search.h"

namespace forethink {

Plan random_plan(const Energy& energy, const PlanStart& start, RandomStream& rng) {
  detail::Search search(energy, start);
  if (search.next_iteration(1)) {
    const Tensor actions = search.uniform(rng).unsqueeze(1);  // [B, 1, H, A]
    search.keep_best(actions, search.score(actions));
  }
  return search.finish();
}

}  // namespace forethink
