// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Overhead of every planner: its own time a plan, on an energy that costs next to nothing.
//
// Build with -DFORETHINK_BENCH=ON, then: planning_bench
// The row `energy alone` is what scoring 24 sequences takes; `model_steps` are those of one plan.
// Rows `in place` score the same energy without tensors: what is left is the planner's own.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <algorithm>
#include <string>

#include "forethink/planning/analytic_energies.h"
#include "forethink/planning/planner.h"

namespace {

using forethink::AnalyticEnergy;
using forethink::Plan;
using forethink::PlannerOptions;
using forethink::RandomStream;
using forethink::Tensor;

constexpr std::int64_t kHorizon = 8;
constexpr std::int64_t kActionDim = 2;

// The square of the first action's first component: two ATen calls and a derivative.
class Trivial final : public AnalyticEnergy {
 public:
  explicit Trivial(std::int64_t problems)
      : AnalyticEnergy(at::arange(problems), kHorizon, kActionDim) {}
  Tensor operator()(const Tensor& actions) const override {
    return actions.select(3, 0).select(2, 0).square();
  }
};

// The same in place: no tensors, no autograd.
class TrivialInPlace final : public AnalyticEnergy {
 public:
  explicit TrivialInPlace(std::int64_t problems)
      : AnalyticEnergy(at::arange(problems), kHorizon, kActionDim) {}
  Tensor operator()(const Tensor& actions) const override {
    return actions.select(3, 0).select(2, 0).square();
  }
  void score(const float* actions, std::int64_t samples, float* energies) const override {
    for (std::int64_t i = 0; i < problems() * samples; ++i) {
      const float a = actions[i * kHorizon * kActionDim];
      energies[i] = a * a;
    }
  }
  void score_with_gradient(const float* actions, std::int64_t samples, float* energies,
                           float* gradients) const override {
    score(actions, samples, energies);
    constexpr std::int64_t kSize = kHorizon * kActionDim;
    std::fill_n(gradients, problems() * samples * kSize, 0.0F);
    for (std::int64_t i = 0; i < problems() * samples; ++i) {
      gradients[i * kSize] = 2.0F * actions[i * kSize];
    }
  }
};

void energy_alone(benchmark::State& state) {
  at::set_num_threads(1);
  const at::NoGradGuard no_grad;
  const Trivial energy(state.range(0));
  const Tensor actions = at::zeros({state.range(0), 24, kHorizon, kActionDim});
  for (auto _ : state) benchmark::DoNotOptimize(energy(actions));
}

template <class Scored>
void overhead(benchmark::State& state, const std::string& name) {
  at::set_num_threads(1);
  const Scored energy(state.range(0));
  PlannerOptions options{.name = name};
  options.gradient.patience = options.gradient.iterations;
  RandomStream rng(1, "bench");
  Plan plan;
  for (auto _ : state) plan = forethink::plan(energy, {}, rng, options);
  state.counters["model_steps"] = static_cast<double>(plan.model_steps);
  state.counters["iterations"] = static_cast<double>(plan.iterations);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::RegisterBenchmark("energy alone", energy_alone)
      ->Arg(1)
      ->Arg(300)
      ->Unit(benchmark::kMicrosecond);
  for (const std::string& name : forethink::planner_names()) {
    benchmark::RegisterBenchmark(name.c_str(), overhead<Trivial>, name)
        ->Arg(1)
        ->Arg(300)
        ->Unit(benchmark::kMicrosecond);
  }
  for (const std::string& name : forethink::planner_names()) {
    benchmark::RegisterBenchmark((name + " in place").c_str(), overhead<TrivialInPlace>, name)
        ->Arg(1)
        ->Arg(300)
        ->Unit(benchmark::kMicrosecond);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
