// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Draws Two Rooms: channel 0 the agent, channel 1 the walls, as published.
//
//   channel 0  floor(255 exp(-d^2 / (2 * 1.3^2))), d the distance of a pixel from the agent
//   channel 1  255 on the border's lines and on the wall outside its opening, else 0
//
// A pixel is a unit and its middle lies at the whole number.
//
// Role:    the agent's eye in `TwoRooms`.
#pragma once

#include <cstdint>
#include <vector>

#include "forethink/environments/two_rooms_world.h"

namespace forethink::two_rooms {

inline constexpr std::int64_t kChannels = 2;
inline constexpr std::int64_t kFrameBytes = std::int64_t{kSide} * kSide * kChannels;

/// The walls of one layout, drawn once for all the frames that show it: [Y, X, 2].
using Background = std::vector<std::uint8_t>;

/// Draws a frame [Y, X, 2] into `pixels`.
void draw_frame(Point agent, const Background& background, std::uint8_t* pixels);

/// The background of a layout. Those of random layouts, whole numbers each way, are drawn once for
/// the program; another is drawn when asked for, into `own`.
const Background& background_of(const Layout& layout, Background& own);

}  // namespace forethink::two_rooms
