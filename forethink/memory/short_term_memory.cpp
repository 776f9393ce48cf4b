// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/memory/short_term_memory.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "forethink/core/checkpoint.h"
#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/nn/nearest.h"

namespace forethink {
namespace {

enum Kind : std::uint8_t { kFree, kPredicted, kObserved };

constexpr float kInfinite = std::numeric_limits<float>::infinity();
// Candidates above k that are measured again: a product of matrices may swap neighbours of nearly
// equal distance.
constexpr std::int64_t kMore = 8;
constexpr std::int64_t kScoresMax = 1 << 24;  // Of a product at once.

// [n, width] float32, zeros if it is undefined.
Tensor checked_part(const std::string& name, const Tensor& part, std::int64_t n,
                    std::int64_t width) {
  if (!part.defined()) return at::zeros({n, width});
  expect_shape(name, part, {n, width});
  expect_dtype(name, part, at::kFloat);
  expect_finite(name, part);
  return part.detach().contiguous();
}

// values [B * M, ...] at places [B, ...] of each agent, zero where nothing was found.
Tensor at_places(const Tensor& values, const Tensor& places, const Tensor& found) {
  const std::int64_t B = values.size(0), M = values.size(1);
  std::vector<std::int64_t> by_agent(places.dim(), 1);
  by_agent[0] = B;
  const Tensor flat = places + M * at::arange(B, at::kLong).view(by_agent);
  const bool wide = values.dim() == 3;
  std::vector<std::int64_t> sizes = places.sizes().vec();
  if (wide) sizes.push_back(values.size(2));
  const Tensor chosen = values.flatten(0, 1).index_select(0, flat.view(-1)).view(sizes);
  return chosen.masked_fill(wide ? found.logical_not().unsqueeze(-1) : found.logical_not(), 0);
}

MemoryEntries entries_at(const MemoryEntries& store, const Tensor& places, const Tensor& found) {
  return {at_places(store.time, places, found),   at_places(store.state, places, found),
          at_places(store.energy, places, found), at_places(store.action, places, found),
          at_places(store.latent, places, found), at_places(store.key, places, found)};
}

}  // namespace

void ShortTermMemoryOptions::validate() const {
  expect_setting(capacity >= 2, "memory.capacity", capacity, "capacity >= 2");
  expect_setting(predicted_max >= 0 && predicted_max < capacity, "memory.predicted_max",
                 predicted_max, "0 <= predicted_max < capacity");
  const auto expect_positive = [](const std::string& name, double value) {
    expect_setting(value >= 0.0 && std::isfinite(value), "memory." + name, value,
                   "0 <= " + name + " < infinity");
  };
  expect_positive("merge_distance", merge_distance);
  expect_positive("distinct_weight", distinct_weight);
  expect_positive("surprise_weight", surprise_weight);
  expect_positive("energy_weight", energy_weight);
}

// The entries of one agent. Rows do not see each other, so they may be written by several threads.
class ShortTermMemory::Row {
 public:
  Row(ShortTermMemory& memory, std::int64_t agent)
      : sizes_(memory.sizes_),
        options_(memory.options_),
        M_(memory.options_.capacity),
        time_(memory.store_.time.data_ptr<std::int64_t>() + agent * M_),
        state_(memory.store_.state.data_ptr<float>() + agent * M_ * sizes_.state),
        energy_(memory.store_.energy.data_ptr<float>() + agent * M_ * sizes_.drives),
        action_(memory.store_.action.data_ptr<float>() + agent * M_ * sizes_.action),
        latent_(memory.store_.latent.data_ptr<float>() + agent * M_ * sizes_.latent),
        key_(memory.store_.key.data_ptr<float>() + agent * M_ * sizes_.key),
        kind_(memory.kind_.data_ptr<std::uint8_t>() + agent * M_),
        written_(memory.written_.data_ptr<std::int64_t>() + agent * M_),
        writes_(memory.writes_.data_ptr<std::int64_t>() + agent),
        surprise_(memory.surprise_.data_ptr<float>() + agent * M_),
        neighbour_distance_(memory.neighbour_distance_.data_ptr<float>() + agent * M_),
        neighbour_(memory.neighbour_.data_ptr<std::int64_t>() + agent * M_) {}

  void observe(const MemoryEntries& entries, std::int64_t n, const Confirmation& confirmation) {
    const std::int64_t time = entries.time.data_ptr<std::int64_t>()[n];
    std::int64_t place = place_of(time);
    float surprise = 0.0F;
    if (place >= 0 && kind_[place] == kPredicted) {
      surprise = confirm(place, entries, n, confirmation);
    } else if (place >= 0) {
      surprise = surprise_[place];
      vacate(place);
    } else {
      place = make_room(kObserved, time);
    }
    put(place, kObserved, entries, n);
    surprise_[place] = surprise;
    find_neighbours(place);
  }

  void predict(const MemoryEntries& entries, std::int64_t n) {
    const std::int64_t time = entries.time.data_ptr<std::int64_t>()[n];
    std::int64_t place = place_of(time);
    if (options_.predicted_max == 0 || (place >= 0 && kind_[place] == kObserved)) return;
    if (place < 0) place = make_room(kPredicted, time);
    put(place, kPredicted, entries, n);
    surprise_[place] = 0.0F;
  }

 private:
  std::int64_t place_of(std::int64_t time) const {
    for (std::int64_t i = 0; i < M_; ++i) {
      if (kind_[i] != kFree && time_[i] == time) return i;
    }
    return -1;
  }

  // Of two observations, by key and energies.
  float apart(std::int64_t i, std::int64_t j) const {
    const std::int64_t J = sizes_.drives;
    float energies = 0.0F;
    for (std::int64_t drive = 0; drive < J; ++drive) {
      energies = std::max(energies, std::abs(energy_[i * J + drive] - energy_[j * J + drive]));
    }
    return squared_distance(key_ + i * sizes_.key, key_ + j * sizes_.key, sizes_.key) /
               static_cast<float>(sizes_.key) +
           energies * energies;
  }

  // How far the prediction at `place` was off.
  float confirm(std::int64_t place, const MemoryEntries& entries, std::int64_t n,
                const Confirmation& confirmation) const {
    const float* state = entries.state.data_ptr<float>() + n * sizes_.state;
    const float* energy = entries.energy.data_ptr<float>() + n * sizes_.drives;
    const float surprise = squared_distance(state_ + place * sizes_.state, state, sizes_.state) /
                           static_cast<float>(sizes_.state);
    confirmation.predicted.data_ptr<bool>()[n] = true;
    confirmation.surprise.data_ptr<float>()[n] = surprise;
    float* gap = confirmation.energy_gap.data_ptr<float>() + n * sizes_.drives;
    for (std::int64_t j = 0; j < sizes_.drives; ++j) {
      gap[j] = std::abs(energy_[place * sizes_.drives + j] - energy[j]);
    }
    return surprise;
  }

  void put(std::int64_t place, Kind kind, const MemoryEntries& entries, std::int64_t n) {
    const auto copy = [&](const Tensor& from, float* to, std::int64_t width) {
      std::copy_n(from.data_ptr<float>() + n * width, width, to + place * width);
    };
    time_[place] = entries.time.data_ptr<std::int64_t>()[n];
    copy(entries.state, state_, sizes_.state);
    copy(entries.energy, energy_, sizes_.drives);
    copy(entries.action, action_, sizes_.action);
    copy(entries.latent, latent_, sizes_.latent);
    copy(entries.key, key_, sizes_.key);
    kind_[place] = kind;
    written_[place] = (*writes_)++;
  }

  // A free place for what is to be written, in the order of the rules in the header.
  std::int64_t make_room(Kind writing, std::int64_t time) {
    std::int64_t predictions = 0, place = -1;
    std::int64_t last_observed =
        writing == kObserved ? time : std::numeric_limits<std::int64_t>::min();
    for (std::int64_t i = M_ - 1; i >= 0; --i) {
      if (kind_[i] == kFree) place = i;
      if (kind_[i] == kPredicted) ++predictions;
      if (kind_[i] == kObserved) last_observed = std::max(last_observed, time_[i]);
    }
    const bool too_many = writing == kPredicted && predictions >= options_.predicted_max;
    if (place >= 0 && !too_many) return place;
    const std::int64_t first = first_prediction(last_observed);
    if (first >= 0 && (too_many || writing == kObserved || time_[first] <= last_observed)) {
      place = first;
    } else {
      place = merged_observation();
      if (place < 0) place = least_important();
    }
    vacate(place);
    return place;
  }

  // The prediction that was made first, of the overdue ones if there are any; -1: none.
  std::int64_t first_prediction(std::int64_t last_observed) const {
    std::int64_t first = -1;
    const auto rank = [&](std::int64_t i) {
      return std::pair(time_[i] > last_observed, written_[i]);
    };
    for (std::int64_t i = 0; i < M_; ++i) {
      if (kind_[i] == kPredicted && (first < 0 || rank(i) < rank(first))) first = i;
    }
    return first;
  }

  // The oldest of the observations that are nearest to another, if near enough to be one; else -1.
  std::int64_t merged_observation() {
    std::int64_t leaves = -1;
    const auto rank = [&](std::int64_t i) { return std::pair(neighbour_distance_[i], time_[i]); };
    for (std::int64_t i = 0; i < M_; ++i) {
      if (kind_[i] != kObserved || neighbour_[i] < 0) continue;
      if (leaves < 0 || rank(i) < rank(leaves)) leaves = i;
    }
    if (leaves < 0 || neighbour_distance_[leaves] > options_.merge_distance) return -1;
    float& kept = surprise_[neighbour_[leaves]];
    kept = std::max(kept, surprise_[leaves]);
    return leaves;
  }

  // How far each observation's energies are from what is usual.
  std::vector<double> extremes() const {
    const std::int64_t J = sizes_.drives;
    std::vector<double> mean(J, 0.0), extreme(M_, 0.0);
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < M_; ++i) {
      if (kind_[i] != kObserved) continue;
      ++count;
      for (std::int64_t j = 0; j < J; ++j) mean[j] += energy_[i * J + j];
    }
    for (std::int64_t i = 0; i < M_; ++i) {
      for (std::int64_t j = 0; j < J; ++j) {
        const double usual = mean[j] / static_cast<double>(std::max<std::int64_t>(1, count));
        extreme[i] = std::max(extreme[i], std::abs(energy_[i * J + j] - usual));
      }
    }
    return extreme;
  }

  // Adds weight values[i] / (mean over observations) to the importance of each.
  template <class Values>
  void weigh(std::vector<double>& importance, double weight, const Values& values) const {
    double sum = 0.0, count = 0.0;
    for (std::int64_t i = 0; i < M_; ++i) {
      if (kind_[i] != kObserved) continue;
      sum += values[i];
      count += 1.0;
    }
    if (sum <= 0.0) return;  // All are alike.
    for (std::int64_t i = 0; i < M_; ++i) importance[i] += weight * values[i] * count / sum;
  }

  std::int64_t least_important() const {
    std::vector<double> importance(M_, 0.0);
    weigh(importance, options_.distinct_weight, neighbour_distance_);
    weigh(importance, options_.surprise_weight, surprise_);
    weigh(importance, options_.energy_weight, extremes());
    std::int64_t least = -1;
    for (std::int64_t i = 0; i < M_; ++i) {
      if (kind_[i] != kObserved) continue;
      if (least < 0 || importance[i] < importance[least] ||
          (importance[i] == importance[least] && time_[i] < time_[least])) {
        least = i;
      }
    }
    return least;
  }

  // Frees a place; observations whose neighbour it was look for another.
  void vacate(std::int64_t place) {
    const bool observed = kind_[place] == kObserved;
    kind_[place] = kFree;
    if (!observed) return;
    for (std::int64_t i = 0; i < M_; ++i) {
      if (kind_[i] == kObserved && neighbour_[i] == place) {
        forget_neighbour(i);
        for (std::int64_t j = 0; j < M_; ++j) {
          if (kind_[j] == kObserved && j != i) offer(i, j, apart(i, j));
        }
      }
    }
  }

  // Of the new observation at `place`, both ways.
  void find_neighbours(std::int64_t place) {
    forget_neighbour(place);
    for (std::int64_t i = 0; i < M_; ++i) {
      if (kind_[i] != kObserved || i == place) continue;
      const float d = apart(place, i);
      offer(place, i, d);
      offer(i, place, d);
    }
  }

  void forget_neighbour(std::int64_t place) {
    neighbour_[place] = -1;
    neighbour_distance_[place] = kInfinite;
  }

  // Of equally near ones the latest is the neighbour.
  void offer(std::int64_t place, std::int64_t other, float d) {
    const std::int64_t present = neighbour_[place];
    if (d > neighbour_distance_[place]) return;
    if (d == neighbour_distance_[place] && present >= 0 && time_[other] < time_[present]) return;
    neighbour_distance_[place] = d;
    neighbour_[place] = other;
  }

  const MemorySizes& sizes_;
  const ShortTermMemoryOptions& options_;
  std::int64_t M_;
  std::int64_t* time_;
  float* state_;
  float* energy_;
  float* action_;
  float* latent_;
  float* key_;
  std::uint8_t* kind_;
  std::int64_t* written_;
  std::int64_t* writes_;
  float* surprise_;
  float* neighbour_distance_;
  std::int64_t* neighbour_;
};

ShortTermMemory::ShortTermMemory(const MemorySizes& sizes, const ShortTermMemoryOptions& options)
    : sizes_(sizes), options_(options) {
  options.validate();
  expect_setting(sizes.agents >= 1, "memory.agents", sizes.agents, "agents >= 1");
  expect_setting(sizes.state >= 1, "memory.state", sizes.state, "state >= 1");
  expect_setting(sizes.drives >= 0, "memory.drives", sizes.drives, "drives >= 0");
  expect_setting(sizes.action >= 0, "memory.action", sizes.action, "action >= 0");
  expect_setting(sizes.latent >= 0, "memory.latent", sizes.latent, "latent >= 0");
  expect_setting(sizes.key >= 0, "memory.key", sizes.key, "key >= 0");
  if (sizes.key == 0) sizes_.key = sizes.state;
  const std::int64_t B = sizes.agents, M = options.capacity;
  store_ = {at::zeros({B, M}, at::kLong),     at::zeros({B, M, sizes_.state}),
            at::zeros({B, M, sizes_.drives}), at::zeros({B, M, sizes_.action}),
            at::zeros({B, M, sizes_.latent}), at::zeros({B, M, sizes_.key})};
  kind_ = at::zeros({B, M}, at::kByte);
  written_ = at::zeros({B, M}, at::kLong);
  writes_ = at::zeros({B}, at::kLong);
  surprise_ = at::zeros({B, M});
  neighbour_distance_ = at::full({B, M}, kInfinite);
  neighbour_ = at::full({B, M}, -1, at::kLong);
}

Tensor ShortTermMemory::checked_agents(const Tensor& agents) const {
  if (!agents.defined()) return at::arange(sizes_.agents, at::kLong);
  expect_indices("agents", agents, sizes_.agents);
  const Tensor sorted = std::get<0>(agents.sort());
  const std::int64_t N = sorted.size(0);
  if (N > 1 && sorted.slice(0, 1).eq(sorted.slice(0, 0, N - 1)).any().item<bool>()) {
    throw ShapeError("agents name one agent twice");
  }
  return agents.contiguous();
}

MemoryEntries ShortTermMemory::checked(const MemoryEntries& entries, std::int64_t count) const {
  expect_shape("memory.time", entries.time, {count});
  expect_dtype("memory.time", entries.time, at::kLong);
  expect_shape("memory.state", entries.state, {count, sizes_.state});
  MemoryEntries all;
  all.time = entries.time.contiguous();
  all.state = checked_part("memory.state", entries.state, count, sizes_.state);
  all.energy = checked_part("memory.energy", entries.energy, count, sizes_.drives);
  all.action = checked_part("memory.action", entries.action, count, sizes_.action);
  all.latent = checked_part("memory.latent", entries.latent, count, sizes_.latent);
  if (!entries.key.defined() && sizes_.key != sizes_.state) {
    throw ShapeError("memory.key is undefined, expected [" + std::to_string(count) + ", " +
                     std::to_string(sizes_.key) + "]: the state is not of this size");
  }
  all.key = entries.key.defined() ? checked_part("memory.key", entries.key, count, sizes_.key)
                                  : all.state;
  return all;
}

Confirmation ShortTermMemory::observe(const MemoryEntries& entries, const Tensor& agents) {
  const Tensor rows = checked_agents(agents);
  const std::int64_t N = rows.size(0);
  const MemoryEntries all = checked(entries, N);
  Confirmation confirmation{at::zeros({N}, at::kBool), at::zeros({N}),
                            at::zeros({N, sizes_.drives})};
  const auto* agent = rows.data_ptr<std::int64_t>();
  at::parallel_for(0, N, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) Row(*this, agent[n]).observe(all, n, confirmation);
  });
  return confirmation;
}

void ShortTermMemory::predict(const MemoryEntries& entries, const Tensor& agents) {
  const Tensor rows = checked_agents(agents);
  const MemoryEntries all = checked(entries, rows.size(0));
  const auto* agent = rows.data_ptr<std::int64_t>();
  at::parallel_for(0, rows.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) Row(*this, agent[n]).predict(all, n);
  });
}

void ShortTermMemory::reset(const Tensor& agents) {
  const Tensor rows = checked_agents(agents);
  kind_.index_fill_(0, rows, kFree);
  writes_.index_fill_(0, rows, 0);
  surprise_.index_fill_(0, rows, 0.0);
}

Tensor ShortTermMemory::holds(Remembered which) const {
  switch (which) {
    case Remembered::kObserved:
      return kind_.eq(kObserved);
    case Remembered::kPredicted:
      return kind_.eq(kPredicted);
    case Remembered::kAll:
      break;
  }
  return kind_.ne(kFree);
}

Recalled ShortTermMemory::at_time(const Tensor& times, bool exactly, Remembered which) const {
  expect_shape("times", times, {sizes_.agents, kAny});
  expect_dtype("times", times, at::kLong);
  const Tensor difference = store_.time.unsqueeze(1) - times.unsqueeze(2);  // [B, Q, M]
  // Twice the distance, and one more for what is later: of two that are equally near the earlier.
  const Tensor score = (2 * difference.abs() + difference.gt(0).to(at::kLong))
                           .masked_fill(holds(which).logical_not().unsqueeze(1),
                                        std::numeric_limits<std::int64_t>::max());
  const auto [least, place] = score.min(2);  // [B, Q]
  const Tensor found = exactly ? least.eq(0) : least.ne(std::numeric_limits<std::int64_t>::max());
  const Tensor places = place.masked_fill(found.logical_not(), 0);
  const Tensor distance =
      least.div(2, "floor").to(at::kFloat).masked_fill(found.logical_not(), kInfinite);
  return {found, places, distance, entries_at(store_, places, found)};
}

Recalled ShortTermMemory::nearest(const Tensor& queries, std::int64_t k, Remembered which) const {
  expect_shape("queries", queries, {sizes_.agents, kAny, sizes_.key});
  expect_dtype("queries", queries, at::kFloat);
  expect_finite("queries", queries);
  if (k < 1 || k > options_.capacity) {
    throw ShapeError("k = " + std::to_string(k) + " entries wanted of a memory of " +
                     std::to_string(options_.capacity) + ", must satisfy 1 <= k <= capacity");
  }
  const at::NoGradGuard no_grad;
  const std::int64_t B = sizes_.agents, M = options_.capacity, Q = queries.size(1);
  const std::int64_t candidates = std::min(M, k + kMore);
  const Tensor held = holds(which);                            // [B, M]
  const Tensor half_norm = (0.5 * store_.key.square().sum(2))  // [B, M]
                               .masked_fill(held.logical_not(), kInfinite)
                               .unsqueeze(1);
  std::vector<Tensor> distances, places;
  const std::int64_t chunk = std::max<std::int64_t>(1, kScoresMax / (B * M));
  for (std::int64_t first = 0; first < Q; first += chunk) {
    const Tensor part = queries.narrow(1, first, std::min(chunk, Q - first));  // [B, q, key]
    // |key|^2 / 2 - query . key orders keys as their distances do.
    const Tensor scores = half_norm - part.bmm(store_.key.transpose(1, 2));  // [B, q, M]
    const Tensor near = std::get<1>(scores.topk(candidates, 2, /*largest=*/false));
    // Measured in the order of their places, so that equal distances come out in that order.
    const Tensor place = std::get<0>(near.sort(2));  // [B, q, candidates]
    const Tensor is_held = at_places(held, place, at::ones_like(place, at::kBool));
    const Tensor key = at_places(store_.key, place, is_held);
    const Tensor exact =
        (part.unsqueeze(2) - key).square().mean(3).masked_fill(is_held.logical_not(), kInfinite);
    const auto [sorted, order] = exact.sort(/*stable=*/true, 2, /*descending=*/false);
    distances.push_back(sorted.narrow(2, 0, k));
    places.push_back(place.gather(2, order.narrow(2, 0, k)));
  }
  if (Q == 0) {
    distances.push_back(at::empty({B, 0, k}));
    places.push_back(at::empty({B, 0, k}, at::kLong));
  }
  const Tensor distance = at::cat(distances, 1);  // [B, Q, k]
  const Tensor found = distance.ne(kInfinite);
  const Tensor place = at::cat(places, 1).masked_fill(found.logical_not(), 0);
  return {found, place, distance, entries_at(store_, place, found)};
}

SoftRecalled ShortTermMemory::soft_read(const Tensor& queries, double sharpness,
                                        Remembered which) const {
  const Tensor held = holds(which);
  const Tensor weight = soft_weights(queries, store_.key, held, sharpness);  // [B, Q, M]
  return {held.any(1), weight.bmm(store_.state), weight.bmm(store_.energy), weight};
}

std::map<std::string, Tensor> ShortTermMemory::state() const {
  return {{"time", store_.time.clone()},
          {"state", store_.state.clone()},
          {"energy", store_.energy.clone()},
          {"action", store_.action.clone()},
          {"latent", store_.latent.clone()},
          {"key", store_.key.clone()},
          {"kind", kind_.clone()},
          {"written", written_.clone()},
          {"writes", writes_.clone()},
          {"surprise", surprise_.clone()},
          {"neighbour_distance", neighbour_distance_.clone()},
          {"neighbour", neighbour_.clone()}};
}

void ShortTermMemory::restore(const std::map<std::string, Tensor>& tensors) {
  const std::pair<const char*, Tensor> targets[] = {{"time", store_.time},
                                                    {"state", store_.state},
                                                    {"energy", store_.energy},
                                                    {"action", store_.action},
                                                    {"latent", store_.latent},
                                                    {"key", store_.key},
                                                    {"kind", kind_},
                                                    {"written", written_},
                                                    {"writes", writes_},
                                                    {"surprise", surprise_},
                                                    {"neighbour_distance", neighbour_distance_},
                                                    {"neighbour", neighbour_}};
  for (const auto& [name, target] : targets) {
    const auto found = tensors.find(name);
    const auto refuse = [name = std::string(name)](const std::string& what) {
      throw CheckpointError("memory: tensor '" + name + "' " + what);
    };
    if (found == tensors.end()) refuse("is missing");
    const Tensor& tensor = found->second;
    if (tensor.sizes() != target.sizes() || tensor.scalar_type() != target.scalar_type()) {
      refuse("has another shape or type");
    }
    if (tensor.is_floating_point() && tensor.isnan().any().item<bool>()) refuse("is not a number");
  }
  // What is read as a place must be one.
  const Tensor& neighbour = tensors.at("neighbour");
  if (tensors.at("kind").gt(kObserved).any().item<bool>() || neighbour.lt(-1).any().item<bool>() ||
      neighbour.ge(options_.capacity).any().item<bool>()) {
    throw CheckpointError("memory: tensors 'kind' or 'neighbour' hold what no memory writes");
  }
  for (const auto& [name, target] : targets) target.copy_(tensors.at(name));
}

Tensor soft_weights(const Tensor& queries, const Tensor& keys, const Tensor& held,
                    double sharpness) {
  expect_shape("keys", keys, {kAny, kAny, kAny});
  expect_shape("queries", queries, {keys.size(0), kAny, keys.size(2)});
  expect_shape("held", held, {keys.size(0), keys.size(1)});
  expect_finite("queries", queries.detach());
  expect_setting(sharpness > 0.0 && std::isfinite(sharpness), "memory.sharpness", sharpness,
                 "0 < sharpness < infinity");
  // |query|^2 is the same for all entries and leaves the softmax as it is.
  const Tensor nearness =
      2.0 * queries.bmm(keys.transpose(1, 2)) - keys.square().sum(2).unsqueeze(1);
  const Tensor mask = held.unsqueeze(1);  // [B, 1, M]
  const Tensor scores = (sharpness / static_cast<double>(keys.size(2)) * nearness)
                            .masked_fill(mask.logical_not(), -1e30);
  return at::softmax(scores, 2) * mask;  // An agent without entries has zeros, not a uniform share.
}

}  // namespace forethink
