// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/joint_states.h"

#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"

namespace forethink {
namespace {

constexpr std::int64_t kChunk = 8192;

const Tensor& column_of(const Trajectories& data, const std::string& name) {
  const auto found = data.columns.find(name);
  if (found == data.columns.end()) {
    throw DataError("recordings: there is no column '" + name + "'");
  }
  return found->second;
}

// Whether a body with these vitals [N, V] is dead: energy, water or integrity 0, temperature at an
// end of its scale.
Tensor is_dead(const Tensor& vitals) {
  const auto of = [&](Vital vital) { return vitals.select(1, static_cast<std::int64_t>(vital)); };
  return of(Vital::kEnergy)
      .le(0.0)
      .logical_or(of(Vital::kWater).le(0.0))
      .logical_or(of(Vital::kIntegrity).le(0.0))
      .logical_or(of(Vital::kTemperature).le(0.0))
      .logical_or(of(Vital::kTemperature).ge(1.0));
}

// Rises of pain from row to row [n], the first 0.
Tensor wounds(const Tensor& vitals, const IntrinsicCost& intrinsic) {
  const Tensor pain = intrinsic.drive(Drive::kPain, vitals);
  Tensor rises = at::zeros_like(pain);
  rises.slice(0, 1).copy_((pain.slice(0, 1) - pain.slice(0, 0, -1)).clamp_min(0.0));
  return rises;
}

// The rows of some episodes at model steps, one episode after the other.
struct ModelSteps {
  ModelSteps(const Trajectories& joint, std::int64_t skip, const Tensor& episodes) {
    const Tensor chosen =
        episodes.defined() ? episodes.contiguous() : at::arange(joint.episodes(), at::kLong);
    std::vector<Tensor> all, starts, ends;
    for (std::int64_t i = 0; i < chosen.size(0); ++i) {
      const auto e = chosen[i].item<std::int64_t>();
      const auto begin = joint.ep_offset[e].item<std::int64_t>();
      all.push_back(
          at::arange(begin, begin + joint.ep_len[e].item<std::int64_t>(), skip, at::kLong));
      starts.push_back(at::full_like(all.back(), begin));
      ends.push_back(at::arange(all.back().size(0), at::kLong).eq(all.back().size(0) - 1));
    }
    rows = at::cat(all);
    first = at::cat(starts);
    is_last = at::cat(ends);
  }
  Tensor rows;     // [T] int64
  Tensor first;    // [T] int64: the first row of the episode of each.
  Tensor is_last;  // [T] bool: of its episode.
};

}  // namespace

Trajectories lives_until_death(const Tensor& states, const Tensor& actions,
                               const std::function<Observation(const Tensor&)>& render,
                               std::int64_t skip, std::int64_t least) {
  const std::int64_t E = states.size(0), T = states.size(1);
  std::vector<Tensor> dead_parts;
  for (const Tensor& rows : states.flatten(0, 1).split(kChunk)) {
    dead_parts.push_back(is_dead(render(rows).at("vitals")));
  }
  const Tensor dead = at::cat(dead_parts).view({E, T});
  // Rows up to the first dead one, and on to the end of its model step.
  const Tensor lived = dead.cumsum(1).eq(0).sum(1);  // [E]
  Tensor length = (lived + (skip - 1)).floor_divide(skip) * skip + 1;
  length = length.clamp_max((T - 1) / skip * skip + 1);
  std::vector<Tensor> kept_states, kept_actions;
  std::vector<std::int64_t> lengths;
  for (std::int64_t e = 0; e < E; ++e) {
    const auto n = length[e].item<std::int64_t>();
    if (n < least) continue;
    kept_states.push_back(states[e].slice(0, 0, n));
    kept_actions.push_back(actions[e].slice(0, 0, n));
    lengths.push_back(n);
  }
  if (lengths.empty()) {
    throw DataError("recorded lives: none lasted " + std::to_string(least) + " steps");
  }
  Trajectories lives;
  lives.columns["state"] = at::cat(kept_states);
  lives.columns["action"] = at::cat(kept_actions);
  lives.ep_len = at::tensor(lengths, at::kLong);
  lives.ep_offset = lives.ep_len.cumsum(0) - lives.ep_len;
  lives.render = render;
  return lives;
}

void append_trajectories(Trajectories& to, const Trajectories& more) {
  if (to.columns.size() != more.columns.size()) {
    throw DataError("recordings that join others must have the same columns");
  }
  for (auto& [name, column] : to.columns) column = at::cat({column, column_of(more, name)});
  to.ep_offset = at::cat({to.ep_offset, more.ep_offset + to.ep_len.sum()});
  to.ep_len = at::cat({to.ep_len, more.ep_len});
}

Tensor recorded_recollections(const Trajectories& cached, const PlaceWorth& worth,
                              const IntrinsicCost& intrinsic, const RecollectionOptions& options) {
  const Tensor &encoded = column_of(cached, "embedding"), &vitals = column_of(cached, "vitals"),
               &moved = column_of(cached, "proprioception");
  std::vector<Tensor> parts;
  for (const Tensor& rows : encoded.split(kChunk)) parts.push_back(worth(rows));
  const Tensor worths = at::cat(parts);
  Tensor readings = at::empty({cached.rows(), recollection_dim(worths.size(1))});
  at::parallel_for(0, cached.episodes(), 1, [&](std::int64_t begin, std::int64_t end) {
    const at::NoGradGuard no_grad;
    for (std::int64_t e = begin; e < end; ++e) {
      const std::int64_t first = cached.ep_offset[e].item<std::int64_t>();
      const std::int64_t last = first + cached.ep_len[e].item<std::int64_t>();
      const auto of = [&](const Tensor& column) { return column.slice(0, first, last); };
      const Tensor way = of(moved).cumsum(0) - moved[first];
      readings.slice(0, first, last)
          .copy_(recollect_on_way(way, of(worths), wounds(of(vitals), intrinsic), options));
    }
  });
  return readings;
}

Trajectories join_felt(const Trajectories& cached, const std::vector<std::string>& felt) {
  Trajectories joint = cached;
  std::vector<Tensor> parts = {column_of(cached, "embedding")};
  for (const std::string& name : felt) parts.push_back(column_of(cached, name).to(at::kFloat));
  joint.columns["embedding"] = at::cat(parts, 1);
  return joint;
}

RecordedLives recorded_lives(const Trajectories& joint, std::int64_t skip,
                             const IntrinsicCost& intrinsic, const Tensor& episodes) {
  const ModelSteps steps(joint, skip, episodes);
  RecordedLives lives;
  lives.states = column_of(joint, "embedding").index_select(0, steps.rows);
  const Tensor vitals = VitalsSlice::last_of(lives.states.size(1)).of(lives.states);
  lives.energies = intrinsic(vitals);
  lives.terminated = steps.is_last.logical_and(is_dead(vitals));
  lives.truncated = steps.is_last.logical_and(lives.terminated.logical_not());
  return lives;
}

RecordedLives foretold_lives(const Trajectories& joint, const WorldModel& model, std::int64_t skip,
                             const IntrinsicCost& intrinsic, std::int64_t furthest,
                             RandomStream& rng, const Tensor& episodes) {
  expect_setting(furthest >= 1, "foretold_lives.furthest", furthest, "furthest >= 1");
  const at::NoGradGuard no_grad;
  RecordedLives lives = recorded_lives(joint, skip, intrinsic, episodes);
  const ModelSteps steps(joint, skip, episodes);
  const Tensor &states = column_of(joint, "embedding"), &actions = column_of(joint, "action");
  const Tensor lived =
      (steps.rows - steps.first).floor_divide(skip);  // Model steps before each row.
  const Tensor ahead = at::minimum(rng.integers({lived.size(0)}, 1, furthest + 1), lived);
  std::vector<Tensor> foretold;
  for (const Tensor& part : at::arange(lived.size(0), at::kLong).split(kChunk)) {
    const Tensor h = ahead.index_select(0, part);
    const Tensor from = steps.rows.index_select(0, part) - h * skip;
    Tensor s = states.index_select(0, from);
    for (std::int64_t k = 0; k < furthest; ++k) {
      const Tensor row = (from + k * skip).clamp_max(actions.size(0) - skip);
      std::vector<Tensor> block;
      for (std::int64_t i = 0; i < skip; ++i) block.push_back(actions.index_select(0, row + i));
      const Tensor next = model.predict(s, at::cat(block, 1), {}).to(at::kFloat);
      s = at::where(h.gt(k).unsqueeze(1), next, s);
    }
    foretold.push_back(s);
  }
  lives.states = at::cat(foretold);
  return lives;
}

RecordedLives join_lives(const RecordedLives& first, const RecordedLives& second) {
  return {at::cat({first.states, second.states}), at::cat({first.energies, second.energies}),
          at::cat({first.terminated, second.terminated}),
          at::cat({first.truncated, second.truncated})};
}

}  // namespace forethink
