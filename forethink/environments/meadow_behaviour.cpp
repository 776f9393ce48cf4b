// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/meadow_behaviour.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {

namespace meadow {
namespace {

constexpr float kTurn = 2.0F * std::numbers::pi_v<float>;
constexpr float kWalk = 0.8F;     // The pace that takes an animal farthest on what it eats.
constexpr float kSearch = 1.0F;   // The pace that shows it most ground for what it drinks.
constexpr float kUrgent = 0.35F;  // Below this hunger and thirst go before cold and heat.
constexpr float kWanting = 0.7F;  // Below this an animal goes and looks for more.
constexpr float kFull = 0.97F;    // Until here it stays at what it found.
constexpr float kBare = 0.04F;    // A patch with less is left.
constexpr float kChilly = 0.3F;   // Temperatures at which it looks for shelter,
constexpr float kSultry = 0.8F;
constexpr float kMild = 0.3F;  // and outside temperatures between which it comes out again.
constexpr float kWarm = 0.75F;
constexpr int kHeadings = 16;

// Where it is dangerous to walk: rocks, and the thorns that are known.
float danger(const World& world, const std::array<bool, kThorns>& thorns, Point p) {
  float most = 0.0F;
  const auto meet = [&](Point middle, float reach, float weight) {
    if (squared_distance(middle, p) < reach * reach) most = std::max(most, weight);
  };
  for (std::size_t i = 0; i < kRocks; ++i) {
    meet(world.rocks.at(i), world.rock_radius[i] + kAgentRadius, 1.0F);
  }
  for (std::size_t i = 0; i < kThorns; ++i) {
    if (thorns[i]) meet(world.thorns.at(i), kThornRadius + kAgentRadius + 0.3F, 2.0F);
  }
  return most;
}

float grown(float left, float growth, std::int64_t steps) {
  return std::min(1.0F, left + growth * static_cast<float>(steps));
}

}  // namespace

Animal::Animal(MeadowBehaviour behaviour, float view, Dice dice)
    : behaviour_(behaviour), view_(view), dice_(dice) {
  food_seen_.fill(-1);
  water_seen_.fill(-1);
  shelter_seen_.fill(-1);
  sector_seen_.fill(-1);
  heading_ = dice_.uniform(0.0F, kTurn);
}

Point Animal::sector_middle(int sector) {
  constexpr float side = kSide / kSectors;
  const int row = sector / kSectors;
  const int column = sector % kSectors;
  return {(static_cast<float>(column) + 0.5F) * side, (static_cast<float>(row) + 0.5F) * side};
}

bool Animal::is_seen(const World& world, Point p) const {
  return 2.0F * std::max(std::abs(p.x - world.agent.x), std::abs(p.y - world.agent.y)) <= view_;
}

void Animal::look(const World& world) {
  const bool knows = behaviour_ == MeadowBehaviour::kKnow;
  const bool forgets = behaviour_ == MeadowBehaviour::kForget;
  if (forgets) {
    food_seen_.fill(-1);
    water_seen_.fill(-1);
    shelter_seen_.fill(-1);
    thorn_known_.fill(false);
  }
  for (std::size_t i = 0; i < kFoods; ++i) {
    if (!knows && !is_seen(world, world.foods.at(i))) continue;
    food_seen_[i] = now_;
    food_left_[i] = world.food_left[i];
  }
  for (std::size_t i = 0; i < kWaters; ++i) {
    if (!knows && !is_seen(world, world.waters.at(i))) continue;
    water_seen_[i] = now_;
    water_left_[i] = world.water_left[i];
  }
  for (std::size_t i = 0; i < kShelters; ++i) {
    if (knows || is_seen(world, world.shelters.at(i))) shelter_seen_[i] = now_;
  }
  const bool hurt = world.integrity < integrity_before_;
  integrity_before_ = world.integrity;
  for (std::size_t i = 0; i < kThorns; ++i) {
    const float reach = kThornRadius + kAgentRadius;
    const bool felt = hurt && squared_distance(world.thorns.at(i), world.agent) <= reach * reach;
    const bool shown = world.thorn_shown[i] > 0.5F && is_seen(world, world.thorns.at(i));
    if (!careless_ && (knows || shown || felt)) thorn_known_[i] = true;
  }
  for (int i = 0; i < kSectors * kSectors; ++i) {
    if (is_seen(world, sector_middle(i))) sector_seen_[static_cast<std::size_t>(i)] = now_;
  }
}

// The nearest, where one that is nearly bare counts as far away; -1 if none is known.
int Animal::best_food(const World& world) const {
  int best = -1;
  float least = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < kFoods; ++i) {
    if (food_seen_[i] < 0) continue;
    const float left = grown(food_left_[i], kFoodGrowth, now_ - food_seen_[i]);
    const float way = std::sqrt(squared_distance(world.foods.at(i), world.agent));
    const float cost = way + 60.0F * (1.0F - left);
    if (left < 3.0F * kBare || cost >= least) continue;
    least = cost;
    best = static_cast<int>(i);
  }
  return best;
}

int Animal::best_water(const World& world) const {
  int best = -1;
  float least = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < kWaters; ++i) {
    if (water_seen_[i] < 0) continue;
    const float left = grown(water_left_[i], kWaterGrowth, now_ - water_seen_[i]);
    const float way = std::sqrt(squared_distance(world.waters.at(i), world.agent));
    const float cost = way + 60.0F * (1.0F - left);
    if (left < 3.0F * kBare || cost >= least) continue;
    least = cost;
    best = static_cast<int>(i);
  }
  return best;
}

int Animal::best_shelter(const World& world) const {
  int best = -1;
  float least = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < kShelters; ++i) {
    const float squared = squared_distance(world.shelters.at(i), world.agent);
    if (shelter_seen_[i] < 0 || squared >= least) continue;
    least = squared;
    best = static_cast<int>(i);
  }
  return best;
}

bool Animal::knows_enough() const {
  const auto known = [](const auto& seen) {
    return std::count_if(seen.begin(), seen.end(), [](std::int64_t step) { return step >= 0; });
  };
  return known(water_seen_) >= 2 && known(food_seen_) >= 2 && known(shelter_seen_) >= 1;
}

void Animal::choose_aim(const World& world) {
  // What it is at, it goes on with until it is full or nothing is left.
  const int food = find_near(world.foods, world.agent, kFoodRadius + kAgentRadius);
  const int water = find_near(world.waters, world.agent, kWaterRadius + kAgentRadius);
  const auto left = [](const auto& amounts, int i) {
    return amounts[static_cast<std::size_t>(i)] > kBare;
  };
  const bool eats = food >= 0 && world.energy < kFull && left(world.food_left, food);
  const bool drinks = water >= 0 && world.water < kFull && left(world.water_left, water);
  if (aim_ == Aim::kFood && eats && world.water > 0.15F) return;
  if (aim_ == Aim::kWater && drinks && world.energy > 0.15F) return;

  const float out = outside(world.day);
  const bool hungrier = world.energy < world.water;
  const Aim need = hungrier ? Aim::kFood : Aim::kWater;
  const float least = std::min(world.energy, world.water);
  const bool bad_weather = (world.temperature < kChilly && out < world.temperature) ||
                           (world.temperature > kSultry && out > world.temperature);
  const bool stays = aim_ == Aim::kShelter && (out < kMild || out > kWarm);
  if (least < 0.5F * kUrgent || (least < kUrgent && !bad_weather)) {
    aim_ = need;
  } else if (bad_weather || stays) {
    aim_ = Aim::kShelter;
  } else {
    aim_ = least < kWanting ? need : Aim::kNone;
  }
}

// Of 16 headings the one nearest to the wanted that meets nothing within the next two steps.
Point Animal::heading_to(const World& world, Point target, float speed) const {
  const Point way{target.x - world.agent.x, target.y - world.agent.y};
  const float length = std::sqrt(way.x * way.x + way.y * way.y);
  if (length < 1e-3F) return {};
  speed = std::min(speed, length);
  const Point straight{way.x / length, way.y / length};
  Point best = straight;
  float most = -std::numeric_limits<float>::infinity();
  for (int i = 0; i < kHeadings; ++i) {
    const float turn = kTurn * static_cast<float>(i) / kHeadings;
    const float cosine = std::cos(turn);
    const float sine = std::sin(turn);
    const Point heading{cosine * straight.x - sine * straight.y,
                        sine * straight.x + cosine * straight.y};
    float value = cosine;
    for (const float ahead : {0.9F, 1.8F}) {
      if (ahead > length + 0.5F) continue;
      const Point p{world.agent.x + ahead * heading.x, world.agent.y + ahead * heading.y};
      value -= danger(world, thorn_known_, p);
    }
    if (value <= most) continue;
    most = value;
    best = heading;
  }
  return {speed * best.x, speed * best.y};
}

Point Animal::wander(float speed) {
  heading_ += 0.15F * dice_.normal();
  return {speed * std::cos(heading_), speed * std::sin(heading_)};
}

Point Animal::explore(const World& world) {
  if (behaviour_ == MeadowBehaviour::kForget) {
    // On, and away from the border.
    constexpr float margin = 6.0F;
    const Point push = wander(1.0F);
    const Point ahead{world.agent.x + margin * push.x, world.agent.y + margin * push.y};
    const bool out = ahead.x < 0.0F || ahead.y < 0.0F || ahead.x > kSide || ahead.y > kSide;
    if (out) {
      const Point in{0.5F * kSide - world.agent.x, 0.5F * kSide - world.agent.y};
      heading_ = std::atan2(in.y, in.x) + dice_.uniform(-1.0F, 1.0F);
    }
    return heading_to(world, ahead, kSearch);
  }
  const bool looking = sector_ >= 0 && sector_seen_[static_cast<std::size_t>(sector_)] < now_ - 200;
  if (!looking) {
    float most = -std::numeric_limits<float>::infinity();
    for (int i = 0; i < kSectors * kSectors; ++i) {
      const std::int64_t seen = sector_seen_[static_cast<std::size_t>(i)];
      const float age = seen < 0 ? 1000.0F : static_cast<float>(now_ - seen);
      const float way = std::sqrt(squared_distance(sector_middle(i), world.agent));
      const float value = age - 12.0F * way;
      if (value <= most) continue;
      most = value;
      sector_ = i;
    }
  }
  return heading_to(world, sector_middle(sector_), kSearch);
}

Point Animal::act(const World& world) {
  ++now_;
  if (behaviour_ == MeadowBehaviour::kRandom) {
    return shorten({dice_.uniform(-1.0F, 1.0F), dice_.uniform(-1.0F, 1.0F)});
  }
  if (behaviour_ == MeadowBehaviour::kWander) {
    if (dice_.uniform() < 0.02F) pace_ = dice_.uniform() < 0.25F ? 0.0F : dice_.uniform(0.3F, 1.0F);
    if (dice_.uniform() < 0.02F) heading_ = dice_.uniform(0.0F, kTurn);
    return wander(pace_);
  }
  look(world);
  choose_aim(world);
  if (aim_ == Aim::kFood || aim_ == Aim::kWater) {
    const bool food = aim_ == Aim::kFood;
    const int best = food ? best_food(world) : best_water(world);
    if (best < 0) return explore(world);
    const auto i = static_cast<std::size_t>(best);
    const Point target = food ? world.foods.at(i) : world.waters.at(i);
    const float near = (food ? kFoodRadius : kWaterRadius) - 0.5F;
    if (squared_distance(target, world.agent) <= near * near) return {};
    return heading_to(world, target, kWalk);
  }
  if (aim_ == Aim::kShelter) {
    const int best = best_shelter(world);
    // Where none is known: walk to keep warm, and rest in the heat.
    if (best < 0) return world.temperature > kInside ? Point{} : explore(world);
    const Point target = world.shelters.at(static_cast<std::size_t>(best));
    if (squared_distance(target, world.agent) <= 1.0F) return {};
    return heading_to(world, target, kWalk);
  }
  // Content: looks for what it will need, or rests.
  return knows_enough() ? Point{} : explore(world);
}

}  // namespace meadow

namespace {

// A start in any state of need and hurt, half of the time with patches partly eaten.
meadow::World vary_start(meadow::World world, meadow::Dice& dice) {
  world.energy = dice.uniform(0.3F, 1.0F);
  world.water = dice.uniform(0.3F, 1.0F);
  world.integrity = dice.uniform(0.5F, 1.0F);
  world.temperature = dice.uniform(0.3F, 0.7F);
  if (dice.uniform() < 0.5F) {
    for (float& left : world.food_left) left = dice.uniform();
    for (float& left : world.water_left) left = dice.uniform();
  }
  return world;
}

MeadowBehaviour recorded_behaviour(const MeadowOptions& options, float coin) {
  const auto wanders = static_cast<float>(options.wander_share);
  if (coin < wanders) return MeadowBehaviour::kWander;
  return coin < wanders + static_cast<float>(options.forget_share) ? MeadowBehaviour::kForget
                                                                   : MeadowBehaviour::kRemember;
}

// Pushes and rests that are held for a while, whatever is seen. An animal rests only where it eats
// or drinks: a world model that sees nothing else concludes that resting feeds.
class Whims {
 public:
  explicit Whims(double share)
      : begin_(static_cast<float>(share / ((1.0 - share) * 0.5 * (kShortest + kLongest)))) {}

  /// `push`, or what the animal has taken into its head.
  meadow::Point instead_of(meadow::Point push, meadow::Dice& dice) {
    if (left_ == 0 && dice.uniform() < begin_) {
      left_ = kShortest + static_cast<int>(dice.uniform() * (kLongest - kShortest + 1));
      const float heading = dice.uniform(0.0F, 2.0F * std::numbers::pi_v<float>);
      const float pace = std::max(0.0F, dice.uniform(-0.5F, 1.0F));  // A third of them rests.
      held_ = {pace * std::cos(heading), pace * std::sin(heading)};
    }
    if (left_ == 0) return push;
    --left_;
    return held_;
  }

 private:
  static constexpr int kShortest = 4;  // Steps.
  static constexpr int kLongest = 16;
  float begin_;  // Chance of a step to begin one.
  int left_ = 0;
  meadow::Point held_;
};

void record_life(const MeadowOptions& options, std::uint64_t key, std::int64_t episode,
                 std::int64_t steps, float* states, float* actions) {
  meadow::Dice dice(key, episode, meadow::Purpose::kBehaviour);
  meadow::World world = vary_start(meadow::draw_world(key, episode, climate_of(options)), dice);
  const MeadowBehaviour behaviour = recorded_behaviour(options, dice.uniform());
  const bool careless = dice.uniform() < static_cast<float>(options.careless_share);
  const float noise =
      behaviour == MeadowBehaviour::kWander ? 0.0F : static_cast<float>(options.behaviour_noise);
  meadow::Animal animal(behaviour, static_cast<float>(options.view),
                        meadow::Dice(key, episode, meadow::Purpose::kMind));
  if (careless) animal.be_careless();
  Whims whims(options.whim_share);
  for (std::int64_t t = 0; t < steps; ++t) {
    meadow::Point push = animal.act(world);
    push = meadow::shorten({push.x + noise * dice.normal(), push.y + noise * dice.normal()});
    push = whims.instead_of(push, dice);
    std::copy_n(reinterpret_cast<const float*>(&world), meadow::kFields,
                states + t * meadow::kFields);
    actions[2 * t] = push.x;
    actions[2 * t + 1] = push.y;
    // Once more, as the environment does: a push that was shortened may round to just above 1.
    if (!meadow::is_dead(world)) meadow::step(world, meadow::to_push(push));
  }
}

}  // namespace

std::string behaviour_name(MeadowBehaviour behaviour) {
  switch (behaviour) {
    case MeadowBehaviour::kRandom:
      return "random";
    case MeadowBehaviour::kWander:
      return "wander";
    case MeadowBehaviour::kForget:
      return "forget";
    case MeadowBehaviour::kRemember:
      return "remember";
    case MeadowBehaviour::kKnow:
      return "know";
  }
  return "";
}

MeadowAnimals::MeadowAnimals(MeadowBehaviour behaviour, std::int64_t batch, RandomStream& rng,
                             const MeadowOptions& options) {
  options.validate();
  expect_setting(batch >= 1, "meadow_animals.batch", batch, "batch >= 1");
  const std::uint64_t key = rng.word();
  animals_.reserve(static_cast<std::size_t>(batch));
  for (std::int64_t row = 0; row < batch; ++row) {
    animals_.emplace_back(behaviour, static_cast<float>(options.view),
                          meadow::Dice(key, row, meadow::Purpose::kMind));
  }
}

Tensor MeadowAnimals::act(const Tensor& states) {
  const auto batch = static_cast<std::int64_t>(animals_.size());
  expect_shape("meadow_animals.states", states, {batch, meadow::kFields});
  const std::vector<meadow::World> worlds = meadow_worlds("meadow_animals.states", states);
  Tensor actions = at::empty({batch, 2});
  for (std::size_t i = 0; i < animals_.size(); ++i) {
    const meadow::Point push = animals_[i].act(worlds[i]);
    actions.data_ptr<float>()[2 * i] = push.x;
    actions.data_ptr<float>()[2 * i + 1] = push.y;
  }
  return actions;
}

MeadowLives live_in_meadow(MeadowBehaviour behaviour, std::int64_t batch, std::int64_t seed,
                           const MeadowOptions& options) {
  expect_setting(seed >= 0, "live_in_meadow.seed", seed, "seed >= 0");
  Meadow world(options);
  RandomStream rng(static_cast<std::uint64_t>(seed), "meadow.lives");
  world.reset(batch, rng);
  MeadowAnimals animals(behaviour, batch, rng, options);
  MeadowLives lives;
  lives.steps = at::zeros({batch}, at::kLong);
  Tensor sum = at::zeros({batch, 5});
  lives.lowest_vitals = at::ones({batch, 5});
  Tensor alive = at::ones({batch}, at::kBool);
  for (std::int64_t t = 0; t < options.episode_steps && alive.any().item<bool>(); ++t) {
    const StepResult result = world.step(animals.act(world.state()));
    const Tensor vitals = world.state().narrow(1, 4, 5);
    sum += vitals * alive.unsqueeze(1);
    lives.lowest_vitals =
        at::where(alive.unsqueeze(1), lives.lowest_vitals.minimum(vitals), lives.lowest_vitals);
    lives.steps += alive.to(at::kLong);
    alive = result.terminated.logical_not();
  }
  lives.mean_vitals = sum / lives.steps.unsqueeze(1);
  const Tensor vitals = world.state().narrow(1, 4, 4);
  const Tensor ended = at::logical_or(vitals <= 0.0, vitals >= at::tensor({2.0, 2.0, 2.0, 1.0}));
  lives.cause = at::where(alive, -1, ended.to(at::kLong).argmax(1));
  return lives;
}

Recording record_meadow(const MeadowOptions& options, const RecordingOptions& recording) {
  options.validate();
  recording.validate();
  const std::int64_t T = recording.steps;
  Recording result{"meadow", at::empty({recording.episodes, T, meadow::kFields}),
                   at::empty({recording.episodes, T, 2})};
  float* states = result.states.data_ptr<float>();
  float* actions = result.actions.data_ptr<float>();
  RandomStream rng(static_cast<std::uint64_t>(recording.seed), "meadow.record");
  const std::uint64_t key = rng.word();
  at::parallel_for(0, recording.episodes, 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t e = begin; e < end; ++e) {
      record_life(options, key, e, T, states + e * T * meadow::kFields, actions + e * T * 2);
    }
  });
  return result;
}

}  // namespace forethink
