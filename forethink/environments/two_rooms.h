// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// TwoRooms: go to the other room through a door that is somewhere else in every episode.
//
// The agent is seen as a blob in one channel, the walls in the other; see two_rooms_world.h for the
// geometry and two_rooms_image.h for the picture. The options make each of the published forms:
//
//   eb_jepa, random wall   the defaults
//   eb_jepa, fixed wall    random_layout = false, wall_x = 32, door_y = 18
//   PLDM, strict           random_layout = false, wall_x = 32, door_y = 10, judged_at_end = false,
//                          goal_radius = 1.41421356, crossing_share = 0.6
//
// Role:    an environment.
// Source:  PLDM (Sobal et al. 2025) and eb_jepa (arXiv:2602.03604), re-implemented from their
//          definitions; parity with their code is tested on recorded cases.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "forethink/environments/environment.h"
#include "forethink/environments/recording.h"
#include "forethink/environments/two_rooms_image.h"

namespace forethink {

/// Settings of `TwoRooms` and of its recorded behaviour.
struct TwoRoomsOptions {
  bool random_layout = true;  ///< Whole wall_x in 20..44 and door_y in 10..54, drawn per episode.
  double wall_x = 32.0;       ///< Of a fixed layout, pixels; in [20, 44].
  double door_y = 18.0;       ///< Of a fixed layout, pixels; in [10, 54].
  double goal_radius = 4.5;   ///< Success: nearer than this, pixels; > 0.
  bool judged_at_end = true;  ///< Success only counts after the last step, as in eb_jepa; else at
                              ///< any step, as in PLDM.
  std::int64_t episode_steps = 200;  ///< >= 1.
  double max_step = 2.45;  ///< Effectors shorten longer actions to this, pixels; in (0, 2.45].
                           ///< The published planners keep to it, their worlds do not ask.
  std::string recorded_contact = "stay";  ///< Contact in recordings: "stay", as in the published
                                          ///< data sets, or "bounce", as while acting.
  double crossing_share = 0.35;           ///< Recorded episodes built to pass the door; in [0, 1].
  double concentration = 5.0;  ///< Of the recorded walk's turns (von Mises); 0 turns anyhow; >= 0.
  bool keep_to_rooms = false;  ///< Record only episodes that are never seen on both sides of the
                               ///< wall: PLDM's data without door crossings.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("random_layout", self.random_layout);
    visit("wall_x", self.wall_x);
    visit("door_y", self.door_y);
    visit("goal_radius", self.goal_radius);
    visit("judged_at_end", self.judged_at_end);
    visit("episode_steps", self.episode_steps);
    visit("max_step", self.max_step);
    visit("recorded_contact", self.recorded_contact);
    visit("crossing_share", self.crossing_share);
    visit("concentration", self.concentration);
    visit("keep_to_rooms", self.keep_to_rooms);
  }
};

/// State [V = 4]: agent_x, agent_y, wall_x, door_y, pixels. Actions [2]: displacements in pixels.
/// Sensor "image" uint8 [65, 65, 2].
///
/// The noise of a contact comes from the stream given to the last reset, the row's number and the
/// step, so a row goes the same way whatever shares its batch and however many threads work.
class TwoRooms final : public Environment {
 public:
  /// @throws ConfigError  if `options` break a rule.
  explicit TwoRooms(const TwoRoomsOptions& options = {});

  const EnvironmentSpec& spec() const override { return spec_; }
  void reset(std::int64_t batch, RandomStream& rng) override;
  void reset_to(const Tensor& states, const Tensor& goals, RandomStream& rng) override;
  StepResult step(const Tensor& actions) override;
  Observation observe() const override;
  Tensor state() const override;
  Observation render(const Tensor& states) const override;

 private:
  struct Row {
    two_rooms::Point agent;
    two_rooms::Layout layout;
    two_rooms::Point goal;
    bool has_goal = false;
    bool terminated = false;
    bool truncated = false;
  };

  void step_row(std::int64_t row, two_rooms::Point action);
  template <class StateOf>
  static Tensor draw(std::int64_t count, StateOf&& state_of);

  TwoRoomsOptions options_;
  EnvironmentSpec spec_;
  std::vector<Row> rows_;
  std::uint64_t key_ = 0;
  std::int64_t steps_ = 0;  // All rows start together.
};

/// The layout and the evaluation start and goal of episode `row`: one point per room, 2.6 pixels
/// away from every wall; which of the two is the start is a fair coin.
struct TwoRoomsEpisode {
  two_rooms::Layout layout;
  two_rooms::Point start;
  two_rooms::Point goal;
};
TwoRoomsEpisode draw_two_rooms_episode(const TwoRoomsOptions& options, std::uint64_t key,
                                       std::int64_t row);

/// Records `options.episodes` walks: headings turn by von Mises noise, steps are truncated normals
/// around one pixel; a share of the walks is built from a point in the doorway, backwards and
/// forwards.
///
/// @returns  states [E, T, 4] and actions [E, T, 2], the last action of an episode zero; the same
///           for any number of threads.
Recording record_two_rooms(const TwoRoomsOptions& options, const RecordingOptions& recording);

}  // namespace forethink
