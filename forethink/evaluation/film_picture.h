// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Frames of a film as PNG in base64.
//
// A film is one picture, a grid in which frame t stands at column t mod 16: each frame then lies
// within deflate's window of the one before it, so a frame costs only what moved in it.
//
// Role:    evaluation; private help of film.cpp and lives_file.cpp.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "forethink/core/types.h"
#include "forethink/evaluation/report_json.h"

namespace forethink {

/// Frames in a row of the grid.
inline constexpr std::int64_t kFrameColumns = 16;

/// PNG, in base64, of a uint8 [Y, X, 3]. @throws IoError if libpng fails.
std::string picture_to_base64(const Tensor& picture);

/// The same in at most 256 colours (film_palette.h), for films that are long and many.
std::string few_colours_to_base64(const Tensor& picture);

/// The inverse of both. @returns uint8 [rows, columns, 3].
/// @throws DataError through `fields`, naming `field`, if `text` is no such picture of that size.
Tensor picture_from_base64(const std::string& text, std::int64_t rows, std::int64_t columns,
                           const JsonFields& fields, const std::string& field);

/// Frames [T, Y, X, 3] as a grid [ceil(T / 16) Y, 16 X, 3], unused cells black.
Tensor frames_to_grid(const Tensor& frames);

/// The first `count` frames of a grid, [count, Y, X, 3].
Tensor frames_from_grid(const Tensor& grid, std::int64_t count);

}  // namespace forethink
