// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// A picture in at most 256 colours: a third of the bytes, and half of them once compressed.
//
// Boxes of colours are cut, that of the largest squared error first, at their mean along the
// channel that spreads most. A picture with no more than 256 colours stays as it is.
//
// Role:    evaluation; private help of film_picture.cpp.
// Source:  Heckbert, Color Image Quantization for Frame Buffer Display, 1982; cut at the mean as in
//          Wan, Wong and Prusinkiewicz, An Algorithm for Multidimensional Data Clustering, 1988.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "forethink/core/types.h"

namespace forethink {

struct PalettePicture {
  std::vector<std::array<std::uint8_t, 3>> colours;  ///< At most 256.
  Tensor indices;                                    ///< [Y, X] uint8, into `colours`.
};

/// @param picture  uint8 [Y, X, 3], not empty.
PalettePicture reduce_colours(const Tensor& picture);

}  // namespace forethink
