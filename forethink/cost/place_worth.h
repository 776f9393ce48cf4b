// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Place worth: what it would be worth to be at a place, to an agent in need.
//
//   w_j(e) = (1 - g) max_{v in V_j} TC_j(e, v)
//
// e is what perception makes of the place, v the body that is asked about: hungry, thirsty, or for
// shelter first cold and then hot, for only what helps against both is a shelter, and neither the
// sun nor the shade of the hour. TC_j is a drive critic's discounted energy to come, g its
// discount, so that w_j is a mean energy: low where the need would be met, about that of the need
// where not.
//
// Role:    the cost module; what short-term memory keeps of a place (figure 7, critic and memory).
// Source:  ours.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "forethink/cost/drive_critic.h"

namespace forethink {

/// The needs that places may meet, in order: "food", "water", "shelter".
const std::vector<std::string>& place_needs();

class PlaceWorth {
 public:
  /// @param critic    Of states [e, other felt numbers, vitals].
  /// @param encoded   Width of e.
  /// @param discount  g of what the critic learnt; in [0, 1).
  /// @throws ConfigError if `critic` is null or too narrow, or the discount is out of range.
  PlaceWorth(std::shared_ptr<const DriveCritic> critic, std::int64_t encoded, double discount);

  /// w [N, needs] of e [N, encoded]. Other felt numbers are taken as zero.
  /// @throws ShapeError if e is not that.
  Tensor operator()(const Tensor& encoded) const;

 private:
  std::shared_ptr<const DriveCritic> critic_;
  std::int64_t encoded_;
  double discount_;
};

}  // namespace forethink
