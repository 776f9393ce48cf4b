// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The recorded behaviours of FourRooms: a noisy expert and a smooth explorer.
//
// Source:  the data of FourRoom Distractors (arXiv:2610.06805): half the episodes each. Its expert
//          also repeats an action now and then (p = .05), which is left out here.
#include <torch/torch.h>

#include <algorithm>
#include <numbers>

#include "forethink/environments/four_rooms.h"

namespace forethink {

using four_rooms::Point;
using four_rooms::Purpose;

namespace {

constexpr float kPi = std::numbers::pi_v<float>;

// The explorer's walk. Headings in radians, rates in radians a step, speeds as a share of the full.
constexpr float kSpeedMean = 0.75F;
constexpr float kSpeedNoise = 0.005F;
constexpr float kSpeedMemory = 0.95F;
constexpr float kSpeedMin = 0.05F;
constexpr float kTurnMemory = 0.995F;
constexpr float kTurnNoise = 0.002F;
constexpr float kTurnMax = 0.08F;
constexpr float kHeadingGain = 0.015F;
constexpr double kHeadingTime = 50.0;  // Mean steps between two wished-for headings.

float wrap_angle(float angle) {
  return angle - 2.0F * kPi * std::floor((angle + kPi) / (2.0F * kPi));
}

// One episode's chance: every number is a function of the key, the episode, its purpose and a step.
struct Chance {
  std::uint64_t key;
  std::int64_t episode;
  std::array<std::uint32_t, 4> operator()(Purpose purpose, std::int64_t step) const {
    return four_rooms::row_words(key, episode, purpose, step);
  }
  Point free_point(Purpose purpose, std::int64_t step) const {
    const auto words = (*this)(purpose, step);
    return four_rooms::free_point(four_rooms::to_unit(words[0]), four_rooms::to_unit(words[1]));
  }
};

class Expert {
 public:
  Expert(const Chance& chance, Point agent, float noise) : chance_(chance), noise_(noise) {
    draw_target(agent);
  }

  Point act(Point agent, int closed_door, std::int64_t step) {
    if (four_rooms::distance(agent, target_) < four_rooms::kGoalRadius) draw_target(agent);
    const Point action = four_rooms::expert_action(agent, target_, closed_door);
    const auto words = chance_(Purpose::kBehaviour, step);
    const Point noise = four_rooms::to_normals(words[0], words[1]);
    return {four_rooms::clamp(action.x + noise_ * noise.x, -1.0F, 1.0F),
            four_rooms::clamp(action.y + noise_ * noise.y, -1.0F, 1.0F)};
  }

 private:
  void draw_target(Point agent) {
    do {
      target_ = chance_.free_point(Purpose::kTarget, targets_++);
    } while (four_rooms::distance(agent, target_) < four_rooms::kGoalRadius);
  }

  Chance chance_;
  float noise_;
  Point target_;
  std::int64_t targets_ = 0;
};

class Explorer {
 public:
  explicit Explorer(const Chance& chance) : chance_(chance) {
    const auto words = chance_(Purpose::kTarget, 0);
    heading_ = kPi * (2.0F * four_rooms::to_unit(words[0]) - 1.0F);
    wished_ = kPi * (2.0F * four_rooms::to_unit(words[1]) - 1.0F);
    speed_ = kSpeedMean + kSpeedNoise * four_rooms::to_normals(words[2], words[3]).x;
  }

  Point act(std::int64_t step) {
    const auto words = chance_(Purpose::kBehaviour, step);
    if (four_rooms::to_unit(words[0]) < 1.0 - std::exp(-1.0 / kHeadingTime)) {
      wished_ = kPi * (2.0F * four_rooms::to_unit(words[1]) - 1.0F);
    }
    const Point noise = four_rooms::to_normals(words[2], words[3]);
    turn_ = std::clamp(
        kTurnMemory * turn_ + kHeadingGain * wrap_angle(wished_ - heading_) + kTurnNoise * noise.x,
        -kTurnMax, kTurnMax);
    heading_ = wrap_angle(heading_ + turn_);
    speed_ = std::clamp(kSpeedMean + kSpeedMemory * (speed_ - kSpeedMean) + kSpeedNoise * noise.y,
                        kSpeedMin, 1.0F);
    return {speed_ * std::cos(heading_), speed_ * std::sin(heading_)};
  }

 private:
  Chance chance_;
  float heading_ = 0.0F;
  float wished_ = 0.0F;
  float turn_ = 0.0F;
  float speed_ = 0.0F;
};

// The world of one episode: what FourRooms does to one row, with the same functions.
class Episode {
 public:
  Episode(const FourRoomsOptions& options, const Chance& chance)
      : chance_(chance),
        door_(four_rooms::draw_closed_door(chance.key, chance.episode, options.close_probability)),
        agent_(chance.free_point(Purpose::kAgent, 0)) {
    for (int k = 0; k < static_cast<int>(options.distractors); ++k) {
      distractors_.push_back(four_rooms::place_distractor(chance.key, chance.episode, k, 0));
    }
  }

  Point agent() const { return agent_; }
  int closed_door() const { return door_; }

  float* write(float* out) const {
    *out++ = agent_.x;
    *out++ = agent_.y;
    *out++ = static_cast<float>(door_);
    for (const four_rooms::Distractor& body : distractors_) {
      *out++ = body.position.x;
      *out++ = body.position.y;
      *out++ = body.heading;
    }
    return out;
  }

  void step(Point action) {
    ++steps_;
    const auto door = static_cast<float>(door_);
    agent_ = four_rooms::move(agent_, action, door);
    for (std::size_t k = 0; k < distractors_.size(); ++k) {
      four_rooms::Distractor& body = distractors_[k];
      const Point at = body.position;
      body.position = four_rooms::collide(at,
                                          {at.x + four_rooms::kSpeed * std::cos(body.heading),
                                           at.y + four_rooms::kSpeed * std::sin(body.heading)},
                                          door);
      if (steps_ == body.next_jump) {
        body =
            four_rooms::place_distractor(chance_.key, chance_.episode, static_cast<int>(k), steps_);
      }
    }
  }

 private:
  Chance chance_;
  int door_;
  Point agent_;
  std::vector<four_rooms::Distractor> distractors_;
  std::int64_t steps_ = 0;
};

}  // namespace

Recording record_four_rooms(const FourRoomsOptions& options, const RecordingOptions& recording) {
  options.validate();
  recording.validate();
  const std::int64_t fields = 3 + 3 * options.distractors;
  const std::int64_t steps = recording.steps;
  Recording result{"four_rooms", at::empty({recording.episodes, steps, fields}),
                   at::empty({recording.episodes, steps, 2})};
  float* states = result.states.data_ptr<float>();
  float* actions = result.actions.data_ptr<float>();
  RandomStream rng(static_cast<std::uint64_t>(recording.seed), "four_rooms.record");
  const std::uint64_t key = rng.word();
  at::parallel_for(0, recording.episodes, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t e = begin; e < end; ++e) {
      const Chance chance{key, e};
      Episode episode(options, chance);
      // The third word of the agent's block is free; the first two placed the agent.
      const bool led_by_expert =
          four_rooms::to_unit(chance(Purpose::kAgent, 0)[2]) < options.expert_share;
      Expert expert(chance, episode.agent(), static_cast<float>(options.expert_noise));
      Explorer explorer(chance);
      float* state = states + e * steps * fields;
      float* action = actions + e * steps * 2;
      for (std::int64_t t = 0; t < steps; ++t) {
        state = episode.write(state);
        const Point move =
            led_by_expert ? expert.act(episode.agent(), episode.closed_door(), t) : explorer.act(t);
        *action++ = move.x;
        *action++ = move.y;
        episode.step(move);
      }
    }
  });
  return result;
}

}  // namespace forethink
