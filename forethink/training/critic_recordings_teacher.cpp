// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/critic_recordings_teacher.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/nn/nearest.h"

namespace forethink {
namespace {

constexpr std::int64_t kChunk = 1024;     // Pool states imagined from at once.
constexpr std::int64_t kExamined = 2048;  // Pairs that an examination asks.

RecordingsTeacherOptions validated(const RecordingsTeacherOptions& options) {
  options.validate();
  return options;
}

// Snaps beyond the threshold do not count, unless a state has no other.
Tensor without_far_snaps(const Tensor& penalty, const Tensor& d2, double threshold) {
  const Tensor far = d2.gt(threshold);
  const Tensor all_far = far.all(1, /*keepdim=*/true);
  return penalty.masked_fill(far.logical_and(all_far.logical_not()),
                             std::numeric_limits<float>::infinity());
}

std::int64_t share_of(std::int64_t n, double share) {
  return static_cast<std::int64_t>(std::lround(static_cast<double>(n) * share));
}

}  // namespace

void RecordingsTeacherOptions::validate() const {
  const auto share = [](double value) { return value >= 0.0 && value <= 1.0; };
  expect_setting(pool >= 1, "recordings_teacher.pool", pool, "pool >= 1");
  expect_setting(bank >= 1, "recordings_teacher.bank", bank, "bank >= 1");
  expect_setting(push_steps >= 1, "recordings_teacher.push_steps", push_steps, "push_steps >= 1");
  expect_setting(snap_threshold > 0.0, "recordings_teacher.snap_threshold", snap_threshold,
                 "snap_threshold > 0");
  expect_setting(snap_penalty >= 0.0, "recordings_teacher.snap_penalty", snap_penalty,
                 "snap_penalty >= 0");
  expect_setting(arrive_threshold >= 0.0, "recordings_teacher.arrive_threshold", arrive_threshold,
                 "arrive_threshold >= 0");
  expect_setting(distance_cost >= 0.0, "recordings_teacher.distance_cost", distance_cost,
                 "distance_cost >= 0");
  expect_setting(expectile > 0.0 && expectile < 1.0, "recordings_teacher.expectile", expectile,
                 "0 < expectile < 1");
  expect_setting(share(recorded_share), "recordings_teacher.recorded_share", recorded_share,
                 "0 <= recorded_share <= 1");
  expect_setting(share(near_share), "recordings_teacher.near_share", near_share,
                 "0 <= near_share <= 1");
  expect_setting(near_steps >= 0, "recordings_teacher.near_steps", near_steps, "near_steps >= 0");
  expect_setting(share(hard_share), "recordings_teacher.hard_share", hard_share,
                 "0 <= hard_share <= 1");
  expect_setting(hard_capacity >= 1024, "recordings_teacher.hard_capacity", hard_capacity,
                 "hard_capacity >= 1024");
  expect_setting(hard_choose_from >= 1, "recordings_teacher.hard_choose_from", hard_choose_from,
                 "hard_choose_from >= 1");
  expect_setting(longest > 0.0 && std::isfinite(longest), "recordings_teacher.longest", longest,
                 "0 < longest < infinity");
}

ImaginedPushes imagine_pushes(const RecordedStates& recorded, const StepFunction& step,
                              const Tensor& candidates, const RecordingsTeacherOptions& options,
                              RandomStream rng, const ProgressFunction& progress) {
  options.validate();
  recorded.validate();
  const at::NoGradGuard no_grad;
  const auto start = std::chrono::steady_clock::now();
  const std::int64_t rows = recorded.rows(), D = recorded.dim();
  const std::int64_t P = std::min(options.pool, rows), M = std::min(options.bank, rows);
  const bool per_state = candidates.dim() == 3;
  if (per_state) {
    expect_shape("candidates", candidates, {P, kAny, kAny});
  } else {
    expect_shape("candidates", candidates, {kAny, kAny});
  }
  const std::int64_t K = candidates.size(-2), A = candidates.size(-1);
  ImaginedPushes pushes;
  pushes.rows = rng.permutation(rows).narrow(0, 0, P).contiguous();
  const Tensor bank_rows = rng.permutation(rows).narrow(0, 0, M).contiguous();
  const NearestBank bank(recorded.states.index_select(0, bank_rows));
  pushes.ends = at::empty({P, K * options.push_steps}, at::kLong);
  pushes.penalty = at::empty({P, K * options.push_steps});
  for (std::int64_t first = 0; first < P; first += kChunk) {
    const std::int64_t count = std::min(kChunk, P - first);
    const Tensor from = pushes.rows.narrow(0, first, count).repeat_interleave(K);  // [n*K]
    const Tensor actions =
        (per_state ? candidates.narrow(0, first, count) : candidates.expand({count, K, A}))
            .reshape({count * K, A});
    Tensor states = recorded.states.index_select(0, from);  // [n*K, D]
    std::vector<Tensor> ends, penalties, distances;         // [n, K] of each length
    for (std::int64_t length = 1; length <= options.push_steps; ++length) {
      states = step(states, actions);
      expect_shape("the step function's result", states, {count * K, D});
      const Neighbours found = bank.find(states.to(at::kFloat), 1);
      // A push that led to no number counts as infinitely far.
      const Tensor d2 =
          found.distance.nan_to_num(std::numeric_limits<float>::infinity()).view({count, K});
      ends.push_back(bank_rows.index_select(0, found.index.view(-1)).view({count, K}));
      penalties.push_back(static_cast<double>(length) + options.snap_penalty * d2.sqrt());
      distances.push_back(d2);
    }
    pushes.ends.narrow(0, first, count).copy_(at::cat(ends, 1));
    pushes.penalty.narrow(0, first, count)
        .copy_(without_far_snaps(at::cat(penalties, 1), at::cat(distances, 1),
                                 options.snap_threshold));
    pushes.model_steps += count * K * options.push_steps;
    if (progress) progress(static_cast<double>(first + count) / static_cast<double>(P));
  }
  const auto passed = std::chrono::steady_clock::now() - start;
  pushes.milliseconds = std::chrono::duration<double, std::milli>(passed).count();
  return pushes;
}

RecordingsTeacher::RecordingsTeacher(const RecordedStates& recorded, ImaginedPushes pushes,
                                     const RecordingsTeacherOptions& options, RandomStream rng)
    : recorded_(recorded),
      episodes_(recorded),
      pushes_(std::move(pushes)),
      options_(validated(options)),
      hard_(options.hard_capacity, options.hard_choose_from) {
  expect_shape("pushes.rows", pushes_.rows, {kAny});
  expect_shape("pushes.ends", pushes_.ends, {pushes_.rows.size(0), kAny});
  expect_shape("pushes.penalty", pushes_.penalty, {pushes_.rows.size(0), pushes_.ends.size(1)});
  const Tensor places = rng.integers({kExamined}, 0, pushes_.rows.size(0));
  examined_ =
      at::stack({places, episodes_.same_episode(pushes_.rows.index_select(0, places), rng)});
}

// Cost of the straight way from `states` [B, N, D] to `goals` [B, D] where latent distance can be
// trusted, `longest` elsewhere: what anchors all the rest. [B, N]
Tensor RecordingsTeacher::straight(const Tensor& states, const Tensor& goals) const {
  const Tensor d2 = (states - goals.unsqueeze(1)).square().mean(2);
  return (options_.distance_cost * d2.sqrt())
      .masked_fill(d2.gt(options_.arrive_threshold), options_.longest);
}

// No more than the recording took, if it went from the state to the goal, than the straight way,
// and than `longest`.
Tensor RecordingsTeacher::bounded(const Tensor& targets, const Tensor& rows,
                                  const Tensor& goals) const {
  const Tensor took = (goals - rows).to(at::kFloat);
  const Tensor recorded = took.masked_fill(took.lt(0), options_.longest);
  const Tensor direct = straight(recorded_.states.index_select(0, rows).unsqueeze(1),
                                 recorded_.states.index_select(0, goals))
                            .squeeze(1);
  return at::minimum(targets, at::minimum(recorded, direct)).clamp_max(options_.longest);
}

Tensor RecordingsTeacher::recorded_targets(const Tensor& rows, const Tensor& goals,
                                           const TrainableCritic& slow) const {
  const Tensor next = recorded_.states.index_select(0, rows + 1).unsqueeze(1);  // [B, 1, D]
  const Tensor remaining = slow.remaining(next, recorded_.states.index_select(0, goals));
  return bounded(1.0 + remaining.squeeze(1), rows, goals);
}

Tensor RecordingsTeacher::imagined_targets(const Tensor& places, const Tensor& goals,
                                           const TrainableCritic& slow) const {
  const std::int64_t B = places.size(0), K = pushes_.ends.size(1), D = recorded_.dim();
  const Tensor ends =
      recorded_.states.index_select(0, pushes_.ends.index_select(0, places).view(-1))
          .view({B, K, D});
  const Tensor goal_states = recorded_.states.index_select(0, goals);  // [B, D]
  Tensor remaining = slow.remaining(ends, goal_states);                // [B, K]
  remaining = at::minimum(remaining, straight(ends, goal_states));
  const Tensor best = (pushes_.penalty.index_select(0, places) + remaining).amin(1);  // [B]
  return bounded(best, pushes_.rows.index_select(0, places), goals);
}

CriticLesson RecordingsTeacher::draw(std::int64_t batch, double share, const TrainableCritic& slow,
                                     RandomStream& rng) {
  const std::int64_t near = share_of(batch, options_.near_share);
  if (share < options_.recorded_share) {
    drawn_slots_ = drawn_places_ = drawn_goals_ = at::empty({0}, at::kLong);
    const Tensor rows = episodes_.rows_with_next(batch, rng);
    const Tensor goals = at::cat(
        {episodes_.same_episode(rows.narrow(0, 0, batch - near), rng),
         episodes_.near_future(rows.narrow(0, batch - near, near), options_.near_steps, rng)});
    return {.states = recorded_.states.index_select(0, rows),
            .goals = recorded_.states.index_select(0, goals),
            .targets = recorded_targets(rows, goals, slow),
            .expectile = at::full({batch}, options_.expectile)};
  }
  drawn_slots_ = hard_.draw(share_of(batch - near, options_.hard_share), rng);
  const std::int64_t even = batch - near - drawn_slots_.size(0);
  drawn_places_ = rng.integers({even}, 0, pushes_.rows.size(0));
  drawn_goals_ = episodes_.same_episode(pushes_.rows.index_select(0, drawn_places_), rng);
  const Tensor near_places = rng.integers({near}, 0, pushes_.rows.size(0));
  const Tensor near_goals =
      episodes_.near_future(pushes_.rows.index_select(0, near_places), options_.near_steps, rng);
  const Tensor places = at::cat({hard_.first(drawn_slots_), drawn_places_, near_places});
  const Tensor goals = at::cat({hard_.second(drawn_slots_), drawn_goals_, near_goals});
  return {.states = recorded_.states.index_select(0, pushes_.rows.index_select(0, places)),
          .goals = recorded_.states.index_select(0, goals),
          .targets = imagined_targets(places, goals, slow),
          .expectile = at::full({batch}, 0.5)};
}

void RecordingsTeacher::record(const Tensor& errors) {
  const std::int64_t hard = drawn_slots_.size(0), even = drawn_places_.size(0);
  hard_.update(drawn_slots_, errors.narrow(0, 0, hard));
  hard_.insert(drawn_places_, drawn_goals_, errors.narrow(0, hard, even));
}

Measurements RecordingsTeacher::examine(const TrainableCritic& critic) const {
  const at::NoGradGuard no_grad;
  const Tensor states =
      recorded_.states.index_select(0, pushes_.rows.index_select(0, examined_[0]));
  const Tensor answers =
      critic.distances(states, recorded_.states.index_select(0, examined_[1])).amax(0);
  const Tensor targets = imagined_targets(examined_[0], examined_[1], critic);
  return {{"bellman_error", (answers - targets).abs().mean().item<double>()},
          {"mean_remaining", answers.mean().item<double>()}};
}

std::map<std::string, Tensor> RecordingsTeacher::state() const {
  std::map<std::string, Tensor> tensors;
  hard_.save(tensors);
  return tensors;
}

void RecordingsTeacher::restore(const std::map<std::string, Tensor>& tensors) {
  hard_.load(tensors);
}

}  // namespace forethink
