// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What each of P episodes planned last, moved on by what it acted out: where the next search
// starts.
//
// Role:    agent; shared by its loops.
#pragma once

#include "forethink/planning/plan.h"

namespace forethink {

class WarmStarts {
 public:
  /// @param actions_done  Actions of a plan that are acted out before the next.
  WarmStarts(std::int64_t episodes, std::int64_t actions_done)
      : episodes_(episodes), actions_done_(actions_done) {}
  PlanStart of(const Tensor& active) const {
    PlanStart start;
    if (mean_.defined()) start.mean = mean_.index_select(0, active);
    if (elites_.defined()) start.elites = elites_.index_select(0, active);
    return start;
  }
  void keep(const Tensor& active, const Plan& plan) {
    put(mean_, active, shift_plan(plan.actions, actions_done_));
    if (plan.elites.defined()) put(elites_, active, shift_plan(plan.elites, actions_done_));
  }
  // Another `actions_done` actions of all plans were acted out without a new one.
  void move_on() {
    mean_ = shift_plan(mean_, actions_done_);
    if (elites_.defined()) elites_ = shift_plan(elites_, actions_done_);
  }

 private:
  void put(Tensor& all, const Tensor& active, const Tensor& rows) const {
    if (!all.defined()) {
      std::vector<std::int64_t> sizes = rows.sizes().vec();
      sizes.front() = episodes_;
      all = at::zeros(sizes);
    }
    all.index_copy_(0, active, rows);
  }
  std::int64_t episodes_;
  std::int64_t actions_done_;
  Tensor mean_;    // [P, H, A]
  Tensor elites_;  // [P, K, H, A]
};

}  // namespace forethink
