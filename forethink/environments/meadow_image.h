// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Draws the meadow as the agent sees it: a square window around it, north up, darker at night.
//
// Things are discs with edges of one pixel, so that a picture tells places to a part of a pixel.
// Food and water fade to earth as they are used up. Thorns that are hidden are not drawn. Light
// multiplies the colours themselves, which blending then mixes: the same as dimming the picture.
//
// Role:    the agent's eye in `Meadow`; its discs and colours also make `film_meadow`.
#pragma once

#include <cstdint>

#include "forethink/environments/meadow_world.h"

namespace forethink::meadow {

struct Colour {
  float red = 0.0F;
  float green = 0.0F;
  float blue = 0.0F;
};

inline constexpr Colour kGrass{96, 146, 72};
inline constexpr Colour kBeyond{36, 38, 44};  // What lies beyond the border.
inline constexpr Colour kEarth{118, 96, 70};
inline constexpr Colour kRipe{244, 206, 48};
inline constexpr Colour kLake{46, 112, 226};
inline constexpr Colour kThorny{196, 26, 66};
inline constexpr Colour kStone{150, 150, 156};
inline constexpr Colour kRoof{92, 52, 30};
inline constexpr Colour kBody{255, 255, 255};

inline Colour mix(Colour a, Colour b, float share_of_b) {
  const float rest = 1.0F - share_of_b;
  return {rest * a.red + share_of_b * b.red, rest * a.green + share_of_b * b.green,
          rest * a.blue + share_of_b * b.blue};
}

/// `colour` at a time of day: nights are dark and a little blue.
Colour lit(Colour colour, float day);

/// Pixels [Y, X, 3] that are painted on, and where they lie in the world.
struct Canvas {
  std::uint8_t* pixels = nullptr;
  int width = 0;       ///< X, pixels painted on.
  int height = 0;      ///< Y.
  int stride = 0;      ///< Pixels from one line to the next.
  Point corner;        ///< Of the first pixel, in units.
  float scale = 1.0F;  ///< Pixels per unit.
};

/// The whole canvas in one colour.
void fill(const Canvas& canvas, Colour colour);

/// A disc with a soft edge; what lies outside the canvas is left out.
void paint_disc(const Canvas& canvas, Point middle, float radius, Colour colour);

/// The meadow and all that is in it but the agent and its hidden thorns.
void paint_world(const Canvas& canvas, const World& world);

/// The window of `view` units around the agent, `size` pixels each way, into `pixels`
/// [size, size, 3].
void draw_view(const World& world, int size, float view, std::uint8_t* pixels);

}  // namespace forethink::meadow
