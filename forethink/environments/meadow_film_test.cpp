// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/meadow_film.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <array>

#include "forethink/core/error.h"
#include "forethink/environments/meadow.h"

namespace forethink {
namespace {

using FilmColour = std::array<int, 3>;

FilmColour film_pixel(const Tensor& frame, std::int64_t y, std::int64_t x) {
  const std::uint8_t* rgb = frame.data_ptr<std::uint8_t>() + (y * frame.size(1) + x) * 3;
  return {rgb[0], rgb[1], rgb[2]};
}

// A life of two steps at noon: half fed, one food patch a quarter full.
Tensor short_life() {
  meadow::World w;
  w.rock_radius.fill(1.0F);
  w.agent = {32.0F, 32.0F};
  w.energy = 0.5F;
  w.foods.x[0] = 16.0F;
  w.foods.y[0] = 48.0F;
  w.food_left[0] = 0.25F;
  meadow::World later = w;
  later.agent.x = 40.0F;
  later.integrity = 0.0F;
  return meadow_states({w, later});
}

TEST(MeadowFilm, ShowsWhereThingsAreHowMuchIsLeftAndTheWay) {
  const Tensor film = film_meadow(short_life(), {.scale = 8});
  EXPECT_EQ(film.sizes(), at::IntArrayRef({2, 512, 768, 3}));
  const FilmColour white{255, 255, 255};
  const FilmColour ripe{244, 206, 48};
  const FilmColour earth{118, 96, 70};
  const FilmColour grass{96, 146, 72};
  const Tensor first = film[0].contiguous();
  EXPECT_EQ(film_pixel(first, 256, 256), white);
  EXPECT_EQ(film_pixel(first, 384, 128), ripe);       // Half the radius of a full one,
  EXPECT_EQ(film_pixel(first, 384, 128 + 9), earth);  // the rest is bare.
  EXPECT_EQ(film_pixel(first, 384, 128 + 15), grass);
  const Tensor second = film[1].contiguous();
  EXPECT_NE(film_pixel(second, 256, 320), white);                        // Dead,
  EXPECT_EQ(film_pixel(second, 256, 256), (FilmColour{226, 228, 232}));  // and its trail.
  // The bar of energy ends in its middle.
  const std::int64_t y = 12 + 2 * 8 + 4 + 8;
  EXPECT_EQ(film_pixel(first, y, 512 + 16 + 100), ripe);
  EXPECT_NE(film_pixel(first, y, 512 + 16 + 130), ripe);
}

TEST(MeadowFilm, IsDarkerAtNightAndTheSameInAnyNumberOfThreads) {
  Tensor states = short_life();
  const Tensor day = film_meadow(states).to(at::kFloat);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  EXPECT_TRUE(at::equal(film_meadow(states).to(at::kFloat), day));
  at::set_num_threads(before);
  states.select(1, 9).fill_(0.0);
  EXPECT_LT(film_meadow(states).to(at::kFloat).mean().item<float>(),
            0.8F * day.mean().item<float>());
}

TEST(MeadowFilm, RefusesWhatDoesNotFit) {
  EXPECT_THROW(film_meadow(short_life(), {.scale = 1}), ConfigError);
  EXPECT_THROW(film_meadow(short_life(), {.view = 100.0}), ConfigError);
  EXPECT_THROW(film_meadow(short_life(), {.trail = -1}), ConfigError);
  EXPECT_THROW(film_meadow(at::zeros({2, 3})), ShapeError);
}

}  // namespace
}  // namespace forethink
