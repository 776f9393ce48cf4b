// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Speed of environments on one core: state steps, pictures, recordings a second.
//
// Build with -DFORETHINK_BENCH=ON, then: environments_bench
// items_per_second is rows stepped, frames drawn, or transitions recorded.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include "forethink/environments/four_rooms.h"
#include "forethink/environments/two_rooms.h"
#include "forethink/environments/unit_rooms.h"

namespace {

using forethink::FourRooms;
using forethink::FourRoomsOptions;
using forethink::RandomStream;
using forethink::Tensor;
using forethink::TwoRooms;
using forethink::TwoRoomsOptions;
using forethink::UnitRooms;
using forethink::UnitRoomsOptions;

// Agents move and collide, and whatever else moves; success and time are tested; nothing is drawn.
template <class World, class Options>
void steps(benchmark::State& state) {
  at::set_num_threads(1);
  const std::int64_t batch = state.range(0);
  Options options;
  options.episode_steps = 1'000'000'000;
  World world(options);
  RandomStream rng(1, "bench");
  world.reset(batch, rng);
  const auto& action = world.spec().action;
  std::vector<Tensor> actions;
  for (int i = 0; i < 16; ++i) actions.push_back(rng.uniform({batch, 2}, action.low, action.high));
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(world.step(actions[i++ % actions.size()]));
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(steps<FourRooms, FourRoomsOptions>)
    ->Name("four_rooms/state_steps/batch")
    ->Arg(64)
    ->Arg(1024)
    ->Arg(16384);
BENCHMARK(steps<TwoRooms, TwoRoomsOptions>)
    ->Name("two_rooms/state_steps/batch")
    ->Arg(64)
    ->Arg(1024)
    ->Arg(16384);
BENCHMARK(steps<UnitRooms, UnitRoomsOptions>)->Name("unit_rooms/state_steps/batch")->Arg(1024);

// Pictures of every row, into a new tensor each time.
void draw_frames(benchmark::State& state, forethink::Environment& world, std::int64_t batch) {
  at::set_num_threads(1);
  RandomStream rng(1, "bench");
  world.reset(batch, rng);
  for (auto _ : state) benchmark::DoNotOptimize(world.observe());
  state.SetItemsProcessed(state.iterations() * batch);
}

void frames(benchmark::State& state) {
  FourRoomsOptions options;
  options.image_size = state.range(0);
  FourRooms world(options);
  draw_frames(state, world, state.range(1));
}
BENCHMARK(frames)
    ->Name("four_rooms/frames/size/batch")
    ->Args({64, 32})
    ->Args({64, 256})
    ->Args({64, 2048})
    ->Args({224, 64});

template <class World>
void frames_of(benchmark::State& state) {
  World world;
  draw_frames(state, world, state.range(0));
}
BENCHMARK(frames_of<TwoRooms>)->Name("two_rooms/frames/batch")->Arg(32)->Arg(256)->Arg(2048);
BENCHMARK(frames_of<UnitRooms>)->Name("unit_rooms/frames/batch")->Arg(256);

// Step and look: what an agent with eyes costs the environment.
template <class World, class Options>
void steps_with_frames(benchmark::State& state) {
  at::set_num_threads(1);
  const std::int64_t batch = state.range(0);
  Options options;
  options.episode_steps = 1'000'000'000;
  World world(options);
  RandomStream rng(1, "bench");
  world.reset(batch, rng);
  const Tensor actions = rng.uniform({batch, 2}, -1.0, 1.0);
  for (auto _ : state) {
    benchmark::DoNotOptimize(world.step(actions));
    benchmark::DoNotOptimize(world.observe());
  }
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(steps_with_frames<FourRooms, FourRoomsOptions>)
    ->Name("four_rooms/steps_with_frames/batch")
    ->Arg(32)
    ->Arg(256);
BENCHMARK(steps_with_frames<TwoRooms, TwoRoomsOptions>)
    ->Name("two_rooms/steps_with_frames/batch")
    ->Arg(256);

// Recording with expert and explorer, as training data are made.
void recording(benchmark::State& state) {
  at::set_num_threads(1);
  constexpr std::int64_t episodes = 250;
  constexpr std::int64_t length = 400;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        forethink::record_four_rooms({}, {.episodes = episodes, .steps = length}));
  }
  state.SetItemsProcessed(state.iterations() * episodes * length);
}
BENCHMARK(recording)->Name("four_rooms/recorded_transitions")->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
