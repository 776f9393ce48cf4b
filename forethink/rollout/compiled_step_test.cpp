// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/rollout/compiled_step.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/random.h"
#include "forethink/rollout/test_models.h"
#include "tests/conformance/counted_allocations.h"

namespace forethink {
namespace {

Tensor steps_of(const WorldModel& model, const Tensor& states, const Tensor& actions) {
  return imagine(model, states, actions.unsqueeze(1)).select(1, 1);
}

TEST(CompiledStep, AgreesWithThePlainPathOnEveryInstructionSet) {
  RandomStream rng(1, "step");
  const at::NoGradGuard no_grad;
  for (const std::int64_t rows : {1, 5, 301}) {
    const Tensor states = rng.normal({rows, kState});
    const Tensor actions = rng.normal({rows, kHold * kAction});
    for (const auto& [name, predictor] : cases()) {
      const PlainModel model = model_of(predictor);
      const Tensor plain = steps_of(model, states, actions);
      for (const InstructionSet set : instruction_sets()) {
        const CompiledStep step(model, {.precision = "float32", .instruction_set = name_of(set)});
        const Tensor next = step(states, actions);
        EXPECT_TRUE(at::allclose(next, plain, 1e-4, 1e-5)) << name << " on " << name_of(set);
      }
    }
  }
}

TEST(CompiledStep, DependsOnItsRowAlone) {
  RandomStream rng(2, "step");
  const PlainModel model = model_of({.hidden = 72});
  const Tensor states = rng.normal({40, kState});
  const Tensor actions = rng.normal({40, kHold * kAction});
  const CompiledStep step(model);
  // Two steps by hand equal the rows' own two steps: nothing is carried over between calls.
  const Tensor once = step(states, actions);
  step(once, actions);
  EXPECT_TRUE(at::equal(step(states, actions), once));
  EXPECT_TRUE(
      at::equal(step(states.narrow(0, 7, 3), actions.narrow(0, 7, 3)), once.narrow(0, 7, 3)));
  const at::NoGradGuard no_grad;
  const double error = (once - steps_of(model, states, actions)).norm().item<double>();
  EXPECT_LT(error / once.norm().item<double>(), 0.02);
}

TEST(CompiledStep, AllocatesNothing) {
  RandomStream rng(3, "step");
  const CompiledStep step(model_of({.hidden = 72}));
  const Tensor states = rng.normal({200, kState});
  const Tensor actions = rng.normal({200, kHold * kAction});
  std::vector<float> next(200 * kState);
  const auto run = [&] {
    step.step(states.const_data_ptr<float>(), actions.const_data_ptr<float>(), 200, next.data());
  };
  run();
  const std::int64_t before = allocations_so_far();
  run();
  EXPECT_EQ(allocations_so_far(), before);
}

TEST(CompiledStep, RefusesWhatDoesNotFitAndTakesNoRows) {
  const CompiledStep step(model_of({.hidden = 32}));
  EXPECT_THROW(step(at::zeros({2, kState + 1}), at::zeros({2, kHold * kAction})), ShapeError);
  EXPECT_THROW(step(at::zeros({2, kState}), at::zeros({3, kHold * kAction})), ShapeError);
  EXPECT_EQ(step(at::zeros({0, kState}), at::zeros({0, kHold * kAction})).size(0), 0);
}

}  // namespace
}  // namespace forethink
