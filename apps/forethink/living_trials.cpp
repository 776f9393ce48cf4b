// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink evaluate RUN --trial ...`: what memory and on-line adjustment are there for, each in a
// situation made for it, in the meadow.
//
//   memory      led to water and away again until it is out of view, then thirsty: when does it
//               drink?  led through a thorn that cannot be seen: does it touch it again?
//   adjustment  the wind rises, or the ground turns slippery: does the error of what is predicted
//               come back down?
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>

#include "apps/forethink/commands.h"
#include "apps/forethink/experiment.h"
#include "apps/forethink/living.h"
#include "forethink/core/error.h"
#include "forethink/core/interrupt.h"
#include "forethink/core/progress.h"
#include "forethink/environments/meadow_world.h"
#include "forethink/evaluation/altered_world.h"
#include "forethink/evaluation/wilson.h"
#include "forethink/training/online_adjustment.h"

namespace forethink {
namespace {

constexpr std::int64_t kFree = 300;     // Steps in which to drink, or to touch the thorn again.
constexpr std::int64_t kAtWater = 8;    // Steps of the visit.
constexpr std::int64_t kWalkAway = 24;  // Steps, of one unit: three windows' halves.
constexpr std::int64_t kThroughThorn = 8;
constexpr std::int64_t kBlock = 100;   // Steps of one point of the adjustment's curve.
constexpr std::int64_t kBefore = 300;  // Steps in the world as it was.
constexpr std::int64_t kAfter = 500;   // Steps to adjust in.

// Columns of the meadow's states by name.
class Fields {
 public:
  explicit Fields(const EnvironmentSpec& spec) : names_(spec.state_fields) {}
  std::int64_t at(const std::string& name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) throw ConfigError("this world has no \"" + name + "\"");
    return found - names_.begin();
  }
  Tensor of(const Tensor& states, const std::string& name) const {
    return states.select(1, at(name));
  }

 private:
  std::vector<std::string> names_;
};

void set_comfortable(const Fields& fields, Tensor& states) {
  for (const char* vital : {"energy", "water", "integrity"}) fields.of(states, vital).fill_(0.9);
  fields.of(states, "temperature").fill_(0.5);
}

Tensor distance(const Fields& fields, const Tensor& states, const std::string& thing) {
  return at::hypot(fields.of(states, thing + "_x") - fields.of(states, "agent_x"),
                   fields.of(states, thing + "_y") - fields.of(states, "agent_y"));
}

std::unique_ptr<Environment> drawn_worlds(const Run& run, std::int64_t count, const char* trial) {
  auto world = make_environment(run.settings.environment);
  RandomStream worlds(static_cast<std::uint64_t>(run.settings.living.evaluate.seed),
                      std::string("trial of ") + trial);
  world->reset(count, worlds);
  return world;
}

// The first step after `from` at which something happened, in each life.
class FirstTime final : public LifeWatcher {
 public:
  using Happens = std::function<Tensor(const Tensor& before, const Tensor& now)>;  // [P] bool
  FirstTime(std::int64_t from, const Environment& world, Happens happens)
      : from_(from), before_(world.state()), happens_(std::move(happens)) {
    when_ = at::full({before_.size(0)}, -1, at::kLong);
  }
  void looked(const Look&, const ShortTermMemory&) override {}
  void stepped(std::int64_t step, const Tensor&, const Environment& world) override {
    const Tensor now = world.state();
    if (step > from_) {
      when_.masked_fill_(happens_(before_, now).logical_and(when_.lt(0)), step - from_);
    }
    before_ = now;
  }
  const Tensor& when() const { return when_; }  // -1: never.

 private:
  std::int64_t from_;
  Tensor before_;
  Happens happens_;
  Tensor when_;
};

// Of 16 directions the one whose way of `length` stays inside and ends farthest from any water.
Tensor ways_away(const Fields& fields, const Tensor& states, double size, double length) {
  constexpr int kDirections = 16;
  Tensor best = at::full({states.size(0)}, -1.0), way = at::zeros({states.size(0), 2});
  for (int k = 0; k < kDirections; ++k) {
    const double angle = 2 * std::numbers::pi * k / kDirections;
    Tensor there = states.clone();
    fields.of(there, "agent_x").add_(length * std::cos(angle));
    fields.of(there, "agent_y").add_(length * std::sin(angle));
    const auto inside = [&](const Tensor& x) { return x.gt(2.0).logical_and(x.lt(size - 2.0)); };
    const Tensor free =
        inside(fields.of(there, "agent_x")).logical_and(inside(fields.of(there, "agent_y")));
    const Tensor far =
        at::minimum(distance(fields, there, "water0"), distance(fields, there, "water1"));
    const Tensor better = free.logical_and(far.gt(best));
    best = at::where(better, far, best);
    const Tensor direction = at::tensor({std::cos(angle), std::sin(angle)}, at::kFloat);
    way = at::where(better.unsqueeze(1), direction.unsqueeze(0), way);
  }
  return way;
}

// Lives for a while as `kind`, led and altered.
Tensor first_times(const Run& run, const LivingModel& model, Environment& world,
                   const AgentKind& kind, std::int64_t free_from, const AlteredWorld::Alter& alter,
                   const AlteredWorld::Lead& lead, const FirstTime::Happens& happens) {
  AlteredWorld altered(world, alter, lead);
  LivingOptions options = run.settings.living;
  options.life.steps = free_from + kFree;
  FirstTime watcher(free_from, world, happens);
  RandomStream search(static_cast<std::uint64_t>(run.settings.seed), "search");
  live_as(altered, model, options, kind, search, &watcher);
  return watcher.when();
}

double median_time(const Tensor& when) {  // Never counts as the whole time.
  const Tensor capped = at::where(when.lt(0), at::full_like(when, kFree), when);
  return capped.to(at::kDouble).quantile(0.5).item<double>();
}

void say_share(const char* what, const char* who, const Tensor& did) {
  const auto n = did.size(0), yes = did.sum().item<std::int64_t>();
  const Interval interval = wilson_interval(yes, n);
  std::fprintf(stderr, "  %-10s %s: %.1f %% [%.1f, %.1f] of %lld\n", who, what,
               100.0 * static_cast<double>(yes) / static_cast<double>(n), 100 * interval.low,
               100 * interval.high, static_cast<long long>(n));
}

// One visit to water, then away, then thirst.
void trial_of_water(const Run& run, const LivingModel& model, std::int64_t count) {
  for (const char* name : {"full", "no memory"}) {
    const auto world = drawn_worlds(run, count, "water");
    const Fields fields(world->spec());
    Tensor start = world->state().clone();
    set_comfortable(fields, start);
    fields.of(start, "agent_x").copy_(fields.of(start, "water0_x"));
    fields.of(start, "agent_y").copy_(fields.of(start, "water0_y"));
    RandomStream chance(0, "start");
    world->reset_to(start, {}, chance);
    const Tensor away = ways_away(fields, start, meadow::kSide, kWalkAway);
    constexpr std::int64_t kLed = kAtWater + kWalkAway;
    const Tensor when = first_times(
        run, model, *world, agent_kind(name), kLed,
        [&](std::int64_t step, Tensor& states) {
          if (step != kLed) return false;
          set_comfortable(fields, states);
          fields.of(states, "water").fill_(0.3);
          return true;
        },
        [&](std::int64_t step, const Tensor&) {
          if (step >= kLed) return Tensor();
          return step < kAtWater ? at::zeros_like(away) : away;
        },
        [&](const Tensor& before, const Tensor& now) {
          return (fields.of(now, "water") - fields.of(before, "water")).gt(0.005);
        });
    std::fprintf(stderr, "  %-10s drinks again after %.0f steps (median of %lld)\n", name,
                 median_time(when), static_cast<long long>(count));
    say_share("drank within the time", name, when.ge(0));
  }
}

// One contact with a thorn that cannot be seen.
void trial_of_thorn(const Run& run, const LivingModel& model, std::int64_t count) {
  for (const char* name : {"full", "no memory"}) {
    const auto world = drawn_worlds(run, count, "thorn");
    const Fields fields(world->spec());
    Tensor start = world->state().clone();
    set_comfortable(fields, start);
    fields.of(start, "thorn0_shown").zero_();
    fields.of(start, "agent_x")
        .copy_((fields.of(start, "thorn0_x") - kThroughThorn / 2.0).clamp_min(1.0));
    fields.of(start, "agent_y").copy_(fields.of(start, "thorn0_y"));
    RandomStream chance(0, "start");
    world->reset_to(start, {}, chance);
    const double touch = meadow::kThornRadius + meadow::kAgentRadius;
    const Tensor east = at::tensor({1.0F, 0.0F}).expand({count, 2}).contiguous();
    // It has left the thorn behind when it is free.
    const Tensor when = first_times(
        run, model, *world, agent_kind(name), kThroughThorn,
        [&](std::int64_t step, Tensor& states) {
          if (step != kThroughThorn) return false;
          set_comfortable(fields, states);
          return true;
        },
        [&](std::int64_t step, const Tensor&) { return step < kThroughThorn ? east : Tensor(); },
        [&](const Tensor&, const Tensor& now) {
          return distance(fields, now, "thorn0").lt(touch);
        });
    say_share("touched the thorn again", name, when.ge(0));
  }
}

// Errors of what was predicted, by block of steps.
class ErrorCurve final : public LifeWatcher {
 public:
  explicit ErrorCurve(std::int64_t blocks)
      : sum_(static_cast<std::size_t>(blocks)), count_(static_cast<std::size_t>(blocks)) {}
  void looked(const Look& look, const ShortTermMemory&) override {
    // The world was altered between the first look of a block and the second.
    const bool disturbed = look.step % kBlock <= hold_of(look);
    if (predicted_.defined() && !disturbed) {
      const auto block = static_cast<std::size_t>(look.step / kBlock);
      sum_[block] += (predicted_ - look.state).square().mean().item<double>();
      count_[block] += 1;
    }
    predicted_ = look.predicted;
    last_step_ = look.step;
  }
  void stepped(std::int64_t, const Tensor&, const Environment&) override {}
  double error(std::int64_t block) const {
    const auto b = static_cast<std::size_t>(block);
    return count_[b] > 0 ? sum_[b] / count_[b] : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  std::int64_t hold_of(const Look& look) const { return look.step - last_step_; }
  std::vector<double> sum_;
  std::vector<double> count_;
  Tensor predicted_;
  std::int64_t last_step_ = 0;
};

// One life of babbling, in a world that changes; a copy of the world model of its own.
std::vector<double> error_curve(const Run& run, const LivingModel& model, Environment& world,
                                const std::string& field, double value, bool adjusts,
                                std::uint64_t life) {
  const Fields fields(world.spec());
  const LivingOptions& living = run.settings.living;
  const std::int64_t steps = kBefore + kAfter, blocks = steps / kBlock;
  AlteredWorld altered(world, [&](std::int64_t step, Tensor& states) {
    if (step % kBlock != 0) return false;
    set_comfortable(fields, states);
    if (step >= kBefore) fields.of(states, field).fill_(value);
    return true;
  });
  const EnvironmentSpec& spec = world.spec();
  const auto& shared = *model.world_model;
  const auto own =
      std::make_shared<Jepa>(shared.encoder_x(), shared.encoder_x(),
                             make_predictor_network(run.settings, spec, shared.state_dim()));
  std::map<std::string, Tensor> weights;
  module_to_tensors(shared, "", weights);
  tensors_to_module(weights, "", *own);
  own->eval();
  const PlaceWorth worth = model.worth(living);
  const Cost cost = living_cost(model, living, agent_kind("full"));
  LivingAgent agent{*model.perception, all_felt(), *own, model.intrinsic, cost, nullptr, worth};
  OnlineAdjuster adjuster(own, living.life.deliberation.hold, spec.action_norm, living.adjustment,
                          life);
  if (adjusts) agent.adjust = [&](const ShortTermMemory& memory) { adjuster(memory); };
  LifeOptions options = living.life;
  options.mode = "random";
  options.steps = steps;
  ErrorCurve curve(blocks);
  RandomStream chance(life, "babbling");
  live(altered, agent, chance, options, &curve);
  std::vector<double> errors;
  for (std::int64_t b = 0; b < blocks; ++b) errors.push_back(curve.error(b));
  return errors;
}

int trial_of_adjustment(const Run& run, const LivingModel& model, std::int64_t count) {
  struct Change {
    const char* name;
    const char* field;
    double value;
  };
  for (const Change& change : {Change{"wind", "wind_x", 0.4}, Change{"slip", "slip", 0.7}}) {
    for (const bool adjusts : {true, false}) {
      const std::string who = std::string(change.name) + (adjusts ? ", adjusts" : ", does not");
      const auto all = drawn_worlds(run, count, "adjustment");
      const Tensor starts = all->state();
      Progress bar(who, count);
      std::vector<Tensor> curves;
      for (std::int64_t i = 0; i < count; ++i, bar.advance()) {
        if (interrupted()) return kInterruptedBySignal;
        const auto world = make_environment(run.settings.environment);
        RandomStream chance(0, "start");
        world->reset_to(starts.slice(0, i, i + 1), {}, chance);
        curves.push_back(at::tensor(error_curve(run, model, *world, change.field, change.value,
                                                adjusts, static_cast<std::uint64_t>(i)),
                                    at::kDouble));
      }
      bar.finish();
      const Tensor mean = at::stack(curves).nanmean(0);
      const double before = mean[kBefore / kBlock - 1].item<double>();
      std::fprintf(stderr, "  %-16s error, of that before the change:", who.c_str());
      for (std::int64_t b = 0; b < mean.size(0); ++b) {
        std::fprintf(stderr, " %.2f", mean[b].item<double>() / before);
      }
      std::fprintf(stderr, "  (each %lld steps; the change after %lld)\n",
                   static_cast<long long>(kBlock), static_cast<long long>(kBefore));
    }
  }
  return kOk;
}

}  // namespace

int living_trial(const Run& run, const std::string& trial, std::int64_t worlds) {
  if (run.settings.environment.name != "meadow") {
    throw ConfigError("--trial is for the meadow, not for " + run.settings.environment.name);
  }
  const LivingModel model = load_living_model(run);
  const std::int64_t count = worlds > 0 ? worlds : run.settings.living.evaluate.worlds;
  if (trial == "adjustment") return trial_of_adjustment(run, model, count);
  trial_of_water(run, model, count);
  trial_of_thorn(run, model, count);
  return kOk;
}

}  // namespace forethink
