// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/evaluation/camera.h"

#include <torch/torch.h>

#include <limits>

namespace forethink {
namespace {

Tensor task_rows(const std::vector<std::int64_t>& tasks) { return at::tensor(tasks, at::kLong); }

}  // namespace

Camera::Camera(std::vector<std::int64_t> tasks, const Tensor& goals, DecodePosition decode,
               const CameraOptions& options)
    : goals_(goals.index_select(0, task_rows(tasks))),
      decode_(std::move(decode)),
      options_(options) {
  for (const std::int64_t task : tasks) reels_.emplace_back().task = task;
}

void Camera::planned(std::int64_t step, const Tensor& active, const ImaginedEnergy& energy,
                     const Plan& plan) {
  const at::NoGradGuard no_grad;
  const Imagined imagined = energy.imagine_plans(plan.actions.unsqueeze(1));  // [B, 1, H+1, D]
  const auto breakdown = energy.cost().breakdown(imagined);
  terms_.clear();
  for (const auto& [name, value] : breakdown) terms_.push_back(name);
  for (std::int64_t b = 0; b < active.size(0); ++b) {
    for (Reel& reel : reels_) {
      if (active[b].item<std::int64_t>() != reel.task) continue;
      reel.imagined.push_back({step, decode_(imagined.states[b][0])});
      Tensor values = at::empty({static_cast<std::int64_t>(terms_.size())});
      for (std::size_t i = 0; i < breakdown.size(); ++i) {
        values[static_cast<std::int64_t>(i)] = breakdown[i].second[b][0];
      }
      reel.energies.push_back(values);
    }
  }
}

void Camera::saw(std::int64_t, const Environment& environment) {
  std::vector<std::int64_t> tasks;
  for (const Reel& reel : reels_) tasks.push_back(reel.task);
  const Tensor states = environment.state().index_select(0, task_rows(tasks));
  const Tensor frames = environment.render(states).at(options_.sensor);
  if (!goal_frames_.defined()) goal_frames_ = environment.render(goals_).at(options_.sensor);
  for (std::size_t i = 0; i < reels_.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    reels_[i].frames.push_back(frames[row].clone());
    reels_[i].positions.push_back(states[row].slice(0, 0, 2).clone());
  }
}

std::vector<Film> Camera::films(const EpisodeResult& result, const std::string& tasks,
                                const std::string& planner) const {
  std::vector<Film> films;
  for (std::size_t i = 0; i < reels_.size(); ++i) {
    const Reel& reel = reels_[i];
    const auto row = static_cast<std::int64_t>(i);
    const std::int64_t steps = result.steps[reel.task].item<std::int64_t>();
    const std::int64_t T = std::min(steps + 1, static_cast<std::int64_t>(reel.frames.size()));
    Film film;
    film.task = reel.task;
    film.tasks = tasks;
    film.planner = planner;
    film.success = result.success[reel.task].item<bool>();
    film.steps = steps;
    film.frames = at::stack(reel.frames).slice(0, 0, T);
    film.positions = at::stack(reel.positions).slice(0, 0, T);
    film.goal_frame = goal_frames_[row];
    film.goal_position = goals_[row].slice(0, 0, 2).clone();
    film.goal_radius = options_.goal_radius;
    film.imagined_stride = options_.stride;
    film.world_size = options_.world_size;
    film.terms = terms_;
    film.energy = at::full({T, static_cast<std::int64_t>(terms_.size())},
                           std::numeric_limits<float>::quiet_NaN());
    for (std::size_t k = 0; k < reel.imagined.size(); ++k) {
      if (reel.imagined[k].step >= T) continue;
      film.imagined.push_back(reel.imagined[k]);
      film.energy[reel.imagined[k].step] = reel.energies[k];
    }
    films.push_back(std::move(film));
  }
  return films;
}

}  // namespace forethink
