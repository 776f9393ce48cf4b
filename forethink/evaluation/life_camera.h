// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Life camera: tells whole lives. What the agent felt, imagined, remembered and weighed at each
// look, beside what happened.
//
// Role:    evaluation; looks on from outside, true states included.
#pragma once

#include <functional>
#include <vector>

#include "forethink/agent/episode.h"
#include "forethink/evaluation/lives.h"

namespace forethink {

/// True states [N, V] of one life -> frames uint8 [N, Y, X, 3].
using LifeFilm = std::function<Tensor(const Tensor& states)>;

class LifeCamera final : public LifeWatcher {
 public:
  /// @param lives   Rows of the worlds that are told, ascending.
  /// @param scale   Units of way that a recollection reads as 1.
  /// @param world   Just reset; borrowed.
  LifeCamera(std::vector<std::int64_t> lives, double scale, const Environment& world);

  void looked(const Look& look, const ShortTermMemory& memory) override;
  void stepped(std::int64_t step, const Tensor& actions, const Environment& world) override;

  /// What was seen, one story a life, once all is over.
  /// @param result  Of the lives watched.
  std::vector<LifeStory> stories(const std::string& agent, const LivesResult& result,
                                 const LifeFilm& film) const;

 private:
  // What one life was at one look.
  struct Moment {
    double step;
    Tensor truth;         // [V]
    Tensor vitals;        // [vitals]
    Tensor predicted;     // [vitals], made now for the next look; undefined if nothing was.
    Tensor recollection;  // [3 J + 3]
    std::vector<std::pair<std::string, double>> terms;  // Of the plan; empty if none was made.
  };
  LifeStory tell(std::size_t told, const std::string& agent, const LivesResult& result,
                 const LifeFilm& film) const;

  std::vector<std::int64_t> lives_;
  double scale_;
  const Environment& world_;  // Only asked what it shows of a state.
  Tensor truth_;              // [P, V], now.
  std::vector<std::vector<Moment>> moments_;
};

}  // namespace forethink
