// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/predictor.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>

#include "forethink/core/error.h"
#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"
#include "forethink/world_model/gru_predictor.h"

namespace forethink {
namespace {

constexpr std::int64_t kState = 6;
constexpr std::int64_t kAction = 3;

struct Kind {
  const char* kind;
  const char* conditioning;
};

class EveryPredictor : public testing::TestWithParam<Kind> {
 protected:
  PredictorOptions options() const {
    return {.kind = GetParam().kind,
            .conditioning = GetParam().conditioning,
            .hidden = 16,
            .action_embedding = 4};
  }
  std::shared_ptr<Predictor> build(const PredictorOptions& options) {
    auto predictor = make_predictor(options, kState, kAction);
    initialise(*predictor, rng_);
    return predictor;
  }

  RandomStream rng_{11, "predictor"};
};

TEST_P(EveryPredictor, PredictsStatesOnTheSphereOfTheEncoder) {
  const auto predictor = build(options());
  const Tensor s = predictor->forward(rng_.normal({5, kState}), rng_.normal({5, kAction}), {});
  EXPECT_TRUE(torch::allclose(s.square().mean(1), torch::ones({5}), 1e-3));
  EXPECT_TRUE(torch::allclose(s.mean(1), torch::zeros({5}), 0.0, 1e-5));
}

TEST_P(EveryPredictor, LearnsOnFromANarrowerOne) {
  auto plain = options();
  plain.norm = "none";
  constexpr std::int64_t kAt = 4, kMore = 2;
  const auto narrow = build(plain);
  const auto wide = make_predictor(plain, kState + kMore, kAction);
  initialise(*wide, rng_);
  if (plain.kind == "gru") {  // Its gates are stacked: a state does not stand first.
    EXPECT_THROW(widen_predictor(*wide, *narrow, kAt), ConfigError);
    return;
  }
  widen_predictor(*wide, *narrow, kAt);
  const Tensor s = rng_.normal({5, kState}), a = rng_.normal({5, kAction});
  const Tensor joint =
      torch::cat({s.slice(1, 0, kAt), rng_.normal({5, kMore}), s.slice(1, kAt)}, 1);
  const Tensor ahead = wide->forward(joint, a, {});
  const Tensor known = torch::cat({ahead.slice(1, 0, kAt), ahead.slice(1, kAt + kMore)}, 1);
  EXPECT_TRUE(torch::allclose(known, narrow->forward(s, a, {}), 1e-5, 1e-6));
  EXPECT_THROW(widen_predictor(*narrow, *wide, kAt), ConfigError);
  const auto other = make_predictor(plain, kState + kMore, kAction + 1);
  EXPECT_THROW(widen_predictor(*other, *narrow, kAt), ConfigError);
}

TEST_P(EveryPredictor, ReadsAnUndefinedLatentAsZeroAndListensToAnother) {
  auto with_latent = options();
  with_latent.latent_dim = 2;
  const auto predictor = build(with_latent);
  const Tensor s = rng_.normal({5, kState});
  const Tensor a = rng_.normal({5, kAction});
  const Tensor at_zero = predictor->forward(s, a, torch::zeros({5, 2}));
  EXPECT_EQ(predictor->latent_dim(), 2);
  EXPECT_TRUE(torch::equal(predictor->forward(s, a, {}), at_zero));
  EXPECT_FALSE(torch::allclose(predictor->forward(s, a, rng_.normal({5, 2})), at_zero));
  EXPECT_THROW(predictor->forward(s, a, torch::zeros({5, 3})), ShapeError);
}

TEST_P(EveryPredictor, ListensToTheAction) {
  const auto predictor = build(options());
  const Tensor s = rng_.normal({5, kState});
  EXPECT_FALSE(torch::allclose(predictor->forward(s, rng_.normal({5, kAction}), {}),
                               predictor->forward(s, rng_.normal({5, kAction}), {})));
}

TEST_P(EveryPredictor, HasTheGradientOfFiniteDifferences) {
  auto with_latent = options();
  with_latent.latent_dim = 2;
  const auto predictor = build(with_latent);
  predictor->to(at::kDouble);
  const auto draw = [&](std::int64_t width) {
    return rng_.normal({4, width}).to(at::kDouble).requires_grad_(true);
  };
  const std::vector<Tensor> inputs{draw(kState), draw(kAction), draw(2)};
  const Tensor probe = rng_.normal({4, kState}).to(at::kDouble);
  const auto value = [&](const std::vector<Tensor>& x) {
    return (predictor->forward(x[0], x[1], x[2]) * probe).sum();
  };
  const auto gradients = torch::autograd::grad({value(inputs)}, inputs);
  const torch::NoGradGuard no_grad;
  const double step = 1e-5;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor direction = rng_.normal(inputs[i].sizes()).to(at::kDouble);
    auto ahead = inputs;
    auto behind = inputs;
    ahead[i] = inputs[i] + step * direction;
    behind[i] = inputs[i] - step * direction;
    const double slope = ((value(ahead) - value(behind)) / (2.0 * step)).item<double>();
    EXPECT_NEAR((gradients[i] * direction).sum().item<double>(), slope, 1e-7) << "input " << i;
  }
}

TEST_P(EveryPredictor, IsNearlyTheSameInBf16) {
  const auto predictor = build(options());
  const Tensor s = rng_.normal({5, kState});
  const Tensor a = rng_.normal({5, kAction});
  const Tensor exact = predictor->forward(s, a, {});
  const Bf16Scope scope(true);
  const Tensor rough = predictor->forward(s, a, {});
  EXPECT_EQ(rough.scalar_type(), at::kFloat);
  EXPECT_LT((rough - exact).abs().max().item<double>(), 0.05);
}

TEST_P(EveryPredictor, NamesTheInputThatDoesNotFit) {
  const auto predictor = build(options());
  try {
    predictor->forward(torch::zeros({5, kState}), torch::zeros({5, kAction + 1}), {});
    FAIL() << "expected ShapeError";
  } catch (const ShapeError& error) {
    EXPECT_EQ(std::string(error.what()).find("a has shape [5, 4]"), 0U) << error.what();
  }
  EXPECT_THROW(predictor->forward(torch::zeros({5, kState + 1}), torch::zeros({5, kAction}), {}),
               ShapeError);
}

INSTANTIATE_TEST_SUITE_P(Table, EveryPredictor,
                         testing::Values(Kind{"residual_mlp", "concatenate"},
                                         Kind{"residual_mlp", "film"}, Kind{"gru", "concatenate"}),
                         [](const auto& kind) {
                           return std::string(kind.param.kind) + "_" + kind.param.conditioning;
                         });

TEST(ResidualPredictors, SayNothingChangesWhenTheirLastLayerIsZero) {
  RandomStream rng(11, "predictor");
  for (const char* conditioning : {"concatenate", "film"}) {
    const auto predictor = make_predictor(
        {.conditioning = conditioning, .hidden = 16, .final_scale = 0.0, .norm = "none"}, kState,
        kAction);
    initialise(*predictor, rng);
    const Tensor s = rng.normal({5, kState});
    EXPECT_TRUE(torch::equal(predictor->forward(s, rng.normal({5, kAction}), {}), s));
  }
}

TEST(GruPredictor, EqualsTorchsCell) {
  RandomStream rng(11, "predictor");
  GruPredictor predictor(kState, kAction, {.kind = "gru", .norm = "none"});
  initialise(predictor, rng);
  torch::nn::GRUCell cell(kAction, kState);
  const torch::NoGradGuard no_grad;
  for (const auto& item : cell->named_parameters()) {
    item.value().copy_(predictor.named_parameters()["cell.cell." + item.key()]);
  }
  const Tensor s = rng.normal({5, kState});
  const Tensor a = rng.normal({5, kAction});
  EXPECT_TRUE(torch::allclose(predictor.forward(s, a, {}), cell->forward(a, s), 1e-5, 1e-6));
}

TEST(PredictorOptions, NamesTheSettingThatBreaksItsRule) {
  try {
    make_predictor({.kind = "transformer"}, kState, kAction);
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "predictor.kind = \"transformer\", must satisfy one of residual_mlp, gru, none, "
                 "fixed");
  }
  EXPECT_THROW(make_predictor({.conditioning = "add"}, kState, kAction), ConfigError);
  EXPECT_THROW(make_predictor({.hidden = 0}, kState, kAction), ConfigError);
  EXPECT_THROW(make_predictor({.layers = 0}, kState, kAction), ConfigError);
  EXPECT_THROW(make_predictor({.latent_dim = -1}, kState, kAction), ConfigError);
  for (const char* kind : {"none", "fixed"}) {
    EXPECT_THROW(make_predictor({.kind = kind, .latent_dim = 2}, kState, kAction), ConfigError);
  }
  EXPECT_THROW(make_predictor({.kind = "fixed", .norm = "batch_norm"}, kState, kAction),
               ConfigError);
  EXPECT_THROW(make_predictor({.norm = "l2"}, kState, kAction), ConfigError);
}

}  // namespace
}  // namespace forethink
