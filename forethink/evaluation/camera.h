// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Camera: films some of the episodes of a batch while they run.
//
// Keeps each frame, where the agent truly was, where each plan was imagined to lead (decoded by a
// probe that the agent itself does not have) and the energy of the plan by cost term.
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
  /// @param tasks  Rows of the batch to film.
  /// @param goals  True states [P, V] of the goals; the first two numbers are the position.
  Camera(std::vector<std::int64_t> tasks, const Tensor& goals, DecodePosition decode,
         const CameraOptions& options);

  void planned(std::int64_t step, const Tensor& active, const ImaginedEnergy& energy,
               const Plan& plan) override;
  void saw(std::int64_t step, const Environment& environment) override;

  /// The films, cut at success or at the last step.
  std::vector<Film> films(const EpisodeResult& result, const std::string& tasks,
                          const std::string& planner) const;

 private:
  struct Reel {
    std::int64_t task = 0;
    std::vector<Tensor> frames;
    std::vector<Tensor> positions;
    std::vector<ImaginedPath> imagined;
    std::vector<Tensor> energies;  // [terms] of each plan, beside `imagined`.
  };
  std::vector<Reel> reels_;
  std::vector<std::string> terms_;
  Tensor goals_;
  Tensor goal_frames_;
  DecodePosition decode_;
  CameraOptions options_;
};

}  // namespace forethink
