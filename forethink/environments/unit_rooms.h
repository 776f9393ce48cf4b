// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// UnitRooms: the smallest two-rooms world: a disc in the unit square, a wall with one door.
//
// x to the right and y down. The wall spans x in [0.47, 0.53] but for the door, y in [0.38, 0.62].
// The agent is a disc of radius 0.05. A step moves it along x, then along y; a move along an axis
// that would make it overlap the wall does not happen, so that it slides. The rules are computed in
// double precision and nothing in them is left to chance.
//
// Role:    an environment.
// Source:  Two Rooms of latent-lab (adimunot21/latent-lab), re-implemented from its definition;
//          parity with its code is tested on recorded cases.
#pragma once

#include <cstdint>
#include <vector>

#include "forethink/environments/environment.h"
#include "forethink/environments/recording.h"
#include "forethink/environments/tasks.h"

namespace forethink {

namespace unit_rooms {

inline constexpr int kPixels = 64;
inline constexpr double kWallLeft = 0.47;
inline constexpr double kWallRight = 0.53;
inline constexpr double kWallMiddle = 0.5;
inline constexpr double kDoorTop = 0.38;
inline constexpr double kDoorBottom = 0.62;
inline constexpr double kRadius = 0.05;
inline constexpr double kMaxStep = 0.08;  ///< Of an action of 1, per axis.

struct Point {
  double x = 0.0;
  double y = 0.0;
};

/// Whether a disc there overlaps neither wall nor border.
bool is_free(Point p);

/// One step by `displacement`, clipped per axis to `kMaxStep`.
Point move(Point from, Point displacement);

/// Draws background 0, wall 128, agent 255 into `pixels` [64, 64].
void draw_frame(Point agent, std::uint8_t* pixels);

}  // namespace unit_rooms

/// Settings of `UnitRooms` and of its recorded behaviour.
struct UnitRoomsOptions {
  std::int64_t episode_steps = 60;  ///< >= 1.
  double goal_radius = 0.08;        ///< Success: not further than this, sides; > 0.
  double goal_share = 0.5;          ///< Recorded episodes that walk to goals; in [0, 1].
  double goal_noise = 0.02;         ///< Deviation of their steps, sides; >= 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("episode_steps", self.episode_steps);
    visit("goal_radius", self.goal_radius);
    visit("goal_share", self.goal_share);
    visit("goal_noise", self.goal_noise);
  }
};

/// State [V = 2]: agent_x, agent_y, in sides. Actions [2] in [-1, 1], of 0.08 sides. Sensor "image"
/// uint8 [64, 64, 1].
class UnitRooms final : public Environment {
 public:
  /// @throws ConfigError  if `options` break a rule.
  explicit UnitRooms(const UnitRoomsOptions& options = {});

  const EnvironmentSpec& spec() const override { return spec_; }
  void reset(std::int64_t batch, RandomStream& rng) override;
  void reset_to(const Tensor& states, const Tensor& goals, RandomStream& rng) override;
  StepResult step(const Tensor& actions) override;
  Observation observe() const override;
  Tensor state() const override;
  Observation render(const Tensor& states) const override;

 private:
  struct Row {
    unit_rooms::Point agent;
    unit_rooms::Point goal;
    bool has_goal = false;
    bool terminated = false;
    bool truncated = false;
  };

  UnitRoomsOptions options_;
  EnvironmentSpec spec_;
  std::vector<Row> rows_;
  std::int64_t steps_ = 0;  // All rows start together.
};

/// Records episodes of uniformly random steps, and a share that walks noisily to one goal after
/// the other, through the door where it must.
///
/// @returns  states [E, T, 2] and actions [E, T, 2]; the same for any number of threads.
Recording record_unit_rooms(const UnitRoomsOptions& options, const RecordingOptions& recording);

/// Settings of `make_unit_rooms_tasks`.
struct UnitRoomsTaskOptions {
  std::string name = "unit_rooms";  ///< Name of the list.
  std::int64_t count = 300;         ///< P; >= 1.
  std::int64_t seed = 0;            ///< >= 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
};

/// Free starts and goals within 60 steps; in the first half of the list in different rooms.
TaskList make_unit_rooms_tasks(const UnitRoomsTaskOptions& options);

/// The frozen lists in experiments/tasks; "dev" is for choosing settings, the other for reporting.
std::vector<UnitRoomsTaskOptions> frozen_unit_rooms_tasks();

}  // namespace forethink
