// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/push_trials.h"

#include "forethink/core/settings.h"

namespace forethink {

void PushTrialOptions::validate() const {
  expect_setting(count >= 1, "push_trials.count", count, "count >= 1");
  expect_setting(steps >= 1, "push_trials.steps", steps, "steps >= 1");
  expect_setting(speed > 0.0 && speed <= 1.0, "push_trials.speed", speed, "0 < speed <= 1");
}

}  // namespace forethink
