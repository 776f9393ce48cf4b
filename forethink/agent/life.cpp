// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include <torch/torch.h>

#include <chrono>
#include <optional>

#include "forethink/agent/episode.h"
#include "forethink/agent/warm_starts.h"
#include "forethink/core/clock.h"
#include "forethink/core/error.h"
#include "forethink/core/frames.h"
#include "forethink/core/settings.h"

namespace forethink {
namespace {

constexpr const char* kRecollection = "recollection";
constexpr std::int64_t kPlane = 2;  // Numbers of a place.

// A reading of numbers [P, n], checked at the door.
Tensor felt_reading(const Observation& x, const std::string& sensor) {
  const auto found = x.find(sensor);
  if (found == x.end()) {
    throw ShapeError("live: the observation lacks the sensor '" + sensor + "'");
  }
  if (found->second.dim() != 2) {
    throw ShapeError("live: the sensor '" + sensor + "' is felt, but does not read [P, n] numbers");
  }
  if (!at::isfinite(found->second).all().item<bool>()) {
    throw ShapeError("live: the sensor '" + sensor + "' reads a number that is not finite");
  }
  return found->second.to(at::kFloat);
}

// What memory keeps of a place: where, what it is worth, and how much it hurt.
struct PlaceSeen {
  Tensor place;  // [B, 2]
  Tensor worth;  // [B, J]
  Tensor hurt;   // [B]

  Tensor as_latent() const { return at::cat({place, worth, hurt.unsqueeze(1)}, 1); }
};

// The places that `active` agents remember, and the present one: it was not written yet.
RememberedPlaces places_in_mind(const ShortTermMemory& memory, const Tensor& active, bool remember,
                                const PlaceSeen& here, std::int64_t now) {
  const std::int64_t B = active.size(0);
  RememberedPlaces places{here.place.unsqueeze(1), here.worth.unsqueeze(1), here.hurt.unsqueeze(1),
                          at::full({B, 1}, now, at::kLong), at::ones({B, 1}, at::kBool)};
  if (!remember) return places;
  const MemoryEntries& all = memory.contents();
  const Tensor latent = all.latent.index_select(0, active);
  const auto joined = [](const Tensor& before, const Tensor& one) {
    return at::cat({before, one}, 1);
  };
  const std::int64_t last = latent.size(2) - 1;
  places.place = joined(latent.slice(2, 0, kPlane), places.place);
  places.worth = joined(latent.slice(2, kPlane, last), places.worth);
  places.hurt = joined(latent.select(2, last), places.hurt);
  places.time = joined(all.time.index_select(0, active), places.time);
  places.held = joined(memory.holds(Remembered::kObserved).index_select(0, active), places.held);
  return places;
}

// The bodies of P agents: who lives, where each believes to be, what it feels and pays.
class Bodies {
 public:
  Bodies(const IntrinsicCost& intrinsic, const Observation& x) : intrinsic_(intrinsic) {
    vitals_ = felt_reading(x, "vitals");
    const std::int64_t P = vitals_.size(0);
    place_ = at::zeros({P, kPlane});
    alive_ = at::ones({P}, at::kBool);
    steps_ = at::zeros({P}, at::kLong);
    paid_ = at::zeros({P, kDrives}, at::kDouble);
    last_ = at::zeros({P, kDrives});
    hurt_ = at::zeros({P});
  }

  // One primitive step was made with `actions` [P, A].
  void feel(const Observation& x, const Tensor& actions, const Tensor& terminated) {
    const Tensor vitals = felt_reading(x, "vitals"), moved = felt_reading(x, "proprioception");
    const Tensor lived = alive_.unsqueeze(1);
    last_ = at::where(lived, intrinsic_(vitals, actions), last_);
    paid_ += last_;
    steps_ += alive_;
    place_ += at::where(lived, moved, at::zeros_like(moved));
    // Rises of pain are wounds; healing between two of them does not undo the first.
    hurt_ += (intrinsic_.drive(Drive::kPain, vitals) - intrinsic_.drive(Drive::kPain, vitals_))
                 .clamp_min(0.0);
    vitals_ = vitals;
    alive_ = alive_.logical_and(terminated.logical_not());
  }
  // Pain [B] felt since this was asked last.
  Tensor take_hurt(const Tensor& active) {
    Tensor felt = hurt_.index_select(0, active);
    hurt_.zero_();
    return felt;
  }

  const Tensor& place() const { return place_; }
  const Tensor& alive() const { return alive_; }
  const Tensor& steps() const { return steps_; }
  const Tensor& paid() const { return paid_; }

 private:
  const IntrinsicCost& intrinsic_;
  Tensor vitals_;  // [P, vitals]
  Tensor place_;   // [P, 2], of the odometer.
  Tensor alive_;   // [P] bool
  Tensor steps_;   // [P] int64
  Tensor paid_;    // [P, drives] float64, summed.
  Tensor last_;    // [P, drives], of the last step lived.
  Tensor hurt_;    // [P]
};

// Mean over looks of what memory says about predictions.
class HonestyGap {
 public:
  explicit HonestyGap(std::int64_t lives)
      : sum_(at::zeros({lives, kDrives})), count_(at::zeros({lives, 1})) {}
  void note(const Tensor& active, const Confirmation& confirmed) {
    sum_.index_add_(0, active, confirmed.energy_gap);
    count_.index_add_(0, active, confirmed.predicted.to(at::kFloat).unsqueeze(1));
  }
  Tensor mean() const {  // 0 / 0 = NaN: nothing was predicted.
    return sum_ / count_;
  }

 private:
  Tensor sum_;    // [P, drives]
  Tensor count_;  // [P, 1]
};

// Everything that one life loop works with.
struct Living {
  const LivingAgent& agent;
  const LifeOptions& options;
  PlanShape shape;  // Of one plan, and of one action held.
  ActionBounds bounds;
  VitalsSlice vitals;

  // s[0] = [Enc(x), felt]; what memory returns is felt like the rest.
  Tensor join(const Tensor& encoded, const Observation& x, const Tensor& recollection) const {
    std::vector<Tensor> parts = {encoded};
    for (const std::string& sensor : agent.felt) {
      parts.push_back(sensor == kRecollection ? recollection : felt_reading(x, sensor));
    }
    return at::cat(parts, 1);
  }
  Tensor energies(const Tensor& states) const { return agent.intrinsic(vitals.of(states)); }

  // Mode-1: a = A(s[0]).
  Tensor react(const Tensor& s) const {
    const torch::NoGradGuard no_grad;
    return agent.policy->forward(s).to(at::kFloat);
  }
  // s[1] of an action that is held.
  Tensor predict(const Tensor& s, const Tensor& action) const {
    const torch::NoGradGuard no_grad;
    const PlanShape one{.horizon = 1, .hold = shape.hold, .norm = shape.norm};
    const Tensor plan = action.view({action.size(0), 1, 1, action.size(1)});
    return imagine_plans(agent.world_model, s, plan, one)
        .select(1, 0)
        .select(1, 1)
        .to(at::kFloat)
        .contiguous();
  }
};

Tensor random_action(RandomStream& rng, const Tensor& active, std::int64_t P, std::int64_t A,
                     const ActionBounds& bounds) {
  // Drawn for all, so that a life does not depend on who still lives.
  return rng.uniform({P, A}, bounds.low, bounds.high).index_select(0, active);
}

void expect_agent(const Environment& world, const LivingAgent& agent, const LifeOptions& options) {
  options.validate();
  if (!world.spec().mortal) {
    throw ConfigError("live: nobody dies in " + world.spec().name +
                      "; run_episodes is for worlds with goals");
  }
  if (options.mode == "reactive" && !agent.policy) {
    throw ConfigError("live: mode \"reactive\" acts by a policy, and the agent has none");
  }
  if (agent.perception.frames() != 1) {
    throw ConfigError("live: perception looks at " + std::to_string(agent.perception.frames()) +
                      " readings at a time, a body at one; it feels how it moves");
  }
  if (agent.felt.empty() || agent.felt.back() != "vitals") {
    throw ConfigError("live: states must end with \"vitals\", which the intrinsic cost reads");
  }
}

}  // namespace

void LifeOptions::validate() const {
  expect_setting(mode == "reactive" || mode == "deliberate" || mode == "random", "life.mode", mode,
                 "one of reactive, deliberate, random");
  expect_setting(steps >= 1, "life.steps", steps, "steps >= 1");
  deliberation.validate();
  expect_setting(replan_every >= 1 && replan_every % deliberation.hold == 0 &&
                     replan_every <= deliberation.horizon * deliberation.hold,
                 "life.replan_every", replan_every,
                 "a multiple of deliberation.hold, at most horizon x hold");
  rollout.validate();
  memory.validate();
  recollection.validate();
}

LivesResult live(Environment& environment, const LivingAgent& agent, RandomStream& rng,
                 const LifeOptions& options, LifeWatcher* watcher) {
  expect_agent(environment, agent, options);
  const EnvironmentSpec& spec = environment.spec();
  const std::int64_t hold = options.deliberation.hold, A = spec.action.shape.front();
  const std::int64_t D = agent.world_model.state_dim();
  const Living living{
      agent,
      options,
      {.horizon = options.deliberation.horizon, .hold = hold, .norm = spec.action_norm},
      {spec.action.low, spec.action.high},
      VitalsSlice::last_of(D)};
  Observation seen = environment.observe();  // Of all, as of the last primitive step.
  Bodies bodies(agent.intrinsic, seen);
  const std::int64_t P = bodies.alive().size(0),
                     J = static_cast<std::int64_t>(place_needs().size());
  ShortTermMemory memory(
      {.agents = P, .state = D, .drives = kDrives, .action = A, .latent = kPlane + J + 1},
      options.memory);
  HonestyGap gap(P);
  WarmStarts warm_starts(P, /*actions_done=*/1);
  LivesResult result;
  const bool deliberate_mode = options.mode == "deliberate";
  const std::int64_t looks_per_plan = options.replan_every / hold;
  RolloutOptions imagination = options.rollout;
  if (agent.adjust) imagination.compile = false;
  const auto rollout = deliberate_mode ? try_to_compile(agent.world_model, agent.cost, living.shape,
                                                        imagination, result.not_compiled)
                                       : nullptr;

  for (std::int64_t step = 0, look = 0; step < options.steps; ++look) {
    const Tensor active = bodies.alive().nonzero().flatten();
    Tensor actions = at::zeros({P, A});
    if (active.size(0) > 0) {
      const auto started = std::chrono::steady_clock::now();
      // See.
      const Observation x = select_rows(seen, active);
      const Tensor encoded = agent.perception.estimate(x).to(at::kFloat);
      const PlaceSeen here{bodies.place().index_select(0, active), agent.worth(encoded),
                           bodies.take_hurt(active)};
      const Tensor recollection =
          recollect(places_in_mind(memory, active, options.remember, here, look), here.place,
                    options.recollection);
      const Tensor s = living.join(encoded, x, recollection);
      // Remember.
      MemoryEntries entry{at::full({active.size(0)}, look, at::kLong),
                          s,
                          living.energies(s),
                          {},
                          here.as_latent(),
                          {}};
      gap.note(active, memory.observe(entry, active));
      if (agent.adjust && look > 0) agent.adjust(memory);
      // Act.
      Tensor action;
      std::optional<ImaginedEnergy> imagined;
      std::optional<CompiledEnergy> compiled;
      Plan plan;
      if (options.mode == "reactive") {
        action = living.react(s);
      } else if (options.mode == "random") {
        action = random_action(rng, active, P, A, living.bounds);
      } else if (look % looks_per_plan > 0) {
        action = warm_starts.of(active).mean.select(1, 0).contiguous();
        warm_starts.move_on();
      } else {
        imagined.emplace(agent.world_model, agent.cost, s, active, options.deliberation,
                         living.bounds, spec.action_norm);
        if (rollout) compiled.emplace(*rollout, s, active, living.bounds);
        const Energy& energy = compiled ? static_cast<const Energy&>(*compiled) : *imagined;
        PlanStart start = warm_starts.of(active);
        if (agent.policy) {
          const Tensor proposal = propose(*agent.policy, agent.world_model, s, living.shape);
          start.elites = start.elites.defined() ? at::cat({proposal.unsqueeze(1), start.elites}, 1)
                                                : proposal.unsqueeze(1);
        }
        plan = deliberate(energy, start, rng, options.deliberation);
        warm_starts.keep(active, plan);
        result.model_steps += plan.model_steps;
        action = plan.actions.select(1, 0).contiguous();
      }
      entry.action = action;
      memory.observe(entry, active);
      // Predict.
      Tensor predicted;
      if (deliberate_mode || options.predict) {
        predicted = living.predict(s, action);
        memory.predict({entry.time + 1, predicted, living.energies(predicted), {}, {}, {}}, active);
      }
      result.act_ms.push_back(1e3 * seconds_since(started));
      result.acts += active.size(0);
      if (watcher) {
        watcher->looked({step, active, s, recollection, action, predicted,
                         imagined ? &*imagined : nullptr, imagined ? &plan : nullptr},
                        memory);
      }
      actions.index_copy_(0, active, action);
    }
    for (std::int64_t i = 0; i < hold && step < options.steps; ++i, ++step) {
      const StepResult outcome = environment.step(actions);
      seen = environment.observe();
      bodies.feel(seen, actions, outcome.terminated);
      if (watcher) watcher->stepped(step + 1, actions, environment);
    }
  }
  result.alive = bodies.alive().clone();
  result.steps = bodies.steps().clone();
  result.energy = (bodies.paid() / static_cast<double>(options.steps)).to(at::kFloat);
  result.honesty_gap = gap.mean();
  return result;
}

}  // namespace forethink
