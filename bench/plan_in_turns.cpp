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
#include "forethink/cost/goal_energy.h"
#include "forethink/importers/lewm.h"
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
  contest.precision = rollout.precision() == Precision::kBfloat16 ? "bfloat16" : "float32";
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

// A world model that is written as a formula and, beside it, in tensors.
class PeerModel final : public WorldModel {
 public:
  using Predict = std::function<Tensor(const Tensor& s, const Tensor& a)>;
  using Describe = std::function<Value(Formula& formula, Value s, Value a)>;
  PeerModel(std::int64_t state_dim, std::int64_t action_dim, Predict predict, Describe describe)
      : state_dim_(state_dim),
        action_dim_(action_dim),
        predict_(std::move(predict)),
        describe_(std::move(describe)) {}
  std::int64_t state_dim(std::int64_t) const override { return state_dim_; }
  std::int64_t action_dim(std::int64_t) const override { return action_dim_; }
  std::int64_t latent_dim(std::int64_t) const override { return 0; }
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor&, std::int64_t) const override {
    return predict_(s, a);
  }
  Value describe(Formula& formula, Value s, Value a, std::int64_t) const override {
    return describe_(formula, s, a);
  }

 private:
  std::int64_t state_dim_, action_dim_;
  Predict predict_;
  Describe describe_;
};

// What both MPPI peers do: search plans from one state by the distance to one goal.
Contest distance_contest(const std::shared_ptr<const PeerModel>& model, const nlohmann::json& spec,
                         const Tensors& reference, const Tensor& wanted,
                         const MppiOptions& mppi_options, ActionBounds bounds,
                         const std::function<Tensor()>& see, const RolloutOptions& options) {
  const std::int64_t H = spec.at("horizon"), D = model->state_dim(1);
  Cost cost;
  cost.add(std::make_shared<GoalEnergy>(reference.at("goal").reshape({1, D}),
                                        GoalEnergyOptions{.combine = "sum"}),
           1.0);
  const auto rollout =
      std::make_shared<const CompiledRollout>(*model, cost, PlanShape{.horizon = H}, options);
  const Tensor start = reference.at("start").reshape({1, D});
  const Tensor task = at::zeros({1}, at::kLong);
  const CompiledEnergy energy(*rollout, start, task, bounds);
  Contest contest;
  contest.error = difference(energy(reference.at("actions").unsqueeze(0)).squeeze(0), wanted);
  contest.model_steps = mppi_options.samples * mppi_options.iterations * H;
  contest.flops = static_cast<double>(rollout->flops_per_sequence() * mppi_options.samples *
                                      mppi_options.iterations);
  describe(contest, *rollout);
  const auto rng = std::make_shared<RandomStream>(1, "plans");
  contest.plan = [=] {
    const at::NoGradGuard no_grad;
    const CompiledEnergy present(*rollout, see(), task, bounds);
    const Plan plan = mppi(present, {}, *rng, mppi_options);
    if (plan.status != PlanStatus::kFinished) throw Error("the plan is not finite");
  };
  return contest;
}

// eb_jepa in Two Rooms: an IMPALA encoder, a recurrent unit with a layer norm behind it.
Contest eb_jepa(const nlohmann::json& spec, const Tensors& weights, const Tensors& reference,
                const RolloutOptions& options) {
  constexpr double kEpsilon = 1e-5;
  const std::int64_t D = reference.at("start").size(1), A = reference.at("actions").size(2);
  const auto w = [weights](const std::string& name) { return weights.at(name); };
  const std::string rnn = "predictor.rnn.";
  const auto predict = [=](const Tensor& s, const Tensor& a) {
    const Tensor h = at::gru_cell(a, s, w(rnn + "weight_ih_l0"), w(rnn + "weight_hh_l0"),
                                  w(rnn + "bias_ih_l0"), w(rnn + "bias_hh_l0"));
    return at::layer_norm(h, {D}, w("predictor.final_ln.weight"), w("predictor.final_ln.bias"),
                          kEpsilon);
  };
  const auto describe_step = [=](Formula& f, Value s, Value a) {
    const Value from_input = f.linear({a}, w(rnn + "weight_ih_l0"), w(rnn + "bias_ih_l0"));
    const Value from_hidden = f.linear({s}, w(rnn + "weight_hh_l0"), w(rnn + "bias_hh_l0"));
    return f.layer_norm(f.gru(from_input, from_hidden, s), w("predictor.final_ln.weight"),
                        w("predictor.final_ln.bias"), kEpsilon);
  };
  const Tensor picture = reference.at("picture");
  const auto see = [=] {
    const auto convolve = [&](const Tensor& x, const std::string& name) {
      return at::conv2d(x, w(name + ".weight"), w(name + ".bias"), 1, 1);
    };
    Tensor x = picture;
    for (int stack = 0; stack < 3; ++stack) {
      const std::string at_stack = "encoder.stack_blocks." + std::to_string(stack) + ".";
      x = at::max_pool2d(convolve(x, at_stack + "initial_conv"), 3, 2, 1);
      for (int block = 0; block < 2; ++block) {
        const std::string name = at_stack + "blocks." + std::to_string(block);
        const Tensor inside = at::relu(convolve(x, name + ".conv1"));
        x = at::relu(convolve(inside, name + ".conv2") + x);
      }
    }
    x = at::linear(at::relu(x).flatten(1), w("encoder.mlp.weight"), w("encoder.mlp.bias"));
    return at::layer_norm(x, {D}, w("encoder.final_ln.weight"), w("encoder.final_ln.bias"),
                          kEpsilon);
  };
  // The peer's cost counts the present state too, the same for all.
  const Tensor now = (reference.at("start") - reference.at("goal")).square().mean();
  const ActionBounds wide{-100.0, 100.0};  // The peer does not bound them.
  MppiOptions planner{.samples = spec.at("samples"),
                      .iterations = spec.at("iterations"),
                      .std_init = spec.at("first_std").get<double>() / wide.high,
                      .std_min = 0.0,
                      .correlation = 0.0,
                      .temperature = 1.0 / spec.at("temperature").get<double>(),
                      .elites = spec.at("elites")};
  auto contest =
      distance_contest(std::make_shared<const PeerModel>(D, A, predict, describe_step), spec,
                       reference, reference.at("costs") - now, planner, wide, see, options);
  const at::NoGradGuard no_grad;
  contest.error = std::max(contest.error, difference(see(), reference.at("start")));
  return contest;
}

// pytorch_mppi over a network of three layers; its cost is a sum, ours a mean, of squares.
Contest pytorch_mppi(const nlohmann::json& spec, const Tensors& weights, const Tensors& reference,
                     const RolloutOptions& options) {
  const std::int64_t D = reference.at("start").size(0), A = reference.at("actions").size(2);
  const auto w = [weights](int layer, const char* name) {
    return weights.at(std::to_string(layer) + "." + name);
  };
  const auto predict = [=](const Tensor& s, const Tensor& a) {
    Tensor x = at::cat({s, a}, 1);
    for (const int layer : {0, 2}) {
      x = at::relu(at::linear(x, w(layer, "weight"), w(layer, "bias")));
    }
    return at::linear(x, w(4, "weight"), w(4, "bias"));
  };
  const auto describe_step = [=](Formula& f, Value s, Value a) {
    Value x = f.linear({s, a}, w(0, "weight"), w(0, "bias"));
    x = f.linear({f.activate(x, Activation::kRelu)}, w(2, "weight"), w(2, "bias"));
    return f.linear({f.activate(x, Activation::kRelu)}, w(4, "weight"), w(4, "bias"));
  };
  const MppiOptions planner{.samples = spec.at("samples"), .iterations = 1, .correlation = 0.0};
  return distance_contest(
      std::make_shared<const PeerModel>(D, A, predict, describe_step), spec, reference,
      reference.at("rollout_costs") / static_cast<double>(D), planner, {},
      [reference] { return reference.at("start").unsqueeze(0); }, options);
}

// stable-worldmodel's CEM with LeWM, from the state of one picture.
Contest lewm(const nlohmann::json& spec, const Tensors& weights, const Tensors& reference,
             const RolloutOptions& options) {
  const std::int64_t H = spec.at("horizon");
  const auto model = std::make_shared<const Lewm>(weights, LewmOptions{.heads = spec.at("heads")});
  const std::int64_t D = model->state_dim();
  Cost cost;
  cost.add(std::make_shared<GoalEnergy>(reference.at("goal").unsqueeze(0),
                                        GoalEnergyOptions{.combine = "last"}),
           1.0);
  const auto rollout =
      std::make_shared<const CompiledRollout>(*model, cost, PlanShape{.horizon = H}, options);
  const Tensor start = reference.at("start.1");  // [1, D]
  const Tensor task = at::zeros({1}, at::kLong);
  const ActionBounds wide{-100.0, 100.0};  // The peer does not bound them.
  const CompiledEnergy energy(*rollout, start, task, wide);
  Contest contest;
  // The peer's cost is a sum of squares, ours their mean.
  contest.error = difference(energy(reference.at("actions").unsqueeze(0)).squeeze(0),
                             reference.at("costs.1") / static_cast<double>(D));
  const CemOptions planner{.samples = spec.at("samples"),
                           .elites = spec.at("elites"),
                           .iterations = spec.at("iterations"),
                           .std_init = spec.at("first_std").get<double>() / wide.high,
                           .std_min = 0.0,
                           .momentum = 0.0};
  contest.model_steps = spec.at("model_steps_a_plan");
  contest.flops =
      static_cast<double>(rollout->flops_per_sequence() * planner.samples * planner.iterations);
  describe(contest, *rollout);
  const auto rng = std::make_shared<RandomStream>(1, "plans");
  contest.plan = [=] {
    const CompiledEnergy present(*rollout, start, task, wide);
    const Plan plan = cem(present, {}, *rng, planner);
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
  if (kind == "eb_jepa") return eb_jepa(spec, weights, reference, arguments.rollout);
  if (kind == "lewm") return lewm(spec, weights, reference, arguments.rollout);
  if (kind == "mppi") return pytorch_mppi(spec, weights, reference, arguments.rollout);
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
