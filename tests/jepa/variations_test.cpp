// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What the variations of a JEPA learn (figure 12): no predictor, a fixed one, two modalities, a
// discrete latent. Worlds are small enough to know what ought to come out.

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/nn/init.h"
#include "forethink/perception/perception.h"
#include "forethink/training/jepa_trainer.h"
#include "forethink/training/predictor_trainer.h"
#include "forethink/training/probe.h"
#include "forethink/world_model/predictor.h"

namespace forethink {
namespace {

constexpr std::int64_t kEpisodes = 100;
constexpr std::int64_t kSteps = 12;

// Recordings of E episodes of T steps; `causes` [E, T, V] are what there is to know.
Trajectories recordings(const Tensor& causes, const Tensor& view, const Tensor& actions) {
  Trajectories data;
  data.columns["state"] = causes.flatten(0, 1);
  data.columns["view"] = view.flatten(0, 1);
  data.columns["action"] = actions.flatten(0, 1);
  data.ep_len = at::full({causes.size(0)}, causes.size(1), at::kLong);
  data.ep_offset = at::arange(causes.size(0), at::kLong) * causes.size(1);
  return data;
}

// What is there, mixed so that no reading shows one cause alone.
Tensor mixed(const Tensor& causes, RandomStream& rng) {
  const std::int64_t V = causes.size(2);
  const Tensor mixing = rng.normal({V, 2 * V});
  return at::matmul(causes, mixing) + 0.3 * at::tanh(2.0 * at::matmul(causes, mixing.flip(1)));
}

std::shared_ptr<Encoder> vector_encoder(std::int64_t readings, std::int64_t dim) {
  return make_encoder({.kind = "vector", .dim = dim, .norm = "none", .vector = {.widths = {32}}},
                      {readings});
}

std::shared_ptr<Jepa> initialised(std::shared_ptr<Jepa> jepa) {
  RandomStream rng(5, "jepa");
  initialise(*jepa, rng);
  return jepa;
}

JepaTrainerOptions watching(std::int64_t steps) {
  JepaTrainerOptions options;
  options.steps = steps;
  options.batch = 48;
  options.window = {.length = 4, .skip = 1};
  options.rollout = 1;
  options.bf16 = false;
  options.weights = {
      .prediction = 0, .inverse_dynamics = 0, .variance = 0, .covariance = 0, .time_similarity = 0};
  options.optimizer.learning_rate = 5e-3;
  return options;
}

Measurements run(Trainer& trainer) {
  Measurements last;
  while (trainer.step() < trainer.steps()) last = trainer.advance();
  return last;
}

Tensor encoded(const std::shared_ptr<Encoder>& encoder, const Trajectories& data) {
  const at::NoGradGuard no_grad;
  encoder->eval();
  return encoder->forward(data.columns.at("view"));
}

// How much of some causes a state tells, on held-out episodes: 1 all, 0 nothing.
double told(const Tensor& states, const Tensor& causes) {
  RandomStream rng(1, "probe");
  const std::int64_t half = states.size(0) / 2;
  const Probe probe = fit_regression_probe(states.slice(0, 0, half), causes.slice(0, 0, half), rng);
  return score_regression_probe(probe, states.slice(0, half), causes.slice(0, half)).r2;
}

// A place that stays for an episode, and a flicker that is another at every step.
struct PlaceAndFlicker {
  PlaceAndFlicker() {
    RandomStream rng(7, "flicker");
    const Tensor place = rng.normal({kEpisodes, 1, 2}).expand({kEpisodes, kSteps, 2});
    const Tensor flicker = rng.normal({kEpisodes, kSteps, 2});
    const Tensor causes = at::cat({place, flicker}, 2);
    // The action sets the flicker of the next step.
    const Tensor actions = flicker.roll(-1, /*dims=*/1);
    data = recordings(causes, mixed(causes, rng), actions);
    split = split_episodes(data, 0.2, 1);
  }
  Trajectories data;
  Split split;
};

TEST(NoPredictor, KeepsOnlyWhatDoesNotChange) {
  const PlaceAndFlicker world;
  const auto learn = [&](const char* kind) {
    auto jepa = initialised(
        std::make_shared<Jepa>(vector_encoder(8, 4), vector_encoder(8, 4),
                               make_predictor({.kind = kind, .hidden = 32, .norm = "none"}, 4, 2)));
    JepaTrainerOptions options = watching(300);
    options.weights.vicreg = 1.0;
    JepaTrainer trainer(jepa, world.data, world.split, {"view"}, options, 1);
    run(trainer);
    return jepa;
  };
  const Tensor causes = world.data.columns.at("state");
  const Tensor place = causes.slice(1, 0, 2), flicker = causes.slice(1, 2, 4);
  const auto without = learn("none");
  const Tensor x = encoded(without->encoder_x(), world.data);
  const Tensor y = encoded(without->encoder_y(), world.data);
  EXPECT_GT(told(x, place), 0.9);
  EXPECT_LT(told(x, flicker), 0.1);
  EXPECT_LT(told(y, flicker), 0.1);
  // Both encoders say the same, of readings whose flicker differs.
  const Tensor later = y.view({kEpisodes, kSteps, 4}).roll(1, /*dims=*/1).flatten(0, 1);
  EXPECT_LT((x - later).square().mean().item<double>(), 0.1 * y.var(0).mean().item<double>());
  // With a predictor, who knows what the action does, the flicker may stay in what is predicted.
  EXPECT_GT(told(encoded(learn("residual_mlp")->encoder_y(), world.data), flicker), 0.5);
}

TEST(NoPredictor, IsNotStoppedForIgnoringActionsAndHasNothingToRefine) {
  const PlaceAndFlicker world;
  const auto encoder = vector_encoder(8, 4);
  const auto jepa =
      initialised(std::make_shared<Jepa>(encoder, encoder, make_predictor({.kind = "none"}, 4, 2)));
  JepaTrainerOptions options = watching(60);
  options.weights.vicreg = 1.0;
  JepaTrainer trainer(jepa, world.data, world.split, {"view"}, options, 1);
  run(trainer);
  for (int i = 0; i < 4; ++i) {
    const Measurements diagnosis = trainer.diagnose();
    EXPECT_EQ(diagnosis.at("action_sensitivity"), 1.0);
    EXPECT_EQ(diagnosis.at("collapse_alarm"), 0.0);
  }
  EXPECT_EQ(trainer.verdict(), "");
  const Perception perception({{"view", encoder}});
  const Trajectories cached = encode_trajectories(world.data, perception);
  PredictorTrainerOptions refining;
  refining.steps = 2;
  refining.batch = 8;
  refining.rollout = 2;
  PredictorTrainer refiner(jepa, cached, world.split, /*skip=*/1, /*action_limit=*/5.0, refining,
                           1);
  EXPECT_FALSE(run(refiner).contains("not_finite"));
}

// A point that actions push about, seen through bent readings.
struct PushedPoint {
  PushedPoint() {
    RandomStream rng(8, "point");
    const Tensor actions = rng.uniform({kEpisodes, kSteps, 2}, -1, 1);
    const Tensor start = rng.uniform({kEpisodes, 1, 2}, -1, 1);
    const Tensor position = start + 0.4 * (actions.cumsum(1) - actions);
    data = recordings(position, mixed(position, rng), actions);
    split = split_episodes(data, 0.2, 1);
  }
  Trajectories data;
  Split split;
};

TEST(FixedPredictor, StaysAsItIsWhileTheEncoderLearnsToFitIt) {
  const PushedPoint world;
  const auto encoder = vector_encoder(4, 2);
  const auto jepa = initialised(std::make_shared<Jepa>(
      encoder, encoder, make_predictor({.kind = "fixed", .norm = "none"}, 2, 2)));
  const Tensor shift = jepa->predictor()->parameters().at(0).clone();
  JepaTrainerOptions options = watching(300);
  options.weights.prediction = 10;
  options.weights.variance = 1;
  JepaTrainer trainer(jepa, world.data, world.split, {"view"}, options, 1);
  const Measurements before = trainer.diagnose();
  run(trainer);
  const Measurements after = trainer.diagnose();
  EXPECT_TRUE(at::equal(jepa->predictor()->parameters().at(0), shift));
  EXPECT_LT(before.at("copy_skill"), 0.1);
  EXPECT_GT(after.at("copy_skill"), 0.9);
  // Shifts add up, so what holds for one step holds for eight.
  EXPECT_LT(after.at("rollout_error_8"), 0.1);
  EXPECT_GT(told(encoded(encoder, world.data), world.data.columns.at("state")), 0.95);
}

// A point that actions push about within walls, seen by a camera, and felt as a position.
struct SeenAndFelt {
  SeenAndFelt() {
    RandomStream rng(10, "seen");
    const Tensor actions = rng.uniform({kEpisodes, kSteps, 2}, -1, 1);
    std::vector<Tensor> positions{rng.uniform({kEpisodes, 2}, -1, 1)};
    for (std::int64_t t = 0; t + 1 < kSteps; ++t) {
      positions.push_back((positions.back() + 0.5 * actions.select(1, t)).clamp(-1, 1));
    }
    const Tensor position = at::stack(positions, 1);  // [E, T, 2]
    data = recordings(position, position, actions);
    data.columns["image"] = photographed(data.columns.at("state"));
    split = split_episodes(data, 0.2, 1);
  }

  // A bright blob on black: [N, 2] -> uint8 [N, 8, 8, 3].
  static Tensor photographed(const Tensor& position) {
    const Tensor pixels = at::linspace(-1, 1, 8);
    const auto near = [&](std::int64_t axis) {
      return (-(position.select(1, axis).unsqueeze(1) - pixels).square() / 0.2).exp();
    };
    const Tensor light = near(1).unsqueeze(2) * near(0).unsqueeze(1);  // [N, 8, 8]
    return (255.0 * light).unsqueeze(3).expand({-1, 8, 8, 3}).to(at::kByte);
  }

  Trajectories data;
  Split split;
};

// Share of rows whose own s_y is among the `nearest` to what was predicted of their x.
double retrieved(const Tensor& predicted, const Tensor& s_y, std::int64_t nearest) {
  const Tensor found = std::get<1>(at::cdist(predicted, s_y).topk(nearest, 1, /*largest=*/false));
  return found.eq(at::arange(s_y.size(0)).unsqueeze(1)).any(1).to(at::kFloat).mean().item<double>();
}

TEST(TwoModalities, MeetInOneSpace) {
  const SeenAndFelt world;
  const auto image = make_encoder(
      {.dim = 4, .norm = "none", .patch = {.patch_dim = 8, .merge_dim = 16, .hidden = 32}},
      {8, 8, 3});
  const auto jepa = initialised(std::make_shared<Jepa>(
      image, vector_encoder(2, 4), make_predictor({.hidden = 32, .norm = "none"}, 4, 2)));
  JepaTrainerOptions options = watching(250);
  options.weights.vicreg = 1.0;
  JepaTrainer trainer(jepa, world.data, world.split, {.x = "image", .y = "view"}, options, 1);

  const Windows held_out(world.data, world.split.validation, {.length = 2, .skip = 1});
  RandomStream rng(2, "pairs");
  const WindowBatch pairs = held_out.get(rng.permutation(held_out.size()).slice(0, 0, 100));
  const auto found = [&] {
    const at::NoGradGuard no_grad;
    jepa->eval();
    const Tensor s_x = jepa->encode_x(world.data.observe(pairs.rows.select(1, 0)).at("image"));
    const Tensor s_y = jepa->encode_y(world.data.observe(pairs.rows.select(1, 1)).at("view"));
    return retrieved(jepa->predict(s_x, pairs.actions.select(1, 0), {}), s_y, 5);
  };
  EXPECT_LT(found(), 0.3);  // By chance 5 of 100.
  run(trainer);
  EXPECT_GT(found(), 0.8);
}

TEST(TwoModalities, NeedAnEncoderEach) {
  const SeenAndFelt world;
  const auto felt = vector_encoder(2, 4);
  const auto jepa = initialised(
      std::make_shared<Jepa>(felt, felt, make_predictor({.hidden = 8, .norm = "none"}, 4, 2)));
  EXPECT_NO_THROW(JepaTrainer(jepa, world.data, world.split, {"view"}, watching(1), 1));
  EXPECT_THROW(JepaTrainer(jepa, world.data, world.split, {"view", "image"}, watching(1), 1),
               ConfigError);
}

// A point that a coin throws to one of two sides, whatever is done.
struct CoinSides {
  CoinSides() {
    RandomStream rng(9, "coin");
    const Tensor actions = rng.uniform({kEpisodes, kSteps, 1}, -1, 1);
    const Tensor along = 0.5 * (actions.cumsum(1) - actions) + rng.normal({kEpisodes, 1, 1});
    const Tensor side =
        2.0 * rng.uniform({kEpisodes, kSteps, 1}, 0, 1).gt(0.5).to(at::kFloat) - 1.0;
    const Tensor causes = at::cat({along, side}, 2);
    data = recordings(causes, mixed(causes, rng), actions);
    split = split_episodes(data, 0.2, 1);
  }
  Trajectories data;
  Split split;
};

TEST(DiscreteLatentJepa, KeepsAndPredictsWhatChanceDecides) {
  const CoinSides world;
  const auto learn = [&](std::int64_t codes, Measurements& last) {
    const auto encoder = vector_encoder(4, 2);
    auto jepa = initialised(std::make_shared<Jepa>(
        encoder, encoder, make_predictor({.hidden = 32, .latent_dim = codes, .norm = "none"}, 2, 1),
        JepaOptions{.latent_weight = 0.0, .discrete_latent = codes > 0}));
    JepaTrainerOptions options = watching(400);
    options.weights.prediction = 2;
    options.weights.variance = 4;
    options.weights.covariance = 4;
    JepaTrainer trainer(jepa, world.data, world.split, {"view"}, options, 1);
    last = run(trainer);
    return jepa;
  };
  Measurements blind, forked;
  learn(0, blind);
  const auto jepa = learn(2, forked);
  EXPECT_LT(forked.at("prediction"), 0.2 * blind.at("prediction"));
  EXPECT_GT(forked.at("latent_perplexity"), 1.9);
  EXPECT_FALSE(blind.contains("latent_perplexity"));

  // Which code explains a step best says how the coin fell.
  const Tensor rows = at::arange(kEpisodes * kSteps).view({kEpisodes, kSteps});
  const Tensor before = rows.slice(1, 0, kSteps - 1).flatten(), after = rows.slice(1, 1).flatten();
  const Tensor view = world.data.columns.at("view");
  const auto found = jepa->minimum_energy(view.index_select(0, before), view.index_select(0, after),
                                          world.data.columns.at("action").index_select(0, before));
  const Tensor right = world.data.columns.at("state").index_select(0, after).select(1, 1).gt(0);
  const double agree =
      found.z.argmax(1).eq(right.to(at::kLong)).to(at::kFloat).mean().item<double>();
  EXPECT_GT(std::max(agree, 1.0 - agree), 0.95);
}

}  // namespace
}  // namespace forethink
