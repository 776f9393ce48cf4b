// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/evaluation/push_agreement.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstdio>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

constexpr std::int64_t kActionDim = 2;  // Of a push.

Tensor encode(const PushSubject& subject, const Tensor& states) {
  const Tensor s = subject.encode(subject.render(states)).to(at::kFloat);
  expect_shape("encoded state", s, {states.size(0), subject.model.state_dim()});
  return s;
}

Tensor decode(const PushSubject& subject, const Tensor& s) {
  const Tensor position = subject.decode_position(s);
  expect_shape("decoded position", position, {s.size(0), kActionDim});
  return position;
}

// Where the model thinks the pushes lead: [N, 2].
Tensor imagined_ends(const PushSubject& subject, const PushTrials& trials, std::int64_t skip,
                     std::int64_t model_steps) {
  const Tensor s = encode(subject, trials.starts);                     // [N, D]
  const Tensor block = trials.actions.repeat({1, skip}).unsqueeze(1);  // [N, 1, skip*A]
  const Tensor states = imagine(subject.model, s, block.expand({-1, model_steps, -1}));
  return decode(subject, states.select(1, model_steps));
}

// Of positions [N, 2] against true states [N, V].
std::int64_t count_agreeing(const PushWorld& world, const Tensor& end, const Tensor& truth,
                            double tolerance) {
  const Tensor true_end = truth.slice(1, 0, kActionDim);
  const Tensor same_room = world.room_of(end, truth) == world.room_of(true_end, truth);
  const Tensor near = (end - true_end).norm(2, {1}) <= tolerance;
  return same_room.logical_or(near).sum().item<std::int64_t>();
}

std::string at_speed(double speed) {
  char text[32];
  std::snprintf(text, sizeof text, " at %.3g", speed);
  return text;
}

PushResult push_once(const PushSubject& subject, const PushWorld& world, RandomStream chance,
                     const std::string& kind, double speed, std::int64_t steps,
                     const PushTestOptions& options) {
  const std::int64_t skip = subject.model.action_dim() / kActionDim;
  PushResult result;
  result.kind = speed == 1.0 ? kind : kind + at_speed(speed);
  result.speed = speed;
  result.steps = steps;
  result.trials = options.trials;
  result.model_steps = (steps + skip - 1) / skip;
  result.steps_done = result.model_steps * skip;
  const PushTrials trials = world.make(
      kind, {.count = options.trials, .steps = result.steps_done, .speed = speed}, chance);
  const auto share = [&](std::int64_t count) {
    return static_cast<double>(count) / static_cast<double>(result.trials);
  };
  result.agreed = count_agreeing(world, imagined_ends(subject, trials, skip, result.model_steps),
                                 trials.ends, options.tolerance);
  result.agreement = share(result.agreed);
  result.readable = share(count_agreeing(world, decode(subject, encode(subject, trials.ends)),
                                         trials.ends, options.tolerance));
  result.interval = wilson_interval(result.agreed, result.trials);
  return result;
}

}  // namespace

void PushTestOptions::validate() const {
  expect_setting(trials >= 1, "push_test.trials", trials, "trials >= 1");
  for (const std::int64_t length : steps) {
    expect_setting(length >= 1, "push_test.steps", length, "each >= 1");
  }
  for (const double speed : speeds) {
    expect_setting(speed > 0.0 && speed <= 1.0, "push_test.speeds", speed, "each in (0, 1]");
  }
  expect_setting(tolerance >= 0.0, "push_test.tolerance", tolerance, "tolerance >= 0");
}

std::vector<PushResult> push_test(const PushSubject& subject, const PushWorld& world,
                                  const RandomStream& rng, const PushTestOptions& options) {
  options.validate();
  const std::int64_t A = subject.model.action_dim();
  if (A < kActionDim || A % kActionDim != 0) {
    throw ShapeError("the world model's action has " + std::to_string(A) +
                     " numbers, expected a multiple of 2 (x and y of each primitive step)");
  }
  const at::NoGradGuard no_grad;
  std::vector<PushResult> results;
  for (const double speed : options.speeds) {
    for (const std::string& kind : world.kinds) {
      for (const std::int64_t steps : options.steps) {  // All start from the same places.
        results.push_back(push_once(subject, world, rng.child(kind), kind, speed, steps, options));
      }
    }
  }
  return results;
}

std::map<std::string, double> push_measurements(const std::vector<PushResult>& results) {
  std::int64_t longest = 0;
  for (const PushResult& result : results) longest = std::max(longest, result.steps);
  std::map<std::string, double> named;
  for (const PushResult& result : results) {
    if (result.steps != longest) continue;
    std::string name = "push_" + result.kind + "_" + std::to_string(result.steps);
    std::replace(name.begin(), name.end(), ' ', '_');
    named[name] = result.agreement;
  }
  return named;
}

}  // namespace forethink
