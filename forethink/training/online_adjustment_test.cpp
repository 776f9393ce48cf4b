// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/online_adjustment.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/nn/init.h"
#include "forethink/perception/vector_encoder.h"
#include "forethink/world_model/predictor.h"

namespace forethink {
namespace {

constexpr std::int64_t kState = 4;
constexpr std::int64_t kHold = 2;

std::shared_ptr<Jepa> still_model() {
  const auto encoder = std::make_shared<VectorEncoder>(kState, kState, "none", MlpOptions{});
  const auto predictor = make_predictor({.hidden = 32, .final_scale = 0.0, .norm = "none"}, kState,
                                        /*action_dim=*/2 * kHold);
  auto jepa = std::make_shared<Jepa>(encoder, encoder, predictor);
  RandomStream rng(1, "weights");
  initialise(*jepa, rng);
  return jepa;
}

// A memory of a life that drifts by `drift` a look.
ShortTermMemory drifting(std::int64_t looks, double drift, std::int64_t gap_at = -1) {
  ShortTermMemory memory({.agents = 1, .state = kState, .action = 2}, {.capacity = 128});
  RandomStream rng(2, "life");
  Tensor state = rng.normal({1, kState});
  for (std::int64_t t = 0; t < looks; ++t) {
    const std::int64_t time = gap_at >= 0 && t >= gap_at ? 2 * t : t;
    MemoryEntries entry{at::full({1}, time, at::kLong), state};
    entry.action = rng.uniform({1, 2}, -1.0, 1.0);
    memory.observe(entry);
    state = state + drift;
  }
  return memory;
}

double error_after(const std::shared_ptr<Jepa>& model, const Tensor& state, double drift) {
  const at::NoGradGuard no_grad;
  const Tensor ahead = model->predict(state, at::zeros({state.size(0), 2 * kHold}), {}, 1);
  return (ahead - state - drift).square().mean().item<double>();
}

TEST(OnlineAdjuster, LearnsWhatTheWorldDoesNow) {
  const auto model = still_model();
  OnlineAdjuster adjust(model, kHold, 1.0, {.steps = 20, .learning_rate = 1e-2}, 1);
  const ShortTermMemory memory = drifting(30, 0.3);
  RandomStream rng(3, "states");
  const Tensor states = memory.contents().state[0].slice(0, 0, 30);
  const double before = error_after(model, states, 0.3);
  for (int look = 0; look < 10; ++look) adjust(memory);
  EXPECT_LT(error_after(model, states, 0.3), 0.1 * before);
}

TEST(OnlineAdjuster, LearnsNothingFromASingleLookOrAcrossAGap) {
  const auto model = still_model();
  OnlineAdjuster adjust(model, kHold, 1.0, {}, 1);
  const Tensor state = at::ones({1, kState});
  const double before = error_after(model, state, 0.0);
  adjust(ShortTermMemory({.agents = 1, .state = kState, .action = 2}, {}));
  adjust(drifting(1, 0.3));
  adjust(drifting(2, 0.3, /*gap_at=*/1));
  EXPECT_EQ(error_after(model, state, 0.0), before);
}

TEST(OnlineAdjuster, NamesTheSettingThatBreaksItsRule) {
  const auto model = still_model();
  const OnlineAdjustmentOptions broken[] = {
      {.steps = 0}, {.batch = 0}, {.recent = 0}, {.learning_rate = 0.0}, {.felt_weight = -1.0}};
  for (const OnlineAdjustmentOptions& options : broken) {
    EXPECT_THROW(OnlineAdjuster(model, kHold, 1.0, options, 1), ConfigError);
  }
}

}  // namespace
}  // namespace forethink
