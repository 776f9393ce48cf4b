// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/joint_states.h"

#include <torch/torch.h>

#include "forethink/core/error.h"

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
  const Tensor chosen =
      episodes.defined() ? episodes.contiguous() : at::arange(joint.episodes(), at::kLong);
  std::vector<Tensor> rows;
  std::vector<std::int64_t> ends;
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < chosen.size(0); ++i) {
    const auto e = chosen[i].item<std::int64_t>();
    const auto first = joint.ep_offset[e].item<std::int64_t>();
    rows.push_back(
        at::arange(first, first + joint.ep_len[e].item<std::int64_t>(), skip, at::kLong));
    count += rows.back().size(0);
    ends.push_back(count - 1);
  }
  RecordedLives lives;
  lives.states = column_of(joint, "embedding").index_select(0, at::cat(rows));
  const Tensor vitals = VitalsSlice::last_of(lives.states.size(1)).of(lives.states);
  lives.energies = intrinsic(vitals);
  Tensor is_last = at::zeros({count}, at::kBool);
  is_last.index_fill_(0, at::tensor(ends, at::kLong), true);
  lives.terminated = is_last.logical_and(is_dead(vitals));
  lives.truncated = is_last.logical_and(lives.terminated.logical_not());
  return lives;
}

}  // namespace forethink
