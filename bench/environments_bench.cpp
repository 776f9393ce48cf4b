// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Speed of environments on one core: state steps, pictures, recordings a second; and how animals
// that are written by hand fare in the meadow.
//
// Build with -DFORETHINK_BENCH=ON, then: environments_bench
// items_per_second is rows stepped, frames drawn, or transitions recorded.
// environments_bench --benchmark_filter=meadow/lives prints the table of docs/lab_notes.md.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

#include "forethink/environments/four_rooms.h"
#include "forethink/environments/meadow_behaviour.h"
#include "forethink/environments/two_rooms.h"
#include "forethink/environments/unit_rooms.h"

namespace {

using forethink::FourRooms;
using forethink::FourRoomsOptions;
using forethink::Meadow;
using forethink::MeadowBehaviour;
using forethink::MeadowOptions;
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
// Rows begin anew before random actions have killed many: the dead cost nothing.
void meadow_steps(benchmark::State& state) {
  at::set_num_threads(1);
  const std::int64_t batch = state.range(0);
  Meadow world;
  RandomStream rng(1, "bench");
  world.reset(batch, rng);
  const Tensor starts = world.state();
  const Tensor actions = rng.uniform({16, batch, 2}, -1.0, 1.0);
  std::int64_t t = 0;
  for (auto _ : state) {
    if (++t % 128 == 0) {
      state.PauseTiming();
      world.reset_to(starts, {}, rng);
      state.ResumeTiming();
    }
    benchmark::DoNotOptimize(world.step(actions[t % 16]));
  }
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(meadow_steps)->Name("meadow/state_steps/batch")->Arg(64)->Arg(1024)->Arg(16384);

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
BENCHMARK(frames_of<Meadow>)->Name("meadow/frames/batch")->Arg(32)->Arg(256)->Arg(2048);
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

void meadow_recording(benchmark::State& state) {
  at::set_num_threads(1);
  constexpr std::int64_t episodes = 50;
  constexpr std::int64_t length = 400;
  for (auto _ : state) {
    benchmark::DoNotOptimize(forethink::record_meadow({}, {.episodes = episodes, .steps = length}));
  }
  state.SetItemsProcessed(state.iterations() * episodes * length);
}
BENCHMARK(meadow_recording)->Name("meadow/recorded_transitions")->Unit(benchmark::kMillisecond);

// 200 lives of at most 1000 steps: counters are the share alive at the end in percent, the steps
// lived, and means over the lives of the mean of each vital.
void meadow_lives(benchmark::State& state, MeadowBehaviour behaviour,
                  const MeadowOptions& options) {
  forethink::MeadowLives lives;
  for (auto _ : state) lives = forethink::live_in_meadow(behaviour, 200, 7, options);
  const auto mean = [](const Tensor& values) {
    return values.to(at::kDouble).mean().item<double>();
  };
  state.counters["alive_%"] = 100.0 * mean(lives.cause.eq(-1));
  state.counters["steps"] = mean(lives.steps);
  const char* names[] = {"energy", "water", "integrity", "temperature", "effort"};
  for (std::int64_t i = 0; i < 5; ++i) {
    state.counters[names[i]] = mean(lives.mean_vitals.select(1, i));
    if (i < 4) state.counters[std::string("died_of_") + names[i]] = 200 * mean(lives.cause.eq(i));
  }
}

void add_meadow_lives() {
  const std::pair<const char*, MeadowOptions> conditions[] = {
      {"calm", {}}, {"wind", {.wind = 0.3}}, {"slippery", {.slip = 0.8}}};
  for (const auto& [condition, options] : conditions) {
    for (const MeadowBehaviour behaviour :
         {MeadowBehaviour::kRandom, MeadowBehaviour::kWander, MeadowBehaviour::kForget,
          MeadowBehaviour::kRemember, MeadowBehaviour::kKnow}) {
      const std::string name =
          std::string("meadow/lives/") + condition + "/" + forethink::behaviour_name(behaviour);
      benchmark::RegisterBenchmark(name.c_str(),
                                   [behaviour, options = options](benchmark::State& state) {
                                     meadow_lives(state, behaviour, options);
                                   })
          ->Iterations(1)
          ->Unit(benchmark::kMillisecond);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  add_meadow_lives();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
