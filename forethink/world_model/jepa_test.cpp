// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/jepa.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/random.h"
#include "forethink/world_model/discrete_latent.h"

namespace forethink {
namespace {

constexpr std::int64_t kDim = 4;

// s = scale x.
class Scale final : public Encoder {
 public:
  explicit Scale(double scale, std::int64_t dim = kDim) : dim_(dim) {
    scale_ = register_parameter("scale", torch::full({1}, scale, at::kDouble));
  }
  Tensor forward(const Tensor& x) override { return scale_ * x; }
  std::int64_t dim() const override { return dim_; }

 private:
  std::int64_t dim_;
  Tensor scale_;
};

// s' = s + a + W z: the prediction error is quadratic in z, so the least energy is known.
class Drift final : public Predictor {
 public:
  explicit Drift(Tensor w = {}) : w_(std::move(w)) {}
  Tensor forward(const Tensor& s, const Tensor& a, const Tensor& z) override {
    return w_.defined() && z.defined() ? s + a + torch::mm(z, w_) : s + a;
  }
  std::int64_t state_dim() const override { return kDim; }
  std::int64_t action_dim() const override { return kDim; }
  std::int64_t latent_dim() const override { return w_.defined() ? w_.size(0) : 0; }

 private:
  Tensor w_;  // [Z, D]
};

class JepaTest : public testing::Test {
 protected:
  Tensor draw(at::IntArrayRef shape) { return rng_.normal(shape).to(at::kDouble); }

  RandomStream rng_{13, "jepa"};
  std::shared_ptr<Scale> same_ = std::make_shared<Scale>(1.0);
};

TEST_F(JepaTest, PerfectPredictionHasNoEnergy) {
  const Jepa jepa(same_, same_, std::make_shared<Drift>());
  const Tensor x = draw({5, kDim});
  const Tensor a = draw({5, kDim});
  EXPECT_TRUE(torch::equal(jepa.energy(x, x + a, a, {}), torch::zeros({5}, at::kDouble)));
}

TEST_F(JepaTest, EnergyIsTheMeanSquaredErrorPerDimension) {
  const Jepa jepa(same_, same_, std::make_shared<Drift>());
  const Tensor x = torch::zeros({1, kDim}, at::kDouble);
  const Tensor y = torch::tensor({{1.0, 2.0, 3.0, 4.0}}, at::kDouble);
  EXPECT_DOUBLE_EQ(jepa.energy(x, y, x, {}).item<double>(), (1.0 + 4.0 + 9.0 + 16.0) / 4.0);
}

TEST_F(JepaTest, PaysForInformationInTheLatent) {
  const Jepa jepa(same_, same_, std::make_shared<Drift>(torch::zeros({2, kDim}, at::kDouble)),
                  {.latent_weight = 0.5});
  const Tensor x = torch::zeros({1, kDim}, at::kDouble);
  const Tensor z = torch::tensor({{3.0, 4.0}}, at::kDouble);
  EXPECT_DOUBLE_EQ(jepa.energy(x, x, x, z).item<double>(), 0.5 * 0.5 * 25.0);
}

TEST_F(JepaTest, EncodersNeedNotBeIdentical) {
  const Jepa jepa(same_, std::make_shared<Scale>(0.5), std::make_shared<Drift>());
  EXPECT_FALSE(jepa.shares_encoder());
  EXPECT_EQ(jepa.parameters().size(), 2U);
  const Tensor x = draw({5, kDim});
  const Tensor a = draw({5, kDim});
  EXPECT_TRUE(torch::equal(jepa.energy(x, 2.0 * (x + a), a, {}), torch::zeros({5}, at::kDouble)));
}

TEST_F(JepaTest, ASharedEncoderIsRegisteredOnce) {
  const Jepa jepa(same_, same_, std::make_shared<Drift>());
  EXPECT_TRUE(jepa.shares_encoder());
  EXPECT_EQ(jepa.parameters().size(), 1U);
}

TEST_F(JepaTest, FindsAPlantedLatent) {
  const Tensor w = draw({2, kDim});
  const Jepa jepa(same_, same_, std::make_shared<Drift>(w), {.latent_weight = 0.0});
  const Tensor x = draw({6, kDim});
  const Tensor a = draw({6, kDim});
  const Tensor planted = draw({6, 2});
  const auto found = jepa.minimum_energy(x, x + a + torch::mm(planted, w), a, {.steps = 200});
  EXPECT_LT((found.z - planted).abs().max().item<double>(), 1e-2);
  EXPECT_LT(found.energy.max().item<double>(), 1e-4);
  EXPECT_EQ(found.model_steps, 602);
}

TEST_F(JepaTest, MinimumIsTheRidgeSolution) {
  const double weight = 0.3;
  const Tensor w = draw({2, kDim});
  const Jepa jepa(same_, same_, std::make_shared<Drift>(w), {.latent_weight = weight});
  const Tensor x = draw({6, kDim});
  const Tensor a = draw({6, kDim});
  const Tensor residual = draw({6, kDim});
  // The gradient vanishes where (2/D W W^T + weight I) z = 2/D W r.
  const Tensor normal = 2.0 / kDim * torch::mm(w, w.t()) + weight * torch::eye(2, at::kDouble);
  const Tensor wanted =
      torch::linalg_solve(normal, 2.0 / kDim * torch::mm(w, residual.t()), /*left=*/true).t();
  const auto found = jepa.minimum_energy(x, x + a + residual, a, {.steps = 200});
  EXPECT_LT((found.z - wanted).abs().max().item<double>(), 1e-2);
  EXPECT_TRUE(torch::allclose(found.energy, jepa.energy(x, x + a + residual, a, wanted), 1e-3));
}

TEST_F(JepaTest, MinimumIsNeverAboveTheEnergyAtZero) {
  const Jepa jepa(same_, same_, std::make_shared<Drift>(draw({2, kDim})), {.latent_weight = 0.1});
  const Tensor x = draw({6, kDim});
  const Tensor y = draw({6, kDim});
  const Tensor a = draw({6, kDim});
  // Steps far too large to be useful.
  const auto found = jepa.minimum_energy(x, y, a, {.steps = 3, .learning_rate = 1e4});
  EXPECT_TRUE((found.energy <= jepa.energy(x, y, a, {})).all().item<bool>());
}

TEST_F(JepaTest, MinimumWithoutALatentIsTheEnergyItself) {
  const Jepa jepa(same_, same_, std::make_shared<Drift>());
  const Tensor x = draw({6, kDim});
  const Tensor y = draw({6, kDim});
  const Tensor a = draw({6, kDim});
  const auto found = jepa.minimum_energy(x, y, a);
  EXPECT_TRUE(torch::equal(found.energy, jepa.energy(x, y, a, {})));
  EXPECT_FALSE(found.z.defined());
  EXPECT_EQ(found.model_steps, 1);
}

TEST_F(JepaTest, SearchLeavesNoGradientsBehindAndTheEnergyIsDifferentiable) {
  const Jepa jepa(same_, same_, std::make_shared<Drift>(draw({2, kDim})), {.latent_weight = 0.1});
  const auto found =
      jepa.minimum_energy(draw({6, kDim}), draw({6, kDim}), draw({6, kDim}), {.steps = 5});
  EXPECT_FALSE(same_->parameters().front().grad().defined());
  found.energy.sum().backward();
  EXPECT_TRUE(same_->parameters().front().grad().defined());
  EXPECT_FALSE(found.z.requires_grad());
}

TEST_F(JepaTest, SearchesWithoutRecordingToo) {
  const Jepa jepa(same_, same_, std::make_shared<Drift>(draw({2, kDim})), {.latent_weight = 0.0});
  const Tensor x = draw({6, kDim});
  const Tensor y = draw({6, kDim});
  const Tensor a = draw({6, kDim});
  const torch::NoGradGuard no_grad;
  const auto found = jepa.minimum_energy(x, y, a);
  EXPECT_FALSE(found.energy.requires_grad());
  EXPECT_TRUE((found.energy < jepa.energy(x, y, a, {})).all().item<bool>());
}

TEST_F(JepaTest, TriesEveryCodeOfADiscreteLatent) {
  const Tensor w = draw({3, kDim});
  const double weight = 0.3;
  const Jepa jepa(same_, same_, std::make_shared<Drift>(w),
                  {.latent_weight = weight, .discrete_latent = true});
  const Tensor x = draw({6, kDim});
  const Tensor a = draw({6, kDim});
  const Tensor codes = latent_codes(3).to(at::kDouble);
  const Tensor planted = codes.repeat({2, 1});  // Each code twice.
  const auto found = jepa.minimum_energy(x, x + a + torch::mm(planted, w), a);
  EXPECT_TRUE(torch::equal(found.z, planted));
  EXPECT_EQ(found.model_steps, 3);
  // What is left is the price of a code, the same for all: w/2 |e_k - 1/3|^2 = w/2 2/3.
  EXPECT_TRUE(torch::allclose(found.energy, torch::full({6}, weight / 3.0, at::kDouble)));
  // Of arbitrary pairs: no code does better, and the energy is the one at the code that was found.
  const Tensor y = draw({6, kDim});
  const auto least = jepa.minimum_energy(x, y, a);
  EXPECT_TRUE(torch::allclose(least.energy, jepa.energy(x, y, a, least.z)));
  for (std::int64_t k = 0; k < 3; ++k) {
    const Tensor other = jepa.energy(x, y, a, codes.narrow(0, k, 1).expand({6, 3}));
    EXPECT_TRUE((least.energy <= other + 1e-12).all().item<bool>());
  }
  EXPECT_FALSE(least.z.requires_grad());
  least.energy.sum().backward();
  EXPECT_TRUE(same_->parameters().front().grad().defined());
}

TEST_F(JepaTest, RefusesWhatDoesNotFit) {
  EXPECT_THROW(Jepa(same_, same_, std::make_shared<Drift>(), {.discrete_latent = true}),
               ConfigError);
  EXPECT_THROW(Jepa(std::make_shared<Scale>(1.0, 3), same_, std::make_shared<Drift>()),
               ConfigError);
  EXPECT_THROW(Jepa(same_, std::make_shared<Scale>(1.0, 3), std::make_shared<Drift>()),
               ConfigError);
  EXPECT_THROW(Jepa(same_, same_, std::make_shared<Drift>(), {.latent_weight = -1.0}), ConfigError);
  const Jepa jepa(same_, same_, std::make_shared<Drift>());
  EXPECT_THROW(jepa.state_dim(2), ConfigError);
  const Tensor x = draw({6, kDim});
  EXPECT_THROW(jepa.energy(x, draw({5, kDim}), x, {}), ShapeError);
  EXPECT_THROW(jepa.minimum_energy(x, x, x, {.steps = 0}), ConfigError);
}

}  // namespace
}  // namespace forethink
