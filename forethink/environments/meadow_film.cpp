// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/meadow_film.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "forethink/core/settings.h"
#include "forethink/environments/meadow.h"
#include "forethink/environments/meadow_image.h"

namespace forethink {

namespace meadow {
namespace {

constexpr Colour kPaper{28, 30, 36};
constexpr Colour kInk{226, 228, 232};
constexpr Colour kRail{64, 68, 78};
constexpr Colour kBlood{226, 70, 96};
constexpr Colour kSweat{188, 140, 236};
constexpr Colour kFrost{90, 170, 255};
constexpr Colour kFire{255, 112, 40};
constexpr Colour kInnerRoof{150, 100, 62};
constexpr float kNightShown = 0.6F;  // How much of the night's dark a film takes over.

// Letters of 3 x 5 dots, a row of three bits after the other, those that the labels need.
struct Letter {
  char name;
  std::array<int, 5> rows;
};
constexpr std::array<Letter, 18> kLetters{{{'A', {2, 5, 7, 5, 5}},
                                           {'B', {6, 5, 6, 5, 6}},
                                           {'D', {6, 5, 5, 5, 6}},
                                           {'E', {7, 4, 6, 4, 7}},
                                           {'F', {7, 4, 6, 4, 4}},
                                           {'G', {3, 4, 5, 5, 3}},
                                           {'H', {5, 5, 7, 5, 5}},
                                           {'I', {7, 2, 2, 2, 7}},
                                           {'L', {4, 4, 4, 4, 7}},
                                           {'N', {6, 5, 5, 5, 5}},
                                           {'O', {7, 5, 5, 5, 7}},
                                           {'P', {6, 5, 6, 4, 4}},
                                           {'R', {6, 5, 6, 5, 5}},
                                           {'S', {3, 4, 2, 1, 6}},
                                           {'T', {7, 2, 2, 2, 2}},
                                           {'U', {5, 5, 5, 5, 7}},
                                           {'W', {5, 5, 7, 7, 5}},
                                           {'Y', {5, 5, 2, 2, 2}}}};

// A part of a canvas, in its pixels.
Canvas part_of(const Canvas& whole, int x, int y, int width, int height) {
  x = std::clamp(x, 0, whole.width);
  y = std::clamp(y, 0, whole.height);
  Canvas part = whole;
  part.pixels = whole.pixels + (static_cast<std::int64_t>(y) * whole.stride + x) * 3;
  part.width = std::clamp(width, 0, whole.width - x);
  part.height = std::clamp(height, 0, whole.height - y);
  part.corner = {static_cast<float>(x) / whole.scale, static_cast<float>(y) / whole.scale};
  return part;
}

void fill_box(const Canvas& whole, int x, int y, int width, int height, Colour colour) {
  const Canvas box = part_of(whole, x, y, width, height);
  if (box.width > 0 && box.height > 0) fill(box, colour);
}

void write(const Canvas& canvas, int x, int y, int dot, std::string_view text) {
  for (const char name : text) {
    const auto* letter = std::find_if(kLetters.begin(), kLetters.end(),
                                      [name](const Letter& l) { return l.name == name; });
    for (int row = 0; letter != kLetters.end() && row < 5; ++row) {
      for (int column = 0; column < 3; ++column) {
        if ((letter->rows[static_cast<std::size_t>(row)] >> (2 - column) & 1) == 0) continue;
        fill_box(canvas, x + dot * column, y + dot * row, dot, dot, kInk);
      }
    }
    x += 4 * dot;
  }
}

Colour shown(Colour colour, float day) { return mix(colour, lit(colour, day), kNightShown); }

// A full one's outline in earth, and what is left as a share of its area.
void paint_store(const Canvas& canvas, Point middle, float radius, float left, Colour full,
                 float day) {
  paint_disc(canvas, middle, radius, shown(kEarth, day));
  if (left > 0.0F) paint_disc(canvas, middle, radius * std::sqrt(left), shown(full, day));
}

void paint_arena(const Canvas& canvas, const World& w) {
  const Colour grass = shown(kGrass, w.day);
  fill(canvas, grass);
  for (std::size_t i = 0; i < kShelters; ++i) {
    paint_disc(canvas, w.shelters.at(i), kShelterRadius, shown(kRoof, w.day));
    paint_disc(canvas, w.shelters.at(i), 0.7F * kShelterRadius, shown(kInnerRoof, w.day));
    paint_disc(canvas, w.shelters.at(i), 0.3F * kShelterRadius, shown(kRoof, w.day));
  }
  for (std::size_t i = 0; i < kWaters; ++i) {
    paint_store(canvas, w.waters.at(i), kWaterRadius, w.water_left[i], kLake, w.day);
  }
  for (std::size_t i = 0; i < kFoods; ++i) {
    paint_store(canvas, w.foods.at(i), kFoodRadius, w.food_left[i], kRipe, w.day);
  }
  for (std::size_t i = 0; i < kRocks; ++i) {
    paint_disc(canvas, w.rocks.at(i), w.rock_radius[i], shown(kStone, w.day));
  }
  for (std::size_t i = 0; i < kThorns; ++i) {
    paint_disc(canvas, w.thorns.at(i), kThornRadius, shown(kThorny, w.day));
    if (w.thorn_shown[i] <= 0.5F) paint_disc(canvas, w.thorns.at(i), 0.7F * kThornRadius, grass);
  }
}

void paint_window(const Canvas& canvas, Point agent, float view) {
  const auto pixel = [&](float units) {
    return static_cast<int>(std::lround(units * canvas.scale));
  };
  const int left = std::max(0, pixel(agent.x - 0.5F * view));
  const int top = std::max(0, pixel(agent.y - 0.5F * view));
  const int right = std::min(canvas.width, pixel(agent.x + 0.5F * view));
  const int bottom = std::min(canvas.height, pixel(agent.y + 0.5F * view));
  fill_box(canvas, left, top, right - left, 1, kInk);
  fill_box(canvas, left, bottom - 1, right - left, 1, kInk);
  fill_box(canvas, left, top, 1, bottom - top, kInk);
  fill_box(canvas, right - 1, top, 1, bottom - top, kInk);
}

void paint_agent(const Canvas& canvas, const World& w) {
  paint_disc(canvas, w.agent, 1.1F, kPaper);
  paint_disc(canvas, w.agent, 0.8F, is_dead(w) ? kRail : kBody);
}

// The panel's lines: a label, and below it what it says.
class Panel {
 public:
  Panel(const Canvas& canvas, int unit) : canvas_(canvas), unit_(unit) {}

  int left() const { return 2 * unit_; }
  int width() const { return canvas_.width - 4 * unit_; }
  int height() const { return 3 * unit_; }
  /// Writes the label and returns where what belongs to it begins.
  int begin(std::string_view label) {
    write(canvas_, left(), y_, std::max(1, unit_ / 3), label);
    const int top = y_ + 2 * unit_ + unit_ / 2;
    y_ = top + height() + 2 * unit_;
    fill_box(canvas_, left(), top, width(), height(), kRail);
    return top;
  }
  void bar(std::string_view label, float level, Colour colour) {
    const int top = begin(label);
    const auto length = static_cast<int>(std::lround(level * static_cast<float>(width())));
    fill_box(canvas_, left(), top, length, height(), colour);
  }
  /// A strip of colours, and where on it we are.
  template <class ColourAt>
  void strip(std::string_view label, float place, ColourAt&& colour_at) {
    const int top = begin(label);
    for (int x = 0; x < width(); ++x) {
      fill_box(canvas_, left() + x, top, 1, height(),
               colour_at(static_cast<float>(x) / static_cast<float>(width())));
    }
    const int at = left() + static_cast<int>(std::lround(place * static_cast<float>(width() - 1)));
    fill_box(canvas_, at - 2, top - 2, 5, height() + 4, kPaper);
    fill_box(canvas_, at - 1, top - 2, 3, height() + 4, kInk);
  }

 private:
  Canvas canvas_;
  int unit_;
  int y_ = 12;
};

void paint_panel(const Canvas& canvas, const World& w, int unit) {
  fill(canvas, kPaper);
  Panel panel(canvas, unit);
  panel.bar("ENERGY", w.energy, kRipe);
  panel.bar("WATER", w.water, kLake);
  panel.bar("BODY", w.integrity, kBlood);
  panel.strip("HEAT", w.temperature, [](float t) {
    return t < 0.5F ? mix(kFrost, kGrass, 2.0F * t) : mix(kGrass, kFire, 2.0F * t - 1.0F);
  });
  panel.bar("EFFORT", w.effort, kSweat);
  panel.strip("HOUR", w.day, [](float day) { return mix(kPaper, kRipe, light(day) - 0.3F); });
  if (w.wind.x != 0.0F || w.wind.y != 0.0F) {
    panel.bar("WIND", std::sqrt(w.wind.x * w.wind.x + w.wind.y * w.wind.y) / kWindMax, kInk);
  }
  if (w.slip > 0.0F) panel.bar("SLIP", w.slip, kInk);
  if (is_dead(w)) write(canvas, 2 * unit, canvas.height - 6 * unit, unit / 2, "DEAD");
}

}  // namespace
}  // namespace meadow

void MeadowFilmOptions::validate() const {
  expect_setting(view >= 4.0 && view <= 64.0, "meadow_film.view", view, "4 <= view <= 64");
  expect_setting(scale >= 4 && scale <= 16, "meadow_film.scale", scale, "4 <= scale <= 16");
  expect_setting(trail >= 0, "meadow_film.trail", trail, "trail >= 0");
}

Tensor film_meadow(const Tensor& states, const MeadowFilmOptions& options) {
  options.validate();
  const std::vector<meadow::World> worlds = meadow_worlds("meadow_film.states", states);
  const auto N = static_cast<std::int64_t>(worlds.size());
  const int unit = static_cast<int>(options.scale);
  const int side = static_cast<int>(meadow::kSide) * unit;
  const int width = side + 32 * unit;
  Tensor frames = at::empty({N, side, width, 3}, at::kByte);
  std::uint8_t* pixels = frames.data_ptr<std::uint8_t>();
  at::parallel_for(0, N, 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = begin; t < end; ++t) {
      const meadow::World& w = worlds[static_cast<std::size_t>(t)];
      const meadow::Canvas frame{pixels + t * side * width * 3, width, side, width, {},
                                 static_cast<float>(unit)};
      const meadow::Canvas arena = meadow::part_of(frame, 0, 0, side, side);
      meadow::paint_arena(arena, w);
      for (std::int64_t past = std::max<std::int64_t>(0, t - options.trail); past < t; ++past) {
        meadow::paint_disc(arena, worlds[static_cast<std::size_t>(past)].agent, 0.2F, meadow::kInk);
      }
      meadow::paint_window(arena, w.agent, static_cast<float>(options.view));
      meadow::paint_agent(arena, w);
      meadow::paint_panel(meadow::part_of(frame, side, 0, width - side, side), w, unit);
    }
  });
  return frames;
}

}  // namespace forethink
