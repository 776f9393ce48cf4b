// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/four_rooms.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "forethink/core/error.h"
#include "forethink/environments/four_rooms_truth.h"
#include "tests/conformance/environment_conformance.h"

namespace forethink {
namespace {

using four_rooms::Point;

FourRoomsOptions without_distractors() {
  FourRoomsOptions options;
  options.distractors = 0;
  return options;
}

// Where one action leads from (x, y) with this door shut.
Point step_from(float x, float y, float door, float action_x, float action_y) {
  FourRooms world(without_distractors());
  RandomStream rng(1, "test");
  world.reset_to(at::tensor({x, y, door}).reshape({1, 3}), {}, rng);
  world.step(at::tensor({action_x, action_y}).reshape({1, 2}));
  const Tensor state = world.state();
  return {state[0][0].item<float>(), state[0][1].item<float>()};
}

void expect_point(Point got, float x, float y) {
  EXPECT_FLOAT_EQ(got.x, x);
  EXPECT_FLOAT_EQ(got.y, y);
}

TEST(FourRooms, ConformsAlsoWithoutDistractorsAndWithFive) {
  for (const std::int64_t distractors : {0, 5}) {
    FourRoomsOptions options;
    options.distractors = distractors;
    options.episode_steps = 20;
    conformance::expect_environment_conforms([&] { return std::make_unique<FourRooms>(options); });
  }
}

TEST(FourRooms, MovesByTwoAndAHalfUnitsInTheOpen) {
  expect_point(step_from(50, 60, -1, 1, 0), 52.5F, 60);
  expect_point(step_from(50, 60, -1, -0.5F, 0.25F), 48.75F, 60.625F);
  expect_point(step_from(50, 60, -1, 7, -9), 52.5F, 57.5F);  // Clipped per axis.
}

TEST(FourRooms, StopsAtTheBorder) {
  expect_point(step_from(18, 206, -1, -1, 1), 17.5F, 206.5F);
  expect_point(step_from(206, 18, -1, 1, -1), 206.5F, 17.5F);
}

TEST(FourRooms, StopsHalfAUnitBeforeAWall) {
  // The wall's faces, moved out by the radius, are at 103.5 and 120.5.
  expect_point(step_from(102, 90, -1, 1, 0), 103, 90);
  expect_point(step_from(122, 90, -1, -1, 0), 121, 90);
  expect_point(step_from(90, 102, -1, 0, 1), 90, 103);
  expect_point(step_from(90, 122, -1, 0, -1), 90, 121);
  expect_point(step_from(101, 90, -1, 1, 0), 103.5F, 90);  // Touching the face is not entering.
  expect_point(step_from(102, 90, -1, 1, 1), 103, 92.5F);  // It slides along.
}

TEST(FourRooms, PassesOpenDoorsOnly) {
  for (const float door : {-1.0F, 0.0F, 1.0F, 2.0F, 3.0F}) {
    expect_point(step_from(102, 56, door, 1, 0), door == 0 ? 103 : 104.5F, 56);
    expect_point(step_from(102, 168, door, 1, 0), door == 1 ? 103 : 104.5F, 168);
    expect_point(step_from(56, 102, door, 0, 1), 56, door == 2 ? 103 : 104.5F);
    expect_point(step_from(168, 122, door, 0, -1), 168, door == 3 ? 121 : 119.5F);
  }
}

TEST(FourRooms, DoorsReachOnePointSevenFiveBeyondTheirOpening) {
  expect_point(step_from(102, 73.75F, -1, 1, 0), 104.5F, 73.75F);
  expect_point(step_from(102, 73.875F, -1, 1, 0), 103, 73.875F);
  expect_point(step_from(102, 38.25F, -1, 1, 0), 104.5F, 38.25F);
  expect_point(step_from(102, 38.125F, -1, 1, 0), 103, 38.125F);
  expect_point(step_from(150.25F, 102, -1, 0, 1), 150.25F, 104.5F);
  expect_point(step_from(150.125F, 102, -1, 0, 1), 150.125F, 103);
}

TEST(FourRooms, TestsTheDoorWithTheWishedForCoordinate) {
  // y leaves the door in the same step, so the vertical wall stops x although the start was level
  // with the opening; one that enters the opening passes.
  expect_point(step_from(102, 72.5F, -1, 1, 1), 103, 75);
  expect_point(step_from(102, 75, -1, 1, -1), 104.5F, 72.5F);
}

TEST(FourRooms, MovesXBeforeY) {
  // At the crossing x is set back to 103 first; then y is tested with that x.
  expect_point(step_from(102, 102, -1, 1, 1), 103, 103);
  // In the doorway: turning out of the opening is pushed to the side of the middle line.
  expect_point(step_from(110, 73, -1, 0, 1), 103, 75.5F);
  expect_point(step_from(113, 73, -1, 0, 1), 121, 75.5F);
}

TEST(FourRooms, EndsWithinSixteenUnitsOfTheGoal) {
  FourRooms world(without_distractors());
  RandomStream rng(1, "test");
  const Tensor starts = at::tensor({50.0F, 50.0F, -1.0F}).reshape({1, 3});
  const Tensor goals = at::tensor({71.0F, 50.0F, 2.0F}).reshape({1, 3});
  const Tensor right = at::tensor({1.0F, 0.0F}).reshape({1, 2});
  world.reset_to(starts, goals, rng);
  EXPECT_FALSE(world.step(right).terminated.item<bool>());  // 18.5 units left,
  EXPECT_FALSE(world.step(right).terminated.item<bool>());  // exactly 16: not nearer,
  EXPECT_TRUE(world.step(right).terminated.item<bool>());   // 13.5.
}

TEST(FourRooms, DistractorWalksStraightAndKeepsPushing) {
  FourRooms world;
  RandomStream rng(3, "test");
  const float heading = 0.0F;
  const Tensor start = at::tensor({50.0F, 50.0F, -1.0F, 98.0F, 90.0F, heading}).reshape({1, 6});
  world.reset_to(start, {}, rng);
  std::vector<float> xs;
  for (int t = 0; t < 4; ++t) {
    world.step(at::zeros({1, 2}));
    xs.push_back(world.state()[0][3].item<float>());
  }
  // The seed is one whose first jump comes later.
  EXPECT_EQ(xs, (std::vector<float>{100.5F, 103.0F, 103.0F, 103.0F}));
  EXPECT_EQ(world.state()[0][5].item<float>(), heading);
}

TEST(FourRooms, DistractorJumpsEveryThirtyFiveSteps) {
  FourRoomsOptions options;
  options.distractors = 5;
  options.episode_steps = 1000;
  FourRooms world(options);
  RandomStream rng(4, "test");
  const std::int64_t batch = 400;
  const std::int64_t steps = 200;
  world.reset(batch, rng);
  const Tensor columns = at::tensor({5, 8, 11, 14, 17}, at::kLong);
  Tensor heading = world.state().index_select(1, columns);
  Tensor first = at::zeros({}, at::kLong);
  std::int64_t jumps = 0;
  for (std::int64_t t = 0; t < steps; ++t) {
    world.step(at::zeros({batch, 2}));
    const Tensor now = world.state().index_select(1, columns);
    const std::int64_t count = (now != heading).sum().item<std::int64_t>();
    if (t == 0) first.fill_(count);
    jumps += count;
    heading = now;
  }
  // p = 1 - exp(-1/35) a step: 11,269 expected of 400,000, deviation 105; 4 deviations wide. The
  // first step already has the same rate: 56 of 2,000 expected, deviation 7.4.
  EXPECT_NEAR(static_cast<double>(jumps), 400'000 * (1.0 - std::exp(-1.0 / 35.0)), 420.0);
  EXPECT_NEAR(first.item<double>(), 56.3, 30.0);
}

TEST(FourRooms, StartsFreeAndShutsHalfOfTheWorlds) {
  FourRooms world;
  RandomStream rng(5, "test");
  world.reset(4000, rng);
  const Tensor state = world.state();
  for (const std::int64_t column : {0, 1, 3, 4}) {
    const Tensor values = state.select(1, column);
    EXPECT_GE(values.min().item<float>(), 14.0F);
    EXPECT_LE(values.max().item<float>(), 209.0F);
    const Tensor in_band = (values >= 103.5F).logical_and(values < 120.5F);
    EXPECT_FALSE(in_band.any().item<bool>());
    EXPECT_NEAR((values < 112.0F).to(at::kFloat).mean().item<double>(), 89.5 / 178.0, 0.032);
  }
  // Deviations: .0079 for the half, .0052 for each eighth; 4 wide.
  const Tensor door = state.select(1, 2);
  EXPECT_NEAR((door == -1.0F).to(at::kFloat).mean().item<double>(), 0.5, 0.032);
  for (int k = 0; k < 4; ++k) {
    EXPECT_NEAR((door == static_cast<float>(k)).to(at::kFloat).mean().item<double>(), 0.125, 0.021);
  }
}

TEST(FourRooms, OneAndTwoThreadsGiveTheSame) {
  // Enough rows that two threads share the work.
  const auto trace = [](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    FourRooms world;
    RandomStream rng(6, "test");
    world.reset(10'000, rng);
    const Tensor states = conformance::run(world, 10'000, 40, 6);
    const Tensor image = world.render(states[39].narrow(0, 0, 300)).at("image");
    const Recording recording = record_four_rooms({}, {.episodes = 64, .steps = 50});
    at::set_num_threads(before);
    return std::vector<Tensor>{states, image, recording.states, recording.actions};
  };
  const std::vector<Tensor> one = trace(1);
  const std::vector<Tensor> two = trace(2);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(at::equal(one[i], two[i])) << i;
}

TEST(FourRooms, RefusesDoorsThatDoNotExist) {
  FourRooms world(without_distractors());
  RandomStream rng(7, "test");
  const Tensor states = at::tensor({50.0F, 50.0F, -1.0F, 50.0F, 50.0F, 4.0F}).reshape({2, 3});
  try {
    world.reset_to(states, {}, rng);
    FAIL() << "expected DataError";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "four_rooms.states[1].closed_door = 4, must be one of -1 (none), 0, 1, 2, 3");
  }
}

TEST(FourRooms, NamesTheSettingThatBreaksItsRule) {
  FourRoomsOptions options;
  options.distractors = 6;
  try {
    FourRooms world(options);
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "four_rooms.distractors = 6, must satisfy 0 <= distractors <= 5");
  }
  const auto refused = [](auto change) {
    FourRoomsOptions bad;
    change(bad);
    EXPECT_THROW(bad.validate(), ConfigError);
  };
  refused([](FourRoomsOptions& o) { o.image_size = 8; });
  refused([](FourRoomsOptions& o) { o.image_size = 1000; });
  refused([](FourRoomsOptions& o) { o.close_probability = 1.5; });
  refused([](FourRoomsOptions& o) { o.close_probability = std::nan(""); });
  refused([](FourRoomsOptions& o) { o.episode_steps = 0; });
  refused([](FourRoomsOptions& o) { o.expert_share = -0.1; });
  refused([](FourRoomsOptions& o) { o.expert_noise = -1.0; });
}

TEST(FourRooms, RecordsExpertAndExplorerBySameRulesAsTheEnvironment) {
  FourRoomsOptions options;
  const Recording recording = record_four_rooms(options, {.episodes = 40, .steps = 100});
  // Replaying the recorded actions from the first state reproduces the agents' positions.
  FourRooms world;
  RandomStream rng(8, "test");
  world.reset_to(recording.states.select(1, 0), {}, rng);
  for (std::int64_t t = 0; t + 1 < 100; ++t) {
    world.step(recording.actions.select(1, t));
    ASSERT_TRUE(
        at::equal(world.state().narrow(1, 0, 3), recording.states.select(1, t + 1).narrow(1, 0, 3)))
        << "step " << t;
  }
  // The explorer's speed stays near .75 and its heading turns by at most .08 a step; the expert's
  // noisy actions do not. About half of the episodes are of each kind.
  const Tensor speed = recording.actions.pow(2).sum(-1).sqrt();
  const Tensor smooth = (speed - 0.75).abs().amax(1) < 0.15;
  EXPECT_GE(smooth.sum().item<std::int64_t>(), 10);
  EXPECT_LE(smooth.sum().item<std::int64_t>(), 30);
  const Tensor heading = at::atan2(recording.actions.select(2, 1), recording.actions.select(2, 0));
  const Tensor turn = at::remainder(at::diff(heading, 1, 1) + M_PI, 2 * M_PI) - M_PI;
  EXPECT_LE(turn.abs().amax(1).masked_select(smooth).max().item<double>(), 0.0801);
}

TEST(FourRooms, RecordedExpertsTravelAndExplorersStroll) {
  FourRoomsOptions options;
  const auto crossings = [&](double share) {
    options.expert_share = share;
    const Tensor rooms = room_of(record_four_rooms(options, {.episodes = 50, .steps = 400}).states);
    return (at::diff(rooms, 1, 1) != 0).sum().item<double>() / 50.0;
  };
  EXPECT_GT(crossings(1.0), 5.0);  // Trials with another program: 7.9 an episode,
  EXPECT_LT(crossings(0.0), 2.5);  // and 1.0.
}

// --- Golden transcript -------------------------------------------------------------------------

constexpr const char* kGolden = FORETHINK_SOURCE_DIR "/tests/golden/four_rooms.txt";

void print_states(std::ostream& out, const Tensor& states) {
  char text[32];
  for (std::int64_t row = 0; row < states.size(0); ++row) {
    out << "  row " << row << ":";
    for (std::int64_t field = 0; field < states.size(1); ++field) {
      std::snprintf(text, sizeof(text), " %8.3f", states[row][field].item<double>());
      out << text;
    }
    out << '\n';
  }
}

// The picture as letters: '#' wall, '+' grey, 'A' agent, 'D' distractor.
void print_image(std::ostream& out, const Tensor& image) {
  for (std::int64_t y = 0; y < image.size(0); y += 2) {
    out << "  ";
    for (std::int64_t x = 0; x < image.size(1); ++x) {
      const std::uint8_t* rgb = image.data_ptr<std::uint8_t>() + (y * image.size(1) + x) * 3;
      const int spread = rgb[0] - rgb[2];
      out << (spread > 40    ? 'A'
              : spread < -40 ? 'D'
              : rgb[0] < 64  ? '#'
              : rgb[0] < 200 ? '+'
                             : '.');
    }
    out << '\n';
  }
}

std::string transcript() {
  std::ostringstream out;
  out << "FourRoom Distractors: what the environment does, for people to read and tests to "
         "compare.\n"
         "Made by:  FORETHINK_UPDATE=1 <build folder>/environments_test "
         "--gtest_filter='FourRooms.Golden*'\n"
         "Fields: agent_x agent_y closed_door distractor0_x distractor0_y distractor0_heading\n\n";
  FourRooms world;
  RandomStream rng(2026, "golden");
  world.reset(4, rng);
  out << "reset(4), seed 2026\n";
  print_states(out, world.state());
  const Tensor goals = world.state().roll(1, 0);
  world.reset_to(world.state(), goals, rng);
  out << "\nreset_to the same states; the goal of each row is the agent's place in the row "
         "before;\n"
         "then the expert's actions\n";
  for (int t = 1; t <= 120; ++t) {
    const Tensor state = world.state();
    const StepResult result = world.step(expert_actions(state, goals));
    if (t != 1 && t % 20 != 0) continue;
    out << "after step " << t << ", terminated:";
    for (int row = 0; row < 4; ++row) out << ' ' << result.terminated[row].item<bool>();
    out << '\n';
    print_states(out, world.state());
  }
  out << "\nwhat row 0 shows now, every other line of 64 x 64 pixels\n";
  print_image(out, world.observe().at("image")[0].contiguous());
  return out.str();
}

TEST(FourRooms, GoldenTranscript) {
  if (std::getenv("FORETHINK_UPDATE") != nullptr) std::ofstream(kGolden) << transcript();
  std::ifstream file(kGolden);
  ASSERT_TRUE(file) << kGolden;
  std::stringstream wanted;
  wanted << file.rdbuf();
  EXPECT_EQ(transcript(), wanted.str());
}

}  // namespace
}  // namespace forethink
