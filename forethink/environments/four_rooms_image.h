// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Draws FourRoom Distractors: black walls and border on white, Gaussian blobs for the bodies.
//
// At 224 pixels this is the published picture to the last bit: a pixel is a unit, its middle lies
// at the integer, blobs are divided by their largest sample, and every blend truncates. At another
// size walls are the exact area average of that picture, blobs are sampled at the pixels' middles,
// and a blend rounds. The distractors come first, the agent last.
//
// Role:    the agent's eye in `FourRooms`.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "forethink/environments/four_rooms_world.h"

namespace forethink::four_rooms {

/// What is in a picture.
struct Scene {
  int closed_door = -1;
  int bodies = 1;                               ///< Agent and distractors.
  std::array<Point, kDistractorsMax + 1> at{};  ///< The agent is number 0.
};

class Painter {
 public:
  explicit Painter(std::int64_t image_size);

  std::int64_t image_size() const { return size_; }
  std::int64_t bytes() const { return size_ * size_ * 3; }

  /// Draws `scene` into `pixels` [Y, X, 3].
  void draw(const Scene& scene, std::uint8_t* pixels) const;

 private:
  using Colour = std::array<float, 3>;
  void draw_blob(Point at, const Colour& colour, std::uint8_t* pixels) const;
  void draw_published_blob(Point at, const Colour& colour, std::uint8_t* pixels) const;

  std::int64_t size_;
  float pixels_per_unit_;
  float reach_;    // Pixels beyond which a blob changes nothing.
  float inverse_;  // 1 / (2 sigma^2), sigma in pixels.
  float ratio_;    // exp(-1 / sigma^2): the second ratio of samples one pixel apart.
  std::array<std::vector<std::uint8_t>, 5> backgrounds_;  // By closed door + 1.
};

}  // namespace forethink::four_rooms
