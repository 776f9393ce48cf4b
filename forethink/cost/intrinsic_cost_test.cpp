// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/intrinsic_cost.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <torch/torch.h>

#include <array>
#include <csignal>
#include <limits>
#include <type_traits>
#include <utility>

#include "forethink/core/checksum.h"
#include "forethink/core/error.h"
#include "forethink/core/random.h"

namespace forethink {
namespace {

// What the type does not offer, it cannot be made to do.
template <class T>
concept HasParameters = requires(T t) {
  t.parameters();
};
template <class T>
concept CanBeRestored = requires(T t, std::map<std::string, Tensor> tensors) {
  t.restore(tensors);
};
static_assert(!std::is_base_of_v<torch::nn::Module, IntrinsicCost>);
static_assert(!HasParameters<IntrinsicCost>);
static_assert(!CanBeRestored<IntrinsicCost>);
static_assert(!std::is_constructible_v<IntrinsicCost, DriveConstants>);
static_assert(
    std::is_same_v<decltype(std::declval<IntrinsicCost&>().constants()), const DriveConstants&>);
static_assert(std::is_invocable_v<const IntrinsicCost&, const Tensor&, const Tensor&>);

constexpr double kNone = 0.0;

struct KnownAnswer {
  std::array<double, 5> vitals;  // Energy, water, integrity, temperature, effort.
  std::array<double, 2> action;
  std::array<double, 7> energies;  // Hunger, thirst, pain, cold, heat, effort, rules.
};

// Each computed by hand from the formulas in the header.
const KnownAnswer kKnownAnswers[] = {
    {{1, 1, 1, 0.5, 0}, {0, 0}, {0, 0, 0, 0, 0, 0, 0}},
    {{0.7, 0.7, 1, 0.4, 0}, {1, 0}, {0, 0, 0, 0, 0, 0, 0}},
    {{0.35, 1, 1, 0.5, 0}, {0, 0}, {0.25, 0, 0, 0, 0, 0, 0}},
    {{0, 1, 1, 0.5, 0}, {0, 0}, {1, 0, 0, 0, 0, 0, 1}},
    {{1, 0.14, 1, 0.6, 0}, {0, 0}, {0, 0.64, 0, 0, 0, 0, 0}},
    {{1, 0.05, 1, 0.5, 0}, {0, 0}, {0, 0.8622448979591837, 0, 0, 0, 0, 0.5}},
    {{1, 1, 0.25, 0.5, 0}, {0, 0}, {0, 0, 0.75, 0, 0, 0, 0}},
    {{1, 1, 0, 0.5, 0}, {0, 0}, {0, 0, 1, 0, 0, 0, 1}},
    {{1, 1, 1, 0.1, 0}, {0, 0}, {0, 0, 0, 0.5625, 0, 0, 0}},
    {{1, 1, 1, 0.02, 0}, {0, 0}, {0, 0, 0, 0.9025, 0, 0, 0.8}},
    {{1, 1, 1, 0.9, 0}, {0, 0}, {0, 0, 0, 0, 0.5625, 0, 0}},
    {{1, 1, 1, 1, 0}, {0, 0}, {0, 0, 0, 0, 1, 0, 1}},
    {{1, 1, 1, 0.5, 0.3}, {0.6, 0.8}, {0, 0, 0, 0, 0, 0.3, 0}},
    {{1, 1, 1, 0.5, -0.1}, {1, 1}, {0, 0, 0, 0, 0, 0, 1}},
    {{1, 1, 1, 0.5, 0}, {0, -1.5}, {0, 0, 0, 0, 0, 0, 1.5625}},
    // Outside the scale, as a world model may predict.
    {{-0.7, 1.4, 1.2, 0.5, 0}, {0, 0}, {4, 0, 0, 0, 0, 0, 8}},
};

Tensor row(const double* values, std::int64_t count) {
  return at::from_blob(const_cast<double*>(values), {count}, at::kDouble).clone();
}

TEST(IntrinsicCost, GivesTheKnownAnswers) {
  const IntrinsicCost intrinsic;
  for (const KnownAnswer& known : kKnownAnswers) {
    const Tensor vitals = row(known.vitals.data(), kVitals);
    const Tensor action = row(known.action.data(), 2);
    const Tensor energies = intrinsic(vitals, action);  // [drives]
    for (std::int64_t i = 0; i < kDrives; ++i) {
      EXPECT_NEAR(energies[i].item<double>(), known.energies[i], 1e-12)
          << drive_names()[i] << " of " << vitals;
      EXPECT_EQ(intrinsic.drive(static_cast<Drive>(i), vitals, action).item<double>(),
                energies[i].item<double>());
    }
  }
}

TEST(IntrinsicCost, TakesBatchesOfAnyRankAndBothPrecisions) {
  const IntrinsicCost intrinsic;
  RandomStream rng(1, "vitals");
  const Tensor vitals = rng.uniform({2, 3, 4, kVitals}, -0.2, 1.2);
  const Tensor actions = rng.normal({2, 3, 4, 2});
  const Tensor energies = intrinsic(vitals, actions);
  ASSERT_EQ(energies.sizes(), at::IntArrayRef({2, 3, 4, kDrives}));
  EXPECT_EQ(energies.scalar_type(), at::kFloat);
  EXPECT_TRUE(energies.ge(0).all().item<bool>());
  EXPECT_TRUE(at::equal(energies[1][2][3], intrinsic(vitals[1][2][3], actions[1][2][3])));
  EXPECT_TRUE(at::allclose(energies.to(at::kDouble),
                           intrinsic(vitals.to(at::kDouble), actions.to(at::kDouble)), 1e-5, 1e-5));
}

TEST(IntrinsicCost, TakesNoActionForRest) {
  const IntrinsicCost intrinsic;
  RandomStream rng(1, "vitals");
  const Tensor vitals = rng.uniform({50, kVitals}, -0.2, 1.2);
  EXPECT_TRUE(at::equal(intrinsic(vitals), intrinsic(vitals, at::zeros({50, 3}))));
}

// Of `energy` at `x`; the ramps have corners, which random inputs do not hit.
void expect_true_gradient(const std::function<Tensor(const Tensor&)>& energy, const Tensor& at) {
  const Tensor leaf = at.clone().requires_grad_();
  energy(leaf).sum().backward();
  const Tensor gradient = leaf.grad().reshape(-1);
  for (std::int64_t i = 0; i < at.numel(); ++i) {
    Tensor up = at.clone(), down = at.clone();
    up.view(-1)[i] += 1e-6;
    down.view(-1)[i] -= 1e-6;
    const double slope = (energy(up).sum() - energy(down).sum()).item<double>() / 2e-6;
    EXPECT_NEAR(gradient[i].item<double>(), slope, 1e-4 * std::max(1.0, std::abs(slope)));
  }
}

TEST(IntrinsicCost, GradientsToItsInputsAgreeWithFiniteDifferences) {
  const IntrinsicCost intrinsic;
  RandomStream rng(5, "gradient");
  const Tensor vitals = rng.uniform({20, kVitals}, -0.2, 1.2).to(at::kDouble);
  const Tensor actions = rng.normal({20, 2}).to(at::kDouble);
  const Tensor weights = rng.uniform({kDrives}, 0.5, 1.5).to(at::kDouble);
  expect_true_gradient([&](const Tensor& x) { return intrinsic(x, actions) * weights; }, vitals);
  expect_true_gradient([&](const Tensor& x) { return intrinsic(vitals, x) * weights; }, actions);
}

TEST(IntrinsicCost, RefusesShapesThatDoNotFit) {
  const IntrinsicCost intrinsic;
  EXPECT_THROW(intrinsic(Tensor()), ShapeError);
  EXPECT_THROW(intrinsic(at::zeros({3, 4})), ShapeError);
  EXPECT_THROW(intrinsic(at::zeros({3, 5}, at::kLong)), ShapeError);
  EXPECT_THROW(intrinsic(at::zeros({3, 5}), at::zeros({2, 2})), ShapeError);
  EXPECT_THROW(intrinsic(at::zeros({3, 5}), at::zeros({2})), ShapeError);
}

TEST(IntrinsicCost, NamesTheNearestDrive) {
  EXPECT_EQ(parse_drive("heat"), Drive::kHeat);
  try {
    parse_drive("hungr");
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "drive = hungr, must be one of hunger thirst pain cold heat effort rules (did you "
                 "mean hunger?)");
  }
  EXPECT_THROW(parse_drive("fame"), ConfigError);
}

// Changes a constant as only a mistake or malice would.
void overwrite(const IntrinsicCost& intrinsic, double value) {
  const_cast<DriveConstants&>(intrinsic.constants()).energy_comfort = value;
}

TEST(IntrinsicCostDeathTest, EndsTheProgramThatWritesToIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const IntrinsicCost intrinsic;
  EXPECT_EXIT(
      {
        std::signal(SIGSEGV, SIG_DFL);  // A sanitizer's own handler would end it otherwise.
        overwrite(intrinsic, 0.1);
      },
      testing::KilledBySignal(SIGSEGV), "");
}

TEST(IntrinsicCostDeathTest, CopiesAreSealed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const IntrinsicCost first;
  const IntrinsicCost copy = first;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EXIT(
      {
        std::signal(SIGSEGV, SIG_DFL);
        overwrite(copy, 0.1);
      },
      testing::KilledBySignal(SIGSEGV), "");
}

// Unprotects the page, which nothing in one process can prevent.
TEST(IntrinsicCost, DigestShowsWhatWasForced) {
  const IntrinsicCost intrinsic, untouched;
  const std::string before = intrinsic.digest();
  auto* page = const_cast<DriveConstants*>(&intrinsic.constants());
  ASSERT_EQ(::mprotect(page, sizeof *page, PROT_READ | PROT_WRITE), 0);
  Checkpoint checkpoint;
  stamp(intrinsic, checkpoint);
  page->energy_comfort = 0.69;
  EXPECT_NE(intrinsic.digest(), before);
  EXPECT_THROW(check_stamp(intrinsic, checkpoint), CheckpointError);
  page->energy_comfort = 0.7;
  EXPECT_EQ(intrinsic.digest(), before);
  EXPECT_EQ(untouched.digest(), before);
}

TEST(IntrinsicCost, SurvivesAnOptimiserThatGetsItsGradients) {
  const IntrinsicCost intrinsic;
  const std::string before = intrinsic.digest();
  Tensor vitals = at::full({8, kVitals}, 0.05).requires_grad_();
  torch::optim::SGD optimizer({vitals}, 0.01);
  for (int i = 0; i < 300; ++i) {
    optimizer.zero_grad();
    intrinsic(vitals).sum().backward();
    optimizer.step();
  }
  EXPECT_LT(intrinsic(vitals).sum().item<float>(), 1.0F);
  EXPECT_EQ(intrinsic.digest(), before);
}

// A changed digest means that checkpoints of earlier versions are refused: on purpose only.
TEST(IntrinsicCost, HasTheDigestOnRecord) {
  EXPECT_EQ(IntrinsicCost().digest(),
            "8d383a75da7dfa67e5127aee612ea7a682b084635f8ccee5ae66066532edfa71");
}

TEST(IntrinsicCost, DigestIsOverItsSpecification) {
  const IntrinsicCost intrinsic;
  const std::string text = intrinsic.specification();
  EXPECT_EQ(intrinsic.digest(), sha256(text));
  EXPECT_NE(text.find("constants 0.7 0.7 1 0.4 0.6 1 0.1\n"), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4 + 256);
  EXPECT_EQ(text.find("nan"), std::string::npos);
}

TEST(IntrinsicCost, ACheckpointWithAnotherDigestIsRefused) {
  const IntrinsicCost intrinsic;
  Checkpoint checkpoint;
  EXPECT_THROW(check_stamp(intrinsic, checkpoint), CheckpointError);
  stamp(intrinsic, checkpoint);
  EXPECT_NO_THROW(check_stamp(intrinsic, checkpoint));
  // A thousand single flipped bits of what is stamped.
  RandomStream rng(2, "bits");
  const std::string sound = intrinsic.digest();
  for (int i = 0; i < 1000; ++i) {
    std::string damaged = sound;
    damaged[rng.word() % damaged.size()] ^= static_cast<char>(1U << (rng.word() % 8));
    checkpoint.metadata["intrinsic_cost"] = damaged;
    if (damaged == sound) continue;
    EXPECT_THROW(check_stamp(intrinsic, checkpoint), CheckpointError);
  }
}

TEST(IntrinsicCost, AThousandFlippedBitsOfItsTextChangeTheDigest) {
  const std::string text = IntrinsicCost().specification();
  const std::string sound = sha256(text);
  RandomStream rng(3, "bits");
  for (int i = 0; i < 1000; ++i) {
    std::string damaged = text;
    damaged[rng.word() % damaged.size()] ^= static_cast<char>(1U << (rng.word() % 8));
    EXPECT_NE(sha256(damaged), sound);
  }
}

TEST(HonestyGap, IsTheErrorThatDrivesMakeOfWrongVitals) {
  const IntrinsicCost intrinsic;
  const Tensor observed = at::tensor({0.35, 1.0, 1.0, 0.5, 0.0}, at::kDouble).view({1, 5});
  const Tensor predicted = at::tensor({0.70, 1.0, 0.8, 0.5, 0.1}, at::kDouble).view({1, 5});
  const Tensor gap = honesty_gap(intrinsic, predicted, observed);
  const Tensor expected =
      at::tensor({0.25, kNone, 0.2, kNone, kNone, 0.1, kNone}, at::kDouble).view({1, 7});
  EXPECT_TRUE(at::allclose(gap, expected, 0.0, 1e-12));
  EXPECT_TRUE(at::equal(honesty_gap(intrinsic, observed, observed), at::zeros_like(gap)));
  EXPECT_THROW(honesty_gap(intrinsic, observed, observed[0]), ShapeError);
}

}  // namespace
}  // namespace forethink
