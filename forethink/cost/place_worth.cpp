// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/place_worth.h"

#include <torch/torch.h>

#include <array>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

// A body in need, in the order of `Vital`, and the drive that it feels.
struct Asked {
  std::int64_t need;
  Drive drive;
  std::array<float, kVitals> vitals;
};

constexpr std::array<Asked, 4> kAsked = {{{0, Drive::kHunger, {0.3F, 0.8F, 1.0F, 0.5F, 0.3F}},
                                          {1, Drive::kThirst, {0.8F, 0.3F, 1.0F, 0.5F, 0.3F}},
                                          {2, Drive::kCold, {0.8F, 0.8F, 1.0F, 0.25F, 0.3F}},
                                          {2, Drive::kHeat, {0.8F, 0.8F, 1.0F, 0.8F, 0.3F}}}};

}  // namespace

const std::vector<std::string>& place_needs() {
  static const std::vector<std::string> needs = {"food", "water", "shelter"};
  return needs;
}

PlaceWorth::PlaceWorth(std::shared_ptr<const DriveCritic> critic, std::int64_t encoded,
                       double discount)
    : critic_(std::move(critic)), encoded_(encoded), discount_(discount) {
  if (!critic_) throw ConfigError("place worth: there is no critic");
  expect_setting(encoded >= 1 && encoded + kVitals <= critic_->state_dim(), "place_worth.encoded",
                 encoded, "1 <= encoded <= the critic's states less the vitals");
  expect_setting(discount >= 0.0 && discount < 1.0, "place_worth.discount", discount,
                 "0 <= discount < 1");
}

Tensor PlaceWorth::operator()(const Tensor& encoded) const {
  expect_shape("place_worth.encoded", encoded, {kAny, encoded_});
  const at::NoGradGuard no_grad;
  const std::int64_t N = encoded.size(0), felt = critic_->state_dim() - encoded_;
  Tensor worth = at::zeros({N, static_cast<std::int64_t>(place_needs().size())});
  for (const Asked& asked : kAsked) {
    Tensor body = at::zeros({felt});
    for (std::int64_t v = 0; v < kVitals; ++v) {
      body[felt - kVitals + v] = asked.vitals[static_cast<std::size_t>(v)];
    }
    const Tensor states = at::cat({encoded.to(at::kFloat), body.expand({N, felt})}, 1);
    const Tensor future =
        critic_->predictions(states).mean(0).select(1, static_cast<std::int64_t>(asked.drive));
    Tensor row = worth.select(1, asked.need);
    row.copy_(at::maximum(row, (1.0 - discount_) * future));
  }
  return worth;
}

}  // namespace forethink
