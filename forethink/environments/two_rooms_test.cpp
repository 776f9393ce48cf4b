// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/two_rooms.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "forethink/core/checksum.h"
#include "forethink/core/error.h"
#include "forethink/environments/parity_testing.h"
#include "forethink/environments/two_rooms_tasks.h"
#include "forethink/environments/two_rooms_truth.h"
#include "tests/conformance/environment_conformance.h"

namespace forethink {
namespace {

using nlohmann::json;

float number(const json& value) { return value.is_null() ? std::nanf("") : value.get<float>(); }

TwoRoomsOptions fixed_layout(double wall_x, double door_y) {
  TwoRoomsOptions options;
  options.random_layout = false;
  options.wall_x = wall_x;
  options.door_y = door_y;
  return options;
}

TEST(TwoRooms, ConformsInEveryPublishedForm) {
  TwoRoomsOptions strict = fixed_layout(32, 10);
  strict.judged_at_end = false;
  strict.goal_radius = std::sqrt(2.0);
  for (TwoRoomsOptions options : {TwoRoomsOptions{}, fixed_layout(32, 18), strict}) {
    options.episode_steps = 20;
    conformance::expect_environment_conforms([&] { return std::make_unique<TwoRooms>(options); });
  }
}

TEST(TwoRoomsParity, BouncesAsThePublishedEvaluations) {
  for (const char* peer : {"eb_jepa", "pldm"}) {
    std::int64_t contacts = 0, compared = 0;
    for (const json& row : published_two_rooms()["evaluation_steps"][peer]["rows"]) {
      const two_rooms::Layout layout{number(row[1]), number(row[2])};
      const two_rooms::Point from{number(row[3]), number(row[4])};
      const two_rooms::Point to{from.x + number(row[5]), from.y + number(row[6])};
      const two_rooms::Point noise{number(row[7]), number(row[8])};
      bool touched = false;
      const two_rooms::Point end = two_rooms::bounce(from, to, layout, [&](bool) {
        touched = true;
        return noise;
      });
      EXPECT_TRUE(std::isfinite(end.x) && std::isfinite(end.y)) << row;
      EXPECT_EQ(touched, row[11].get<int>() > 0) << row;
      contacts += touched ? 1 : 0;
      if (row[9].is_null() || row[10].is_null()) continue;  // They divided by zero.
      ++compared;
      EXPECT_NEAR(end.x, number(row[9]), 2e-5) << row;
      EXPECT_NEAR(end.y, number(row[10]), 2e-5) << row;
    }
    EXPECT_GT(contacts, 300) << peer;
    EXPECT_GT(compared, 670) << peer;
  }
}

TEST(TwoRoomsParity, StaysAsInThePublishedDataSets) {
  std::int64_t stayed = 0;
  for (const json& row : published_two_rooms()["dataset_steps"]["rows"]) {
    const two_rooms::Point from{number(row[3]), number(row[4])};
    const two_rooms::Point to{from.x + number(row[5]), from.y + number(row[6])};
    const two_rooms::Point end = two_rooms::stay(from, to, {number(row[1]), number(row[2])});
    EXPECT_EQ(end.x, number(row[7])) << row;
    EXPECT_EQ(end.y, number(row[8])) << row;
    stayed += end.x == from.x && end.y == from.y ? 1 : 0;
  }
  EXPECT_GT(stayed, 200);
}

TEST(TwoRoomsParity, DrawsThePublishedFramesToTheLastBit) {
  const TwoRooms world;
  for (const json& frame : published_two_rooms()["frames"]["states"]) {
    const Tensor state = at::tensor(
        {number(frame["x"]), number(frame["y"]), number(frame["wall_x"]), number(frame["door_y"])});
    const Tensor image = world.render(state.unsqueeze(0)).at("image")[0];
    const Tensor planes = image.permute({2, 0, 1}).contiguous();  // [2, Y, X] as published.
    const std::string bytes(reinterpret_cast<const char*>(planes.data_ptr<std::uint8_t>()),
                            static_cast<std::size_t>(planes.numel()));
    EXPECT_EQ(sha256(bytes), frame["sha256"].get<std::string>()) << frame["x"] << frame["y"];
  }
}

TEST(TwoRoomsParity, DrawsStartsAndGoalsAsPublished) {
  const std::pair<const char*, TwoRoomsOptions> forms[] = {
      {"eb_jepa_random_wall", {}},
      {"eb_jepa_fixed_wall", fixed_layout(32, 18)},
      {"pldm_fixed_wall", fixed_layout(32, 10)}};
  for (const auto& [name, world] : forms) {
    const json& theirs = published_two_rooms()["starts_and_goals"][name];
    const TaskList tasks = make_two_rooms_tasks({.count = 20000, .seed = 1, .world = world});
    const Tensor start = tasks.starts.unbind(1)[0], goal = tasks.goals.unbind(1)[0];
    expect_mean(theirs["start_x"], start, "start_x");
    expect_mean(theirs["target_x"], goal, "target_x");
    expect_mean(theirs["start_y"], tasks.starts.select(1, 1), "start_y");
    expect_mean(theirs["wall_x"], tasks.starts.select(1, 2), "wall_x");
    expect_mean(theirs["door_y"], tasks.starts.select(1, 3), "door_y");
    expect_mean(theirs["distance"], (tasks.starts - tasks.goals).norm(2, {1}), "distance");
    const Tensor at_left = start < tasks.starts.select(1, 2);
    expect_mean(theirs["starts_at_left"], at_left.to(at::kFloat), "starts_at_left");
    expect_mean(theirs["start_x_at_left"], start.masked_select(at_left), "start_x_at_left");
    for (const auto& [field, values] : {std::pair{"start_x", start}, std::pair{"target_x", goal}}) {
      EXPECT_NEAR(values.min().item<double>(), theirs[field]["min"].get<double>(), 0.05) << name;
      EXPECT_NEAR(values.max().item<double>(), theirs[field]["max"].get<double>(), 0.05) << name;
    }
  }
}

TEST(TwoRoomsParity, RecordsWalksAsPublished) {
  TwoRoomsOptions pldm = fixed_layout(32, 10);
  pldm.crossing_share = 0.6;
  TwoRoomsOptions uniform_turns = pldm;
  uniform_turns.concentration = 0.0;
  TwoRoomsOptions no_attempts = pldm;
  no_attempts.crossing_share = 0.0;
  const std::pair<const char*, TwoRoomsOptions> forms[] = {
      {"eb_jepa_random_wall_0.35", {}},
      {"pldm_fixed_wall_0.60", pldm},
      {"pldm_random_trajectories", uniform_turns},
      {"pldm_fixed_wall_0.00", no_attempts}};
  for (const auto& [name, world] : forms) {
    SCOPED_TRACE(name);
    const json& theirs = published_two_rooms()["trajectories"][name];
    const Recording r = record_two_rooms(world, {.episodes = 4096, .steps = 91, .seed = 5});
    const Tensor places = r.states.slice(2, 0, 2), acts = r.actions.slice(1, 0, 90);
    const Tensor lengths = acts.norm(2, {2});
    expect_mean(theirs["step_length"], lengths.mean(1), "step length");
    const Tensor turns = (acts.slice(1, 1) * acts.slice(1, 0, 89)).sum(2) /
                         (lengths.slice(1, 1) * lengths.slice(1, 0, 89));
    expect_mean(theirs["cosine_of_successive_headings"], turns.mean(1), "cosine");
    const Tensor moves = places.slice(1, 1) - places.slice(1, 0, 90);
    const Tensor stayed = moves.abs().sum(2).eq(0).to(at::kFloat);
    expect_mean(theirs["stayed_though_acting"], stayed.mean(1), "stayed");
    expect_mean(theirs["moved_per_step"], moves.norm(2, {2}).mean(1), "moved");
    const Tensor side = (r.states.select(2, 0) - r.states.select(2, 2)).sign();
    const Tensor other = side.select(1, 0).ne(side.select(1, 90)).to(at::kFloat);
    expect_mean(theirs["ends_in_other_room"], other, "other room");
    expect_mean(theirs["displacement"], (places.select(1, 90) - places.select(1, 0)).norm(2, {1}),
                "displacement");
    expect_mean(theirs["start_x"], places.select(1, 0).select(1, 0), "start x");
    expect_mean(theirs["x"], places.select(2, 0).mean(1), "x");
  }
}

TEST(TwoRooms, KeepsRecordingsToTheirRoomsWhenAsked) {
  TwoRoomsOptions world = fixed_layout(32, 10);
  world.crossing_share = 0.6;
  world.keep_to_rooms = true;
  const Recording r = record_two_rooms(world, {.episodes = 300, .steps = 91, .seed = 1});
  const Tensor across = r.states.select(2, 0) - r.states.select(2, 2);
  const Tensor both = (across < -1).any(1).logical_and((across > 1).any(1));
  EXPECT_EQ(both.sum().item<int>(), 0);
}

TEST(TwoRooms, ShortensLongActionsAndMovesByShortOnes) {
  TwoRooms world;
  RandomStream rng(1, "test");
  world.reset_to(at::tensor({20.0F, 30.0F, 40.0F, 20.0F}).expand({2, 4}), {}, rng);
  world.step(at::tensor({0.5F, -1.0F, 1.8F, 2.4F}).view({2, 2}));
  const Tensor s = world.state();
  EXPECT_FLOAT_EQ(s[0][0].item<float>(), 20.5F);
  EXPECT_FLOAT_EQ(s[0][1].item<float>(), 29.0F);
  EXPECT_NEAR(s[1][0].item<float>(), 20.0 + 2.45 * 0.6, 1e-5);
  EXPECT_NEAR(s[1][1].item<float>(), 30.0 + 2.45 * 0.8, 1e-5);
}

TEST(TwoRooms, JudgesAtTheEndOrAtAnyStep) {
  const Tensor start = at::tensor({20.0F, 30.0F, 40.0F, 20.0F}).view({1, 4});
  const Tensor goal = at::tensor({22.0F, 30.0F, 40.0F, 20.0F}).view({1, 4});
  const Tensor right = at::tensor({1.0F, 0.0F}).view({1, 2});
  TwoRoomsOptions options;
  options.episode_steps = 3;
  options.goal_radius = std::sqrt(2.0);
  for (const bool at_end : {true, false}) {
    options.judged_at_end = at_end;
    TwoRooms world(options);
    RandomStream rng(1, "test");
    world.reset_to(start, goal, rng);
    EXPECT_EQ(world.step(right).terminated.item<bool>(), !at_end);  // One pixel away.
    world.step(right);
    const StepResult last = world.step(right);  // Also one pixel away, beyond it.
    EXPECT_TRUE(last.terminated.item<bool>());
    EXPECT_FALSE(last.truncated.item<bool>());
    world.reset_to(start, goal, rng);
    for (int t = 0; t < 3; ++t) world.step(-right);
    EXPECT_TRUE(world.step(right).truncated.item<bool>());  // Five away: failed, and over.
  }
}

TEST(TwoRooms, TheDoorIsTheOnlyWayThrough) {
  const PushWorld pushes = two_rooms_pushes({});
  RandomStream rng(1, "test");
  for (const std::string& kind : pushes.kinds) {
    const PushTrials trials = pushes.make(kind, {.count = 500, .steps = 25}, rng);
    const Tensor from = pushes.room_of(trials.starts.slice(1, 0, 2), trials.starts);
    const Tensor to = pushes.room_of(trials.ends.slice(1, 0, 2), trials.ends);
    EXPECT_EQ(from.ne(to).sum().item<int>(), kind == "door" ? 500 : 0) << kind;
  }
  EXPECT_THROW(pushes.make("well", {}, rng), ConfigError);
}

TEST(TwoRooms, RefusesStatesAndSettingsThatDoNotFit) {
  TwoRooms world;
  RandomStream rng(1, "test");
  EXPECT_THROW(world.reset_to(at::zeros({2, 3}), {}, rng), ShapeError);
  EXPECT_THROW(world.reset_to(at::full({2, 4}, 70.0), {}, rng), DataError);
  EXPECT_THROW(world.render(at::full({1, 4}, -1.0)), DataError);
  const auto refuses = [](auto&& change) {
    TwoRoomsOptions options;
    change(options);
    EXPECT_THROW(TwoRooms{options}, ConfigError);
  };
  refuses([](TwoRoomsOptions& o) { o.wall_x = 19; });
  refuses([](TwoRoomsOptions& o) { o.door_y = 55; });
  refuses([](TwoRoomsOptions& o) { o.goal_radius = 0; });
  refuses([](TwoRoomsOptions& o) { o.max_step = 2.5; });
  refuses([](TwoRoomsOptions& o) { o.recorded_contact = "slide"; });
  refuses([](TwoRoomsOptions& o) { o.crossing_share = 1.5; });
  refuses([](TwoRoomsOptions& o) { o.concentration = -1; });
  refuses([](TwoRoomsOptions& o) { o.episode_steps = 0; });
}

}  // namespace
}  // namespace forethink
