// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/four_rooms_image.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/environments/four_rooms.h"

namespace forethink {
namespace {

using four_rooms::Scene;

Tensor draw(std::int64_t size, const Scene& scene) {
  const four_rooms::Painter painter(size);
  Tensor image = at::empty({size, size, 3}, at::kByte);
  painter.draw(scene, image.data_ptr<std::uint8_t>());
  return image;
}

// Nothing to see but the walls: the agent is far outside.
Scene empty_scene(int closed_door) {
  Scene scene;
  scene.closed_door = closed_door;
  scene.at[0] = {1e6F, 1e6F};
  return scene;
}

std::vector<int> pixel(const Tensor& image, std::int64_t x, std::int64_t y) {
  const Tensor rgb = image[y][x].to(at::kInt);
  return {rgb[0].item<int>(), rgb[1].item<int>(), rgb[2].item<int>()};
}

std::vector<int> grey(int level) { return {level, level, level}; }

// The published picture, written again with whole-image tensor operations.
Tensor published(const Scene& scene) {
  const Tensor x = at::arange(224, at::kFloat).reshape({1, 224}).expand({224, 224});
  const Tensor y = at::arange(224, at::kFloat).reshape({224, 1}).expand({224, 224});
  const auto within = [](const Tensor& v, double low, double high) {
    return v.ge(low).logical_and(v.le(high));
  };
  const Tensor vertical = within(x, 107, 117);
  const Tensor horizontal = within(y, 107, 117);
  const std::array<Tensor, 4> doors{
      vertical.logical_and(within(y, 40, 72)), vertical.logical_and(within(y, 152, 184)),
      horizontal.logical_and(within(x, 40, 72)), horizontal.logical_and(within(x, 152, 184))};
  Tensor wall = vertical.logical_or(horizontal);
  for (int door = 0; door < 4; ++door) {
    if (door == scene.closed_door) continue;
    wall = wall.logical_and(doors[static_cast<std::size_t>(door)].logical_not());
  }
  for (const Tensor& v : {x, y}) {
    wall = wall.logical_or(within(v, 10, 13)).logical_or(within(v, 210, 213));
  }
  Tensor image =
      (255 * wall.logical_not().to(at::kInt)).to(at::kByte).unsqueeze(-1).repeat({1, 1, 3});
  const std::array<std::array<float, 3>, 3> colours{{{0, 114, 178}, {230, 159, 0}, {255, 0, 0}}};
  for (int body = 1; body <= scene.bodies; ++body) {
    const bool agent = body == scene.bodies;
    const auto at = scene.at[static_cast<std::size_t>(agent ? 0 : body)];
    const Tensor dx = x - at.x;
    const Tensor dy = y - at.y;
    Tensor alpha = (-(dx * dx + dy * dy) / (2.0F * 3.5F * 3.5F)).exp();
    alpha = (alpha / alpha.max()).clamp(0, 1).unsqueeze(-1);
    const auto& c = colours[static_cast<std::size_t>(agent ? 2 : body - 1)];
    const Tensor ink = at::tensor({c[0], c[1], c[2]});
    image = (image.to(at::kFloat) * (1.0 - alpha) + ink * alpha).to(at::kByte);
  }
  return image;
}

TEST(FourRoomsImage, WallsAtThePublishedSize) {
  const Tensor image = draw(224, empty_scene(-1));
  for (const int x : {107, 112, 117}) EXPECT_EQ(pixel(image, x, 90), grey(0)) << x;
  for (const int x : {106, 118}) EXPECT_EQ(pixel(image, x, 90), grey(255)) << x;
  for (const int x : {10, 13, 210, 213}) EXPECT_EQ(pixel(image, x, 90), grey(0)) << x;
  for (const int x : {9, 14, 209, 214}) EXPECT_EQ(pixel(image, x, 90), grey(255)) << x;
  for (const int y : {40, 56, 72, 152, 184}) EXPECT_EQ(pixel(image, 112, y), grey(255)) << y;
  for (const int y : {39, 73, 151, 185}) EXPECT_EQ(pixel(image, 112, y), grey(0)) << y;
  const std::array<std::array<int, 2>, 4> middles{{{112, 56}, {112, 168}, {56, 112}, {168, 112}}};
  for (int shut = 0; shut < 4; ++shut) {
    const Tensor picture = draw(224, empty_scene(shut));
    for (int door = 0; door < 4; ++door) {
      const auto [x, y] = middles[static_cast<std::size_t>(door)];
      EXPECT_EQ(pixel(picture, x, y), grey(door == shut ? 0 : 255)) << shut << ' ' << door;
    }
  }
}

TEST(FourRoomsImage, EqualsThePublishedRuleAtTheSameSize) {
  RandomStream rng(1, "test");
  const Tensor places = rng.uniform({6, 3, 2}, 14.0, 209.0);
  for (int i = 0; i < 6; ++i) {
    Scene scene;
    scene.closed_door = i - 2 < 4 ? std::max(i - 2, -1) : -1;
    scene.bodies = 1 + i % 3;
    for (int body = 0; body < 3; ++body) {
      scene.at[static_cast<std::size_t>(body)] = {places[i][body][0].item<float>(),
                                                  places[i][body][1].item<float>()};
    }
    const Tensor difference = (draw(224, scene).to(at::kInt) - published(scene).to(at::kInt)).abs();
    // Two programs' exponentials may differ in the last bit, which truncation turns into one level
    // where a product falls just on an integer. Nothing else may differ.
    EXPECT_LE(difference.max().item<int>(), 1);
    EXPECT_LE(difference.sum().item<std::int64_t>(), 4);
  }
}

TEST(FourRoomsImage, AveragesTheWallsAreaAtSixtyFourPixels) {
  const Tensor image = draw(64, empty_scene(1));
  // Pixel j covers the published pixels from 3.5 j to 3.5 (j + 1); black are 107 .. 117.
  EXPECT_EQ(pixel(image, 29, 26), grey(255));
  EXPECT_EQ(pixel(image, 30, 26), grey(146));  // 105 .. 108.5: 1.5 of 3.5 black.
  EXPECT_EQ(pixel(image, 31, 26), grey(0));
  EXPECT_EQ(pixel(image, 32, 26), grey(0));
  EXPECT_EQ(pixel(image, 33, 26), grey(73));  // 115.5 .. 119: 2.5 of 3.5 black.
  EXPECT_EQ(pixel(image, 34, 26), grey(255));
  // A door's edge: open are 40 .. 72, so pixel row 20, from 70 to 73.5, is open for 3 of 3.5.
  EXPECT_EQ(pixel(image, 32, 20), grey(219));
  EXPECT_EQ(pixel(image, 32, 48), grey(0));  // Shut.
  // Pixel (30, 30) at the crossing: white is 2 x 2 of 3.5 x 3.5.
  EXPECT_EQ(pixel(image, 30, 30), grey(83));
  // Each size is the area average of the published picture.
  const Tensor large = draw(224, empty_scene(1)).to(at::kDouble);
  const Tensor mean = large.reshape({56, 4, 56, 4, 3}).mean(3).mean(1).round().to(at::kByte);
  EXPECT_TRUE(at::equal(draw(56, empty_scene(1)), mean));
}

TEST(FourRoomsImage, DrawsAGaussianAtSixtyFourPixels) {
  Scene scene;
  scene.at[0] = {54.0F, 75.0F};  // Pixel (15.07.., 21.07..): (54 + .5) / 3.5 - .5.
  const Tensor image = draw(64, scene);
  for (int y = 17; y < 26; ++y) {
    for (int x = 11; x < 20; ++x) {
      const double dx = x - (54.5 / 3.5 - 0.5);
      const double dy = y - (75.5 / 3.5 - 0.5);
      const double rest = 255.0 * (1.0 - std::exp(-0.5 * (dx * dx + dy * dy)));
      EXPECT_NEAR(pixel(image, x, y)[1], rest, 0.51) << x << ' ' << y;  // Rounding.
      EXPECT_EQ(pixel(image, x, y)[0], 255);
    }
  }
}

TEST(FourRoomsImage, DrawsTheAgentOverTheDistractor) {
  for (const std::int64_t size : {64, 224}) {
    Scene scene;
    scene.bodies = 2;
    scene.at[0] = scene.at[1] = {54.5F, 54.5F};
    const double middle = 55.0 * static_cast<double>(size) / 224.0 - 0.5;
    const auto at = static_cast<std::int64_t>(std::lround(middle));
    const std::vector<int> rgb = pixel(draw(size, scene), at, at);
    EXPECT_GT(rgb[0], 240);
    EXPECT_LT(rgb[2], 20);
    scene.at[0] = {150.0F, 150.0F};
    const std::vector<int> blue = pixel(draw(size, scene), at, at);
    EXPECT_LT(blue[0], 15);
    EXPECT_NEAR(blue[1], 114, 8);
    EXPECT_NEAR(blue[2], 178, 5);
  }
}

TEST(FourRoomsImage, CutsBlobsAtThePicturesEdge) {
  // Anything finite may be drawn: probes decode places outside.
  for (const std::int64_t size : {16, 64, 100, 224, 448}) {
    const Tensor empty = draw(size, empty_scene(-1));
    for (const float place : {-300.0F, -3.0F, 0.0F, 223.0F, 226.0F, 300.0F}) {
      Scene scene;
      scene.at[0] = {place, 112.0F};
      const bool visible = place > -10.0F && place < 240.0F;
      EXPECT_EQ(!at::equal(draw(size, scene), empty), visible) << size << ' ' << place;
    }
  }
}

}  // namespace
}  // namespace forethink
