// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/nearest.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"
#include "forethink/kernels/packed_matrix.h"

namespace forethink {

using kernels::AlignedBytes;
using kernels::Bf16;
using kernels::ProductPart;
using kernels::round_up;
using kernels::TileKernel;

namespace {

constexpr std::int64_t kChunk = 96;     // Queries that go together: the bank is read once for all.
constexpr std::int64_t kMoreFloat = 2;  // Candidates above k that are measured again: rounding
constexpr std::int64_t kMoreBf16 = 8;   // may swap neighbours of nearly equal distance.

// The smallest `count` of what is offered, sorted, by insertion.
class Smallest {
 public:
  explicit Smallest(std::int64_t count) : keys_(count), values_(count) {}

  void clear() {
    std::fill(keys_.begin(), keys_.end(), std::numeric_limits<float>::max());
    std::fill(values_.begin(), values_.end(), -1);
  }
  void offer(float key, std::int64_t value) {
    // Equal keys keep the order in which they came; an empty place takes even the largest key.
    if (!takes(key)) return;
    std::size_t place = keys_.size() - 1;
    while (place > 0 && (key < keys_[place - 1] || values_[place - 1] < 0)) {
      keys_[place] = keys_[place - 1];
      values_[place] = values_[place - 1];
      --place;
    }
    keys_[place] = key;
    values_[place] = value;
  }
  /// Whether `offer` would take it.
  bool takes(float key) const { return key < keys_.back() || values_.back() < 0; }
  float key(std::size_t place) const { return keys_[place]; }
  std::int64_t value(std::size_t place) const { return values_[place]; }  // -1: nothing there.
  std::size_t size() const { return keys_.size(); }

 private:
  std::vector<float> keys_;
  std::vector<std::int64_t> values_;
};

// The k nearest of what was found, measured in float32.
void measure(const Smallest& found, const float* query, const Tensor& bank, Smallest& nearest) {
  const std::int64_t D = bank.size(1);
  // In the order of the bank, so that equal distances come out in that order.
  std::vector<std::int64_t> rows;
  for (std::size_t place = 0; place < found.size(); ++place) rows.push_back(found.value(place));
  std::sort(rows.begin(), rows.end());
  nearest.clear();
  for (const std::int64_t row : rows) {
    nearest.offer(squared_distance(query, bank.const_data_ptr<float>() + row * D, D), row);
  }
}

}  // namespace

struct NearestBank::Packed {
  const kernels::Kernels& code;
  const TileKernel& tiles;
  kernels::PackedMatrix vectors;  // Less the centre, which changes no distance and keeps numbers
  std::vector<float> centre;      // small: rounding then hurts least.
  std::vector<float> half_norm;   // |b|^2 / 2 of each, as rounded; padded.
  std::int64_t size;              // M.

  bool bf16() const { return vectors.precision == Precision::kBfloat16; }
  std::int64_t row_bytes() const {  // Of a packed query.
    return vectors.depth.front() * tiles.group * vectors.number_bytes();
  }
  AlignedBytes pack_queries(const float* queries, std::int64_t count) const;
  void search(const AlignedBytes& queries, std::int64_t count, std::vector<Smallest>& best) const;
};

// Queries less the centre, as the tiles want them; their rows reach beyond the last, as tiles may.
AlignedBytes NearestBank::Packed::pack_queries(const float* queries, std::int64_t count) const {
  const std::int64_t D = static_cast<std::int64_t>(centre.size());
  AlignedBytes bytes((round_up(count, kernels::kTileRows) + kernels::kTileRows) * row_bytes());
  for (std::int64_t n = 0; n < count; ++n) {
    std::byte* row = bytes.data() + n * row_bytes();
    for (std::int64_t j = 0; j < D; ++j) {
      const float number = queries[n * D + j] - centre[j];
      if (bf16()) {
        reinterpret_cast<Bf16*>(row)[j] = kernels::to_bf16(number);
      } else {
        reinterpret_cast<float*>(row)[j] = number;
      }
    }
  }
  return bytes;
}

// For each of some queries the columns of least |b|^2 / 2 - q.b, the bank read panel by panel.
void NearestBank::Packed::search(const AlignedBytes& queries, std::int64_t count,
                                 std::vector<Smallest>& best) const {
  alignas(kernels::kCacheLine) std::array<float, kernels::kTileRows * kernels::kPanel> tile;
  if (tiles.begin) tiles.begin();
  for (std::int64_t column = 0; column < vectors.columns; column += tiles.panel) {
    const std::int64_t columns = std::min(tiles.panel, vectors.columns - column);
    const std::int64_t inside = std::min(columns, size - column);  // The rest is padding.
    for (std::int64_t row = 0; row < count; row += tiles.rows) {
      const std::int64_t rows = std::min(tiles.rows, count - row);
      const ProductPart part{.x = queries.data() + row * row_bytes(),
                             .row_bytes = row_bytes(),
                             .weights = vectors.panel(tiles, 0, column),
                             .depth = vectors.depth.front()};
      tiles.multiply(&part, 1, rows, columns, tile.data());
      for (std::int64_t r = 0; r < rows; ++r) {
        float* keys = tile.data() + r * columns;
        const float least = code.subtract_from(half_norm.data() + column, inside, keys);
        Smallest& nearest = best[row + r];
        if (!nearest.takes(least)) continue;
        for (std::int64_t j = 0; j < inside; ++j) nearest.offer(keys[j], column + j);
      }
    }
  }
  if (tiles.end) tiles.end();
}

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
  const at::NoGradGuard no_grad;
  bank_ = bank.detach().contiguous();
  const InstructionSet set = best_instruction_set();
  const Precision precision = bf16 && has_bf16(set) ? Precision::kBfloat16 : Precision::kFloat32;
  const kernels::Kernels& code = kernels::kernels_of(set);
  const TileKernel& tiles = precision == Precision::kBfloat16 ? code.bfloat16 : code.float32;
  const Tensor centre = bank_.mean(0);
  Tensor vectors = bank_ - centre;
  kernels::PackedMatrix packed = kernels::pack(
      {{.data = vectors.const_data_ptr<float>(), .rows = size(), .depth = dim(), .stride = dim()}},
      tiles, precision);
  if (precision == Precision::kBfloat16) vectors = vectors.to(at::kBFloat16).to(at::kFloat);
  const Tensor half_norm = vectors.square().sum(1).mul_(0.5);
  const auto numbers = [](const Tensor& x, std::int64_t padded) {
    std::vector<float> copy(padded);
    std::copy_n(x.const_data_ptr<float>(), x.numel(), copy.begin());
    return copy;
  };
  std::vector<float> norms = numbers(half_norm, packed.columns);
  packed_ = std::make_shared<const Packed>(
      Packed{code, tiles, std::move(packed), numbers(centre, dim()), std::move(norms), size()});
}

NearestBank::NearestBank(const Tensor& bank) : NearestBank(bank, /*bf16=*/true) {}

Neighbours NearestBank::find(const Tensor& queries, std::int64_t k) const {
  expect_shape("queries", queries, {kAny, dim()});
  expect_dtype("queries", queries, at::kFloat);
  if (k < 1 || k > size()) {
    throw ShapeError("k = " + std::to_string(k) + " neighbours wanted of a bank of " +
                     std::to_string(size()) + ", must satisfy 1 <= k <= size");
  }
  const Tensor rows = queries.detach().contiguous();
  const std::int64_t N = rows.size(0);
  const std::int64_t candidates = std::min(size(), k + (packed_->bf16() ? kMoreBf16 : kMoreFloat));
  Neighbours found{at::empty({N, k}), at::empty({N, k}, at::kLong)};
  const auto* from = rows.const_data_ptr<float>();
  auto* distance = found.distance.mutable_data_ptr<float>();
  auto* index = found.index.mutable_data_ptr<std::int64_t>();
  // Small chunks where there are few queries, so that each thread has some.
  const std::int64_t share = (N + at::get_num_threads() - 1) / at::get_num_threads();
  const std::int64_t chunk =
      std::max(packed_->tiles.rows, std::min(kChunk, round_up(share, packed_->tiles.rows)));
  at::parallel_for(0, (N + chunk - 1) / chunk, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<Smallest> best(chunk, Smallest(candidates));
    Smallest nearest(k);
    for (std::int64_t first = begin * chunk; first < std::min(end * chunk, N); first += chunk) {
      const std::int64_t count = std::min(chunk, N - first);
      for (Smallest& one : best) one.clear();
      packed_->search(packed_->pack_queries(from + first * dim(), count), count, best);
      for (std::int64_t n = 0; n < count; ++n) {
        measure(best[n], from + (first + n) * dim(), bank_, nearest);
        for (std::int64_t place = 0; place < k; ++place) {
          const std::int64_t at = (first + n) * k + place;
          distance[at] = nearest.key(place) / static_cast<float>(dim());
          index[at] = nearest.value(place);
        }
      }
    }
  });
  return found;
}

}  // namespace forethink
