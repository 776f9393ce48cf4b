// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/meadow.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "forethink/core/error.h"
#include "forethink/environments/meadow_behaviour.h"
#include "forethink/environments/meadow_image.h"
#include "tests/conformance/environment_conformance.h"

namespace forethink {
namespace {

using meadow::World;

// A bare meadow at mild noon with the agent in the middle: all things stand at the left border.
World bare_world() {
  World w;
  w.agent = {32.0F, 32.0F};
  w.rock_radius.fill(1.0F);
  w.energy = 0.8F;
  w.water = 0.8F;
  w.day = 0.25F;
  return w;
}

World after(World w, meadow::Point push, int steps = 1) {
  for (int t = 0; t < steps; ++t) meadow::step(w, push);
  return w;
}

TEST(Meadow, ConformsAlsoInWindOnSlipperyGroundAndInOtherSizes) {
  MeadowOptions options;
  options.episode_steps = 20;
  options.wind = 0.3;
  options.slip = 0.5;
  options.image_size = 24;
  options.view = 20.0;
  conformance::expect_environment_conforms([&] { return std::make_unique<Meadow>(options); });
}

TEST(Meadow, MovesByItsPushAndSaysSo) {
  const World w = after(bare_world(), {0.6F, -0.8F});
  EXPECT_FLOAT_EQ(w.agent.x, 32.6F);
  EXPECT_FLOAT_EQ(w.agent.y, 31.2F);
  EXPECT_NEAR(w.moved.x, 0.6F, 1e-5);
  EXPECT_NEAR(w.moved.y, -0.8F, 1e-5);
  EXPECT_FLOAT_EQ(w.effort, 0.2F);
}

TEST(Meadow, SlidesRoundRocksAndStopsAtTheBorder) {
  World w = bare_world();
  w.rocks.x[0] = 35.0F;
  w.rocks.y[0] = 32.1F;
  w.rock_radius[0] = 1.5F;
  float least = 64.0F;
  for (int t = 0; t < 12; ++t) {
    meadow::step(w, {1.0F, 0.0F});
    least = std::min(least, std::sqrt(meadow::squared_distance(w.agent, w.rocks.at(0))));
  }
  EXPECT_NEAR(least, 2.0F, 1e-4);  // Touches it, radius by radius, and gets past.
  EXPECT_GT(w.agent.x, 37.0F);
  EXPECT_FLOAT_EQ(after(w, {1.0F, 0.0F}, 40).agent.x, meadow::kSide - meadow::kAgentRadius);
}

TEST(Meadow, DriftsInWindButNotInShelter) {
  World w = bare_world();
  w.wind = {0.3F, -0.1F};
  EXPECT_NEAR(after(w, {}, 10).agent.x, 35.0F, 1e-4);
  EXPECT_NEAR(after(w, {}, 10).agent.y, 31.0F, 1e-4);
  w.shelters.x[0] = w.agent.x;
  w.shelters.y[0] = w.agent.y;
  EXPECT_FLOAT_EQ(after(w, {}, 10).agent.x, 32.0F);
}

TEST(Meadow, SlidesOnOverSlipperyGround) {
  World w = bare_world();
  w.slip = 0.5F;
  w = after(w, {1.0F, 0.0F});
  EXPECT_FLOAT_EQ(w.moved.x, 0.5F);
  w = after(w, {1.0F, 0.0F});
  EXPECT_FLOAT_EQ(w.moved.x, 0.75F);
  w = after(w, {});
  EXPECT_FLOAT_EQ(w.moved.x, 0.375F);
}

TEST(Meadow, EatsAndDrinksWhatItTouchesUntilFullOrBare) {
  World w = bare_world();
  w.energy = 0.4F;
  w.foods.x[2] = 33.0F;
  w.foods.y[2] = 32.0F;
  w.food_left.fill(1.0F);
  World eater = after(w, {});
  EXPECT_NEAR(eater.energy, 0.4F - 0.001F + 0.04F, 1e-5);
  EXPECT_NEAR(eater.food_left[2], 0.92F, 1e-5);
  eater = after(w, {}, 60);
  EXPECT_NEAR(eater.energy, 0.4F + 0.5F + 60 * (0.5F * 0.0015F - 0.001F), 0.01F);
  EXPECT_LT(eater.food_left[2], 0.01F);
  eater.agent = {50.0F, 50.0F};
  eater = after(eater, {}, 200);
  EXPECT_NEAR(eater.food_left[2], 200.0F * 0.0015F, 0.01F);

  w = bare_world();
  w.waters.x[1] = 32.0F;
  w.waters.y[1] = 34.0F;
  w.water_left.fill(1.0F);
  const World drinker = after(w, {}, 30);
  EXPECT_GT(drinker.water, 0.98F);
  EXPECT_GT(drinker.water_left[1], 0.6F);  // No more is taken than there is room for.
}

TEST(Meadow, ThornsHurtAndWoundsHeal) {
  World w = bare_world();
  w.thorns.x[3] = 33.0F;
  w.thorns.y[3] = 32.0F;  // Hidden: felt all the same.
  w = after(w, {});
  EXPECT_NEAR(w.integrity, 1.0F - 0.08F + 0.002F * 0.8F, 1e-4);
  w.agent = {40.0F, 40.0F};
  EXPECT_GT(after(w, {}, 50).integrity, 0.99F);
}

TEST(Meadow, NightsAreColdAndShelterIsNot) {
  World open = bare_world();
  open.day = 0.8F;
  World inside = open;
  inside.shelters.x[0] = 32.0F;
  inside.shelters.y[0] = 32.0F;
  EXPECT_LT(after(open, {}, 140).temperature, 0.1F);
  EXPECT_NEAR(after(inside, {}, 140).temperature, 0.5F, 0.02F);
  // Who walks keeps warmer.
  World walker = open;
  for (int t = 0; t < 140; ++t) meadow::step(walker, {t % 2 == 0 ? 1.0F : -1.0F, 0.0F});
  EXPECT_GT(walker.temperature, after(open, {}, 140).temperature + 0.1F);
}

TEST(Meadow, KillsByHungerThirstWoundsColdAndHeat) {
  const auto dies = [](auto change, int steps) {
    World w = bare_world();
    change(w);
    for (int t = 0; t < steps && !meadow::is_dead(w); ++t) meadow::step(w, {});
    return meadow::is_dead(w);
  };
  EXPECT_FALSE(dies([](World&) {}, 20));
  EXPECT_TRUE(dies([](World& w) { w.energy = 0.01F; }, 20));
  EXPECT_TRUE(dies([](World& w) { w.water = 0.01F; }, 20));
  EXPECT_TRUE(dies(
      [](World& w) {
        w.thorns.x[0] = 32.0F;
        w.thorns.y[0] = 32.0F;
      },
      20));
  EXPECT_TRUE(dies(
      [](World& w) {
        w.temperature = 0.05F;
        w.day = 0.95F;
      },
      20));
  EXPECT_TRUE(dies(
      [](World& w) {
        w.temperature = 0.99F;
        w.day = 0.45F;
        w.effort = 1.0F;
      },
      20));
}

TEST(Meadow, DrawsWorldsWhosePlacesAreOutOfEachOthersSight) {
  Meadow world;
  RandomStream rng(3, "test");
  world.reset(300, rng);
  const std::vector<World> worlds = meadow_worlds("worlds", world.state());
  int crowded = 0;
  for (const World& w : worlds) {
    std::vector<meadow::Point> sites;
    for (std::size_t i = 0; i < meadow::kFoods; ++i) sites.push_back(w.foods.at(i));
    for (std::size_t i = 0; i < meadow::kWaters; ++i) sites.push_back(w.waters.at(i));
    for (std::size_t i = 0; i < meadow::kShelters; ++i) sites.push_back(w.shelters.at(i));
    for (std::size_t i = 0; i < sites.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        crowded += meadow::squared_distance(sites[i], sites[j]) < 13.9F * 13.9F ? 1 : 0;
      }
    }
    EXPECT_EQ(meadow::find_near(w.thorns, w.agent, meadow::kThornRadius + 0.5F), -1);
    EXPECT_FALSE(meadow::is_dead(w));
  }
  EXPECT_LT(crowded, 30);  // Of 300 x 36 pairs: where no room was left.
}

TEST(Meadow, ShowsWhatIsNearAndFadesWhatIsEaten) {
  World w = bare_world();
  w.day = 0.5F;
  w.foods.x[0] = 36.0F;  // Four units to the right: eight pixels.
  w.foods.y[0] = 32.0F;
  w.food_left[0] = 1.0F;
  w.thorns.x[0] = 32.0F;
  w.thorns.y[0] = 28.0F;
  const Meadow world;
  const auto pixel = [&](const World& seen, std::int64_t y, std::int64_t x) {
    const Tensor image = world.render(meadow_states({seen})).at("image");
    const std::uint8_t* rgb = image.data_ptr<std::uint8_t>() + (y * 32 + x) * 3;
    return std::array<int, 3>{rgb[0], rgb[1], rgb[2]};
  };
  const std::array<int, 3> grass{96, 146, 72};
  EXPECT_EQ(pixel(w, 2, 2), grass);
  EXPECT_EQ(pixel(w, 16, 24), (std::array<int, 3>{244, 206, 48}));
  EXPECT_EQ(pixel(w, 8, 16), grass);  // The thorns are hidden,
  w.thorn_shown[0] = 1.0F;
  EXPECT_EQ(pixel(w, 8, 16), (std::array<int, 3>{196, 26, 66}));  // and shown.
  w.food_left[0] = 0.0F;
  EXPECT_EQ(pixel(w, 16, 24), (std::array<int, 3>{118, 96, 70}));
  w.day = 0.0F;
  EXPECT_LT(pixel(w, 2, 2)[1], 50);  // Night.
  w.agent.x = 2.0F;
  w.day = 0.5F;
  EXPECT_EQ(pixel(w, 16, 2), (std::array<int, 3>{36, 38, 44}));  // Beyond the border.
}

TEST(Meadow, FeelsItsVitalsAndItsMotion) {
  World w = bare_world();
  w.moved = {0.25F, -0.5F};
  w.integrity = 0.3F;
  const Observation x = Meadow().render(meadow_states({w}));
  EXPECT_TRUE(
      at::allclose(x.at("vitals"), at::tensor({0.8F, 0.8F, 0.3F, 0.5F, 0.0F}).view({1, 5})));
  EXPECT_TRUE(at::equal(x.at("proprioception"), at::tensor({0.25F, -0.5F}).view({1, 2})));
}

TEST(Meadow, ChangesInMidEpisodeByItsState) {
  Meadow world;
  RandomStream rng(4, "test");
  world.reset(2, rng);
  Tensor states = world.state();
  const std::vector<std::string>& names = world.spec().state_fields;
  EXPECT_EQ(names[10], "wind_x");
  EXPECT_EQ(names.back(), "rock5_radius");
  states[1][10] = 0.4;
  world.reset_to(states, {}, rng);
  world.step(at::zeros({2, 2}));
  EXPECT_NEAR((world.state()[1][0] - states[1][0]).item<float>(), 0.4F, 1e-4);
  EXPECT_NEAR((world.state()[0][0] - states[0][0]).item<float>(), 0.0F, 1e-6);
}

TEST(Meadow, OneAndTwoThreadsGiveTheSame) {
  const auto trace = [](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    Meadow world;
    RandomStream rng(6, "test");
    world.reset(3'000, rng);
    const Tensor states = conformance::run(world, 3'000, 10, 6);
    const Tensor image = world.observe().at("image");
    const Recording recording = record_meadow({}, {.episodes = 24, .steps = 40});
    at::set_num_threads(before);
    return std::vector<Tensor>{states, image, recording.states, recording.actions};
  };
  const std::vector<Tensor> one = trace(1);
  const std::vector<Tensor> two = trace(2);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(at::equal(one[i], two[i])) << i;
}

TEST(Meadow, RecordsByTheRulesOfTheEnvironment) {
  const Recording r = record_meadow({}, {.episodes = 40, .steps = 120, .seed = 5});
  Meadow world;
  RandomStream rng(8, "test");
  world.reset_to(r.states.select(1, 0), {}, rng);
  for (std::int64_t t = 0; t + 1 < 120; ++t) {
    world.step(r.actions.select(1, t));
    ASSERT_TRUE(at::equal(world.state(), r.states.select(1, t + 1))) << "step " << t;
  }
}

TEST(Meadow, RecordingsHoldWhatTheBodyCanFeel) {
  const Recording r = record_meadow({}, {.episodes = 100, .steps = 400, .seed = 2});
  const Tensor now = r.states.slice(1, 0, 399).narrow(2, 4, 4);
  const Tensor change = r.states.slice(1, 1).narrow(2, 4, 4) - now;
  const auto share = [](const Tensor& mask) { return mask.to(at::kDouble).mean().item<double>(); };
  EXPECT_GT(share(change.select(2, 0) > 0.01), 0.005);   // Eats,
  EXPECT_GT(share(change.select(2, 1) > 0.01), 0.005);   // drinks,
  EXPECT_GT(share(change.select(2, 2) < -0.03), 0.002);  // is hurt,
  EXPECT_GT(share(now.select(2, 3) < 0.25), 0.02);       // is cold,
  EXPECT_GT(share(now.select(2, 3) > 0.7), 0.02);        // and hot.
  // Some die, late enough that most of what is recorded is life.
  const Tensor ended = (now.narrow(2, 0, 3).amin(2) <= 0.0) | (now.select(2, 3) <= 0.0);
  EXPECT_GT(share(ended.select(1, 398)), 0.05);
  EXPECT_LT(share(ended), 0.35);
}

TEST(Meadow, RecordedAnimalsRestOnAWhimWhereNothingIsToBeHad) {
  const auto rests = [](double whim_share) {
    MeadowOptions options;
    options.wander_share = 0.0;  // Wanderers rest of themselves.
    options.whim_share = whim_share;
    const Recording r = record_meadow(options, {.episodes = 40, .steps = 100, .seed = 3});
    const std::vector<meadow::World> worlds = meadow_worlds("r", r.states.flatten(0, 1));
    const Tensor still = r.actions.flatten(0, 1).abs().amax(1).eq(0);
    std::int64_t count = 0;
    for (std::size_t i = 0; i < worlds.size(); ++i) {
      const meadow::World& w = worlds[i];
      const bool served = meadow::find_near(w.foods, w.agent, 2.0F) >= 0 ||
                          meadow::find_near(w.waters, w.agent, 3.0F) >= 0 ||
                          meadow::find_near(w.shelters, w.agent, 2.5F) >= 0;
      if (!served && still[static_cast<std::int64_t>(i)].item<bool>()) ++count;
    }
    return static_cast<double>(count) / static_cast<double>(worlds.size());
  };
  EXPECT_EQ(rests(0.0), 0.0);
  EXPECT_GT(rests(0.25), 0.04);
}

// The figures of docs/lab_notes.md, on fewer worlds and with wide margins.
TEST(Meadow, MemoryIsWorthALife) {
  const auto alive = [](MeadowBehaviour behaviour) {
    const MeadowLives lives = live_in_meadow(behaviour, 60, 11);
    return lives.cause.eq(-1).to(at::kDouble).mean().item<double>();
  };
  EXPECT_EQ(alive(MeadowBehaviour::kRandom), 0.0);
  EXPECT_LT(alive(MeadowBehaviour::kWander), 0.05);
  EXPECT_LT(alive(MeadowBehaviour::kForget), 0.6);
  EXPECT_GT(alive(MeadowBehaviour::kRemember), 0.85);
  EXPECT_GT(alive(MeadowBehaviour::kKnow), 0.95);
}

TEST(Meadow, NamesTheFieldOrSettingThatDoesNotFit) {
  Meadow world;
  RandomStream rng(7, "test");
  world.reset(2, rng);
  Tensor states = world.state();
  states[1][5] = 1.5;
  try {
    world.reset_to(states, {}, rng);
    FAIL() << "expected DataError";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "meadow.states[1].water = 1.5, must lie in 0 .. 1");
  }
  const auto refuses = [](auto&& change) {
    MeadowOptions options;
    change(options);
    EXPECT_THROW(Meadow{options}, ConfigError);
  };
  refuses([](MeadowOptions& o) { o.image_size = 8; });
  refuses([](MeadowOptions& o) { o.view = 2.0; });
  refuses([](MeadowOptions& o) { o.whim_share = 0.95; });
  refuses([](MeadowOptions& o) { o.episode_steps = 0; });
  refuses([](MeadowOptions& o) { o.hidden_thorns = 13; });
  refuses([](MeadowOptions& o) { o.wind = 0.7; });
  refuses([](MeadowOptions& o) { o.slip = 1.0; });
  refuses([](MeadowOptions& o) { o.wander_share = -0.1; });
  refuses([](MeadowOptions& o) { o.forget_share = 0.9; });
  refuses([](MeadowOptions& o) { o.careless_share = std::nan(""); });
  refuses([](MeadowOptions& o) { o.behaviour_noise = -1.0; });
  EXPECT_THROW(MeadowAnimals(MeadowBehaviour::kKnow, 0, rng), ConfigError);
  MeadowAnimals animals(MeadowBehaviour::kKnow, 3, rng);
  EXPECT_THROW(animals.act(world.state()), ShapeError);
}

// --- Golden transcript -------------------------------------------------------------------------

constexpr const char* kMeadowGolden = FORETHINK_SOURCE_DIR "/tests/golden/meadow.txt";

void print_world(std::ostream& out, std::size_t row, const World& w) {
  char text[160];
  std::snprintf(text, sizeof(text),
                "  row %zu: at %6.2f %6.2f  energy %.3f water %.3f integrity %.3f temperature %.3f "
                "effort %.3f  day %.3f",
                row, static_cast<double>(w.agent.x), static_cast<double>(w.agent.y),
                static_cast<double>(w.energy), static_cast<double>(w.water),
                static_cast<double>(w.integrity), static_cast<double>(w.temperature),
                static_cast<double>(w.effort), static_cast<double>(w.day));
  out << text << '\n';
}

// The picture as letters: F food, W water, T thorns, R rock, S shelter, # beyond, A agent.
void print_view(std::ostream& out, const Tensor& image) {
  const std::array<std::pair<char, meadow::Colour>, 8> letters{{{'.', meadow::kGrass},
                                                                {'#', meadow::kBeyond},
                                                                {'F', meadow::kRipe},
                                                                {'W', meadow::kLake},
                                                                {'T', meadow::kThorny},
                                                                {'R', meadow::kStone},
                                                                {'S', meadow::kRoof},
                                                                {'A', meadow::kBody}}};
  for (std::int64_t y = 0; y < image.size(0); y += 2) {
    out << "  ";
    for (std::int64_t x = 0; x < image.size(1); ++x) {
      const std::uint8_t* rgb = image.data_ptr<std::uint8_t>() + (y * image.size(1) + x) * 3;
      const auto distance = [rgb](const meadow::Colour& c) {
        return std::abs(rgb[0] - c.red) + std::abs(rgb[1] - c.green) + std::abs(rgb[2] - c.blue);
      };
      out << std::min_element(letters.begin(), letters.end(), [&](const auto& a, const auto& b) {
               return distance(a.second) < distance(b.second);
             })->first;
    }
    out << '\n';
  }
}

std::string meadow_transcript() {
  std::ostringstream out;
  out << "Meadow: what the environment does, for people to read and tests to compare.\n"
         "Made by:  FORETHINK_UPDATE=1 <build folder>/environments_test "
         "--gtest_filter='Meadow.Golden*'\n\n";
  Meadow world;
  RandomStream rng(2026, "golden");
  world.reset(4, rng);
  out << "reset(4), seed 2026: the layout of row 0\n";
  const Tensor start = world.state();
  const std::vector<std::string>& names = world.spec().state_fields;
  for (std::size_t i = 0; i < names.size(); ++i) {
    char text[64];
    std::snprintf(text, sizeof(text), "  %-13s %7.3f%s", names[i].c_str(),
                  start[0][static_cast<std::int64_t>(i)].item<double>(), i % 4 == 3 ? "\n" : "");
    out << text;
  }
  // One agent by food, one by water, one in thorns, one in a shelter; hungry, thirsty and cold.
  std::vector<World> starts = meadow_worlds("golden", start);
  starts[0].agent = starts[0].foods.at(0);
  starts[1].agent = starts[1].waters.at(0);
  starts[2].agent = starts[2].thorns.at(5);
  starts[3].agent = starts[3].shelters.at(0);
  for (World& w : starts) {
    w.energy = 0.5F;
    w.water = 0.4F;
    w.temperature = 0.3F;
  }
  world.reset_to(meadow_states(starts), {}, rng);
  out << "\nput by food, by water, in thorns, in a shelter; 10 steps of rest, then 25 steps "
         "right,\n"
         "down, left and up in turn\n";
  const std::array<std::array<float, 2>, 4> ways{
      {{0.9F, 0.1F}, {-0.1F, 0.8F}, {-0.7F, 0.2F}, {0.0F, -1.5F}}};
  for (int t = 1; t <= 300; ++t) {
    const auto& way = ways[static_cast<std::size_t>(t / 25 % 4)];
    const Tensor push = t <= 10 ? at::zeros({4, 2}) : at::tensor({way[0], way[1]}).expand({4, 2});
    const StepResult result = world.step(push);
    if (t != 1 && t != 10 && t % 50 != 0) continue;
    out << "after step " << t << ", terminated:";
    for (int row = 0; row < 4; ++row) out << ' ' << result.terminated[row].item<bool>();
    out << '\n';
    const std::vector<World> worlds = meadow_worlds("golden", world.state());
    for (std::size_t row = 0; row < worlds.size(); ++row) print_world(out, row, worlds[row]);
  }
  // At noon by the water, where every letter has its colour.
  World noon = meadow_worlds("golden", start).front();
  noon.day = 0.5F;
  noon.agent = {noon.waters.x[0] - 4.0F, noon.waters.y[0]};
  out << "\nwhat row 0 would see at noon by its first water, every other line of 32 x 32 pixels\n";
  print_view(out, world.render(meadow_states({noon})).at("image")[0].contiguous());
  return out.str();
}

TEST(Meadow, GoldenTranscript) {
  if (std::getenv("FORETHINK_UPDATE") != nullptr) {
    std::ofstream(kMeadowGolden) << meadow_transcript();
  }
  std::ifstream file(kMeadowGolden);
  ASSERT_TRUE(file) << kMeadowGolden;
  std::stringstream wanted;
  wanted << file.rdbuf();
  EXPECT_EQ(meadow_transcript(), wanted.str());
}

}  // namespace
}  // namespace forethink
