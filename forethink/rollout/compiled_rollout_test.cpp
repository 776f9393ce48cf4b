// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/rollout/compiled_rollout.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/random.h"
#include "forethink/cost/action_energy.h"
#include "forethink/cost/drive_critic.h"
#include "forethink/cost/drive_energy.h"
#include "forethink/cost/goal_energy.h"
#include "forethink/cost/remaining_cost_energy.h"
#include "forethink/cost/trainable_critic.h"
#include "forethink/rollout/test_models.h"
#include "tests/conformance/counted_allocations.h"

namespace forethink {
namespace {

constexpr std::int64_t kProblems = 5;

Tensor goals() {
  RandomStream rng(3, "goals");
  return rng.normal({kProblems, kState});
}

// A term that has no formula.
class PlainTerm final : public CostTerm {
 public:
  std::string name() const override { return "plain"; }
  Tensor energy(const Imagined& imagined) const override {
    return imagined.states.cos().mean({2, 3}) + imagined.actions.square().mean({2, 3});
  }
};

std::shared_ptr<const CostToGoals> critic(const CriticOptions& options) {
  RandomStream rng(4, "critics");
  return TrainableCritic(kState, options, rng).to(goals());
}

// Every term and rule; one at a time has a critic, since its term has one name.
std::vector<Cost> costs() {
  Cost pair;
  pair.add(std::make_shared<GoalEnergy>(goals(), GoalEnergyOptions{.terminal_weight = 0.5}), 1.0);
  pair.add(std::make_shared<ActionEnergy>(ActionEnergyOptions{.change_weight = 0.3}), 0.2);
  pair.add(std::make_shared<RemainingCostEnergy>(
               critic({.head = "mlp", .width = 48, .pair = true}),
               RemainingCostEnergyOptions{.last_steps = 2, .mean_weight = 0.1}),
           0.05);
  Cost quasimetric;
  quasimetric.add(std::make_shared<GoalEnergy>(goals(), GoalEnergyOptions{.combine = "sum"}), 0.5);
  quasimetric.add(std::make_shared<RemainingCostEnergy>(
                      critic({.head = "quasimetric", .width = 48, .layers = 1, .embedding = 20})),
                  0.05);
  Cost last;
  last.add(std::make_shared<GoalEnergy>(goals(), GoalEnergyOptions{.combine = "last"}), 1.0);
  Cost mixed = last;
  mixed.add(std::make_shared<PlainTerm>(), 2.0);
  Cost drives;
  add_drives_(drives, IntrinsicCost(), VitalsSlice::last_of(kState), {}, {.discount = 0.9});
  RandomStream rng(5, "drive critic");
  drives.add(std::make_shared<DriveCriticEnergy>(
                 std::make_shared<DriveCritic>(
                     kState, DriveCriticOptions{.networks = 3, .width = 48, .layers = 2}, rng),
                 DriveWeights{}, DriveCriticEnergyOptions{.discount = 0.9, .mean_weight = 0.1}),
             0.5);
  return {pair, quasimetric, last, drives, mixed};
}

// A batch of problems, each with its candidates.
struct Batch {
  explicit Batch(std::int64_t samples, std::int64_t horizon) : shape{horizon, kHold, 1.2} {
    RandomStream rng(1, "test");
    states = rng.normal({kProblems, kState});
    tasks = at::arange(kProblems).flip(0);
    actions = rng.normal({kProblems, samples, horizon, kAction});
  }
  Tensor plain(const WorldModel& model, const Cost& cost, const Tensor& plans) const {
    return cost({imagine_plans(model, states, plans, shape), plans, tasks});
  }
  PlanShape shape;
  Tensor states, tasks, actions;
};

// Of the sum of energies; zero where the actions do not matter.
Tensor gradient_of(const Tensor& energies, const Tensor& actions) {
  if (!energies.requires_grad()) return at::zeros_like(actions);
  const Tensor gradient = torch::autograd::grad({energies.sum()}, {actions}, {}, std::nullopt,
                                                false, /*allow_unused=*/true)[0];
  return gradient.defined() ? gradient : at::zeros_like(actions);
}

TEST(CompiledRollout, AgreesWithThePlainPathOnEveryInstructionSet) {
  const Batch batch(/*samples=*/37, /*horizon=*/4);
  const at::NoGradGuard no_grad;
  for (const auto& [name, predictor] : cases()) {
    const PlainModel model = model_of(predictor);
    for (const Cost& cost : costs()) {
      const Tensor plain = batch.plain(model, cost, batch.actions);
      for (const InstructionSet set : instruction_sets()) {
        const CompiledRollout rollout(model, cost, batch.shape,
                                      {.precision = "float32", .instruction_set = name_of(set)});
        const Tensor energies =
            CompiledEnergy(rollout, batch.states, batch.tasks, {})(batch.actions);
        const double error = ((energies - plain).abs() / plain.abs()).max().item<double>();
        EXPECT_LT(error, 1e-5) << name << " on " << name_of(set);
      }
    }
  }
}

TEST(CompiledRollout, HasTheGradientOfThePlainPath) {
  const Batch batch(/*samples=*/9, /*horizon=*/3);
  for (const auto& [name, predictor] : cases()) {
    const PlainModel model = model_of(predictor);
    for (const Cost& cost : costs()) {
      const Tensor leaf = batch.actions.clone().requires_grad_();
      const Tensor plain = batch.plain(model, cost, leaf);
      const Tensor wanted = gradient_of(plain, leaf);
      for (const InstructionSet set : instruction_sets()) {
        const CompiledRollout rollout(model, cost, batch.shape,
                                      {.precision = "float32", .instruction_set = name_of(set)});
        const CompiledEnergy energy(rollout, batch.states, batch.tasks, {});
        const Tensor ours = batch.actions.clone().requires_grad_();
        const Tensor energies = energy(ours);
        const Tensor gradient = gradient_of(energies, ours);
        EXPECT_TRUE(at::allclose(energies, plain, 1e-5, 0.0)) << name << " on " << name_of(set);
        const double error = (gradient - wanted).norm().item<double>();
        EXPECT_LE(error, 1e-4 * wanted.norm().item<double>()) << name << " on " << name_of(set);
      }
    }
  }
}

TEST(CompiledRollout, IsTheSameForAnyNumberOfThreadsAndAnyCompany) {
  const Batch batch(/*samples=*/53, /*horizon=*/3);
  const PlainModel model = model_of({.hidden = 72});
  const Cost cost = costs().front();
  const CompiledRollout rollout(model, cost, batch.shape);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Tensor alone = CompiledEnergy(rollout, batch.states, batch.tasks, {})(batch.actions);
  at::set_num_threads(2);
  const Tensor together = CompiledEnergy(rollout, batch.states, batch.tasks, {})(batch.actions);
  const Tensor one = CompiledEnergy(rollout, batch.states.narrow(0, 3, 1),
                                    batch.tasks.narrow(0, 3, 1), {})(batch.actions.narrow(0, 3, 1));
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(alone, together));
  EXPECT_TRUE(at::equal(alone.narrow(0, 3, 1), one));
}

TEST(CompiledRollout, AllocatesNothingWhenItScores) {
  const Batch batch(/*samples=*/53, /*horizon=*/3);
  const PlainModel model = model_of({.hidden = 72});
  const CompiledRollout rollout(model, costs().front(), batch.shape);
  const CompiledEnergy energy(rollout, batch.states, batch.tasks, {});
  std::vector<float> energies(kProblems * 53), gradients(batch.actions.numel());
  const auto* actions = batch.actions.const_data_ptr<float>();
  const auto run = [&] {
    energy.score(actions, 53, energies.data());
    energy.score_with_gradient(actions, 53, energies.data(), gradients.data());
  };
  run();  // The first gradient is what compiles it.
  const std::int64_t before = allocations_so_far();
  run();
  EXPECT_EQ(allocations_so_far(), before);
  // The same numbers as with tensors.
  const Tensor leaf = batch.actions.clone().requires_grad_();
  const Tensor wanted = energy(leaf);
  EXPECT_TRUE(at::equal(at::tensor(energies).view({kProblems, 53}), wanted));
  EXPECT_TRUE(at::equal(at::tensor(gradients).view_as(leaf), gradient_of(wanted, leaf)));
}

TEST(CompiledRollout, PicksTheElitesOfFloat32InBfloat16) {
  if (!has_bf16(best_instruction_set())) GTEST_SKIP() << "no products in bfloat16 here";
  constexpr std::int64_t kElites = 32;
  const Batch batch(/*samples=*/256, /*horizon=*/3);
  const PlainModel model = model_of({.hidden = 72});
  const auto elites = [&](const std::string& precision) {
    const CompiledRollout rollout(model, costs().front(), batch.shape, {.precision = precision});
    const Tensor energies = CompiledEnergy(rollout, batch.states, batch.tasks, {})(batch.actions);
    const Tensor best = std::get<1>(energies.topk(kElites, 1, /*largest=*/false));
    return at::zeros(energies.sizes(), at::kBool).scatter_(1, best, true);
  };
  const double common = elites("float32").logical_and(elites("bfloat16")).sum().item<double>();
  EXPECT_GE(common / static_cast<double>(kElites * kProblems), 0.9);
}

// What a call throws as text, or nothing.
template <class E, class F>
std::string thrown(const F& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  return "";
}

TEST(CompiledRollout, NamesWhatHasNoFormula) {
  class Unknown final : public WorldModel {
   public:
    std::int64_t state_dim(std::int64_t) const override { return kState; }
    std::int64_t action_dim(std::int64_t) const override { return kAction; }
    std::int64_t latent_dim(std::int64_t) const override { return 0; }
    using WorldModel::predict;
    Tensor predict(const Tensor& s, const Tensor&, const Tensor&, std::int64_t) const override {
      return s;
    }
  };
  const Cost cost = costs().back();
  EXPECT_EQ(thrown<NotCompiled>([&] { CompiledRollout(Unknown(), cost, {.horizon = 2}); }),
            "the world model has no formula");
  const CompiledRollout rollout(model_of({.hidden = 32}), cost, {.horizon = 2, .hold = kHold});
  ASSERT_EQ(rollout.not_compiled().size(), 1U);
  EXPECT_EQ(rollout.not_compiled().front(), "the cost term 'plain' has no formula");
}

TEST(CompiledRollout, RefusesAWrongFormulaAndWeightsThatAreNotFinite) {
  class Wrong final : public WorldModel {
   public:
    std::int64_t state_dim(std::int64_t) const override { return kState; }
    std::int64_t action_dim(std::int64_t) const override { return kAction; }
    std::int64_t latent_dim(std::int64_t) const override { return 0; }
    using WorldModel::predict;
    Tensor predict(const Tensor& s, const Tensor&, const Tensor&, std::int64_t) const override {
      return 0.9 * s;
    }
    Value describe(Formula& formula, Value s, Value, std::int64_t) const override {
      return formula.scale(s, 0.8);
    }
  };
  const Cost cost = costs().front();
  const auto differs = [](const std::string& text) {
    return text.find("differs from the plain path") != std::string::npos;
  };
  EXPECT_TRUE(
      differs(thrown<NotCompiled>([&] { CompiledRollout(Wrong(), cost, {.horizon = 2}); })));
  EXPECT_EQ(thrown<NotCompiled>(
                [&] { CompiledRollout(Wrong(), cost, {.horizon = 2}, {.check = false}); }),
            "");

  const auto predictor = make_predictor({.hidden = 32}, kState, kHold * kAction);
  const at::NoGradGuard no_grad;
  predictor->parameters().front().fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(differs(thrown<NotCompiled>(
      [&] { CompiledRollout(PlainModel(predictor), cost, {.horizon = 2, .hold = kHold}); })));
}

TEST(CompiledRollout, RefusesWhatDoesNotFit) {
  const Batch batch(/*samples=*/4, /*horizon=*/2);
  const PlainModel model = model_of({.hidden = 32});
  const Cost cost = costs().front();
  const auto made = [&](const PlanShape& shape, const RolloutOptions& options) {
    return [&cost, &model, shape, options] { CompiledRollout(model, cost, shape, options); };
  };
  EXPECT_EQ(thrown<ConfigError>(made({.horizon = 0, .hold = kHold}, {})),
            "rollout.horizon = 0, must satisfy horizon >= 1");
  EXPECT_NE(thrown<ShapeError>(made({.hold = 4}, {})).find("hold = 4"), std::string::npos);
  EXPECT_NE(thrown<ConfigError>(made(batch.shape, {.instruction_set = "mmx"}))
                .find("rollout.instruction_set = \"mmx\", must satisfy one of auto, portable"),
            std::string::npos);
  EXPECT_NE(thrown<ConfigError>(made(batch.shape, {.precision = "half"})).find("rollout.precision"),
            std::string::npos);
  EXPECT_NE(thrown<ConfigError>(
                made(batch.shape, {.precision = "bfloat16", .instruction_set = "portable"}))
                .find("portable has no products in bfloat16"),
            std::string::npos);

  const CompiledRollout rollout(model, cost, batch.shape);
  const Tensor far = at::full({kProblems}, kProblems, at::kLong);
  EXPECT_NE(thrown<ShapeError>([&] {
              CompiledEnergy(rollout, batch.states, far, {});
            }).find("rows of the goal table, 0 to 4"),
            std::string::npos);
  const CompiledEnergy energy(rollout, batch.states, batch.tasks, {});
  EXPECT_NE(thrown<ShapeError>([&] { energy(batch.actions.narrow(2, 0, 1)); }), "");
  EXPECT_EQ(energy(batch.actions.narrow(1, 0, 0)).sizes(), at::IntArrayRef({kProblems, 0}));
  // A state that is not finite makes its own problem's energies so, and no other's.
  Tensor states = batch.states.clone();
  states[1].fill_(std::numeric_limits<float>::quiet_NaN());
  const CompiledEnergy broken(rollout, states, batch.tasks, {});
  EXPECT_TRUE(
      at::equal(broken(batch.actions).isnan().sum(1), at::tensor({0, 4, 0, 0, 0}, at::kLong)));
}

}  // namespace
}  // namespace forethink
