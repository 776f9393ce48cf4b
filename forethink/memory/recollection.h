// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Recollection: the way to remembered places that would help, or that hurt, as a sense of its own.
//
// What is out of sight takes part in planning as a reading beside those of the other sensors. Of
// all places p_i where the agent was, with w_ij what it expects there when it is in need of j (an
// energy: low is good), each need j calls to mind the one
//
//   i*_j = argmin_i  w_ij + way_cost |p_i - p|
//
// and of those that hurt, h_i > 0, the nearest one within `reach` comes to mind:
//
//   reading = [ (p_i*_j - p) / scale, w_i*_j of each need j,  (p_hurt - p) / scale, h ]
//
// A place is worth what was seen from within `renewal` of it last, so that a bare patch is not
// remembered as full; what hurt there is not forgotten so. Where nothing is remembered, ways are 0,
// w is 1 and h is 0.
//
// Places are those of the agent's own odometer, which starts at 0 and adds up what it moved.
//
// Role:    the short-term memory read by the state estimate (figure 2), from places to a reading.
// Source:  ours; path integration as in animals: McNaughton et al., Path Integration and the Neural
//          Basis of the 'Cognitive Map', 2006.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// Settings of a recollection. Lengths are in the odometer's units.
struct RecollectionOptions {
  double way_cost = 0.003;  ///< Of one unit of way, in units of worth; >= 0.
  double renewal =
      3.0;              ///< A look tells anew what all places within this distance are worth; >= 0.
  double reach = 12.0;  ///< Pain farther away does not come to mind; >= 0.
  double scale = 16.0;  ///< Units of way that read as 1; > 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("way_cost", self.way_cost);
    visit("renewal", self.renewal);
    visit("reach", self.reach);
    visit("scale", self.scale);
  }
};

/// Places that B agents remember, M each.
struct RememberedPlaces {
  Tensor place;  ///< [B, M, 2] float32.
  Tensor worth;  ///< [B, M, J] float32: energy expected there by one in need; low is good.
  Tensor hurt;   ///< [B, M] float32: pain that was felt there.
  Tensor time;   ///< [B, M] int64.
  Tensor held;   ///< [B, M] bool: the place is remembered at all.
};

/// Numbers of a reading for J needs: 3 J + 3.
std::int64_t recollection_dim(std::int64_t needs);

/// What comes to mind [B, 3 J + 3].
/// @param here  [B, 2], where the agents are.
/// @throws ShapeError if shapes or types do not fit; ConfigError if `options` break a rule.
Tensor recollect(const RememberedPlaces& places, const Tensor& here,
                 const RecollectionOptions& options = {});

/// What came to mind on one way [n, 3 J + 3]: at each of its places by those up to it, that one
/// included.
/// @param place [n, 2], worth [n, J], hurt [n]  in the order in which they were visited.
Tensor recollect_on_way(const Tensor& place, const Tensor& worth, const Tensor& hurt,
                        const RecollectionOptions& options = {});

}  // namespace forethink
