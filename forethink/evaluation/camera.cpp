// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/evaluation/camera.h"

#include <torch/torch.h>

#include <limits>

namespace forethink {
namespace {

// Pictures [..., Y, X, C] as RGB: one channel is grey; of two the first is the agent, red, and the
// second are the walls, black on white. Other readings stay as they are.
Tensor to_rgb(const Tensor& frames) {
  if (frames.dim() < 3) return frames;
  if (frames.size(-1) == 1) return at::cat({frames, frames, frames}, -1);
  if (frames.size(-1) != 2) return frames;
  const Tensor agent = frames.select(-1, 0), walls = frames.select(-1, 1);
  const Tensor rest = 255 - at::maximum(agent, walls);
  return at::stack({255 - walls, rest, rest}, -1);
}

}  // namespace

Camera::Camera(DecodePosition decode, const CameraOptions& options)
    : decode_(std::move(decode)), options_(options) {}

void Camera::planned(std::int64_t step, const Tensor& active, const ImaginedEnergy& energy,
                     const Plan& plan) {
  const at::NoGradGuard no_grad;
  const Imagined imagined = energy.imagine(plan.actions.unsqueeze(1));  // [B, 1, H+1, D]
  terms_.clear();
  std::vector<Tensor> energies;
  for (const auto& [name, value] : energy.cost().breakdown(imagined)) {
    terms_.push_back(name);
    energies.push_back(value.select(1, 0));
  }
  const Tensor& s = imagined.states;
  const Tensor positions = decode_(s.flatten(0, 2)).view({s.size(0), s.size(2), 2});
  moments_.push_back({step, active, positions, at::stack(energies, /*dim=*/1)});
}

void Camera::saw(std::int64_t, const Environment& environment) {
  states_.push_back(environment.state().clone());
}

Film Camera::film(std::int64_t episode, const Environment& environment, const Tensor& goals,
                  const EpisodeResult& result) const {
  Film film;
  film.task = episode;
  film.success = result.success[episode].item<bool>();
  film.steps = result.steps[episode].item<std::int64_t>();
  const std::int64_t T =
      std::min(film.steps + 1, static_cast<std::int64_t>(states_.size()));     // Frames.
  const Tensor states = at::stack(states_).slice(0, 0, T).select(1, episode);  // [T, V]
  const Tensor goal = goals.slice(0, episode, episode + 1);
  film.frames = to_rgb(environment.render(states).at(options_.sensor));
  film.positions = states.slice(1, 0, 2).contiguous();
  film.goal_frame = to_rgb(environment.render(goal).at(options_.sensor)[0]);
  film.goal_position = goal[0].slice(0, 0, 2).clone();
  film.goal_radius = options_.goal_radius;
  film.imagined_stride = options_.stride;
  film.world_size = options_.world_size;
  film.terms = terms_;
  film.energy = at::full({T, static_cast<std::int64_t>(terms_.size())},
                         std::numeric_limits<float>::quiet_NaN());
  for (const Moment& moment : moments_) {
    const Tensor row = moment.active.eq(episode).nonzero().flatten();
    if (moment.step >= T || row.size(0) == 0) continue;
    const auto b = row[0].item<std::int64_t>();
    film.imagined.push_back({moment.step, moment.positions[b].clone()});
    film.energy[moment.step] = moment.energies[b];
  }
  return film;
}

}  // namespace forethink
