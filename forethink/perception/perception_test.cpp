// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/perception.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>

#include "forethink/core/error.h"
#include "forethink/nn/init.h"

namespace forethink {
namespace {

std::shared_ptr<Encoder> small_vector_encoder(std::uint64_t seed, const char* norm = "layer_norm") {
  RandomStream rng(seed, "perception");
  auto encoder =
      make_encoder({.kind = "vector", .dim = 3, .norm = norm, .vector = {.widths = {8}}}, {2});
  initialise(*encoder, rng);
  return encoder;
}

template <class ErrorType, class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const ErrorType& error) {
    return error.what();
  }
  return "no error";
}

TEST(MakeEncoder, BuildsEveryKindOfTheTable) {
  const Tensor image = torch::zeros({2, 16, 16, 3}, at::kByte);
  for (const char* kind : {"patch", "convolutional", "impala", "vit"}) {
    const auto encoder = make_encoder({.kind = kind, .dim = 6}, {16, 16, 3});
    EXPECT_EQ(encoder->forward(image).sizes().vec(), (std::vector<std::int64_t>{2, 6})) << kind;
    EXPECT_EQ(encoder->dim(), 6);
  }
  EXPECT_EQ(small_vector_encoder(1)->forward(torch::zeros({4, 2})).sizes().vec(),
            (std::vector<std::int64_t>{4, 3}));
}

TEST(MakeEncoder, NamesWhatDoesNotFit) {
  EXPECT_EQ(
      message_of<ConfigError>([] {
        make_encoder({.kind = "resnet"}, {16, 16, 3});
      }),
      "encoder.kind = \"resnet\", must satisfy one of patch, convolutional, impala, vit, vector");
  EXPECT_NE(message_of<ConfigError>([] { make_encoder({.kind = "patch"}, {4}); }), "no error");
  EXPECT_NE(message_of<ConfigError>([] {
              make_encoder({.kind = "vector"}, {8, 8, 3});
            }),
            "no error");
  EXPECT_NE(message_of<ConfigError>([] { make_encoder({.dim = 1}, {16, 16, 3}); }), "no error");
}

TEST(Perception, EstimatesInChunksWhatItEncodesAtOnce) {
  const Perception perception({{"vitals", small_vector_encoder(1)}});
  RandomStream rng(2, "readings");
  const Observation x{{"vitals", rng.normal({600, 2})}};
  const Tensor s = perception.estimate(x);
  EXPECT_FALSE(s.requires_grad());
  EXPECT_TRUE(perception.encode(x).requires_grad());
  // Another batch size may pick another product kernel.
  EXPECT_TRUE(torch::allclose(s, perception.encode(x), 1e-5, 1e-6));
}

TEST(Perception, PutsSensorsSideBySideInTheOrderOfTheirNames) {
  const auto first = small_vector_encoder(1);
  const auto second = small_vector_encoder(2);
  const Perception perception({{"b", second}, {"a", first}});
  const Observation x{
      {"a", torch::ones({1, 2})}, {"b", torch::ones({1, 2})}, {"c", torch::ones(1)}};
  EXPECT_EQ(perception.dim(), 6);
  EXPECT_TRUE(
      torch::allclose(perception.estimate(x),
                      torch::cat({first->forward(x.at("a")), second->forward(x.at("b"))}, 1)));
}

TEST(Perception, EstimatesInEvaluationModeAndPutsTheModeBack) {
  const auto encoder = small_vector_encoder(1, "batch_norm");
  const Perception perception({{"vitals", encoder}});
  RandomStream rng(2, "readings");
  const Tensor x = rng.normal({8, 2});
  const Tensor alone = perception.estimate({{"vitals", x.slice(0, 0, 1)}});
  EXPECT_TRUE(torch::allclose(perception.estimate({{"vitals", x}}).slice(0, 0, 1), alone));
  EXPECT_TRUE(encoder->is_training());
}

TEST(MakeEncoder, TakesAsManyFramesAsItIsTold) {
  const auto encoder = make_encoder({.kind = "patch", .dim = 6, .frames = 2}, {16, 16, 3});
  EXPECT_EQ(encoder->forward(torch::zeros({2, 16, 16, 6}, at::kByte)).size(1), 6);
  EXPECT_THROW(encoder->forward(torch::zeros({2, 16, 16, 3}, at::kByte)), ShapeError);
  const auto vector = make_encoder({.kind = "vector", .dim = 6, .frames = 3}, {4});
  EXPECT_EQ(vector->forward(torch::zeros({2, 12})).size(1), 6);
  EXPECT_EQ(message_of<ConfigError>([] {
              make_encoder({.frames = 0}, {16, 16, 3});
            }),
            "encoder.frames = 0, must satisfy frames >= 1");
}

TEST(Perception, AtRestSeesTheSameReadingAgainAndAgain) {
  RandomStream rng(1, "perception");
  const auto encoder =
      make_encoder({.kind = "vector", .dim = 3, .frames = 3, .vector = {.widths = {8}}}, {2});
  initialise(*encoder, rng);
  const Perception perception({{"place", encoder}}, 3);
  EXPECT_EQ(perception.frames(), 3);
  const Tensor x = rng.normal({4, 2});
  EXPECT_TRUE(torch::equal(perception.estimate_at_rest({{"place", x}}),
                           perception.estimate({{"place", x.repeat({1, 3})}})));
  EXPECT_THROW(Perception({{"place", encoder}}, 0), ConfigError);
}

TEST(Perception, NamesAMissingSensor) {
  const Perception perception({{"image", small_vector_encoder(1)}});
  EXPECT_EQ(message_of<ShapeError>([&] {
              perception.estimate({{"state", torch::ones({1, 2})}});
            }),
            "perception: the observation lacks the sensor 'image'; it has: state");
}

TEST(Perception, NamesASensorWithAnotherBatch) {
  const Perception perception({{"a", small_vector_encoder(1)}, {"b", small_vector_encoder(2)}});
  const Observation x{{"a", torch::ones({2, 2})}, {"b", torch::ones({3, 2})}};
  EXPECT_EQ(message_of<ShapeError>([&] { perception.estimate(x); }),
            "perception: sensor 'b' has a batch of 3, expected 2 as 'a' has");
}

TEST(Perception, NeedsASensor) { EXPECT_THROW(Perception({}), ConfigError); }

TEST(VectorEncoder, RefusesOtherReadings) {
  const auto encoder = small_vector_encoder(1);
  EXPECT_EQ(message_of<ShapeError>([&] {
              encoder->forward(torch::zeros({1, 3}));
            }).find("vector has"),
            0U);
  EXPECT_EQ(message_of<ShapeError>([&] {
              encoder->forward(torch::zeros({1, 2}, at::kLong));
            }),
            "vector has type Long, expected floating point");
}

}  // namespace
}  // namespace forethink
