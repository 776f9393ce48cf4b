// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/film.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace forethink {
namespace {

TEST(FilmLayer, IsTheIdentityBeforeTraining) {
  RandomStream rng(3, "film");
  FilmLayer film(4, 6);
  initialise(film, rng);
  const Tensor features = rng.normal({5, 6});
  EXPECT_TRUE(torch::equal(film.forward(features, rng.normal({5, 4})), features));
}

TEST(FilmLayer, ScalesAndShifts) {
  FilmLayer film(1, 2);
  const torch::NoGradGuard no_grad;
  // gamma = (c, 0), beta = (0, 3 c).
  film.parameters()[0].copy_(torch::tensor({{1.0}, {0.0}, {0.0}, {3.0}}));
  const Tensor out = film.forward(torch::tensor({{5.0, 7.0}}), torch::tensor({{2.0}}));
  EXPECT_TRUE(torch::equal(out, torch::tensor({{15.0, 13.0}})));
}

}  // namespace
}  // namespace forethink
