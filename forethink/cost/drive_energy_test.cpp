// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/drive_energy.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "forethink/core/error.h"
#include "forethink/core/random.h"
#include "forethink/core/settings.h"

namespace forethink {
namespace {

// One problem, one plan: integrity 1, then 0.9, 0.8, 0.6, two columns before the vitals.
Imagined getting_hurt() {
  const Tensor states = at::zeros({1, 1, 4, 2 + kVitals});
  states.fill_(0.65);
  states.select(3, 2 + static_cast<std::int64_t>(Vital::kIntegrity))
      .copy_(at::tensor({1.0F, 0.9F, 0.8F, 0.6F}));
  return {states, at::zeros({1, 1, 3, 2}), at::zeros({1}, at::kLong)};
}

double pain_of(const DriveEnergyOptions& options) {
  return DriveEnergy(IntrinsicCost(), "pain", VitalsSlice::last_of(2 + kVitals), options)
      .energy(getting_hurt())
      .item<double>();
}

TEST(DriveEnergy, SumsImaginedStepsButNotThePresent) {
  EXPECT_NEAR(pain_of({}), 0.1 + 0.2 + 0.4, 1e-6);
  EXPECT_NEAR(pain_of({.discount = 0.5}), 0.1 + 0.5 * 0.2 + 0.25 * 0.4, 1e-6);
}

TEST(DriveEnergy, TogetherTheyAreTheIntrinsicCostByDrive) {
  RandomStream rng(1, "drive energy");
  const Imagined imagined{rng.uniform({2, 3, 5, 9}, -0.2, 1.2), rng.normal({2, 3, 4, 2}),
                          at::zeros({2}, at::kLong)};
  const IntrinsicCost intrinsic;
  const VitalsSlice slice{.first = 1};
  Cost cost;
  DriveWeights weights;
  weights.cold = 0.0;
  weights.rules = 2.5;
  add_drives_(cost, intrinsic, slice, weights);
  const Tensor energies =
      intrinsic(slice.of(imagined.states.narrow(2, 1, 4)), imagined.actions).sum(2);
  const auto parts = cost.breakdown(imagined);
  ASSERT_EQ(parts.size(), static_cast<std::size_t>(kDrives));
  for (std::int64_t i = 0; i < kDrives; ++i) {
    EXPECT_EQ(parts[i].first, drive_names()[i]);
    EXPECT_TRUE(
        at::allclose(parts[i].second, weights.list()[i] * energies.select(2, i), 1e-5, 1e-6));
  }
  const Tensor u = at::tensor(weights.list()).to(at::kFloat);
  EXPECT_TRUE(at::allclose(cost(imagined), energies.matmul(u), 1e-5, 1e-5));
}

TEST(DriveEnergy, RefusesUnknownDrivesAndBadSettingsByName) {
  const IntrinsicCost intrinsic;
  const auto message = [](const auto& act) -> std::string {
    try {
      act();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(message([&] { DriveEnergy(intrinsic, "thrist", {}); }).find("did you mean thirst?"),
            std::string::npos);
  EXPECT_EQ(message([&] { DriveEnergy(intrinsic, "heat", {}, {.discount = 0.0}); }),
            "drive_energy.discount = 0, must satisfy 0 < discount <= 1");
  EXPECT_EQ(message([&] { DriveEnergy(intrinsic, "heat", {.first = -1}); }),
            "vitals.first = -1, must satisfy first >= 0");
  EXPECT_EQ(message([&] { VitalsSlice::last_of(3); }),
            "vitals.state_dim = 3, must satisfy state_dim >= 5");
  const auto weighted = [&](const DriveWeights& weights) {
    return message([&] {
      Cost cost;
      add_drives_(cost, intrinsic, {}, weights);
    });
  };
  DriveWeights weights;
  weights.pain = -1.0;
  EXPECT_EQ(weighted(weights), "drives.pain = -1, must satisfy 0 <= pain < infinity");
  weights.pain = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(weighted(weights).find("drives.pain"), std::string::npos);
  SettingsTable table = parse_settings("hungr = 2.0", "drives.toml");
  EXPECT_NE(message([&] { load_settings(weights, table); }).find("hunger"), std::string::npos);
}

TEST(DriveEnergy, RefusesStatesWithoutRoomForVitals) {
  const DriveEnergy term(IntrinsicCost(), "pain", {.first = 3});
  EXPECT_THROW(term.energy(getting_hurt()), ShapeError);
}

TEST(DriveWeights, ListTheDrivesInOrder) {
  std::vector<std::string> names;
  const DriveWeights weights;
  DriveWeights::fields(weights, [&](std::string_view name, double) { names.emplace_back(name); });
  EXPECT_EQ(names, drive_names());
}

}  // namespace
}  // namespace forethink
