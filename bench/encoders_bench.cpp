// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Speed of image encoders: frames a second, forward alone and forward with backward.
//
// Build with -DFORETHINK_BENCH=ON, then: OMP_WAIT_POLICY=PASSIVE encoders_bench
// items_per_second is frames. Batches of 512 frames; two threads; times are wall times, so nothing
// else should run. bf16 is measured where the processor gains by it.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <vector>

#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"
#include "forethink/perception/perception.h"

namespace {

using forethink::Bf16Scope;
using forethink::EncoderOptions;
using forethink::RandomStream;
using forethink::Tensor;

constexpr std::int64_t kFrames = 512;
constexpr int kThreads = 2;

// Either 64 x 64 x 3 or 65 x 65 x 2, whose side is 5 x 13.
EncoderOptions sized(EncoderOptions options, std::int64_t side) {
  options.dim = 128;
  options.patch.patch = side == 65 ? 5 : 4;
  options.vit.patch = side == 65 ? 13 : 8;
  return options;
}

void encode(benchmark::State& state, const EncoderOptions& options) {
  at::set_num_threads(kThreads);
  const std::int64_t side = state.range(0);
  const bool backward = state.range(1) != 0;
  const bool bf16 = state.range(2) != 0;
  const std::vector<std::int64_t> shape{side, side, side == 65 ? 2 : 3};
  RandomStream rng(1, "bench");
  const auto encoder = forethink::make_encoder(sized(options, side), shape);
  forethink::initialise(*encoder, rng);
  const Tensor images = rng.integers({kFrames, shape[0], shape[1], shape[2]}, 0, 256).to(at::kByte);
  const auto forward = [&] {
    const Bf16Scope scope(bf16);
    return encoder->forward(images);
  };
  for (auto _ : state) {
    if (backward) {
      encoder->zero_grad();
      forward().square().mean().backward();
    } else {
      const torch::NoGradGuard no_grad;
      benchmark::DoNotOptimize(forward());
    }
  }
  state.SetItemsProcessed(state.iterations() * kFrames);
}

void modes(benchmark::internal::Benchmark* benchmark) {
  const std::vector<std::int64_t> types =
      forethink::bf16_pays() ? std::vector<std::int64_t>{0, 1} : std::vector<std::int64_t>{0};
  benchmark->ArgNames({"side", "backward", "bf16"})
      ->ArgsProduct({{64, 65}, {0, 1}, types})
      ->UseRealTime()
      ->MinTime(0.5)
      ->Unit(benchmark::kMillisecond);
}

BENCHMARK_CAPTURE(encode, patch, EncoderOptions{.kind = "patch"})->Apply(modes);
BENCHMARK_CAPTURE(encode, convolutional, EncoderOptions{.kind = "convolutional"})->Apply(modes);
BENCHMARK_CAPTURE(encode, vit, EncoderOptions{.kind = "vit"})->Apply(modes);
BENCHMARK_CAPTURE(encode, impala, EncoderOptions{.kind = "impala"})->Apply(modes);

}  // namespace

BENCHMARK_MAIN();
