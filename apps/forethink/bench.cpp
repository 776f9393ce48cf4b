// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink bench`: the speed of the main loops, on this machine, in a few seconds.
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/forethink/commands.h"
#include "apps/forethink/experiment.h"
#include "apps/forethink/machine.h"
#include "forethink/core/error.h"
#include "forethink/evaluation/wilson.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

constexpr int kRepeats = 7;
constexpr std::int64_t kWorlds = 4096;
constexpr std::int64_t kFrames = 576;
constexpr std::int64_t kImagined = 7200;

struct Measured {
  std::string name;
  std::string unit;
  double per_second;
};

// Units per second: the median of a few repeats, after one to warm up.
Measured measure(std::string name, std::string unit, double units,
                 const std::function<void()>& work) {
  work();
  std::vector<double> rates;
  for (int i = 0; i < kRepeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    rates.push_back(
        units / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return {std::move(name), std::move(unit), median(rates)};
}

std::vector<Measured> bench_environment(const ExperimentSettings& settings) {
  const auto environment = make_environment(settings.environment);
  RandomStream rng(0, "bench");
  environment->reset(kWorlds, rng);
  const Tensor actions = rng.uniform({kWorlds, environment->spec().action.shape.front()}, -1, 1);
  return {measure("environment_steps", "steps", kWorlds, [&] { environment->step(actions); }),
          measure("environment_frames", "frames", kWorlds, [&] { environment->observe(); })};
}

std::vector<Measured> bench_model(const ExperimentSettings& settings) {
  const at::NoGradGuard no_grad;
  const Bf16Scope precision(bf16_pays());
  const auto environment = make_environment(settings.environment);
  RandomStream rng(0, "bench");
  environment->reset(kFrames, rng);
  const auto jepa = make_jepa(settings, environment->spec());
  jepa->eval();
  const Tensor frames = environment->observe().at(settings.sensor);
  const Tensor s = rng.normal({kImagined, jepa->state_dim()});
  const Tensor a = rng.uniform({kImagined, jepa->action_dim()}, -1, 1);
  return {measure("encoder_frames", "frames", kFrames, [&] { jepa->encode_x(frames); }),
          measure("model_steps", "steps", kImagined, [&] { jepa->predict(s, a, {}); })};
}

int bench(const std::string& name, bool json) {
  const ExperimentSettings settings;
  std::vector<Measured> all;
  if (name == "environment" || name == "all") all = bench_environment(settings);
  if (name == "model" || name == "all") {
    for (const Measured& one : bench_model(settings)) all.push_back(one);
  }
  nlohmann::json object{{"machine", machine_name()}};
  for (const Measured& one : all) {
    std::fprintf(stderr, "%-20s %12.0f %s/s\n", one.name.c_str(), one.per_second, one.unit.c_str());
    object[one.name + "_per_second"] = one.per_second;
  }
  if (json) std::printf("%s\n", object.dump().c_str());
  return kOk;
}

}  // namespace

Command add_bench(CLI::App& app) {
  const auto name = std::make_shared<std::string>("all");
  const auto json = std::make_shared<bool>(false);
  app.add_option("name", *name, "environment, model or all")
      ->check(CLI::IsMember({"environment", "model", "all"}));
  app.add_flag("--json", *json, "one JSON object on the last line");
  return [name, json] { return bench(*name, *json); };
}

}  // namespace forethink
