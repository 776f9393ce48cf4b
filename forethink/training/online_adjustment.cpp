// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/online_adjustment.h"

#include <torch/torch.h>

#include <cmath>

#include "forethink/core/settings.h"
#include "forethink/training/losses/felt.h"

namespace forethink {

void OnlineAdjustmentOptions::validate() const {
  const std::string at = "online_adjustment.";
  expect_setting(steps >= 1, at + "steps", steps, "steps >= 1");
  expect_setting(batch >= 1, at + "batch", batch, "batch >= 1");
  expect_setting(recent >= 1, at + "recent", recent, "recent >= 1");
  expect_setting(std::isfinite(learning_rate) && learning_rate > 0, at + "learning_rate",
                 learning_rate, "learning_rate > 0");
  expect_setting(std::isfinite(felt_weight) && felt_weight >= 0, at + "felt_weight", felt_weight,
                 "felt_weight >= 0");
}

OnlineAdjuster::OnlineAdjuster(std::shared_ptr<Jepa> model, std::int64_t hold, double norm,
                               const OnlineAdjustmentOptions& options, std::uint64_t seed)
    : model_(std::move(model)),
      shape_{.horizon = 1, .hold = hold, .norm = norm},
      options_(options),
      rng_(seed, "online adjustment"),
      optimizer_(model_->predictor()->parameters(), {.learning_rate = options.learning_rate}) {
  options.validate();
}

OnlineAdjuster::Pairs OnlineAdjuster::pairs_of(const ShortTermMemory& memory) const {
  const MemoryEntries& all = memory.contents();
  const Recalled next = memory.at_time(all.time + 1, /*exactly=*/true, Remembered::kObserved);
  const Tensor held = memory.holds(Remembered::kObserved);
  const Tensor now = all.time.masked_fill(held.logical_not(), -1).amax(1, /*keepdim=*/true);
  const Tensor age = now - all.time;  // [B, M]
  const Tensor usable = held.logical_and(next.found)
                            .logical_and(age.le(options_.recent))
                            .flatten()
                            .nonzero()
                            .view(-1);
  const auto of = [&](const Tensor& x) { return x.flatten(0, 1).index_select(0, usable); };
  return {of(all.state), of(all.action), of(next.entries.state), of(age).le(1).nonzero().view(-1)};
}

Tensor OnlineAdjuster::loss(const Pairs& pairs, const Tensor& rows) {
  const auto of = [&](const Tensor& x) { return x.index_select(0, rows); };
  const Tensor came = of(pairs.after);
  const Tensor plan = of(pairs.actions).unsqueeze(1).unsqueeze(1);
  const Tensor ahead = imagine_plans(*model_, of(pairs.before), plan, shape_)
                           .select(1, 0)
                           .select(1, 1)
                           .to(at::kFloat);
  const std::int64_t D = model_->encoder_x()->dim();
  const Tensor encoded = (ahead - came).slice(1, 0, D).square().mean();
  if (model_->felt_dim() == 0 || options_.felt_weight == 0) return encoded;
  const auto felt = [&](const Tensor& s) { return s.slice(1, D).unsqueeze(1); };
  const Tensor changes = felt_changes(at::cat({felt(pairs.before), felt(pairs.after)}, 1));
  return encoded + options_.felt_weight * felt_error(felt(ahead), felt(came), changes).mean();
}

void OnlineAdjuster::operator()(const ShortTermMemory& memory) {
  const Pairs pairs = pairs_of(memory);
  if (pairs.before.size(0) == 0) return;
  const torch::AutoGradMode with_gradients(true);
  for (std::int64_t i = 0; i < options_.steps; ++i) {
    const Tensor rows =
        at::cat({pairs.newest, rng_.integers({options_.batch}, 0, pairs.before.size(0))});
    optimizer_.zero_grad();
    loss(pairs, rows).backward();
    optimizer_.step(1.0);
  }
}

}  // namespace forethink
