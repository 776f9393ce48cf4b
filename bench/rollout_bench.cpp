// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Compiled rollouts beside the plain path: a predictor of 256-512-512-256 under the goal's
// distance.
//
// Build with -DFORETHINK_BENCH=ON, then: rollout_bench
// items_per_second is model steps; `gflops` counts the products. Every row scores all candidates
// once. `products` is what the tile kernels reach with nothing around them, on one thread: the
// roof.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <memory>
#include <string>

#include "forethink/cost/goal_energy.h"
#include "forethink/kernels/kernels.h"
#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"
#include "forethink/rollout/compiled_rollout.h"
#include "forethink/rollout/program.h"
#include "forethink/world_model/jepa.h"
#include "forethink/world_model/predictor.h"

namespace {

using forethink::Bf16Scope;
using forethink::CompiledEnergy;
using forethink::CompiledRollout;
using forethink::Cost;
using forethink::InstructionSet;
using forethink::RandomStream;
using forethink::Tensor;
using forethink::WorldModel;

constexpr std::int64_t kDim = 256;
constexpr std::int64_t kActionDim = 10;
constexpr std::int64_t kHold = 5;
constexpr int kThreads = 2;

// A world model that is one predictor.
class PredictorModel final : public WorldModel {
 public:
  explicit PredictorModel(const forethink::PredictorOptions& options)
      : predictor_(forethink::make_predictor(options, kDim, kActionDim)) {
    RandomStream rng(1, "bench");
    forethink::initialise(*predictor_, rng);
  }
  std::int64_t state_dim(std::int64_t) const override { return kDim; }
  std::int64_t action_dim(std::int64_t) const override { return kActionDim; }
  std::int64_t latent_dim(std::int64_t) const override { return 0; }
  using WorldModel::predict;
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor& z, std::int64_t) const override {
    return predictor_->forward(s, a, z);
  }
  forethink::Value describe(forethink::Formula& formula, forethink::Value s, forethink::Value a,
                            std::int64_t) const override {
    return predictor_->describe(formula, s, a);
  }

 private:
  std::shared_ptr<forethink::Predictor> predictor_;
};

// One problem: its present state, candidates, and the goal's distance as the cost.
struct Problem {
  Problem(const std::string& kind, std::int64_t samples, std::int64_t horizon)
      : model({.kind = kind}) {
    RandomStream rng(2, "bench");
    state = at::layer_norm(rng.normal({1, kDim}), {kDim});
    cost.add(std::make_shared<forethink::GoalEnergy>(at::layer_norm(rng.normal({1, kDim}), {kDim}),
                                                     forethink::GoalEnergyOptions{}),
             1.0);
    actions = rng.uniform({1, samples, horizon, kActionDim / kHold}, -1.0, 1.0);
  }
  PredictorModel model;
  Cost cost;
  Tensor state, actions;
  Tensor task = at::zeros({1}, at::kLong);
};

void count(benchmark::State& state, std::int64_t flops) {
  const std::int64_t steps = state.range(0) * state.range(1);
  state.SetItemsProcessed(state.iterations() * steps);
  state.counters["gflops"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(flops * state.range(0)) * 1e-9,
      benchmark::Counter::kIsRate);
}

void plain(benchmark::State& state, const std::string& kind, bool bf16) {
  at::set_num_threads(kThreads);
  const at::NoGradGuard no_grad;
  const std::int64_t S = state.range(0), H = state.range(1);
  const Problem problem(kind, S, H);
  const CompiledRollout counted(problem.model, problem.cost, {.horizon = H, .hold = kHold}, {});
  for (auto _ : state) {
    const Bf16Scope scope(bf16);
    const Tensor blocks = problem.actions.view({S, H, -1}).repeat({1, 1, kHold});
    const Tensor states =
        forethink::imagine(problem.model, problem.state.expand({S, kDim}), blocks);
    benchmark::DoNotOptimize(
        problem.cost({states.view({1, S, H + 1, kDim}), problem.actions, problem.task}));
  }
  count(state, counted.flops_per_sequence());
}

void compiled(benchmark::State& state, const std::string& kind, const std::string& precision,
              InstructionSet set) {
  at::set_num_threads(kThreads);
  const std::int64_t S = state.range(0), H = state.range(1);
  const Problem problem(kind, S, H);
  const CompiledRollout rollout(
      problem.model, problem.cost, {.horizon = H, .hold = kHold},
      {.precision = precision, .instruction_set = forethink::name_of(set)});
  const CompiledEnergy energy(rollout, problem.state, problem.task, {});
  for (auto _ : state) benchmark::DoNotOptimize(energy(problem.actions));
  count(state, rollout.flops_per_sequence());
}

// Energies and their gradients by the actions, as gradient planners ask for.
void plain_gradient(benchmark::State& state, const std::string& kind) {
  at::set_num_threads(kThreads);
  const std::int64_t S = state.range(0), H = state.range(1);
  const Problem problem(kind, S, H);
  for (auto _ : state) {
    const Tensor leaf = problem.actions.clone().requires_grad_();
    const Tensor blocks = leaf.view({S, H, -1}).repeat({1, 1, kHold});
    const Tensor states =
        forethink::imagine(problem.model, problem.state.expand({S, kDim}), blocks);
    const Tensor energies =
        problem.cost({states.view({1, S, H + 1, kDim}), problem.actions, problem.task});
    benchmark::DoNotOptimize(torch::autograd::grad({energies.sum()}, {leaf}));
  }
  state.SetItemsProcessed(state.iterations() * S * H);
}

void compiled_gradient(benchmark::State& state, const std::string& kind,
                       const std::string& precision, InstructionSet set) {
  at::set_num_threads(kThreads);
  const std::int64_t S = state.range(0), H = state.range(1);
  const Problem problem(kind, S, H);
  const CompiledRollout rollout(
      problem.model, problem.cost, {.horizon = H, .hold = kHold},
      {.precision = precision, .instruction_set = forethink::name_of(set)});
  const CompiledEnergy energy(rollout, problem.state, problem.task, {});
  const std::int64_t samples = problem.actions.size(1);
  std::vector<float> energies(samples), gradients(problem.actions.numel());
  for (auto _ : state) {
    energy.score_with_gradient(problem.actions.const_data_ptr<float>(), samples, energies.data(),
                               gradients.data());
    benchmark::DoNotOptimize(gradients.data());
  }
  state.SetItemsProcessed(state.iterations() * S * H);
}

// 96 rows of 512 numbers by 512 columns.
void products(benchmark::State& state, forethink::Precision precision, InstructionSet set) {
  constexpr std::int64_t kRows = 96, kWidth = 512;
  forethink::Formula formula;
  const forethink::Value x = formula.input(kWidth);
  const forethink::Value y = formula.linear({x}, at::randn({kWidth, kWidth}), {});
  const forethink::rollout::Program program(
      formula, {x}, {y}, {.precision = precision, .instruction_set = set, .rows = kRows});
  const forethink::kernels::AlignedBytes in(kRows * kWidth * 4), twin(kRows * kWidth * 2),
      out(kRows * kWidth * 4), scratch(program.scratch_bytes());
  const forethink::kernels::Table input{reinterpret_cast<float*>(in.data()),
                                        reinterpret_cast<forethink::kernels::Bf16*>(twin.data()),
                                        kWidth};
  const forethink::kernels::Table output{reinterpret_cast<float*>(out.data()), nullptr, kWidth};
  program.begin();
  for (auto _ : state) program.run(kRows, &input, &output, nullptr, scratch.data());
  program.end();
  state.counters["gflops"] =
      benchmark::Counter(static_cast<double>(state.iterations() * program.flops() * kRows) * 1e-9,
                         benchmark::Counter::kIsRate);
}

}  // namespace

int main(int argc, char** argv) {
  using forethink::name_of;
  using forethink::Precision;
  const auto sizes = [](benchmark::internal::Benchmark* bench) {
    bench->Args({512, 16})->Args({64, 5})->Args({16, 5})->UseRealTime()->Unit(
        benchmark::kMillisecond);
  };
  for (const InstructionSet set : forethink::instruction_sets()) {
    benchmark::RegisterBenchmark(("products/float32/" + name_of(set)).c_str(), products,
                                 Precision::kFloat32, set);
    if (!has_bf16(set)) continue;
    benchmark::RegisterBenchmark(("products/bfloat16/" + name_of(set)).c_str(), products,
                                 Precision::kBfloat16, set);
  }
  for (const std::string kind : {"residual_mlp", "gru"}) {
    sizes(benchmark::RegisterBenchmark((kind + "/plain/float32").c_str(), plain, kind, false));
    sizes(benchmark::RegisterBenchmark((kind + "/plain/bfloat16").c_str(), plain, kind, true));
    for (const InstructionSet set : forethink::instruction_sets()) {
      sizes(benchmark::RegisterBenchmark((kind + "/float32/" + name_of(set)).c_str(), compiled,
                                         kind, "float32", set));
      if (!has_bf16(set)) continue;
      sizes(benchmark::RegisterBenchmark((kind + "/bfloat16/" + name_of(set)).c_str(), compiled,
                                         kind, "bfloat16", set));
    }
  }
  const InstructionSet best = forethink::best_instruction_set();
  for (const std::string kind : {"residual_mlp", "gru"}) {
    sizes(benchmark::RegisterBenchmark((kind + "/gradient/plain").c_str(), plain_gradient, kind));
    for (const std::string precision : {"float32", "auto"}) {
      sizes(benchmark::RegisterBenchmark((kind + "/gradient/" + precision).c_str(),
                                         compiled_gradient, kind, precision, best));
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
