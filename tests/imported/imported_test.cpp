// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Models that were trained elsewhere, compiled: the answers that their authors' code recorded (see
// forethink/importers/*_test.cpp), on every instruction set.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/safetensors.h"
#include "forethink/cost/goal_energy.h"
#include "forethink/importers/lewm.h"
#include "forethink/importers/tdmpc2.h"
#include "forethink/planning/planner.h"
#include "forethink/rollout/compiled_rollout.h"

namespace forethink {
namespace {

using Tensors = std::map<std::string, Tensor>;

Tensors recorded(const std::string& name) {
  return load_tensors(FORETHINK_SOURCE_DIR "/tests/parity/" + name + ".safetensors").tensors;
}

// As a share of the spread: what a planner sees.
double difference(const Tensor& ours, const Tensor& theirs) {
  return ((ours - theirs).abs().max() / theirs.std()).item<double>();
}

struct Recorded {
  std::shared_ptr<const WorldModel> model;
  Cost cost;
  Tensor states, tasks, actions, energies;  // [B, D], [B], [B, S, H, A], [B, S]
};

Recorded tdmpc2() {
  const Tensors reference = recorded("tdmpc2/reference");
  const Tensor& heads = reference.at("q_heads");
  const auto model = std::make_shared<const Tdmpc2>(
      recorded("tdmpc2/weights"),
      Tdmpc2Options{.value_heads = {heads[0].item<std::int64_t>(), heads[1].item<std::int64_t>()}});
  const Tensor& actions = reference.at("actions");
  const std::int64_t N = actions.size(0);
  return {model,
          model->cost(actions.size(1), reference.at("policy_noise")),
          reference.at("start").expand({N, -1}),
          at::arange(N),
          actions.unsqueeze(1),
          -reference.at("values").unsqueeze(1)};
}

Recorded lewm() {
  const Tensors reference = recorded("lewm/reference");
  const auto model =
      std::make_shared<const Lewm>(recorded("lewm/weights"), LewmOptions{.heads = 2});
  Cost cost;
  const Tensor& goal = reference.at("goal");
  cost.add(std::make_shared<GoalEnergy>(goal.unsqueeze(0), GoalEnergyOptions{.combine = "last"}),
           1.0);
  return {model,
          cost,
          reference.at("start.1"),
          at::zeros({1}, at::kLong),
          reference.at("actions").unsqueeze(0),
          (reference.at("costs.1") / static_cast<double>(goal.size(0))).unsqueeze(0)};
}

TEST(CompiledImporters, ComputeWhatTheirAuthorsDo) {
  for (const Recorded& peer : {tdmpc2(), lewm()}) {
    const PlanShape shape{.horizon = peer.actions.size(2)};
    for (const InstructionSet set : instruction_sets()) {
      const CompiledRollout rollout(*peer.model, peer.cost, shape,
                                    {.precision = "float32", .instruction_set = name_of(set)});
      EXPECT_TRUE(rollout.not_compiled().empty());
      const CompiledEnergy energy(rollout, peer.states, peer.tasks, {});
      EXPECT_LT(difference(energy(peer.actions), peer.energies), 1e-4) << name_of(set);
      if (!has_bf16(set)) continue;
      const CompiledRollout half(*peer.model, peer.cost, shape,
                                 {.precision = "bfloat16", .instruction_set = name_of(set)});
      const CompiledEnergy rough(half, peer.states, peer.tasks, {});
      EXPECT_LT(difference(rough(peer.actions), peer.energies), 0.2) << name_of(set);
    }
  }
}

TEST(CompiledImporters, HaveTheGradientOfThePlainPath) {
  for (const Recorded& peer : {tdmpc2(), lewm()}) {
    const PlanShape shape{.horizon = peer.actions.size(2)};
    const Tensor leaf = peer.actions.clone().requires_grad_();
    const Tensor plain =
        peer.cost({imagine_plans(*peer.model, peer.states, leaf, shape), leaf, peer.tasks});
    const Tensor wanted = torch::autograd::grad({plain.sum()}, {leaf})[0];
    for (const InstructionSet set : instruction_sets()) {
      const CompiledRollout rollout(*peer.model, peer.cost, shape,
                                    {.precision = "float32", .instruction_set = name_of(set)});
      const CompiledEnergy energy(rollout, peer.states, peer.tasks, {});
      const Tensor ours = peer.actions.clone().requires_grad_();
      const Tensor gradient = torch::autograd::grad({energy(ours).sum()}, {ours})[0];
      EXPECT_LT(((gradient - wanted).norm() / wanted.norm()).item<double>(), 1e-4) << name_of(set);
    }
  }
}

TEST(CompiledImporters, PlanBetterThanTheyGuess) {
  const Recorded peer = lewm();
  const CompiledRollout rollout(*peer.model, peer.cost, {.horizon = 5});
  const CompiledEnergy energy(rollout, peer.states, peer.tasks, {});
  RandomStream rng(1, "plan");
  const Plan plan = cem(energy, {}, rng, {.samples = 64, .elites = 8, .iterations = 5});
  EXPECT_EQ(plan.status, PlanStatus::kFinished);
  EXPECT_LT(plan.energy.item<float>(), energy(peer.actions).min().item<float>());
}

}  // namespace
}  // namespace forethink
