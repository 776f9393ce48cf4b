// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/film.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "forethink/core/error.h"
#include "forethink/core/random.h"

namespace forethink {
namespace {

/// 19 frames: more than one row of the grid, and not a full second one.
Film small_film() {
  RandomStream random(1, "film");
  Film film;
  film.task = 4;
  film.tasks = "four_rooms_300";
  film.planner = "iCEM, roadmap";
  film.success = true;
  film.steps = 18;
  film.frames = random.integers({19, 6, 8, 3}, 0, 256).to(torch::kUInt8);
  film.goal_frame = random.integers({6, 8, 3}, 0, 256).to(torch::kUInt8);
  film.positions = random.uniform({19, 2}, 0.0, 224.0);
  film.goal_position = torch::tensor({100.25F, 3.5F});
  film.goal_radius = 16.0;
  film.imagined = {{0, random.uniform({5, 2}, 0.0, 224.0)},
                   {10, random.uniform({3, 2}, 0.0, 224.0)}};
  film.imagined_stride = 2;
  film.terms = {"goal", "effort"};
  film.energy = random.normal({19, 2});
  film.energy[7][0] = std::numeric_limits<float>::quiet_NaN();
  return film;
}

std::string refusal(const nlohmann::json& json) {
  try {
    film_from_json(json, "films.json, films[0]");
  } catch (const DataError& error) {
    return error.what();
  }
  return "no DataError";
}

TEST(Film, ComesBackFromJsonAsItWas) {
  const Film film = small_film();
  const Film back = film_from_json(film_to_json(film), "test");
  EXPECT_TRUE(torch::equal(back.frames, film.frames));
  EXPECT_TRUE(torch::equal(back.goal_frame, film.goal_frame));
  // Half of the last digit that is kept.
  EXPECT_TRUE(torch::allclose(back.positions, film.positions, 0.0, 0.0051));
  EXPECT_TRUE(torch::equal(back.goal_position, film.goal_position));
  EXPECT_TRUE(torch::allclose(back.energy, film.energy, 1e-4, 0.0, /*equal_nan=*/true));
  ASSERT_EQ(back.imagined.size(), 2U);
  EXPECT_EQ(back.imagined[1].step, 10);
  EXPECT_TRUE(torch::allclose(back.imagined[1].positions, film.imagined[1].positions, 0.0, 0.0051));
  EXPECT_EQ(back.imagined_stride, 2);
  EXPECT_EQ(back.terms, film.terms);
  EXPECT_EQ(back.planner, film.planner);
  EXPECT_EQ(back.tasks, film.tasks);
  EXPECT_EQ(back.task, 4);
  EXPECT_EQ(back.steps, 18);
  EXPECT_TRUE(back.success);
}

TEST(Film, GoalMayBeNoPlaceAndTermsMayBeAbsent) {
  Film film = small_film();
  film.goal_position = Tensor();
  film.terms.clear();
  film.energy = Tensor();
  film.imagined.clear();
  const Film back = film_from_json(film_to_json(film), "test");
  EXPECT_FALSE(back.goal_position.defined());
  EXPECT_FALSE(back.energy.defined());
  EXPECT_TRUE(back.imagined.empty());
}

TEST(Film, AFrameCostsOnlyWhatMovedInIt) {
  Film film = small_film();
  // One noisy picture 100 times over: were each frame stored anew, it would take 100 times as much.
  const Tensor still = film.frames.narrow(0, 0, 1);
  film.frames = still.repeat({100, 1, 1, 1});
  film.positions = torch::zeros({100, 2});
  film.energy = torch::zeros({100, 2});
  const std::size_t many = film_to_json(film)["frames_png"].get<std::string>().size();
  film.frames = still;
  film.positions = torch::zeros({1, 2});
  film.energy = torch::zeros({1, 2});
  film.imagined.clear();
  const std::size_t one = film_to_json(film)["frames_png"].get<std::string>().size();
  EXPECT_LT(many, 12 * one);
}

TEST(Film, NamesTheFieldThatBreaksItsRule) {
  Film film = small_film();
  film.positions = torch::zeros({18, 2});
  try {
    film.validate();
    FAIL() << "expected ShapeError";
  } catch (const ShapeError& error) {
    EXPECT_STREQ(error.what(),
                 "film.positions is Float [18, 2], must be float [T, 2], a row for each frame");
  }
  film = small_film();
  film.imagined_stride = 0;
  EXPECT_THROW(film.validate(), ConfigError);
  film = small_film();
  film.imagined[0].step = 19;
  EXPECT_THROW(film.validate(), ConfigError);
}

TEST(Film, RefusesMalformedJsonByName) {
  const nlohmann::json good = film_to_json(small_film());
  nlohmann::json bad = good;
  bad.erase("planner");
  EXPECT_EQ(refusal(bad), "films.json, films[0]: planner is missing");
  bad = good;
  bad["success"] = "yes";
  EXPECT_EQ(refusal(bad), "films.json, films[0]: success is string, must be true or false");
  bad = good;
  bad["frames_png"] = "AAAA";
  EXPECT_NE(refusal(bad).find("frames_png is not a PNG"), std::string::npos) << refusal(bad);
  bad["frames_png"] = "A*==";
  EXPECT_NE(refusal(bad).find("frames_png is not base64"), std::string::npos) << refusal(bad);
  bad = good;
  bad["frame_height"] = 7;
  EXPECT_NE(refusal(bad).find("frames_png is a picture of"), std::string::npos) << refusal(bad);
  bad = good;
  bad["positions"][3] = {1.0, "two"};
  EXPECT_EQ(refusal(bad), "films.json, films[0]: positions[3] must hold numbers, holds string");
  bad = good;
  bad["positions"].erase(0);
  EXPECT_NE(refusal(bad).find("film.positions"), std::string::npos) << refusal(bad);
  bad = good;
  bad["imagined"][1]["step"] = -1;
  EXPECT_EQ(refusal(bad), "films.json, films[0], imagined[1]: step = -1, must be >= 0");
}

TEST(Film, RefusesToAllocateWithoutLimit) {
  nlohmann::json json = film_to_json(small_film());
  json["frame_count"] = std::numeric_limits<std::int64_t>::max();
  EXPECT_NE(refusal(json).find("frame_count"), std::string::npos) << refusal(json);
  json["frame_count"] = 2000000;
  json["frame_height"] = 8000;
  EXPECT_NE(refusal(json).find("frame_count"), std::string::npos) << refusal(json);
}

TEST(Film, ADamagedPictureIsRefusedAndNothingWorse) {
  const nlohmann::json good = film_to_json(small_film());
  const auto text = good["frames_png"].get<std::string>();
  // Cut at many places; always on a whole group, so that base64 itself stays valid. The last bytes
  // hold no pixels but checksums and an end mark, which libpng does without.
  const std::size_t stride = std::max<std::size_t>(4, text.size() / 200 / 4 * 4);
  for (std::size_t keep = 0; keep + 64 < text.size(); keep += stride) {
    nlohmann::json bad = good;
    bad["frames_png"] = text.substr(0, keep);
    EXPECT_NE(refusal(bad).find("frames_png"), std::string::npos) << keep << ": " << refusal(bad);
  }
}

TEST(Film, FilesComeBackAndOthersAreRefused) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("forethink-film-" + std::to_string(getpid()) + ".json");
  write_films(path, {small_film(), small_film()});
  EXPECT_EQ(read_films(path).size(), 2U);
  std::ofstream(path) << R"({"version": 2, "films": []})";
  EXPECT_THROW(read_films(path), DataError);
  std::ofstream(path) << R"({"version": 1})";
  EXPECT_THROW(read_films(path), DataError);
  std::ofstream(path) << R"({"version": 1, "films": [)";
  EXPECT_THROW(read_films(path), DataError);
  std::filesystem::remove(path);
  EXPECT_THROW(read_films(path), IoError);
}

}  // namespace
}  // namespace forethink
