// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// FourRooms: find the way through four rooms while something irrelevant moves about.
//
// The agent, a red blob, moves by 2.5 units a step in a world of 224 x 224 units; see
// four_rooms_world.h for walls and doors. A door may be shut for the whole episode. A distractor
// walks straight on and jumps to a random place every 35 steps on average: its steps can be
// predicted, its jumps cannot. An episode succeeds when the agent is within 16 units of its goal's
// position, wherever the distractor is.
//
// Role:    an environment.
// Source:  FourRoom Distractors of H-JEPA (arXiv:2610.06805). The rules and the 224-pixel picture
//          are the published ones; the 64-pixel picture is ours, so figures reached with it must
//          say so.
#pragma once

#include <cstdint>
#include <vector>

#include "forethink/environments/environment.h"
#include "forethink/environments/four_rooms_image.h"
#include "forethink/environments/recording.h"

namespace forethink {

/// Settings of `FourRooms` and of its recorded behaviour.
struct FourRoomsOptions {
  std::int64_t image_size = 64;      ///< Y = X, pixels; 16 <= image_size <= 896; 224 as published.
  std::int64_t distractors = 1;      ///< 0 <= distractors <= 5.
  double close_probability = 0.5;    ///< That one door is shut in an episode; in [0, 1].
  std::int64_t episode_steps = 210;  ///< Steps until truncation; >= 1.
  double expert_share = 0.5;         ///< Recorded episodes led by the expert; in [0, 1].
  double expert_noise = 1.0;         ///< Deviation added to the expert's unit actions; >= 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("image_size", self.image_size);
    visit("distractors", self.distractors);
    visit("close_probability", self.close_probability);
    visit("episode_steps", self.episode_steps);
    visit("expert_share", self.expert_share);
    visit("expert_noise", self.expert_noise);
  }
};

/// State [V = 3 + 3 * distractors]: agent_x, agent_y, closed_door (-1 none, 0..3), then x, y and
/// heading (radians) of each distractor. Actions [2] in [-1, 1]. Sensor "image" uint8 [Y, X, 3].
///
/// All chance of a row comes from the stream given to the last reset, the row's number and the
/// step, so a row goes the same way whatever shares its batch and however many threads work.
class FourRooms final : public Environment {
 public:
  /// @throws ConfigError  if `options` break a rule.
  explicit FourRooms(const FourRoomsOptions& options = {});

  const FourRoomsOptions& options() const { return options_; }

  const EnvironmentSpec& spec() const override { return spec_; }
  void reset(std::int64_t batch, RandomStream& rng) override;
  void reset_to(const Tensor& states, const Tensor& goals, RandomStream& rng) override;
  StepResult step(const Tensor& actions) override;
  Observation observe() const override;
  Tensor state() const override;
  Observation render(const Tensor& states) const override;

 private:
  struct DistractorColumns {
    std::vector<float> x, y, heading, step_x, step_y;
    std::vector<std::int32_t> next_jump;
  };

  void resize(std::int64_t batch);
  void put_distractor(std::size_t index, std::int64_t row, const four_rooms::Distractor& body);
  void move_rows(std::int64_t begin, std::int64_t end, const float* actions);
  void move_distractor_rows(std::size_t index, std::int64_t begin, std::int64_t end);
  void end_rows(std::int64_t begin, std::int64_t end);
  four_rooms::Scene scene(std::int64_t row) const;

  FourRoomsOptions options_;
  EnvironmentSpec spec_;
  four_rooms::Painter painter_;
  // One column per quantity, so that stepping is vector code; [B] each.
  std::int64_t batch_ = 0;
  std::uint64_t key_ = 0;
  std::vector<float> x_, y_, door_, goal_x_, goal_y_;  // A row without a goal has NaN there.
  std::vector<std::int32_t> steps_;
  std::vector<std::int32_t> running_, terminated_, truncated_;  // Masks: -1 yes, 0 no.
  std::vector<DistractorColumns> distractors_;
};

/// Records `options.episodes` episodes of the two published behaviours: an expert that walks the
/// shortest open route to a target, with noise, and takes a new target when it arrives; and an
/// explorer that walks smoothly and knows nothing of walls.
///
/// @returns  states [E, T, V] and actions [E, T, 2]; the same for any number of threads.
Recording record_four_rooms(const FourRoomsOptions& options, const RecordingOptions& recording);

}  // namespace forethink
