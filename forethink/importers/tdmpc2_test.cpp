// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/importers/tdmpc2.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/safetensors.h"

namespace forethink {
namespace {

// Weights of a small model and what the authors' code made of them:
//   python3 bench/peers/planners/tdmpc2.py export --tiny --repo tdmpc2 --out tests/parity/tdmpc2
std::map<std::string, Tensor> recorded(const std::string& name) {
  return load_tensors(FORETHINK_SOURCE_DIR "/tests/parity/tdmpc2/" + name + ".safetensors").tensors;
}

Tdmpc2Options recorded_options() {
  const Tensor heads = recorded("reference").at("q_heads");
  return {.discount = 0.99,
          .value_heads = {heads[0].item<std::int64_t>(), heads[1].item<std::int64_t>()}};
}

void expect_close(const Tensor& ours, const Tensor& theirs) {
  EXPECT_LT((ours - theirs).abs().max().item<double>(), 1e-5 * theirs.abs().max().item<double>());
}

TEST(Tdmpc2, ComputesWhatItsAuthorsDo) {
  const auto reference = recorded("reference");
  const Tdmpc2 model(recorded("weights"), recorded_options());
  const at::NoGradGuard no_grad;
  expect_close(model.encode(reference.at("obs").unsqueeze(0)), reference.at("start"));

  const Tensor& actions = reference.at("actions");  // [N, H, A]
  const std::int64_t N = actions.size(0), H = actions.size(1);
  const Tensor start = reference.at("start").expand({N, -1});
  const Tensor states = imagine(model, start, actions);  // [N, H+1, D]
  expect_close(states.narrow(1, 1, H), reference.at("latents"));
  expect_close(
      model.reward(states.narrow(1, 0, H).flatten(0, 1), actions.flatten(0, 1)).view({N, H}),
      reference.at("rewards"));
  expect_close(model.policy(states.select(1, H), reference.at("policy_noise")),
               reference.at("policy_action"));
  // Each sequence is a problem of its own, with noise of its own.
  const Cost cost = model.cost(H, reference.at("policy_noise"));
  const Tensor energies = cost({states.unsqueeze(1), actions.unsqueeze(1), at::arange(N)});
  expect_close(-energies.squeeze(1), reference.at("values"));
}

TEST(Tdmpc2, RefusesWeightsThatDoNotFit) {
  const auto message = [](const std::map<std::string, Tensor>& tensors) -> std::string {
    try {
      const Tdmpc2 model(tensors);
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  };
  auto missing = recorded("weights");
  missing.erase("_reward.0.bias");
  EXPECT_EQ(message(missing), "tdmpc2: the tensor _reward.0.bias is missing");
  auto shaped = recorded("weights");
  shaped["_pi.1.bias"] = at::zeros({7});
  EXPECT_NE(message(shaped).find("_pi.1.bias"), std::string::npos);
  auto broken = recorded("weights");
  broken["_dynamics.0.weight"] = broken["_dynamics.0.weight"] / 0.0;
  EXPECT_NE(message(broken).find("_dynamics.0.weight"), std::string::npos);
}

}  // namespace
}  // namespace forethink
