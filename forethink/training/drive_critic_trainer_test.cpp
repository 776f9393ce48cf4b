// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/drive_critic_trainer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "forethink/core/error.h"

namespace forethink {
namespace {

constexpr double kDiscount = 0.8;

// A ring of twelve places that the agent walks round. A state is the place on the unit circle;
// place 0 hurts, place 6 is hot, nothing else costs anything.
constexpr std::int64_t kPlaces = 12;

Tensor places_to_states(const Tensor& places) {
  const Tensor angle = places.to(at::kFloat) * (2.0 * M_PI / kPlaces);
  return at::stack({angle.cos(), angle.sin()}, 1);
}

Tensor places_to_energies(const Tensor& places) {
  Tensor energies = at::zeros({places.size(0), kDrives});
  energies.select(1, static_cast<std::int64_t>(Drive::kPain)).copy_(places.eq(0));
  energies.select(1, static_cast<std::int64_t>(Drive::kHeat)).copy_(places.eq(6));
  return energies;
}

// Walks of 60 steps, from every place.
RecordedLives ring_walks() {
  constexpr std::int64_t kSteps = 60;
  const Tensor places =
      (at::arange(kPlaces).unsqueeze(1) + at::arange(kSteps)).remainder(kPlaces).view(-1);
  RecordedLives lives{places_to_states(places), places_to_energies(places),
                      at::zeros({places.size(0)}, at::kBool),
                      at::arange(places.size(0)).remainder(kSteps).eq(kSteps - 1)};
  return lives;
}

// Discounted pain to come at each place: 0.8^(steps to place 0, less one), round and round.
Tensor true_pain() {
  const Tensor steps = kPlaces - 1 - at::arange(kPlaces);
  return at::pow(kDiscount, steps.to(at::kDouble)) / (1.0 - std::pow(kDiscount, kPlaces));
}

std::shared_ptr<DriveCritic> ring_critic(std::uint64_t seed = 1) {
  RandomStream rng(seed, "ring critic");
  return std::make_shared<DriveCritic>(
      2, DriveCriticOptions{.networks = 2, .width = 48, .layers = 2, .scale = 1.0}, rng);
}

DriveCriticTrainerOptions ring_options(const std::string& kind, std::int64_t steps = 300) {
  DriveCriticTrainerOptions options{.steps = steps, .batch = 128, .window = 16};
  options.target_rate = 0.1;
  options.targets.kind = kind;
  options.targets.discount = kDiscount;
  options.targets.delay = 3;
  options.optimizer.learning_rate = 5e-3;
  options.optimizer.warmup_steps = 10;
  return options;
}

// The critic's pain at each place after training.
Tensor learnt(const DriveCriticTrainerOptions& options, const Imagination& imagination = {}) {
  const auto critic = ring_critic();
  DriveCriticTrainer trainer(critic, {.lives = ring_walks(), .imagination = imagination}, "digest",
                             options, 1);
  while (trainer.step() < trainer.steps()) {
    EXPECT_FALSE(trainer.advance().contains("not_finite"));
  }
  const at::NoGradGuard no_grad;
  return critic->predictions(places_to_states(at::arange(kPlaces)))
      .mean(0)
      .select(1, static_cast<std::int64_t>(Drive::kPain))
      .to(at::kDouble);
}

double error_of(const Tensor& pain) { return (pain - true_pain()).abs().max().item<double>(); }

TEST(DriveCriticTrainer, LearnsDiscountedSums) {
  EXPECT_LT(error_of(learnt(ring_options("sums"))), 0.15);
}

TEST(DriveCriticTrainer, LearnsTheSameByTemporalDifferences) {
  DriveCriticTrainerOptions options = ring_options("td_lambda");
  EXPECT_LT(error_of(learnt(options)), 0.15);
  options.targets.lambda = 0.0;
  EXPECT_LT(error_of(learnt(options)), 0.2);
}

TEST(DriveCriticTrainer, LearnsTheEnergySomeStepsLater) {
  const Tensor pain = learnt(ring_options("delayed", 500));
  const Tensor expected = at::arange(kPlaces).eq(kPlaces - 3).to(at::kDouble);
  EXPECT_LT((pain - expected).abs().max().item<double>(), 0.2);
}

TEST(DriveCriticTrainer, LearnsFromImaginationAlone) {
  // Imagines two steps of the same walk.
  const Imagination walk = [](const Tensor& states, RandomStream&) {
    const Tensor place =
        at::round(at::atan2(states.select(1, 1), states.select(1, 0)) * (kPlaces / (2.0 * M_PI)))
            .to(at::kLong);
    const auto later = [&](std::int64_t steps) { return (place + steps).remainder(kPlaces); };
    return ImaginedLives{at::stack({places_to_energies(later(1)), places_to_energies(later(2))}, 1),
                         places_to_states(later(2))};
  };
  DriveCriticTrainerOptions options = ring_options("td_lambda");
  options.imagined_share = 1.0;
  EXPECT_LT(error_of(learnt(options, walk)), 0.2);
}

TEST(DriveCriticTrainer, SaysHowWellItsPredictionsCameTrue) {
  DriveCriticTrainer trainer(ring_critic(), {.lives = ring_walks(), .validation = ring_walks()},
                             "digest", ring_options("sums"), 1);
  Measurements measured;
  while (trainer.step() < trainer.steps()) measured = trainer.advance();
  for (const char* name : {"loss", "error", "spread", "target", "gradient_norm"}) {
    EXPECT_TRUE(measured.contains(name)) << name;
  }
  const Measurements found = trainer.diagnose();
  EXPECT_GT(found.at("rank_pain"), 0.9);
  EXPECT_GT(found.at("rank_heat"), 0.9);
  EXPECT_EQ(found.at("rank_hunger"), 0.0);  // Never felt.
  EXPECT_LT(found.at("miscalibration_pain"), 0.1);
  EXPECT_LT(found.at("error_hunger"), 0.1);
}

TEST(CalibrateDrives, HasBinsOfEachDriveOverKnownRows) {
  const RecordedLives lives = ring_walks();
  const auto drives = calibrate_drives(*ring_critic(), lives, ring_options("delayed").targets, 5);
  ASSERT_EQ(drives.size(), static_cast<std::size_t>(kDrives));
  EXPECT_EQ(drives[2].drive, "pain");
  EXPECT_EQ(drives[2].count, kPlaces * (60 - 3));
  EXPECT_EQ(drives[2].bins.size(), 5U);
}

class DriveCriticResumes : public testing::TestWithParam<std::string> {};

TEST_P(DriveCriticResumes, TheSameBitsAsWithoutABreak) {
  const DriveCriticTrainerOptions options = ring_options(GetParam(), 12);
  DriveCriticTrainer whole(ring_critic(), {.lives = ring_walks()}, "digest", options, 1);
  std::map<std::string, Tensor> half;
  while (whole.step() < whole.steps()) {
    if (whole.step() == 6) half = whole.state();
    whole.advance();
  }
  DriveCriticTrainer second(ring_critic(9), {.lives = ring_walks()}, "digest", options, 9);
  second.restore(half);
  while (second.step() < second.steps()) second.advance();
  const auto found = second.state();
  for (const auto& [name, tensor] : whole.state()) {
    EXPECT_TRUE(at::equal(found.at(name), tensor)) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, DriveCriticResumes,
                         testing::Values("delayed", "sums", "td_lambda"),
                         [](const auto& which) { return which.param; });

TEST(DriveCriticTrainer, RefusesACheckpointOfAnotherIntrinsicCost) {
  DriveCriticTrainer trainer(ring_critic(), {.lives = ring_walks()}, "one", ring_options("sums"),
                             1);
  DriveCriticTrainer other(ring_critic(), {.lives = ring_walks()}, "two", ring_options("sums"), 1);
  EXPECT_THROW(other.restore(trainer.state()), CheckpointError);
  const auto good = trainer.state();
  for (const std::string name : {"counters", "intrinsic_cost", "critic.net0.heads.weight",
                                 "slow.net0.heads.weight", "optimizer.0.m"}) {
    auto missing = good;
    ASSERT_EQ(missing.erase(name), 1U) << name;
    EXPECT_THROW(trainer.restore(missing), CheckpointError) << name;
  }
}

TEST(DriveCriticTrainer, ChangesNothingWhenATargetIsNotFinite) {
  const Imagination broken = [](const Tensor& states, RandomStream&) {
    return ImaginedLives{at::full({states.size(0), 1, kDrives}, NAN), states};
  };
  DriveCriticTrainerOptions options = ring_options("sums");
  options.imagined_share = 0.5;
  const auto critic = ring_critic();
  DriveCriticTrainer trainer(critic, {.lives = ring_walks(), .imagination = broken}, "digest",
                             options, 1);
  const auto before = critic->state();
  EXPECT_TRUE(trainer.advance().contains("not_finite"));
  EXPECT_EQ(trainer.step(), 0);
  for (const auto& [name, tensor] : critic->state()) {
    EXPECT_TRUE(at::equal(before.at(name), tensor)) << name;
  }
}

TEST(DriveCriticTrainer, RefusesLivesThatDoNotFit) {
  const auto make = [](const RecordedLives& lives, const DriveCriticTrainerOptions& options) {
    DriveCriticTrainer trainer(ring_critic(), {.lives = lives}, "digest", options, 1);
  };
  RecordedLives lives = ring_walks();
  lives.states = at::zeros({lives.rows(), 3});
  EXPECT_THROW(make(lives, ring_options("sums")), DataError);
  lives = ring_walks();
  lives.energies = at::zeros({lives.rows(), 2});
  EXPECT_THROW(make(lives, ring_options("sums")), DataError);
  lives = ring_walks();
  lives.truncated.fill_(true);
  EXPECT_THROW(make(lives, ring_options("td_lambda")), DataError);
  DriveCriticTrainerOptions options = ring_options("sums");
  options.imagined_share = 0.5;
  EXPECT_THROW(make(ring_walks(), options), ConfigError);
}

TEST(DriveCriticTrainerOptions, NamesTheSettingThatBreaksItsRule) {
  const auto names = [](const DriveCriticTrainerOptions& options, const std::string& field) {
    try {
      options.validate();
      ADD_FAILURE() << "expected ConfigError for " << field;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(field), std::string::npos) << error.what();
    }
  };
  names({.steps = 0}, "drive_critic_trainer.steps = 0");
  names({.batch = 1}, "drive_critic_trainer.batch");
  names({.window = 1}, "drive_critic_trainer.window");
  names({.seen_share = 0}, "drive_critic_trainer.seen_share");
  names({.imagined_share = 2}, "drive_critic_trainer.imagined_share");
  names({.huber_scale = 0}, "drive_critic_trainer.huber_scale");
  names({.target_rate = 0}, "drive_critic_trainer.target_rate");
  names({.targets = {.delay = 0}}, "drive_targets.delay");
  names({.optimizer = {.learning_rate = 0}}, "drive_critic_trainer.optimizer");
}

}  // namespace
}  // namespace forethink
