// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/jepa_trainer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <functional>

#include "forethink/core/error.h"
#include "forethink/environments/registry.h"
#include "forethink/nn/init.h"
#include "forethink/perception/perception.h"
#include "forethink/training/predictor_trainer.h"
#include "forethink/world_model/predictor.h"

namespace forethink {
namespace {

constexpr std::int64_t kSkip = 5;
constexpr double kLimit = 1.0;

// A small world that can be watched, and a small JEPA.
struct Scene {
  Scene() {
    EnvironmentOptions options;
    options.four_rooms.image_size = 16;
    environment = make_environment(options);
    const Recording recording =
        record_environment(options, {.episodes = 12, .steps = 60, .seed = 1});
    data.columns["state"] = recording.states.flatten(0, 1);
    data.columns["action"] = recording.actions.flatten(0, 1);
    data.ep_len = at::full({12}, 60, at::kLong);
    data.ep_offset = at::arange(12, at::kLong) * 60;
    data.render = [this](const Tensor& states) { return environment->render(states); };
    split = split_episodes(data, 0.25, 1);
  }

  std::shared_ptr<Jepa> jepa(bool same_encoder = true) const {
    EncoderOptions options;
    options.dim = 8;
    options.patch = {.patch_dim = 4, .merge_dim = 4, .hidden = 8};
    const auto x = make_encoder(options, {16, 16, 3});
    const auto y = same_encoder ? x : make_encoder(options, {16, 16, 3});
    auto made = std::make_shared<Jepa>(x, y, make_predictor({.hidden = 16}, 8, 2 * kSkip));
    RandomStream rng(5, "jepa");
    initialise(*made, rng);
    return made;
  }

  std::unique_ptr<Environment> environment;
  Trajectories data;
  Split split;
};

JepaTrainerOptions tiny() {
  JepaTrainerOptions options;
  options.steps = 30;
  options.batch = 8;
  options.window = {.length = 4, .skip = kSkip};
  options.rollout = 2;
  options.optimizer.warmup_steps = 0;
  options.optimizer.learning_rate = 5e-3;
  return options;
}

void advance(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) EXPECT_FALSE(trainer.advance().contains("not_finite"));
}

void expect_equal_states(const Trainer& a, const Trainer& b) {
  const auto left = a.state(), right = b.state();
  ASSERT_EQ(left.size(), right.size());
  for (const auto& [name, tensor] : left) EXPECT_TRUE(at::equal(tensor, right.at(name))) << name;
}

TEST(JepaTrainer, LowersItsLoss) {
  const Scene scene;
  JepaTrainer trainer(scene.jepa(), scene.data, scene.split, {"image"}, tiny(), 1);
  const double first = trainer.advance().at("loss");
  advance(trainer, 28);
  EXPECT_LT(trainer.advance().at("loss"), 0.8 * first);
}

// A walk that is plain to see, and a small number that stays the same for an episode.
struct SmallThing {
  SmallThing() {
    RandomStream rng(3, "small_thing");
    const Tensor lasting = rng.normal({kEpisodes, 1, 1}).expand({kEpisodes, kSteps, 1});
    const Tensor actions = rng.normal({kEpisodes, kSteps, 2});
    const Tensor places = 0.3 * (actions.cumsum(1) - actions);
    data.columns["action"] = actions.flatten(0, 1);
    data.columns["reading"] = at::cat({places, 0.05 * lasting}, 2).flatten(0, 1);
    data.ep_len = at::full({kEpisodes}, kSteps, at::kLong);
    data.ep_offset = at::arange(kEpisodes, at::kLong) * kSteps;
    truth = lasting.reshape({-1, 1});
    split = split_episodes(data, 0.25, 1);
  }
  // A body that the small thing fills or empties, step by step.
  void give_body() {
    const Tensor lasting = truth.view({kEpisodes, kSteps, 1});
    data.columns["body"] = (0.1 * lasting.cumsum(1)).flatten(0, 1);
  }
  // How much of the small thing a line reads, through some noise, from a trained JEPA's states:
  // R^2.
  double kept_by(const JepaLossWeights& weights) const {
    EncoderOptions options;
    options.kind = "vector";
    options.dim = 16;
    const auto encoder = make_encoder(options, {3});
    const bool has_body = data.columns.contains("body");
    const auto predictor = has_body ? make_predictor({.hidden = 32, .norm = "none"}, 17, 2)
                                    : make_predictor({.hidden = 32}, 16, 2);
    auto jepa = std::make_shared<Jepa>(encoder, encoder, predictor);
    RandomStream rng(5, "jepa");
    initialise(*jepa, rng);
    JepaTrainerOptions trainer_options;
    trainer_options.steps = 150;
    trainer_options.batch = 64;
    trainer_options.window = {.length = 4, .skip = 1};
    trainer_options.rollout = 2;
    trainer_options.weights = weights;
    JepaSensors sensors{.x = "reading"};
    if (has_body) sensors.felt = {"body"};
    JepaTrainer trainer(jepa, data, split, sensors, trainer_options, 1);
    while (trainer.step() < trainer.steps()) trainer.advance();
    const at::NoGradGuard no_grad;
    const Tensor exact = jepa->encode_x(data.columns.at("reading"));
    const Tensor s = exact + 0.2 * rng.normal(exact.sizes());  // Of states whose deviation is one.
    const Tensor inputs = at::cat({s, at::ones({s.size(0), 1})}, 1);
    const Tensor fit = at::matmul(at::linalg_pinv(inputs), truth);
    const Tensor rest = truth - at::matmul(inputs, fit);
    return 1.0 - (rest.var() / truth.var()).item<double>();
  }

  static constexpr std::int64_t kEpisodes = 128, kSteps = 12;
  Trajectories data;
  Tensor truth;
  Split split;
};

TEST(JepaTrainer, KeepsASmallThingThatLastsWhereItsWeightSaysSo) {
  const SmallThing world;
  JepaLossWeights weights;
  const double without = world.kept_by(weights);
  weights.lasting = 2.0;
  const double with = world.kept_by(weights);
  EXPECT_GT(with, without + 0.3);
}

TEST(JepaTrainer, ResumesBitForBit) {
  const Scene scene;
  JepaTrainer whole(scene.jepa(), scene.data, scene.split, {"image"}, tiny(), 1);
  advance(whole, 4);
  const auto saved = whole.state();
  advance(whole, 4);
  JepaTrainer resumed(scene.jepa(), scene.data, scene.split, {"image"}, tiny(), 1);
  resumed.restore(saved);
  advance(resumed, 4);
  expect_equal_states(whole, resumed);
}

TEST(JepaTrainer, TrainsEncodersThatAreNotIdentical) {
  const Scene scene;
  const auto jepa = scene.jepa(/*same_encoder=*/false);
  const Tensor x = jepa->encoder_x()->parameters()[0].detach().clone();
  const Tensor y = jepa->encoder_y()->parameters()[0].detach().clone();
  JepaTrainer trainer(jepa, scene.data, scene.split, {"image"}, tiny(), 1);
  advance(trainer, 2);
  EXPECT_FALSE(at::equal(jepa->encoder_x()->parameters()[0], x));
  EXPECT_FALSE(at::equal(jepa->encoder_y()->parameters()[0], y));
}

TEST(JepaTrainer, CommitsNothingThatIsNotFinite) {
  const Scene scene;
  const auto jepa = scene.jepa();
  JepaTrainer trainer(jepa, scene.data, scene.split, {"image"}, tiny(), 1);
  advance(trainer, 1);
  {
    const at::NoGradGuard no_grad;
    jepa->predictor()->parameters().back().fill_(std::nan(""));
  }
  const auto before = trainer.state();
  EXPECT_TRUE(trainer.advance().contains("not_finite"));
  EXPECT_EQ(trainer.step(), 1);
  const auto after = trainer.state();
  for (const auto& [name, tensor] : before) {
    if (name == "trainer.counters") continue;  // The draw that failed is not drawn again.
    EXPECT_TRUE(at::equal(tensor.nan_to_num(), after.at(name).nan_to_num())) << name;
  }
}

TEST(JepaTrainer, NamesACollapse) {
  const Scene scene;
  JepaTrainerOptions options = tiny();
  options.steps = 60;
  options.weights = {.prediction = 1.0,
                     .inverse_dynamics = 0.0,
                     .variance = 0.0,
                     .covariance = 0.0,
                     .time_similarity = 100.0};
  const auto jepa = scene.jepa();
  {
    const at::NoGradGuard no_grad;  // All images look alike: the planted collapse.
    for (Tensor& parameter : jepa->encoder_x()->parameters()) parameter.mul_(0.0);
  }
  JepaTrainer trainer(jepa, scene.data, scene.split, {"image"}, options, 1);
  for (int i = 0; i < 60; ++i) {
    trainer.advance();
    if (i % 10 == 9) trainer.diagnose();
  }
  EXPECT_NE(trainer.verdict().find("collapse"), std::string::npos) << trainer.verdict();
}

TEST(JepaTrainer, LowersEveryCriterionThatStandsBesideTheDefaultOnes) {
  const Scene scene;
  const std::pair<const char*, double JepaLossWeights::*> alternatives[] = {
      {"coding_rate", &JepaLossWeights::coding_rate},
      {"lasting", &JepaLossWeights::lasting},
      {"barlow_twins", &JepaLossWeights::barlow_twins},
      {"vicreg", &JepaLossWeights::vicreg},
      {"info_nce", &JepaLossWeights::info_nce},
      {"straightening", &JepaLossWeights::straightening}};
  for (const auto& [name, weight] : alternatives) {
    JepaTrainerOptions options = tiny();
    options.steps = 40;
    options.weights = {.prediction = 0,
                       .inverse_dynamics = 0,
                       .variance = 0,
                       .covariance = 0,
                       .time_similarity = 0};
    options.weights.*weight = 1.0;
    JepaTrainer trainer(scene.jepa(), scene.data, scene.split, {"image"}, options, 1);
    const double first = trainer.advance().at(name);
    double last = first;
    for (int i = 1; i < 40; ++i) last = trainer.advance().at(name);
    EXPECT_LT(last, first) << name;
  }
}

TEST(JepaTrainer, AsksEndPointsForTheActionsBetween) {
  const Scene scene;
  JepaTrainerOptions options = tiny();
  options.inverse_dynamics_span = 2;
  JepaTrainer trainer(scene.jepa(), scene.data, scene.split, {"image"}, options, 1);
  const auto tensors = trainer.state();
  const auto last = std::find_if(tensors.begin(), tensors.end(), [](const auto& entry) {
    return entry.first.starts_with("inverse_dynamics.") && entry.second.dim() == 1 &&
           entry.second.size(0) == 2 * 2 * kSkip;  // Two model steps of kSkip actions of 2 numbers.
  });
  EXPECT_NE(last, tensors.end());
  EXPECT_TRUE(trainer.advance().contains("inverse_dynamics"));
  options.inverse_dynamics_span = options.window.length;
  EXPECT_THROW(options.validate(), ConfigError);
}

TEST(JepaTrainer, NamesTheSettingThatBreaksItsRule) {
  JepaTrainerOptions options = tiny();
  options.rollout = 4;
  try {
    options.validate();
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "jepa.rollout = 4, must satisfy 1 <= rollout < window.length");
  }
}

std::string refusal_of(const std::function<void()>& attempt) {
  try {
    attempt();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

TEST(JepaTrainer, NamesTheCriterionThatABatchIsTooSmallFor) {
  const std::pair<const char*, double JepaLossWeights::*> over_the_batch[] = {
      {"variance", &JepaLossWeights::variance}, {"covariance", &JepaLossWeights::covariance},
      {"sigreg", &JepaLossWeights::sigreg},     {"coding_rate", &JepaLossWeights::coding_rate},
      {"lasting", &JepaLossWeights::lasting},   {"barlow_twins", &JepaLossWeights::barlow_twins},
      {"vicreg", &JepaLossWeights::vicreg},     {"info_nce", &JepaLossWeights::info_nce}};
  JepaTrainerOptions one_window = tiny();
  one_window.batch = 1;
  one_window.weights.variance = one_window.weights.covariance = 0;
  EXPECT_EQ(refusal_of([&] { one_window.validate(); }), "nothing was refused");
  for (const auto& [name, weight] : over_the_batch) {
    JepaTrainerOptions options = one_window;
    options.weights.*weight = 0.5;
    EXPECT_EQ(
        refusal_of([&] { options.validate(); }),
        std::string("jepa.batch = 1, must satisfy batch >= 2 where jepa.weights.") + name + " > 0");
    options.batch = 2;
    EXPECT_EQ(refusal_of([&] { options.validate(); }), "nothing was refused");
  }
  JepaTrainerOptions two_states = tiny();
  two_states.window.length = 2;
  two_states.rollout = 1;
  EXPECT_EQ(refusal_of([&] { two_states.validate(); }), "nothing was refused");
  two_states.weights.straightening = 0.1;
  EXPECT_EQ(
      refusal_of([&] { two_states.validate(); }),
      "jepa.window.length = 2, must satisfy length >= 3 where jepa.weights.straightening > 0");
}

TEST(JepaTrainer, NamesTheWeightThatIsNegative) {
  JepaTrainerOptions options = tiny();
  options.weights.vicreg = -1.0;
  EXPECT_EQ(refusal_of([&] { options.validate(); }),
            "jepa.weights.vicreg = -1, must satisfy weight >= 0");
  options.weights.vicreg = 1.0;
  options.vicreg.variance = -1.0;
  EXPECT_EQ(refusal_of([&] { options.validate(); }),
            "jepa.vicreg.variance = -1, must satisfy 0 <= variance < infinity");
}

TEST(JepaTrainer, RefusesWhatCannotBeTrainedOnBeforeItStarts) {
  const Scene scene;
  const auto refusal = [&](const Split& split, const JepaSensors& sensors,
                           const JepaTrainerOptions& options) {
    return refusal_of([&] { JepaTrainer(scene.jepa(), scene.data, split, sensors, options, 1); });
  };
  const Tensor none = at::empty({0}, at::kLong);
  EXPECT_EQ(refusal({none, scene.split.validation}, {"image"}, tiny()),
            "jepa: split.train has no episodes to watch");
  EXPECT_EQ(refusal({scene.split.train, none}, {"image"}, tiny()),
            "jepa: split.validation has no episodes to watch");
  EXPECT_EQ(refusal({scene.split.train, {}}, {"image"}, tiny()),
            "jepa: split.validation has no episodes to watch");
  EXPECT_EQ(refusal(scene.split, {"imgae"}, tiny()),
            "jepa.sensor = \"imgae\", must satisfy a sensor of the recordings");
  JepaTrainerOptions backward = tiny();
  backward.inverse_dynamics_span = -1;
  EXPECT_EQ(refusal(scene.split, {"image"}, backward),
            "jepa.inverse_dynamics_span = -1, must satisfy 1 <= inverse_dynamics_span < "
            "window.length");
}

TEST(JepaTrainer, RefusesCriteriaOfPairsOfDimensionsWhereThereIsOne) {
  const Scene scene;
  const auto flat = [&](const JepaTrainerOptions& options) {
    const auto encoder = std::make_shared<PatchEncoder>(
        at::IntArrayRef{16, 16, 3}, /*dim=*/1, "none",
        PatchEncoderOptions{.patch_dim = 4, .merge_dim = 4, .hidden = 8});
    const auto predictor = make_predictor({.hidden = 16, .norm = "none"}, 1, 2 * kSkip);
    JepaTrainer(std::make_shared<Jepa>(encoder, encoder, predictor), scene.data, scene.split,
                {"image"}, options, 1);
  };
  JepaTrainerOptions options = tiny();
  EXPECT_EQ(refusal_of([&] { flat(options); }),
            "jepa.state_dim = 1, must satisfy state_dim >= 2 where jepa.weights.covariance > 0");
  options.weights.covariance = 0;
  EXPECT_EQ(refusal_of([&] { flat(options); }), "nothing was refused");
}

// Cached states in which one transition in a hundred is another: s' = s, but s' = -s at the marks.
struct RareTransitions {
  RareTransitions() {
    RandomStream rng(3, "rare");
    const std::int64_t E = 200, T = 11;
    Tensor s = rng.normal({E, 1, 8}).expand({E, T, 8}).clone();
    s.slice(0, 0, 4).slice(1, 6) *= -1.0;
    cached.columns["embedding"] = s.reshape({E * T, 8});
    cached.columns["action"] = rng.uniform({E * T, 2}, -1, 1);
    cached.ep_len = at::full({E}, T, at::kLong);
    cached.ep_offset = at::arange(E, at::kLong) * T;
    split = split_episodes(cached, 0.1, 1);
  }
  Trajectories cached;
  Split split;
};

TEST(JepaTrainer, WhatTheBodyDependsOnIsKept) {
  SmallThing world;
  world.give_body();
  JepaLossWeights weights;
  weights.felt = 0.0;
  const double unfelt = world.kept_by(weights);
  weights.felt = 20.0;
  const double felt = world.kept_by(weights);
  EXPECT_GT(felt, unfelt + 0.2) << unfelt;
}

TEST(JepaTrainer, RefusesFeltSensorsThatTheStatesDoNotEndWith) {
  SmallThing world;
  world.give_body();
  EncoderOptions options;
  options.kind = "vector";
  options.dim = 16;
  const auto encoder = make_encoder(options, {3});
  const auto jepa = std::make_shared<Jepa>(encoder, encoder,
                                           make_predictor({.hidden = 8, .norm = "none"}, 17, 2));
  EXPECT_EQ(jepa->felt_dim(), 1);
  JepaTrainerOptions trainer_options;
  trainer_options.window = {.length = 6, .skip = 1};
  const auto train_with = [&](const std::vector<std::string>& felt) {
    JepaTrainer(jepa, world.data, world.split, {.x = "reading", .felt = felt}, trainer_options, 1);
  };
  EXPECT_NO_THROW(train_with({"body"}));
  EXPECT_THROW(train_with({}), ConfigError);
  EXPECT_THROW(train_with({"reading"}), ConfigError);
  EXPECT_THROW(train_with({"no such sensor"}), ConfigError);
}

TEST(PredictorTrainer, LearnsWhatIsFelt) {
  // The state is one encoded number, which stays, and one felt number, which it fills.
  RandomStream rng(3, "felt");
  const Tensor flow = rng.normal({40, 1, 1}).expand({40, 12, 1});
  Trajectories cached;
  cached.columns["embedding"] = at::cat({flow, 0.1 * flow.cumsum(1)}, 2).flatten(0, 1);
  cached.columns["action"] = at::zeros({40 * 12, 2});
  cached.ep_len = at::full({40}, 12, at::kLong);
  cached.ep_offset = at::arange(40, at::kLong) * 12;
  const auto encoder = std::make_shared<VectorEncoder>(1, 1, "none");
  const auto jepa = std::make_shared<Jepa>(encoder, encoder,
                                           make_predictor({.hidden = 16, .norm = "none"}, 2, 2));
  RandomStream weights(1, "jepa");
  initialise(*jepa, weights);
  PredictorTrainerOptions options;
  options.steps = 200;
  options.batch = 64;
  options.spacing = 1;
  options.felt_weight = 1.0;
  options.optimizer.learning_rate = 5e-3;
  PredictorTrainer trainer(jepa, cached, split_episodes(cached, 0.25, 1), 1, 1.0, options, 1);
  // Staying the same, which an untrained predictor nearly says, has felt error 1.
  EXPECT_GT(trainer.diagnose().at("validation_error"), 0.5);
  while (trainer.step() < trainer.steps()) trainer.advance();
  EXPECT_LT(trainer.diagnose().at("validation_error"), 0.1);
}

PredictorTrainerOptions tiny_predictor(double hard_share) {
  PredictorTrainerOptions options;
  options.steps = 40;
  options.batch = 32;
  options.rollout = 1;
  options.hard_share = hard_share;
  options.bf16 = false;
  return options;
}

TEST(PredictorTrainer, MinesWhatIsRare) {
  const Scene scene;
  const RareTransitions rare;
  const auto mean_loss = [&](double hard_share) {
    PredictorTrainer trainer(scene.jepa(), rare.cached, rare.split, kSkip, kLimit,
                             tiny_predictor(hard_share), 1);
    double sum = 0.0;
    for (int i = 0; i < 10; ++i) sum += trainer.advance().at("loss");
    return sum / 10;
  };
  // What it trains on is harder, because the few odd transitions are in every batch.
  EXPECT_GT(mean_loss(0.5), 1.5 * mean_loss(0.0));
}

TEST(HastenActions, WalksTheSameWayInFewerSteps) {
  const Tensor seven = at::arange(1.0, 8.0).view({1, 7}).to(at::kFloat);  // A = 1.
  const Tensor five = hasten_actions(seven, 7, 5);
  EXPECT_TRUE(
      at::allclose(five, at::tensor({1.0 + 0.4 * 2, 0.6 * 2 + 0.8 * 3, 0.2 * 3 + 4.0 + 0.2 * 5,
                                     0.8 * 5 + 0.6 * 6, 0.4 * 6 + 7.0})
                             .view({1, 5})
                             .to(at::kFloat)));
  EXPECT_TRUE(at::allclose(five.sum(), seven.sum()));
  EXPECT_TRUE(at::equal(hasten_actions(seven, 7, 7), seven));
  EXPECT_THROW(hasten_actions(seven, 5, 4), ShapeError);
}

TEST(PredictorTrainer, LearnsStrongPushesFromHastenedWindows) {
  const Scene scene;
  // Pushes add up along one direction until a stop, and recordings hold weak ones alone.
  RareTransitions weak;
  RandomStream rng(4, "weak");
  const std::int64_t E = 200, T = 31;
  const auto states = [](const Tensor& along) {
    const Tensor at = along.clamp(-0.5, 0.5).unsqueeze(-1);
    return at::layer_norm(at::linspace(-1, 1, 8).square() + at * at::linspace(-1, 1, 8), {8});
  };
  const Tensor push = rng.uniform({E, 1, 2}, -0.4, 0.4).expand({E, T, 2}).contiguous();
  const Tensor along = 0.1 * (push.select(2, 0).cumsum(1) - push.select(2, 0));
  weak.cached.columns["embedding"] = states(along).reshape({E * T, 8});
  weak.cached.columns["action"] = push.reshape({E * T, 2});
  weak.cached.ep_len = at::full({E}, T, at::kLong);
  weak.cached.ep_offset = at::arange(E, at::kLong) * T;
  const Tensor from = rng.uniform({256}, -0.4, 0.4);
  const Tensor strong = rng.uniform({256, 1, 2}, -1, 1).expand({256, kSkip, 2}).reshape({256, -1});
  const Tensor to = from + 0.1 * kSkip * strong.select(1, 0);
  const auto error = [&](std::int64_t hasten) {
    PredictorTrainerOptions options = tiny_predictor(0.0);
    options.hasten = hasten;
    options.steps = 500;
    options.spacing = 1;
    options.optimizer.learning_rate = 5e-3;
    const auto jepa = scene.jepa();
    PredictorTrainer trainer(jepa, weak.cached, weak.split, kSkip, kLimit, options, 1);
    for (int i = 0; i < 500; ++i) trainer.advance();
    const at::NoGradGuard no_grad;
    const Tensor imagined = jepa->predictor()->forward(states(from), strong, {});
    return (imagined - states(to)).square().mean().item<double>();
  };
  EXPECT_LT(error(2 * kSkip), 0.5 * error(0));
}

TEST(PredictorTrainer, ResumesBitForBit) {
  const Scene scene;
  const RareTransitions rare;
  PredictorTrainerOptions options = tiny_predictor(0.5);
  options.hasten = 1;
  const auto start = [&] {
    return PredictorTrainer(scene.jepa(), rare.cached, rare.split, kSkip, kLimit, options, 1);
  };
  PredictorTrainer whole = start();
  advance(whole, 3);
  const auto saved = whole.state();
  advance(whole, 3);
  PredictorTrainer resumed = start();
  resumed.restore(saved);
  advance(resumed, 3);
  expect_equal_states(whole, resumed);
}

TEST(EncodeTrajectories, KeepsRowsAndEpisodesAndThinsThem) {
  const Scene scene;
  const auto jepa = scene.jepa();
  const Perception perception({{"image", jepa->encoder_x()}});
  const Trajectories cached = encode_trajectories(scene.data, perception);
  EXPECT_EQ(cached.columns.at("embedding").size(0), 12 * 60);
  const Tensor direct = perception.estimate(scene.data.observe(torch::tensor({61, 7})));
  EXPECT_TRUE(at::allclose(cached.columns.at("embedding")[61], direct[0], 1e-4, 1e-5));
  const Trajectories thin = thin_trajectories(cached, kSkip);
  EXPECT_EQ(thin.ep_len[0].item<std::int64_t>(), 12);
  EXPECT_TRUE(at::equal(thin.columns.at("state")[12], scene.data.columns.at("state")[60]));
  EXPECT_TRUE(at::equal(thin.columns.at("state")[13], scene.data.columns.at("state")[65]));
}

}  // namespace
}  // namespace forethink
