// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

#include "forethink/agent/episode.h"
#include "forethink/agent/test_body.h"
#include "forethink/agent/test_plane.h"
#include "forethink/core/error.h"
#include "forethink/nn/init.h"

namespace forethink {
namespace {

constexpr std::int64_t kLives = 5;

Meadow worlds(std::int64_t count = kLives) {
  Meadow world({.image_size = 16});
  RandomStream rng(4, "worlds");
  world.reset(count, rng);
  return world;
}

// Everything that a life shows.
class Witness final : public LifeWatcher {
 public:
  void looked(const Look& look, const ShortTermMemory& memory) override {
    ++looks;
    plans += look.plan != nullptr;
    recollections.push_back(look.recollection.clone());
    states.push_back(look.state.clone());
    observed.push_back(memory.holds(Remembered::kObserved).sum().item<std::int64_t>());
    predicted.push_back(memory.holds(Remembered::kPredicted).sum().item<std::int64_t>());
  }
  void stepped(std::int64_t, const Tensor& actions, const Environment& world) override {
    all_actions.push_back(actions.clone());
    truths.push_back(world.state());
  }
  std::int64_t looks = 0, plans = 0;
  std::vector<Tensor> recollections, states, all_actions, truths;
  std::vector<std::int64_t> observed, predicted;
};

LivesResult run(UntaughtBody& body, Witness* witness = nullptr, Policy* policy = nullptr) {
  Meadow world = worlds();
  RandomStream rng(5, "agent");
  return live(world, body.agent(policy), rng, body.options, witness);
}

TEST(Live, CountsStepsAndEnergyAsTheWorldGoes) {
  UntaughtBody body(4);
  body.options.mode = "random";
  body.options.steps = 600;  // Who pushes at random dies before.
  Witness witness;
  const LivesResult result = run(body, &witness);
  Meadow world = worlds();
  Tensor alive = at::ones({kLives}, at::kBool), steps = at::zeros({kLives}, at::kLong);
  Tensor paid = at::zeros({kLives, kDrives}, at::kDouble), last = at::zeros({kLives, kDrives});
  for (const Tensor& actions : witness.all_actions) {
    const Tensor dead = world.step(actions).terminated;
    last =
        at::where(alive.unsqueeze(1), body.intrinsic(world.observe().at("vitals"), actions), last);
    paid += last;
    steps += alive;
    alive = dead.logical_not();
  }
  EXPECT_TRUE(at::equal(result.alive, alive));
  EXPECT_TRUE(at::equal(result.steps, steps));
  EXPECT_TRUE(at::allclose(result.energy.to(at::kDouble), paid / 600.0, 1e-5, 1e-7));
  EXPECT_LT(steps.min().item<std::int64_t>(), 600);
  EXPECT_EQ(result.model_steps, 0);
}

TEST(Live, RemembersWhereItWasAndWhatItFelt) {
  UntaughtBody body(1);
  body.options.mode = "random";
  body.options.steps = 40;
  body.options.recollection.way_cost = 0.0;  // The best place, however little better and far.
  Witness with, without;
  run(body, &with);
  body.options.remember = false;
  run(body, &without);
  // The same way, for nothing else depends on memory here.
  EXPECT_TRUE(at::equal(with.truths.back(), without.truths.back()));
  EXPECT_EQ(with.looks, 40);
  EXPECT_EQ(with.observed.back(), kLives * 40);
  EXPECT_GT(with.predicted.back(), 0);
  // Without memory only the present place comes to mind: no way to it. With it, others do.
  const auto of_needs = [](const Witness& w) { return w.recollections.back().slice(1, 0, 9); };
  EXPECT_FALSE(at::allclose(of_needs(with), of_needs(without), 0.0, 0.01));
  EXPECT_EQ(without.recollections.back().slice(1, 0, 2).abs().max().item<float>(), 0.0F);
  // What is recalled is what was seen on the way, worked out afterwards from all of it.
  for (std::int64_t b = 0; b < kLives; ++b) {
    std::vector<Tensor> seen, moved;
    for (const Tensor& s : with.states) {
      seen.push_back(s[b].slice(0, 0, kSeen));
      moved.push_back(s[b].slice(0, kSeen, kSeen + 2));
    }
    const Tensor way = at::stack(moved).cumsum(0) - moved.front();
    const Tensor recalled = recollect_on_way(way, body.worth(at::stack(seen)),
                                             at::zeros({way.size(0)}), body.options.recollection);
    EXPECT_TRUE(at::allclose(with.recollections.back()[b].slice(0, 0, 9),
                             recalled[-1].slice(0, 0, 9), 1e-3, 1e-4))
        << b;
  }
}

TEST(Live, SaysHowFarItFooledItself) {
  UntaughtBody body(4);
  body.options.mode = "random";
  body.options.steps = 100;
  const Tensor gap = run(body).honesty_gap;
  EXPECT_TRUE(at::isfinite(gap).all().item<bool>());
  EXPECT_GT(gap.sum().item<float>(), 0.0F);
  body.options.predict = false;
  EXPECT_TRUE(run(body).honesty_gap.isnan().all().item<bool>());
}

TEST(Live, ActsOutAsMuchOfAPlanAsItIsTold) {
  UntaughtBody body(4);
  body.options.steps = 80;
  Witness often, seldom;
  const LivesResult every_look = run(body, &often);
  body.options.replan_every = 8;
  const LivesResult every_other = run(body, &seldom);
  EXPECT_EQ(often.plans, 20);
  EXPECT_EQ(seldom.plans, 10);
  EXPECT_EQ(seldom.looks, 20);
  EXPECT_GT(every_look.model_steps, every_other.model_steps);
  EXPECT_GT(every_other.model_steps, 0);
}

TEST(Live, ReactsAsItsPolicySays) {
  UntaughtBody body(4);
  Policy policy(body.world_model.state_dim(1), 2, 1.0);
  RandomStream weights(6, "policy");
  initialise(policy, weights);
  body.options.mode = "reactive";
  body.options.steps = 12;
  Witness witness;
  run(body, &witness, &policy);
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(at::allclose(witness.all_actions[4], policy.forward(witness.states[1])));
  EXPECT_THROW(run(body), ConfigError);  // Without one.
}

TEST(Live, AdjustsAfterEachLookButTheFirst) {
  UntaughtBody body(4);
  body.options.mode = "random";
  body.options.steps = 40;
  Meadow world = worlds();
  RandomStream rng(5, "agent");
  LivingAgent agent = body.agent();
  std::int64_t calls = 0;
  agent.adjust = [&](const ShortTermMemory&) { ++calls; };
  live(world, agent, rng, body.options);
  EXPECT_EQ(calls, 9);
}

// The arrows of figure 2 as one chain:  x -> perception -> s -> actor -> a -> world model -> s',
// memory -> s' (what is like it is called to mind), s' and a -> intrinsic cost and critic -> C.
struct Figure2 {
  Figure2() : body(4), policy(body.world_model.state_dim(1), 2, 1.0) {
    RandomStream rng(8, "figure 2");
    initialise(policy, rng);
    image = rng.uniform({1, 16, 16, 3}, 0.0, 255.0);
    felt = rng.uniform({1, 2 + 12 + kVitals}, 0.2, 0.35);  // In need of everything, off every kink.
    keys = rng.normal({1, 6, body.world_model.state_dim(1)});
    critic = UntaughtBody::critic(body.world_model.state_dim(1));
    add_drives_(cost, body.intrinsic, VitalsSlice::last_of(body.world_model.state_dim(1)));
    cost.add(std::make_shared<DriveCriticEnergy>(critic, DriveWeights{}), 1.0);
    for (Tensor* t : {&image, &felt, &keys}) t->requires_grad_();
    for (const Tensor& p : critic->parameters()) p.set_requires_grad(true);
  }
  // C, and what flows on the arrows, in order.
  Tensor operator()() {
    const Tensor encoded = body.perception.encode({{"image", image}});
    state = at::cat({encoded, felt}, 1);
    action = policy.forward(state);
    const Tensor block = action.repeat({1, 4});
    const Tensor next = body.world_model.predict(state, block, {}, 1) +
                        0.1 * action.sum(1, /*keepdim=*/true);  // Pushes tire and move.
    const Tensor weights =
        soft_weights(next.unsqueeze(1), keys, at::ones({1, 6}, at::kBool), /*sharpness=*/1.0);
    recalled = weights.bmm(keys).squeeze(1);
    predicted = next + 0.05 * recalled;
    for (Tensor* t : {&state, &action, &recalled, &predicted}) t->retain_grad();
    return cost({at::stack({state, predicted}, 1).unsqueeze(1), action.view({1, 1, 1, 2}),
                 at::zeros({1}, at::kLong)})
        .sum();
  }
  UntaughtBody body;
  Policy policy;
  Cost cost;
  std::shared_ptr<DriveCritic> critic;
  Tensor image, felt, keys;
  Tensor state, action, recalled, predicted;
};

TEST(Figure2, EnergyFlowsBackAlongEveryArrow) {
  Figure2 figure;
  figure().backward();
  const std::pair<const char*, Tensor> arrows[] = {
      {"percept to perception", figure.image},
      {"perception to state", figure.state},
      {"body to state", figure.felt},
      {"state to actor to action", figure.action},
      {"memory to what is recalled", figure.keys},
      {"recalled to world model", figure.recalled},
      {"world model to cost", figure.predicted},
      {"actor's weights", figure.policy.parameters().front()},
      {"critic's weights", figure.critic->parameters().front()}};
  for (const auto& [arrow, tensor] : arrows) {
    ASSERT_TRUE(tensor.grad().defined()) << arrow;
    EXPECT_TRUE(at::isfinite(tensor.grad()).all().item<bool>()) << arrow;
    EXPECT_GT(tensor.grad().abs().max().item<float>(), 0.0F) << arrow;
  }
}

TEST(Figure2, ItsGradientIsThatOfFiniteDifferences) {
  Figure2 figure;
  figure().backward();
  RandomStream rng(9, "directions");
  for (Tensor* input : {&figure.image, &figure.felt, &figure.keys}) {
    // A picture all the brighter: noise would cancel out in the mean colour.
    const Tensor direction =
        input == &figure.image ? at::ones_like(*input).detach() : rng.normal(input->sizes());
    const double along = (input->grad() * direction).sum().item<double>();
    const double epsilon = input == &figure.image ? 4.0 : 1e-2;
    const Tensor at_rest = input->detach().clone();
    const auto energy_at = [&](double step) {
      const at::NoGradGuard no_grad;
      input->copy_(at_rest + step * direction);
      Tensor energy;
      {
        const at::AutoGradMode with_gradients(true);
        energy = figure().detach();
      }
      input->copy_(at_rest);
      return energy.item<double>();
    };
    const double difference = (energy_at(epsilon) - energy_at(-epsilon)) / (2 * epsilon);
    EXPECT_NEAR(difference, along, 0.03 * std::abs(along) + 2e-4);
  }
}

// The meadow with a sensor that fails.
class Broken final : public Environment {
 public:
  Broken(Meadow world, std::string sensor, bool missing)
      : world_(std::move(world)), sensor_(std::move(sensor)), missing_(missing) {}
  const EnvironmentSpec& spec() const override { return world_.spec(); }
  void reset(std::int64_t batch, RandomStream& rng) override { world_.reset(batch, rng); }
  void reset_to(const Tensor& s, const Tensor& g, RandomStream& rng) override {
    world_.reset_to(s, g, rng);
  }
  StepResult step(const Tensor& actions) override { return world_.step(actions); }
  Observation observe() const override {
    Observation x = world_.observe();
    if (missing_) {
      x.erase(sensor_);
    } else {
      x[sensor_] = x.at(sensor_).clone().fill_(std::numeric_limits<float>::quiet_NaN());
    }
    return x;
  }
  Tensor state() const override { return world_.state(); }
  Observation render(const Tensor& states) const override { return world_.render(states); }

 private:
  Meadow world_;
  std::string sensor_;
  bool missing_;
};

std::string refusal(Environment& world, const LivingAgent& agent, const LifeOptions& options) {
  RandomStream rng(5, "agent");
  try {
    live(world, agent, rng, options);
  } catch (const ShapeError& error) {
    return error.what();
  }
  return "";
}

TEST(Live, NamesASensorThatIsMissingOrNotFinite) {
  UntaughtBody body(4);
  body.options.mode = "random";
  for (const char* sensor : {"vitals", "proprioception"}) {
    for (const bool missing : {true, false}) {
      Broken world(worlds(), sensor, missing);
      const std::string said = refusal(world, body.agent(), body.options);
      EXPECT_NE(said.find(sensor), std::string::npos) << said;
      EXPECT_NE(said.find(missing ? "lacks" : "not finite"), std::string::npos) << said;
    }
  }
}

TEST(Live, RefusesWorldsAndAgentsThatItIsNotFor) {
  UntaughtBody body(4);
  RandomStream rng(5, "agent");
  Plane plane;
  plane.reset(2, rng);
  EXPECT_THROW(live(plane, body.agent(), rng, body.options), ConfigError);
  Meadow world = worlds();
  LivingAgent senseless = body.agent();
  senseless.felt = {"vitals", "proprioception"};
  EXPECT_THROW(live(world, senseless, rng, body.options), ConfigError);
  const Perception of_two({{"image", std::make_shared<MeanColour>()}}, /*frames=*/2);
  const LivingAgent dreamer{of_two,    body.agent().felt, body.world_model, body.intrinsic,
                            body.cost, nullptr,           body.worth};
  EXPECT_THROW(live(world, dreamer, rng, body.options), ConfigError);
  for (const auto& spoil : std::vector<std::function<void(LifeOptions&)>>{
           [](LifeOptions& o) { o.mode = "dreamy"; }, [](LifeOptions& o) { o.steps = 0; },
           [](LifeOptions& o) { o.replan_every = 3; }, [](LifeOptions& o) { o.replan_every = 12; },
           [](LifeOptions& o) { o.recollection.scale = 0.0; }}) {
    LifeOptions spoilt = body.options;
    spoil(spoilt);
    EXPECT_THROW(live(world, body.agent(), rng, spoilt), ConfigError);
  }
}

}  // namespace
}  // namespace forethink
