// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/discrete_latent.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/nn/init.h"
#include "forethink/world_model/jepa.h"
#include "forethink/world_model/predictor.h"

namespace forethink {
namespace {

// s = x: what is to be predicted is the reading itself.
class Plain final : public Encoder {
 public:
  Tensor forward(const Tensor& x) override { return x; }
  std::int64_t dim() const override { return 2; }
};

// A road that forks: one step ahead by the action, and to the left or right by chance.
struct Fork {
  explicit Fork(std::int64_t count, RandomStream& rng) {
    x = rng.normal({count, 2});
    a = rng.uniform({count, 1}, -1, 1);
    right = rng.uniform({count}, 0, 1).gt(0.5);
    const Tensor side = torch::where(right, 1.0, -1.0).to(at::kFloat);
    y = x + torch::stack({a.select(1, 0), side}, 1);
  }
  Tensor x, a, right, y;
};

std::shared_ptr<Jepa> make_jepa(std::int64_t codes) {
  const auto encoder = std::make_shared<Plain>();
  const auto predictor =
      make_predictor({.hidden = 32, .latent_dim = codes, .norm = "none"}, 2, /*action_dim=*/1);
  auto jepa = std::make_shared<Jepa>(
      encoder, encoder, predictor, JepaOptions{.latent_weight = 0.0, .discrete_latent = codes > 0});
  RandomStream rng(3, "fork");
  initialise(*jepa, rng);
  return jepa;
}

// Lowers the least energy over z of pairs of the fork: training through the minimum.
std::shared_ptr<Jepa> learn_fork(std::int64_t codes) {
  auto jepa = make_jepa(codes);
  RandomStream rng(4, "pairs");
  torch::optim::Adam adam(jepa->parameters(), torch::optim::AdamOptions(1e-2));
  for (int step = 0; step < 300; ++step) {
    const Fork pairs(64, rng);
    adam.zero_grad();
    jepa->minimum_energy(pairs.x, pairs.y, pairs.a).energy.mean().backward();
    adam.step();
  }
  return jepa;
}

TEST(DiscreteLatent, PredictsBothWaysOfAForkWhereOnePredictionIsTheirMean) {
  const auto alone = learn_fork(0), forked = learn_fork(2);
  RandomStream rng(5, "test pairs");
  const Fork pairs(500, rng);
  const at::NoGradGuard no_grad;
  const Tensor ahead = pairs.x + torch::cat({pairs.a, torch::zeros_like(pairs.a)}, 1);

  const Tensor mean = alone->predict(pairs.x, pairs.a, {});
  EXPECT_LT((mean - ahead).square().mean().item<double>(), 0.05);  // Neither left nor right.
  // The sides are 1 away from the mean in one of two dimensions.
  EXPECT_NEAR(alone->minimum_energy(pairs.x, pairs.y, pairs.a).energy.mean().item<double>(), 0.5,
              0.05);

  const MinimisedEnergy found = forked->minimum_energy(pairs.x, pairs.y, pairs.a);
  EXPECT_LT(found.energy.mean().item<double>(), 0.02);
  const Tensor codes = latent_codes(2);
  const auto sideways = [&](std::int64_t k) {
    const Tensor z = codes.narrow(0, k, 1).expand({500, 2});
    return (forked->predict(pairs.x, pairs.a, z) - ahead).select(1, 1);
  };
  EXPECT_NEAR(sideways(0).mean().item<double>() * sideways(1).mean().item<double>(), -1.0, 0.1);
  EXPECT_LT(sideways(0).std().item<double>(), 0.2);

  // The latent tells which way it went, and both codes are in use.
  const Tensor chosen = found.z.argmax(1);
  const double agree = chosen.eq(pairs.right.to(at::kLong)).to(at::kFloat).mean().item<double>();
  EXPECT_GT(std::max(agree, 1.0 - agree), 0.99);
  EXPECT_GT(code_usage(chosen, 2).perplexity, 1.95);
}

TEST(DiscreteLatent, ImaginesTheWayThatWasTakenStepByStep) {
  const auto jepa = learn_fork(2);
  const at::NoGradGuard no_grad;
  RandomStream rng(6, "way");
  const Fork first(40, rng), second(40, rng);
  const Tensor actions = torch::stack({first.a, second.a}, 1);  // [N, 2, 1]
  const Tensor came = torch::stack({first.y, first.y + second.y - second.x}, 1);
  const CodedRollout rollout = imagine_knowing(*jepa, first.x, actions, came);
  EXPECT_TRUE(torch::equal(rollout.states.select(1, 0), first.x));
  EXPECT_LT((rollout.states.slice(1, 1) - came).square().mean().item<double>(), 0.1);
  EXPECT_TRUE(torch::equal(rollout.chosen.select(1, 0),
                           jepa->minimum_energy(first.x, first.y, first.a).z.argmax(1)));
  // Without looking there is only the middle of the codes.
  const Tensor blind = imagine(*jepa, first.x, actions).slice(1, 1);
  EXPECT_GT((blind - came).square().mean().item<double>(), 0.3);
}

TEST(DiscreteLatent, HasCodesWhoseMeanIsNoLatentAtAll) {
  const Tensor codes = latent_codes(3);
  EXPECT_LT(codes.sum(0).abs().max().item<double>(), 1e-6);
  EXPECT_TRUE(torch::equal(codes.argmax(1), torch::arange(3)));
  EXPECT_THROW(latent_codes(1), ConfigError);
}

TEST(DiscreteLatent, CountsTheCodesInUse) {
  const CodeUsage usage = code_usage(torch::tensor({0, 0, 2, 2}, at::kLong).view({2, 2}), 4);
  EXPECT_TRUE(torch::equal(usage.shares, torch::tensor({0.5, 0.0, 0.5, 0.0}, at::kDouble)));
  EXPECT_NEAR(usage.perplexity, 2.0, 1e-12);
  EXPECT_NEAR(code_usage(torch::zeros({5}, at::kLong), 4).perplexity, 1.0, 1e-12);
  EXPECT_THROW(code_usage(torch::tensor({4}, at::kLong), 4), ShapeError);
}

TEST(DiscreteLatent, NamesWhatDoesNotFit) {
  const auto jepa = make_jepa(2);
  const Tensor s = torch::zeros({3, 2}), a = torch::zeros({3, 2, 1});
  EXPECT_THROW(imagine_knowing(*jepa, s, a, torch::zeros({3, 1, 2})), ShapeError);
  EXPECT_THROW(imagine_knowing(*make_jepa(0), s, a, torch::zeros({3, 2, 2})), ConfigError);
}

}  // namespace
}  // namespace forethink
