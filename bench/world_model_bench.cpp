// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Speed of learning: encoders and predictors, forward and forward with backward; SIGReg.
//
// Build with -DFORETHINK_BENCH=ON, then: OMP_WAIT_POLICY=PASSIVE world_model_bench
// items_per_second is frames encoded, predictor steps, or states judged. Two threads; times are
// wall times, so nothing else should run: the backward pass of bf16 convolutions waits in spinning
// barriers and takes a hundred times longer when another job holds a core. A batch of 576 frames is
// 64 windows of 9.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"
#include "forethink/perception/perception.h"
#include "forethink/perception/pixels.h"
#include "forethink/training/losses/sigreg.h"
#include "forethink/world_model/predictor.h"

namespace {

using forethink::Bf16Scope;
using forethink::RandomStream;
using forethink::Tensor;

constexpr std::int64_t kFrames = 576;
constexpr std::int64_t kSteps = 7200;
constexpr std::int64_t kDim = 128;
constexpr std::int64_t kActionDim = 10;
constexpr int kThreads = 2;

// Runs `forward` (-> [N, D]) as training does, or without gradients as evaluation does.
template <class Forward>
void run(benchmark::State& state, torch::nn::Module& module, std::int64_t items, Forward forward) {
  at::set_num_threads(kThreads);
  const bool bf16 = state.range(0) != 0;
  const bool backward = state.range(1) != 0;
  for (auto _ : state) {
    if (!backward) {
      const torch::NoGradGuard no_grad;
      const Bf16Scope scope(bf16);
      benchmark::DoNotOptimize(forward());
      continue;
    }
    module.zero_grad();
    Tensor loss;
    {
      const Bf16Scope scope(bf16);
      loss = forward().square().mean();
    }
    loss.backward();
  }
  state.SetItemsProcessed(state.iterations() * items);
}

void encode(benchmark::State& state, const char* kind) {
  RandomStream rng(1, "bench");
  const auto encoder = forethink::make_encoder({.kind = kind, .dim = kDim}, {64, 64, 3});
  forethink::initialise(*encoder, rng);
  const Tensor images = rng.integers({kFrames, 64, 64, 3}, 0, 256).to(at::kByte);
  run(state, *encoder, kFrames, [&] { return encoder->forward(images); });
}

void predict(benchmark::State& state, const forethink::PredictorOptions& options) {
  RandomStream rng(1, "bench");
  const auto predictor = forethink::make_predictor(options, kDim, kActionDim);
  forethink::initialise(*predictor, rng);
  const Tensor s = rng.normal({kSteps, kDim});
  const Tensor a = rng.normal({kSteps, kActionDim});
  run(state, *predictor, kSteps, [&] { return predictor->forward(s, a, {}); });
}

void modes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"bf16", "backward"})
      ->ArgsProduct({{0, 1}, {0, 1}})
      ->UseRealTime()
      ->MinTime(0.3)
      ->Unit(benchmark::kMillisecond);
}

BENCHMARK_CAPTURE(encode, patch, "patch")->Apply(modes);
BENCHMARK_CAPTURE(encode, convolutional, "convolutional")->Apply(modes);
BENCHMARK_CAPTURE(predict, residual_mlp, forethink::PredictorOptions{})->Apply(modes);
BENCHMARK_CAPTURE(predict, film, forethink::PredictorOptions{.conditioning = "film", .hidden = 256})
    ->Apply(modes);
BENCHMARK_CAPTURE(predict, gru, forethink::PredictorOptions{.kind = "gru"})->Apply(modes);

// Bytes to bf16 patches: all that the patch encoder does besides products.
void cut_patches(benchmark::State& state) {
  at::set_num_threads(kThreads);
  RandomStream rng(1, "bench");
  const Tensor images = rng.integers({kFrames, 64, 64, 3}, 0, 256).to(at::kByte);
  for (auto _ : state) {
    benchmark::DoNotOptimize(forethink::cut_patches(images, 4, 2, at::kBFloat16));
  }
  state.SetItemsProcessed(state.iterations() * kFrames);
}
BENCHMARK(cut_patches)->UseRealTime()->Unit(benchmark::kMillisecond);

// SIGReg of 64 windows of 9 states, forward and backward; the argument is the number of directions.
void sigreg(benchmark::State& state) {
  at::set_num_threads(kThreads);
  RandomStream rng(1, "bench");
  const Tensor states = rng.normal({64, 9, kDim}).requires_grad_(true);
  for (auto _ : state) {
    states.mutable_grad() = Tensor();
    forethink::sigreg_loss(states, rng, {.directions = state.range(0)}).backward();
  }
  state.SetItemsProcessed(state.iterations() * kFrames);
}
BENCHMARK(sigreg)->Arg(64)->Arg(1024)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
