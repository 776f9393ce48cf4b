// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/nearest.h"

#include <torch/torch.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

constexpr std::int64_t kChunk = 128;    // Queries a thread multiplies at once.
constexpr std::int64_t kBlock = 64;     // Columns whose best is found without branches.
constexpr std::int64_t kMoreFloat = 2;  // Candidates above k that are measured again: rounding
constexpr std::int64_t kMoreBf16 = 8;   // may swap neighbours of nearly equal distance.

// x as a sum of three bf16 numbers, [N] -> [N, 3]: together they keep the 24 bits of a float.
Tensor in_three_parts(const Tensor& x) {
  const auto round = [](const Tensor& y) { return y.to(at::kBFloat16).to(at::kFloat); };
  const Tensor high = round(x);
  const Tensor middle = round(x - high);
  return at::stack({high, middle, x - high - middle}, 1);
}

// Rows with their norms, so that augmented(queries, true) . augmented(bank, false)^T is
// -|q - b|^2 / 2.
Tensor augmented(const Tensor& rows, bool is_query, bool bf16) {
  const std::int64_t N = rows.size(0);
  if (!bf16) {
    const Tensor half_norm = rows.square().sum(1, true).mul_(-0.5);  // [N, 1]
    const Tensor one = at::ones_like(half_norm);
    return at::cat({rows, is_query ? one : half_norm, is_query ? half_norm : one}, 1);
  }
  const Tensor rounded = rows.to(at::kBFloat16).to(at::kFloat);
  const Tensor half_norm = in_three_parts(rounded.square().sum(1).mul_(-0.5));  // [N, 3]
  const Tensor ones = at::ones({N, 3});
  return at::cat({rounded, is_query ? ones : half_norm, is_query ? half_norm : ones}, 1)
      .to(at::kBFloat16);
}

// Keys order scores by nearness, smallest first, and are cheap to compare.
float to_key(float score) { return -score; }
// The bits of a bf16 with the sign turned round: among scores (which are -|q - b|^2 / 2, below zero
// but for rounding) the integer order is the order of nearness.
std::int16_t to_key(c10::BFloat16 score) { return static_cast<std::int16_t>(score.x ^ 0x8000U); }

// The smallest `count` of what is offered, sorted, by insertion.
template <class Key>
class Smallest {
 public:
  explicit Smallest(std::int64_t count) : keys_(count), values_(count) {}

  void clear() {
    std::fill(keys_.begin(), keys_.end(), std::numeric_limits<Key>::max());
    std::fill(values_.begin(), values_.end(), -1);
  }
  void offer(Key key, std::int64_t value) {
    // Equal keys keep the order in which they came; an empty place takes even the largest key.
    if (!(key < keys_.back()) && values_.back() >= 0) return;
    std::size_t place = keys_.size() - 1;
    while (place > 0 && (key < keys_[place - 1] || values_[place - 1] < 0)) {
      keys_[place] = keys_[place - 1];
      values_[place] = values_[place - 1];
      --place;
    }
    keys_[place] = key;
    values_[place] = value;
  }
  Key key(std::size_t place) const { return keys_[place]; }
  std::int64_t value(std::size_t place) const { return values_[place]; }  // -1: nothing there.
  std::size_t size() const { return keys_.size(); }

 private:
  std::vector<Key> keys_;
  std::vector<std::int64_t> values_;
};

// The `best.size()` columns of highest score, into `best`. They lie in the blocks with the smallest
// least keys, as many blocks as columns, so most columns are only looked at in the first,
// branchless pass.
template <class Score, class Key>
void best_columns(const Score* scores, std::int64_t columns, Smallest<Key>& blocks,
                  Smallest<Key>& best) {
  blocks.clear();
  for (std::int64_t begin = 0; begin < columns; begin += kBlock) {
    Key least = std::numeric_limits<Key>::max();
    if (begin + kBlock <= columns) {
      for (std::int64_t i = 0; i < kBlock; ++i) {
        const Key key = to_key(scores[begin + i]);
        least = key < least ? key : least;
      }
    } else {
      for (std::int64_t i = begin; i < columns; ++i) least = std::min(least, to_key(scores[i]));
    }
    blocks.offer(least, begin);
  }
  best.clear();
  for (std::size_t place = 0; place < blocks.size(); ++place) {
    const std::int64_t begin = blocks.value(place);
    if (begin < 0) break;
    const std::int64_t end = std::min(begin + kBlock, columns);
    for (std::int64_t i = begin; i < end; ++i) best.offer(to_key(scores[i]), i);
  }
}

// Neighbours of one chunk of queries from its score table [n, M].
template <class Score>
void find_in_scores(const Tensor& scores, const Tensor& queries, const Tensor& bank, std::int64_t k,
                    std::int64_t candidates, float* distance, std::int64_t* index) {
  using Key = decltype(to_key(Score{}));
  const std::int64_t M = bank.size(0), D = bank.size(1);
  Smallest<Key> blocks(candidates), best(candidates);
  Smallest<float> nearest(k);
  for (std::int64_t row = 0; row < queries.size(0); ++row) {
    best_columns(scores.data_ptr<Score>() + row * M, M, blocks, best);
    // Measured in the order of the bank, so that equal distances come out in that order.
    std::vector<std::int64_t> found;
    for (std::size_t place = 0; place < best.size(); ++place) found.push_back(best.value(place));
    std::sort(found.begin(), found.end());
    nearest.clear();
    const float* query = queries.data_ptr<float>() + row * D;
    for (const std::int64_t column : found) {
      nearest.offer(squared_distance(query, bank.data_ptr<float>() + column * D, D), column);
    }
    for (std::int64_t place = 0; place < k; ++place) {
      distance[row * k + place] = nearest.key(place) / static_cast<float>(D);
      index[row * k + place] = nearest.value(place);
    }
  }
}

}  // namespace

float squared_distance(const float* a, const float* b, std::int64_t dim) {
  // Independent partial sums, in a fixed order: the compiler may use vectors without reordering.
  constexpr std::int64_t kLanes = 16;
  float sums[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= dim; i += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const float difference = a[i + lane] - b[i + lane];
      sums[lane] += difference * difference;
    }
  }
  float total = 0.0F;
  for (const float sum : sums) total += sum;
  for (; i < dim; ++i) total += (a[i] - b[i]) * (a[i] - b[i]);
  return total;
}

NearestBank::NearestBank(const Tensor& bank, bool bf16) {
  expect_shape("bank", bank, {kAny, kAny});
  expect_dtype("bank", bank, at::kFloat);
  expect_finite("bank", bank);
  if (bank.numel() == 0) throw ShapeError("bank has no rows or no columns");
  bank_ = bank.detach().contiguous();
  searched_ = augmented(bank_, /*is_query=*/false, bf16);
}

NearestBank::NearestBank(const Tensor& bank) : NearestBank(bank, bf16_pays()) {}

Neighbours NearestBank::find(const Tensor& queries, std::int64_t k) const {
  expect_shape("queries", queries, {kAny, dim()});
  expect_dtype("queries", queries, at::kFloat);
  if (k < 1 || k > size()) {
    throw ShapeError("k = " + std::to_string(k) + " neighbours wanted of a bank of " +
                     std::to_string(size()) + ", must satisfy 1 <= k <= size");
  }
  const at::NoGradGuard no_grad;
  const Tensor rows = queries.detach().contiguous();
  const bool bf16 = searched_.scalar_type() == at::kBFloat16;
  const std::int64_t N = rows.size(0);
  const std::int64_t candidates = std::min(size(), k + (bf16 ? kMoreBf16 : kMoreFloat));
  Neighbours found{at::empty({N, k}), at::empty({N, k}, at::kLong)};
  // Whole chunks per thread: the score table of a chunk stays in that thread's cache, and chunks do
  // not depend on how many threads there are.
  const std::int64_t chunks = (N + kChunk - 1) / kChunk;
  at::parallel_for(0, chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    const at::NoGradGuard no_grad_here;  // Guards belong to one thread.
    for (std::int64_t chunk = begin; chunk < end; ++chunk) {
      const std::int64_t first = chunk * kChunk;
      const Tensor part = rows.narrow(0, first, std::min(kChunk, N - first));  // [n, D]
      const Tensor scores =
          at::mm(augmented(part, /*is_query=*/true, bf16), searched_.t());  // [n, M]
      float* distance = found.distance.data_ptr<float>() + first * k;
      std::int64_t* index = found.index.data_ptr<std::int64_t>() + first * k;
      if (bf16) {
        find_in_scores<c10::BFloat16>(scores, part, bank_, k, candidates, distance, index);
      } else {
        find_in_scores<float>(scores, part, bank_, k, candidates, distance, index);
      }
    }
  });
  return found;
}

}  // namespace forethink
