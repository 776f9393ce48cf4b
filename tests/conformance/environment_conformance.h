// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What every environment must do, whatever its world: the promises of environment.h as tests.
//
// Role:    tests; called once per environment with a function that makes a fresh one.
#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/environments/environment.h"

namespace forethink::conformance {

using EnvironmentFactory = std::function<std::unique_ptr<Environment>()>;

inline Tensor random_actions(const EnvironmentSpec& spec, std::int64_t batch, RandomStream& rng) {
  std::vector<std::int64_t> shape{batch};
  shape.insert(shape.end(), spec.action.shape.begin(), spec.action.shape.end());
  return rng.uniform(shape, spec.action.low, spec.action.high);
}

/// Actions of `batch` rows for `steps` steps, applied; returns the state after each [steps, B, V].
inline Tensor run(Environment& world, std::int64_t batch, std::int64_t steps, std::uint64_t seed) {
  RandomStream rng(seed, "conformance.actions");
  std::vector<Tensor> states;
  for (std::int64_t t = 0; t < steps; ++t) {
    world.step(random_actions(world.spec(), batch, rng));
    states.push_back(world.state());
  }
  return at::stack(states);
}

inline void expect_row(const ArraySpec& spec, const Tensor& values, std::int64_t batch) {
  SCOPED_TRACE("array " + spec.name);
  std::vector<std::int64_t> shape{batch};
  shape.insert(shape.end(), spec.shape.begin(), spec.shape.end());
  EXPECT_EQ(values.sizes(), at::IntArrayRef(shape));
  EXPECT_EQ(values.scalar_type(), spec.dtype);
  EXPECT_FALSE(spec.unit.empty());
  EXPECT_LT(spec.low, spec.high);
  EXPECT_TRUE(at::isfinite(values.to(at::kDouble)).all().item<bool>());
  EXPECT_GE(values.min().item<double>(), spec.low - 1e-5);  // Limits are doubles, values floats.
  EXPECT_LE(values.max().item<double>(), spec.high + 1e-5);
}

inline void expect_same(const Observation& a, const Observation& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, values] : a) {
    ASSERT_TRUE(b.count(name)) << name;
    EXPECT_TRUE(at::equal(values, b.at(name))) << name;
  }
}

inline void check_spec(const EnvironmentFactory& make) {
  SCOPED_TRACE("what comes out is what the spec says");
  const auto world = make();
  const EnvironmentSpec& spec = world->spec();
  EXPECT_FALSE(spec.name.empty());
  EXPECT_GE(spec.episode_steps, 1);
  ASSERT_EQ(spec.state.shape.size(), 1U);
  EXPECT_EQ(static_cast<std::int64_t>(spec.state_fields.size()), spec.state.shape[0]);
  RandomStream rng(1, "conformance");
  world->reset(5, rng);
  for (int t = 0; t < 3; ++t) {
    expect_row(spec.state, world->state(), 5);
    const Observation seen = world->observe();
    EXPECT_EQ(seen.size(), spec.observation.size());
    for (const ArraySpec& sensor : spec.observation) {
      ASSERT_TRUE(seen.count(sensor.name)) << sensor.name;
      expect_row(sensor, seen.at(sensor.name), 5);
    }
    const StepResult result = world->step(random_actions(spec, 5, rng));
    for (const Tensor& flag : {result.terminated, result.truncated}) {
      EXPECT_EQ(flag.sizes(), at::IntArrayRef({5}));
      EXPECT_EQ(flag.scalar_type(), at::kBool);
    }
  }
}

inline void check_reset_to(const EnvironmentFactory& make) {
  SCOPED_TRACE("reset_to gives the state it was given, and steps go on from there");
  const auto world = make();
  RandomStream rng(2, "conformance");
  world->reset(6, rng);
  run(*world, 6, 4, 2);
  const Tensor states = world->state();
  world->reset_to(states, {}, rng);
  EXPECT_TRUE(at::equal(world->state(), states));
  world->step(random_actions(world->spec(), 6, rng));
  EXPECT_FALSE(at::equal(world->state(), states));
}

inline void check_render(const EnvironmentFactory& make) {
  SCOPED_TRACE("render(state()) is observe()");
  const auto world = make();
  RandomStream rng(3, "conformance");
  world->reset(4, rng);
  expect_same(world->render(world->state()), world->observe());
  run(*world, 4, 7, 3);
  const Observation seen = world->observe();
  expect_same(world->render(world->state()), seen);
  expect_same(world->observe(), seen);  // Looking changes nothing.
  Observation copy;
  for (const auto& [sensor, reading] : seen) copy[sensor] = reading.clone();
  run(*world, 4, 2, 3);
  expect_same(seen, copy);  // What was seen stays as it was.
}

inline void check_repeats(const EnvironmentFactory& make) {
  SCOPED_TRACE("equal seeds give equal results, other seeds others, also after use");
  const auto a = make();
  const auto b = make();
  RandomStream rng_a(4, "conformance");
  RandomStream rng_b(4, "conformance");
  b->reset(3, rng_b);
  run(*b, 3, 5, 9);
  rng_b = RandomStream(4, "conformance");
  a->reset(8, rng_a);
  b->reset(8, rng_b);
  EXPECT_TRUE(at::equal(a->state(), b->state()));
  EXPECT_TRUE(at::equal(run(*a, 8, 40, 4), run(*b, 8, 40, 4)));
  const Tensor first = a->state();
  a->reset(8, rng_a);  // The stream has moved on, so these are other episodes.
  EXPECT_FALSE(at::equal(a->state(), first));
  RandomStream other(5, "conformance");
  b->reset(8, other);
  EXPECT_FALSE(at::equal(a->state(), b->state()));
}

inline void check_batch_independence(const EnvironmentFactory& make) {
  SCOPED_TRACE("a row goes the same way whatever shares its batch");
  const auto whole = make();
  const auto part = make();
  RandomStream rng(6, "conformance");
  whole->reset(9, rng);
  const Tensor states = whole->state();
  RandomStream rng_whole(7, "conformance");
  RandomStream rng_part(7, "conformance");
  whole->reset_to(states, {}, rng_whole);
  part->reset_to(states.narrow(0, 0, 4), {}, rng_part);
  for (int t = 0; t < 60; ++t) {
    const Tensor actions = random_actions(whole->spec(), 9, rng);
    whole->step(actions);
    part->step(actions.narrow(0, 0, 4));
  }
  EXPECT_TRUE(at::equal(whole->state().narrow(0, 0, 4), part->state()));
}

inline void check_endings(const EnvironmentFactory& make) {
  SCOPED_TRACE("rows end by success or by time, stay ended, and nothing resets them");
  const auto world = make();
  const std::int64_t limit = world->spec().episode_steps;
  RandomStream rng(8, "conformance");
  // Without goals nothing succeeds; time runs out exactly at the limit.
  world->reset(3, rng);
  StepResult result;
  for (std::int64_t t = 1; t <= limit; ++t) {
    result = world->step(random_actions(world->spec(), 3, rng));
    ASSERT_FALSE(result.terminated.any().item<bool>());
    ASSERT_EQ(result.truncated.all().item<bool>(), t == limit) << "step " << t;
    ASSERT_EQ(result.truncated.any().item<bool>(), t == limit) << "step " << t;
  }
  const Tensor end = world->state();
  result = world->step(random_actions(world->spec(), 3, rng));
  EXPECT_TRUE(result.truncated.all().item<bool>());
  EXPECT_TRUE(at::equal(world->state(), end));

  // Row 0 starts on its goal, so a step of rest succeeds, or the last of them where success only
  // counts at the end; row 1's goal is row 2's start.
  world->reset(3, rng);
  const Tensor starts = world->state();
  const Tensor goals = starts.index_select(0, at::tensor({0, 2, 1}, at::kLong));
  world->reset_to(starts, goals, rng);
  std::vector<std::int64_t> shape{3};
  shape.insert(shape.end(), world->spec().action.shape.begin(), world->spec().action.shape.end());
  const Tensor rest = at::zeros(shape);
  const std::int64_t until_judged = world->spec().judged_at_end ? limit : 1;
  for (std::int64_t t = 1; t <= until_judged; ++t) {
    result = world->step(rest);
    ASSERT_EQ(result.terminated[0].item<bool>(), t == until_judged) << "step " << t;
  }
  EXPECT_FALSE(result.truncated[0].item<bool>());
  const Tensor frozen = world->state()[0].clone();
  for (int t = 0; t < 3; ++t) {
    result = world->step(random_actions(world->spec(), 3, rng));
    EXPECT_TRUE(result.terminated[0].item<bool>());
    EXPECT_FALSE(result.terminated.logical_and(result.truncated).any().item<bool>());
    EXPECT_TRUE(at::equal(world->state()[0], frozen));
  }
  // A new reset sets everything going again, without goals.
  world->reset_to(starts, {}, rng);
  result = world->step(rest);
  EXPECT_FALSE(result.terminated.any().item<bool>());
}

// In a mortal world a row ends by death instead of success.
inline void check_mortal_endings(const EnvironmentFactory& make) {
  SCOPED_TRACE("rows end by death or by time, stay ended, and nothing resets them");
  const auto world = make();
  const EnvironmentSpec& spec = world->spec();
  RandomStream rng(8, "conformance");
  world->reset(6, rng);
  const Tensor starts = world->state();
  StepResult result{at::zeros({6}, at::kBool), at::zeros({6}, at::kBool)};
  for (std::int64_t t = 1; t <= spec.episode_steps; ++t) {
    const Tensor before = world->state();
    const Tensor dead = result.terminated;
    result = world->step(random_actions(spec, 6, rng));
    ASSERT_TRUE(result.terminated.logical_or(dead).equal(result.terminated)) << "risen at " << t;
    ASSERT_TRUE(at::equal(world->state().index({dead}), before.index({dead}))) << "step " << t;
    // Time runs out exactly at the limit, and for the living only.
    const Tensor over =
        t == spec.episode_steps ? result.terminated.logical_not() : at::zeros({6}, at::kBool);
    ASSERT_TRUE(at::equal(result.truncated, over)) << "step " << t;
  }
  const Tensor end = world->state();
  const StepResult after = world->step(random_actions(spec, 6, rng));
  EXPECT_TRUE(at::equal(after.terminated, result.terminated));
  EXPECT_TRUE(at::equal(after.truncated, result.truncated));
  EXPECT_TRUE(at::equal(world->state(), end));
  // Death is in the state: who is put back dead is dead, who is put back alive lives.
  world->reset_to(end, {}, rng);
  const Tensor dead = result.terminated;
  result = world->step(random_actions(spec, 6, rng));
  EXPECT_TRUE(at::equal(result.terminated.logical_and(dead), dead));
  EXPECT_TRUE(at::equal(world->state().index({dead}), end.index({dead})));
  world->reset_to(starts, {}, rng);
  EXPECT_FALSE(world->step(random_actions(spec, 6, rng)).terminated.any().item<bool>());
  EXPECT_THROW(world->reset_to(starts, starts, rng), ConfigError);  // There are no goals.
}

inline void check_clipping(const EnvironmentFactory& make) {
  SCOPED_TRACE("actions beyond the limits act as the limits");
  const auto a = make();
  const auto b = make();
  RandomStream rng(10, "conformance");
  a->reset(6, rng);
  const Tensor states = a->state();
  RandomStream rng_a(11, "conformance");
  RandomStream rng_b(11, "conformance");
  a->reset_to(states, {}, rng_a);
  b->reset_to(states, {}, rng_b);
  const ArraySpec& spec = a->spec().action;
  const Tensor wild = random_actions(a->spec(), 6, rng) * 10.0;
  a->step(wild);
  b->step(wild.clamp(spec.low, spec.high));
  EXPECT_TRUE(at::equal(a->state(), b->state()));
}

inline void check_refusals(const EnvironmentFactory& make) {
  SCOPED_TRACE("what does not fit is refused, and refusing changes nothing");
  const auto world = make();
  const EnvironmentSpec& spec = world->spec();
  RandomStream rng(12, "conformance");
  world->reset(4, rng);
  const Tensor before = world->state();
  const Tensor good = random_actions(spec, 4, rng);
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Tensor actions = good.clone();
    actions[3].flatten()[0].fill_(bad);
    EXPECT_THROW(world->step(actions), ShapeError);
  }
  EXPECT_THROW(world->step(random_actions(spec, 5, rng)), ShapeError);
  EXPECT_THROW(world->step(good.narrow(0, 0, 3)), ShapeError);
  EXPECT_THROW(world->step(at::zeros({4, spec.action.shape[0] + 1})), ShapeError);
  EXPECT_THROW(world->step(Tensor()), ShapeError);
  EXPECT_TRUE(at::equal(world->state(), before));

  const std::int64_t fields = spec.state.shape[0];
  Tensor nan_state = before.clone();
  nan_state[0][0].fill_(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THROW(world->reset_to(at::zeros({4, fields + 1}), {}, rng), ShapeError);
  EXPECT_THROW(world->reset_to(nan_state, {}, rng), Error);
  EXPECT_THROW(world->reset_to(before, before.narrow(0, 0, 2), rng), ShapeError);
  EXPECT_THROW(world->reset_to(before, nan_state, rng), Error);
  EXPECT_THROW(world->render(at::zeros({4, fields + 1})), ShapeError);
  EXPECT_THROW(world->render(nan_state), Error);
  EXPECT_THROW(world->reset(0, rng), ConfigError);
  EXPECT_TRUE(at::equal(world->state(), before));
}

/// All of the above.
inline void expect_environment_conforms(const EnvironmentFactory& make) {
  check_spec(make);
  check_reset_to(make);
  check_render(make);
  check_repeats(make);
  check_batch_independence(make);
  if (make()->spec().mortal) {
    check_mortal_endings(make);
  } else {
    check_endings(make);
  }
  check_clipping(make);
  check_refusals(make);
}

}  // namespace forethink::conformance
