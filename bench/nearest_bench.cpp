// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Speed of exact nearest neighbours: what reads memory by content.
//
// Build with -DFORETHINK_BENCH=ON, then: nearest_bench. Sizes are M remembered vectors of D
// numbers, N queries, k neighbours. items_per_second is queries. "plain" is one product and
// torch::topk.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include "forethink/core/random.h"
#include "forethink/nn/nearest.h"

namespace {

using forethink::NearestBank;
using forethink::Tensor;

struct Vectors {
  explicit Vectors(const benchmark::State& state)
      : bank(forethink::RandomStream(1, "bank").normal({state.range(0), state.range(1)})),
        queries(forethink::RandomStream(2, "queries").normal({state.range(2), state.range(1)})),
        k(state.range(3)) {
    at::set_num_threads(2);
  }
  Tensor bank, queries;
  std::int64_t k;
};

void nearest(benchmark::State& state, bool bf16) {
  const Vectors given(state);
  const NearestBank bank(given.bank, bf16);
  for (auto _ : state) benchmark::DoNotOptimize(bank.find(given.queries, given.k));
  state.SetItemsProcessed(state.iterations() * given.queries.size(0));
}

void plain(benchmark::State& state) {
  const Vectors given(state);
  const Tensor half_norm = given.bank.square().sum(1).mul_(-0.5);
  for (auto _ : state) {
    const Tensor scores = at::addmm(half_norm, given.queries, given.bank.t());
    benchmark::DoNotOptimize(scores.topk(given.k, 1));
  }
  state.SetItemsProcessed(state.iterations() * given.queries.size(0));
}

void sizes(benchmark::internal::Benchmark* run) {
  run->ArgNames({"M", "D", "N", "k"})
      ->Args({16384, 128, 4096, 4})
      ->Args({100000, 192, 64, 10})
      ->Args({1000, 128, 16, 4})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

BENCHMARK(plain)->Apply(sizes);
BENCHMARK_CAPTURE(nearest, float32, false)->Apply(sizes);
BENCHMARK_CAPTURE(nearest, bfloat16, true)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
