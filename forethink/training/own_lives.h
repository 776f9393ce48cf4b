// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The agent's own lives as recordings.
//
// A world model that has only watched others is right about what others do. A search finds the
// plans of which it is most wrong: food where none was seen, because that lowers the energy. An
// agent that acts out whole plans learns what comes of them; its critic learns what becomes of an
// agent that acts as it does.
//
// Role:    training; figure 7's "critic trained from what was remembered", and the world model too.
// Source:  Ross, Gordon, Bagnell, A Reduction of Imitation Learning and Structured Prediction to
//          No-Regret Online Learning (DAgger), 2011: train where the learner goes.
#pragma once

#include <vector>

#include "forethink/agent/episode.h"
#include "forethink/datasets/trajectories.h"

namespace forethink {

/// Keeps what happened in lives that it watches.
class LifeRecorder final : public LifeWatcher {
 public:
  /// @param world  Just reset.
  explicit LifeRecorder(const Environment& world) : states_{world.state()} {}

  void looked(const Look&, const ShortTermMemory&) override {}
  void stepped(std::int64_t step, const Tensor& actions, const Environment& world) override;

  /// [P, T+1, V]: true states, which only draw what the agent saw.
  Tensor states() const;
  /// [P, T+1, A], the last one zero.
  Tensor actions() const;

 private:
  std::vector<Tensor> states_;
  std::vector<Tensor> actions_;
};

}  // namespace forethink
