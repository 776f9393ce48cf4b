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
    throw DataError("recordings: there is no column '" + name + "', which the agent feels");
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
