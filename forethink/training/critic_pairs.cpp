// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/critic_pairs.h"

#include <ATen/Dispatch.h>
#include <torch/torch.h>

#include <algorithm>

#include "forethink/core/error.h"

namespace forethink {
namespace {

// [n] int64, evenly in 0 .. size-1 of each row; sizes fit float64 exactly, not float32.
Tensor below(const Tensor& sizes, RandomStream& rng) {
  const Tensor share = rng.uniform(sizes.sizes()).to(at::kDouble);
  return at::minimum((share * sizes).to(at::kLong), sizes - 1);
}

// ring[slots[i]] = values[i], one after another: where a slot comes twice the later one stays, for
// any number of threads.
void write_in_order(Tensor& ring, const Tensor& slots, const Tensor& values) {
  AT_DISPATCH_ALL_TYPES(ring.scalar_type(), "write_in_order", [&] {
    const Tensor source = values.to(ring.scalar_type()).contiguous();
    const Tensor places = slots.contiguous();
    for (std::int64_t i = 0; i < places.numel(); ++i) {
      ring.data_ptr<scalar_t>()[places.data_ptr<std::int64_t>()[i]] =
          source.data_ptr<scalar_t>()[i];
    }
  });
}

}  // namespace

void RecordedStates::validate() const {
  if (!states.defined() || states.dim() != 2 || states.scalar_type() != at::kFloat) {
    throw DataError("recorded states: expected float32 [rows, D]");
  }
  if (!ep_offset.defined() || !ep_len.defined() || ep_offset.dim() != 1 ||
      ep_offset.sizes() != ep_len.sizes() || ep_len.size(0) == 0) {
    throw DataError("recorded states: ep_offset and ep_len must be [E] with E >= 1");
  }
  const Tensor ends = ep_len.cumsum(0);
  const bool contiguous =
      at::equal(ends - ep_len, ep_offset.to(at::kLong)) && ends[-1].item<std::int64_t>() == rows();
  if (!contiguous) {
    throw DataError("recorded states: the episodes do not follow one another over all rows");
  }
  if (ep_len.lt(2).any().item<bool>()) {
    throw DataError("recorded states: an episode has fewer than two rows");
  }
  if (!at::isfinite(states).all().item<bool>()) {
    throw DataError("recorded states: a state is not finite");
  }
}

EpisodeRows::EpisodeRows(const RecordedStates& recorded) {
  recorded.validate();
  const Tensor lengths = recorded.ep_len.to(at::kLong);
  first_ = recorded.ep_offset.to(at::kLong).repeat_interleave(lengths);
  length_ = lengths.repeat_interleave(lengths);
  const Tensor all = at::arange(recorded.rows(), at::kLong);
  has_next_ = all.masked_select(all.lt(first_ + length_ - 1));
}

Tensor EpisodeRows::rows(std::int64_t n, RandomStream& rng) const {
  return rng.integers({n}, 0, first_.size(0));
}

Tensor EpisodeRows::rows_with_next(std::int64_t n, RandomStream& rng) const {
  return has_next_.index_select(0, rng.integers({n}, 0, has_next_.size(0)));
}

Tensor EpisodeRows::same_episode(const Tensor& rows, RandomStream& rng) const {
  return first_.index_select(0, rows) + below(length_.index_select(0, rows), rng);
}

Tensor EpisodeRows::near_future(const Tensor& rows, std::int64_t most, RandomStream& rng) const {
  const Tensor last = first_.index_select(0, rows) + length_.index_select(0, rows) - 1;
  return at::minimum(rows + rng.integers(rows.sizes(), 0, most + 1), last);
}

HardPairs::HardPairs(std::int64_t capacity, std::int64_t choose_from)
    : choose_from_(choose_from),
      first_(at::zeros({capacity}, at::kLong)),
      second_(at::zeros({capacity}, at::kLong)),
      error_(at::zeros({capacity})) {}

Tensor HardPairs::draw(std::int64_t n, RandomStream& rng) const {
  const std::int64_t count = std::min(n, filled_ / choose_from_);
  if (count == 0) return at::empty({0}, at::kLong);
  const Tensor chosen = rng.integers({count * choose_from_}, 0, filled_);
  const Tensor errors = error_.index_select(0, chosen);
  return chosen.index_select(0, std::get<1>(errors.topk(count)));
}

void HardPairs::update(const Tensor& slots, const Tensor& errors) {
  write_in_order(error_, slots, errors);
}

void HardPairs::insert(const Tensor& first, const Tensor& second, const Tensor& errors) {
  const std::int64_t capacity = error_.size(0);
  const Tensor slots = at::arange(next_, next_ + first.size(0), at::kLong).remainder(capacity);
  write_in_order(first_, slots, first);
  write_in_order(second_, slots, second);
  write_in_order(error_, slots, errors);
  next_ = (next_ + first.size(0)) % capacity;
  filled_ = std::min(capacity, filled_ + first.size(0));
}

void HardPairs::save(std::map<std::string, Tensor>& tensors) const {
  tensors["hard.first"] = first_.clone();
  tensors["hard.second"] = second_.clone();
  tensors["hard.error"] = error_.clone();
  tensors["hard.counts"] = at::tensor({filled_, next_}, at::kLong);
}

void HardPairs::load(const std::map<std::string, Tensor>& tensors) {
  first_.copy_(critic_tensor(tensors, "hard.first", first_));
  second_.copy_(critic_tensor(tensors, "hard.second", second_));
  error_.copy_(critic_tensor(tensors, "hard.error", error_));
  const Tensor& counts = critic_tensor(tensors, "hard.counts", at::zeros({2}, at::kLong));
  filled_ = counts[0].item<std::int64_t>();
  next_ = counts[1].item<std::int64_t>();
}

const Tensor& critic_tensor(const std::map<std::string, Tensor>& tensors, const std::string& name,
                            const Tensor& like) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) {
    throw CheckpointError("critic trainer: tensor '" + name + "' is missing");
  }
  if (found->second.sizes() != like.sizes() || found->second.scalar_type() != like.scalar_type()) {
    throw CheckpointError("critic trainer: tensor '" + name + "' has another shape or type");
  }
  return found->second;
}

}  // namespace forethink
