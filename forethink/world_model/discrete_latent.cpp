// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/discrete_latent.h"

#include <torch/torch.h>

#include <cmath>
#include <vector>

#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {

Tensor latent_codes(std::int64_t count) {
  expect_setting(count >= 2, "discrete latent: codes", count, "codes >= 2");
  return torch::eye(count) - 1.0 / static_cast<double>(count);
}

CodeUsage code_usage(const Tensor& chosen, std::int64_t count) {
  const Tensor flat = chosen.flatten();
  expect_indices("code_usage: chosen", flat, count);
  expect_setting(flat.numel() > 0, "code_usage: chosen", flat.numel(), "at least one");
  const Tensor shares =
      torch::bincount(flat, {}, count).to(at::kDouble) / static_cast<double>(flat.numel());
  const double entropy = -torch::xlogy(shares, shares).sum().item<double>();
  return {.shares = shares, .perplexity = std::exp(entropy)};
}

CodedRollout imagine_knowing(const WorldModel& model, const Tensor& s0, const Tensor& actions,
                             const Tensor& actual) {
  const std::int64_t K = model.latent_dim(), D = model.state_dim(), N = s0.size(0);
  const Tensor codes = latent_codes(K).to(s0.options()).repeat({N, 1});  // [N*K, K]
  expect_shape("s0", s0, {kAny, D});
  expect_shape("actions", actions, {N, kAny, model.action_dim()});
  expect_shape("actual", actual, {N, actions.size(1), D});
  std::vector<Tensor> states{s0}, chosen;
  for (std::int64_t h = 0; h < actions.size(1); ++h) {
    const Tensor s = states.back().repeat_interleave(K, /*dim=*/0);  // [N*K, D]
    const Tensor a = actions.select(1, h).repeat_interleave(K, 0);
    const Tensor ends = model.predict(s, a, codes).view({N, K, D});
    const Tensor errors = (ends - actual.select(1, h).unsqueeze(1)).square().mean(2);  // [N, K]
    chosen.push_back(errors.argmin(/*dim=*/1));
    states.push_back(ends.index({torch::arange(N), chosen.back()}));
  }
  return {.states = torch::stack(states, 1), .chosen = torch::stack(chosen, 1)};
}

}  // namespace forethink
