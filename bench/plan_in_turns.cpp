// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Plans in turns with a peer: the other half of bench/peers/planners.
//
//   plan_in_turns FOLDER [--precision auto|float32|bfloat16] [--instruction-set NAME]
//
// FOLDER is what a script of bench/peers/planners exported: the peer's weights and sizes. First the
// answers of the compiled rollout are compared with those that the peer recorded. Then each line
// `plan` on the standard input is answered with the milliseconds of one plan.
#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "forethink/core/clock.h"
#include "forethink/core/error.h"
#include "forethink/core/safetensors.h"
#include "forethink/importers/tdmpc2.h"
#include "forethink/nn/precision.h"
#include "forethink/planning/planner.h"
#include "forethink/rollout/compiled_rollout.h"

namespace {

using namespace forethink;
using Tensors = std::map<std::string, Tensor>;

struct Arguments {
  std::filesystem::path folder;
  RolloutOptions rollout;
};

// A peer's planner with our parts.
struct Contest {
  std::function<void()> plan;
  double error = 0.0;  // Of our energies beside the recorded ones, as a share of their spread.
  std::int64_t model_steps = 0;
  double flops = 0.0;
  std::string instruction_set, precision;
};

double difference(const Tensor& ours, const Tensor& theirs) {
  return ((ours - theirs).abs().max() / theirs.std()).item<double>();
}

void describe(Contest& contest, const CompiledRollout& rollout) {
  contest.instruction_set = name_of(rollout.instruction_set());
  contest.precision = rollout.precision() == rollout::Precision::kBfloat16 ? "bfloat16" : "float32";
}

Contest tdmpc2(const nlohmann::json& spec, const Tensors& weights, const Tensors& reference,
               const RolloutOptions& options) {
  const std::int64_t H = spec.at("horizon"), A = spec.at("action_dim");
  const std::int64_t proposals = spec.at("policy_samples");
  const Tensor heads = reference.at("q_heads");
  const auto model = std::make_shared<const Tdmpc2>(
      weights,
      Tdmpc2Options{.simplex = spec.at("simnorm_dim"),
                    .discount = spec.at("discount"),
                    .value_heads = {heads[0].item<std::int64_t>(), heads[1].item<std::int64_t>()}});
  const PlanShape shape{.horizon = H};
  Contest contest;
  {
    const Tensor& actions = reference.at("actions");  // [N, H, A]
    const std::int64_t N = actions.size(0);
    const CompiledRollout rollout(*model, model->cost(H, reference.at("policy_noise")), shape,
                                  options);
    const CompiledEnergy energy(rollout, reference.at("start").expand({N, -1}), at::arange(N), {});
    contest.error = difference(-energy(actions.unsqueeze(1)).squeeze(1), reference.at("values"));
  }
  const auto rng = std::make_shared<RandomStream>(1, "plans");
  const auto rollout = std::make_shared<const CompiledRollout>(
      *model, model->cost(H, rng->normal({1, A})), shape, options);
  const Tensor observation = reference.at("obs").unsqueeze(0);
  const MppiOptions mppi_options{.samples = spec.at("samples"),
                                 .iterations = spec.at("iterations"),
                                 .std_init = spec.at("max_std"),
                                 .std_min = spec.at("min_std"),
                                 .correlation = 0.0,
                                 .temperature = 1.0 / spec.at("temperature").get<double>(),
                                 .elites = spec.at("elites")};
  contest.model_steps = spec.at("model_steps_a_plan");
  contest.flops = static_cast<double>(rollout->flops_per_sequence() * mppi_options.samples *
                                      mppi_options.iterations);
  describe(contest, *rollout);
  contest.plan = [=] {
    const at::NoGradGuard no_grad;
    const Tensor s = model->encode(observation);  // [1, D]
    // What the policy proposes.
    Tensor state = s.expand({proposals, -1});
    std::vector<Tensor> actions;
    for (std::int64_t h = 0; h < H; ++h) {
      actions.push_back(model->policy(state, rng->normal({proposals, A})));
      if (h + 1 < H) state = model->predict(state, actions.back(), {});
    }
    const CompiledEnergy energy(*rollout, s, at::zeros({1}, at::kLong), {});
    const Plan plan =
        mppi(energy, {.elites = at::stack(actions, 1).unsqueeze(0)}, *rng, mppi_options);
    if (plan.status != PlanStatus::kFinished) throw Error("the plan is not finite");
  };
  return contest;
}

Contest make_contest(const Arguments& arguments) {
  nlohmann::json spec;
  std::ifstream(arguments.folder / "spec.json") >> spec;
  const Tensors weights = load_tensors(arguments.folder / "weights.safetensors").tensors;
  const Tensors reference = load_tensors(arguments.folder / "reference.safetensors").tensors;
  const std::string kind = spec.at("kind");
  if (kind == "tdmpc2") return tdmpc2(spec, weights, reference, arguments.rollout);
  throw ConfigError("plan_in_turns: nothing plans for the kind " + kind);
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--precision" && i + 1 < argc) {
      arguments.rollout.precision = argv[++i];
    } else if (word == "--instruction-set" && i + 1 < argc) {
      arguments.rollout.instruction_set = argv[++i];
    } else {
      arguments.folder = word;
    }
  }
  if (arguments.folder.empty()) throw ConfigError("usage: plan_in_turns FOLDER [--precision P]");
  return arguments;
}

void take_turns(const Arguments& arguments) {
  const Contest contest = make_contest(arguments);
  const nlohmann::json header{{"name", "forethink, " + contest.precision},
                              {"instruction_set", contest.instruction_set},
                              {"threads", at::get_num_threads()},
                              {"error", contest.error},
                              {"flops_a_plan", contest.flops}};
  std::cout << header.dump() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const auto began = std::chrono::steady_clock::now();
    contest.plan();
    std::cout << 1e3 * seconds_since(began) << std::endl;
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    take_turns(parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "plan_in_turns: %s\n", error.what());
    return 2;
  }
  return 0;
}
