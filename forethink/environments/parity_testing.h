// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What the parity tests of environments share: the recordings, and how a mean is compared.
//
// Role:    tests.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace forethink {

/// What the published implementations do; see tests/parity/README.md.
inline const nlohmann::json& published_two_rooms() {
  static const nlohmann::json all = [] {
    std::ifstream file(std::string(FORETHINK_SOURCE_DIR) + "/tests/parity/two_rooms.json");
    return nlohmann::json::parse(file);
  }();
  return all;
}

/// A mean of ours lies within four standard errors of the difference from the recorded one.
inline void expect_mean(const nlohmann::json& theirs, const at::Tensor& ours,
                        const std::string& what) {
  const double mean = ours.to(at::kDouble).mean().item<double>();
  const double error =
      ours.to(at::kDouble).std().item<double>() / std::sqrt(static_cast<double>(ours.numel()));
  const double both = std::hypot(error, theirs["se"].get<double>());
  EXPECT_NEAR(mean, theirs["mean"].get<double>(), 4.0 * both + 1e-9) << what;
}

}  // namespace forethink
