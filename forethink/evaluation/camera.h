// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Camera: keeps what happens in a batch of episodes, and makes films of those one picks afterwards.
//
// Keeps where the world truly was, where each plan was imagined to lead (decoded by a probe that
// the agent itself does not have) and the energy of the plan by cost term. Frames are drawn when a
// film is made: which episodes are worth one is known at the end only.
//
// Role:    evaluation; an onlooker of the perception-action loop.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "forethink/agent/episode.h"
#include "forethink/evaluation/film.h"

namespace forethink {

/// What a camera needs to know of the world it films.
struct CameraOptions {
  std::string sensor = "image";  ///< The sensor that is filmed.
  std::int64_t stride = 5;       ///< Primitive steps per model step.
  double world_size = 224.0;     ///< World units along one side of a frame.
  double goal_radius = 16.0;     ///< World units.
};

/// Decodes positions [N, 2] from states [N, D].
using DecodePosition = std::function<Tensor(const Tensor& states)>;

class Camera final : public EpisodeWatcher {
 public:
  Camera(DecodePosition decode, const CameraOptions& options);

  void planned(std::int64_t step, const Tensor& active, const ImaginedEnergy& energy,
               const Plan& plan) override;
  void saw(std::int64_t step, const Environment& environment) override;

  /// The film of one episode, cut at success or at the last step; without name and tasks.
  /// @param episode  Row of the batch that was filmed.
  /// @param goals    True states [P, V]; the first two numbers are the position.
  Film film(std::int64_t episode, const Environment& environment, const Tensor& goals,
            const EpisodeResult& result) const;

 private:
  // One moment of planning, B episodes at once.
  struct Moment {
    std::int64_t step = 0;
    Tensor active;     // [B] int64.
    Tensor positions;  // [B, H+1, 2], decoded.
    Tensor energies;   // [B, terms].
  };
  std::vector<Tensor> states_;  // [P, V] of every step.
  std::vector<Moment> moments_;
  std::vector<std::string> terms_;
  DecodePosition decode_;
  CameraOptions options_;
};

}  // namespace forethink
