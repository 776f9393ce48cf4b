// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The kernels that go forwards, in vector code that is compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "forethink/kernels/kernels_vector.cpp"
// Between these and the portable baseline nothing is gained that a processor of today would miss.
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include <hwy/foreach_target.h>  // Includes this file again for each target.
// foreach_target first.
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "forethink/kernels/kernels.h"
#include "forethink/kernels/kernels_bf16.h"
#include "forethink/kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace forethink::kernels {
namespace HWY_NAMESPACE {
namespace {

// Sums of a tile stay in registers: 6 x 4 of 32, or 6 x 2 of 16.
constexpr bool kManyRegisters = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON;
constexpr int kTileHeight = 6;
constexpr int kTileVectors = kManyRegisters ? 4 : 2;
static_assert(kVectorWidth % kLanes == 0);

// --- Products.

template <int R, int V>
void multiply_tile(const ProductPart* parts, int count, float* tile) {
  const Floats f;
  Vector sums[R][V];
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) sums[r][v] = hn::Zero(f);
  }
  for (int part = 0; part < count; ++part) {
    const auto* x = static_cast<const float*>(parts[part].x);
    const std::int64_t stride = parts[part].row_bytes / static_cast<std::int64_t>(sizeof(float));
    const auto* w = static_cast<const float*>(parts[part].weights);
    for (std::int64_t k = 0; k < parts[part].depth; ++k) {
      Vector weights[V];
      for (int v = 0; v < V; ++v) weights[v] = hn::Load(f, w + (k * V + v) * kLanes);
      for (int r = 0; r < R; ++r) {
        const Vector number = hn::Set(f, x[r * stride + k]);
        for (int v = 0; v < V; ++v) sums[r][v] = hn::MulAdd(number, weights[v], sums[r][v]);
      }
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) hn::Store(sums[r][v], f, tile + (r * V + v) * kLanes);
  }
}

template <int V>
void multiply_rows(const ProductPart* parts, int count, std::int64_t rows, float* tile) {
  switch (rows) {
    case 1:
      return multiply_tile<1, V>(parts, count, tile);
    case 2:
      return multiply_tile<2, V>(parts, count, tile);
    case 3:
      return multiply_tile<3, V>(parts, count, tile);
    case 4:
      return multiply_tile<4, V>(parts, count, tile);
    case 5:
      return multiply_tile<5, V>(parts, count, tile);
    default:
      return multiply_tile<6, V>(parts, count, tile);
  }
}

void multiply(const ProductPart* parts, int count, std::int64_t rows, std::int64_t columns,
              float* tile) {
  const std::int64_t vectors = columns / kLanes;
  if constexpr (kTileVectors == 4) {
    if (vectors == 4) return multiply_rows<4>(parts, count, rows, tile);
    if (vectors == 3) return multiply_rows<3>(parts, count, rows, tile);
  }
  if (vectors == 2) return multiply_rows<2>(parts, count, rows, tile);
  return multiply_rows<1>(parts, count, rows, tile);
}

// --- Storing.

void store_twin(const Vector x, Bf16* out) {
  const hn::RebindToUnsigned<Floats> bits;
  const auto raw = hn::BitCast(bits, x);
  const auto odd = hn::And(hn::ShiftRight<16>(raw), hn::Set(bits, 1U));
  const auto rounded = hn::ShiftRight<16>(hn::Add(raw, hn::Add(odd, hn::Set(bits, 0x7FFFU))));
  // Rounding may carry a NaN over into infinity; a quiet bit keeps it.
  const auto nan = hn::Or(hn::ShiftRight<16>(raw), hn::Set(bits, 0x40U));
  const auto kept = hn::IfThenElse(hn::RebindMask(bits, hn::IsNaN(x)), nan, rounded);
  const hn::Rebind<Bf16, Floats> halves;
  hn::StoreU(hn::DemoteTo(halves, hn::BitCast(hn::RebindToSigned<Floats>(), kept)), halves, out);
}

void store(const Vector x, const Table& out, std::int64_t row, std::int64_t column) {
  if (out.data) hn::StoreU(x, Floats(), out.data + row * out.stride + column);
  if (out.twin) store_twin(x, out.twin + row * out.stride + column);
}

// What follows the last column of a row up to the padding, zero in the twin.
void pad_twin(const Table& out, std::int64_t row, std::int64_t width) {
  if (!out.twin) return;
  Bf16* begin = out.twin + row * out.stride;
  for (std::int64_t j = round_up(width, kVectorWidth); j < round_up(width, kPadding); ++j) {
    begin[j] = 0;
  }
}

template <class F>
void finish_with(const Finish& job, const F& bent) {
  const Floats f;
  for (std::int64_t r = 0; r < job.rows; ++r) {
    const float* x = job.x + r * job.x_stride;
    for (std::int64_t j = 0; j < job.columns; j += kLanes) {
      Vector y = hn::LoadU(f, x + j);
      if (job.bias) y = hn::Add(y, hn::LoadU(f, job.bias + j));
      if (job.add) y = hn::Add(y, hn::LoadU(f, job.add + r * job.add_stride + j));
      store(bent(y), job.y, r, j);
    }
    if (job.last) pad_twin(job.y, r, job.columns);
  }
}

void finish(const Finish& job) {
  with_bend(job.bend, job.activation, [&](const auto& bent) { finish_with(job, bent); });
}

// Calls function(row, column) for vectors of numbers, bends and stores what it returns.
template <class F>
void each_vector(const RowsJob& job, const F& function) {
  for (std::int64_t r = 0; r < job.rows; ++r) {
    for (std::int64_t j = 0; j < job.width; j += kLanes) {
      Vector y = function(r, j);
      if (job.bend) y = bend(job.activation, y);
      store(y, job.out, r, j);
    }
    pad_twin(job.out, r, job.width);
  }
}

// One number a row: combines vectors with `function(sum, x)` and their lanes with `reduce`.
template <class F, class G>
void each_row(const RowsJob& job, float begin, const F& function, const G& reduce) {
  const Floats f;
  for (std::int64_t r = 0; r < job.rows; ++r) {
    Vector sum = hn::Set(f, begin);
    for (std::int64_t j = 0; j < job.width; j += kLanes) {
      sum = first_lanes(job.width - j, function(sum, load(job.x, r, j)), sum);
    }
    const float y = reduce(sum);
    hn::StoreU(hn::Set(f, y), f, job.out.data + r * job.out.stride);
  }
}

template <class F>
void layer_norm_with(const RowsJob& job, const F& bent) {
  const Floats f;
  const Vector zero = hn::Zero(f);
  const float scale = 1.0F / static_cast<float>(job.width);
  for (std::int64_t r = 0; r < job.rows; ++r) {
    Vector sum = zero;
    for (std::int64_t j = 0; j < job.width; j += kLanes) {
      sum = hn::Add(sum, first_lanes(job.width - j, load(job.x, r, j), zero));
    }
    const Vector mean = hn::Mul(hn::SumOfLanes(f, sum), hn::Set(f, scale));
    Vector squares = zero;
    for (std::int64_t j = 0; j < job.width; j += kLanes) {
      const Vector away = hn::Sub(load(job.x, r, j), mean);
      squares = hn::MulAdd(away, first_lanes(job.width - j, away, zero), squares);
    }
    const Vector variance = hn::Mul(hn::SumOfLanes(f, squares), hn::Set(f, scale));
    const Vector inverse =
        hn::Div(hn::Set(f, 1.0F), hn::Sqrt(hn::Add(variance, hn::Set(f, job.constant))));
    for (std::int64_t j = 0; j < job.width; j += kLanes) {
      Vector y = hn::Mul(hn::Sub(load(job.x, r, j), mean), inverse);
      if (job.gain) y = hn::Mul(y, hn::LoadU(f, job.gain + j));
      if (job.shift) y = hn::Add(y, hn::LoadU(f, job.shift + j));
      store(bent(y), job.out, r, j);
    }
    pad_twin(job.out, r, job.width);
  }
}

void layer_norm(const RowsJob& job) {
  with_bend(job.bend, job.activation, [&](const auto& bent) { layer_norm_with(job, bent); });
}

void add(const RowsJob& job) {
  each_vector(job, [&](std::int64_t r, std::int64_t j) {
    return hn::Add(load(job.x, r, j), load(job.y, r, j));
  });
}

void subtract(const RowsJob& job) {
  each_vector(job, [&](std::int64_t r, std::int64_t j) {
    return hn::Sub(load(job.x, r, j), load(job.y, r, j));
  });
}

void maximum(const RowsJob& job) {
  each_vector(job, [&](std::int64_t r, std::int64_t j) {
    return hn::Max(load(job.x, r, j), load(job.y, r, j));
  });
}

void multiply_elements(const RowsJob& job) {
  each_vector(job, [&](std::int64_t r, std::int64_t j) {
    return hn::Mul(load(job.x, r, j), load(job.y, r, j));
  });
}

void scale(const RowsJob& job) {
  const Vector factor = hn::Set(Floats(), job.constant);
  const Vector offset = hn::Set(Floats(), job.offset);
  each_vector(job, [&](std::int64_t r, std::int64_t j) {
    const Vector y = hn::MulAdd(load(job.x, r, j), factor, offset);
    return job.shift ? hn::Add(y, hn::LoadU(Floats(), job.shift + j)) : y;
  });
}

void film(const RowsJob& job) {
  const Vector one = hn::Set(Floats(), 1.0F);
  each_vector(job, [&](std::int64_t r, std::int64_t j) {
    const Vector gamma = load(job.y, r, j);
    return hn::MulAdd(load(job.x, r, j), hn::Add(one, gamma), load(job.y, r, job.width + j));
  });
}

void gru(const RowsJob& job) {
  const std::int64_t D = job.width;
  each_vector(job, [&](std::int64_t r, std::int64_t j) {
    const Vector reset = sigmoid(hn::Add(load(job.x, r, j), load(job.y, r, j)));
    const Vector update = sigmoid(hn::Add(load(job.x, r, D + j), load(job.y, r, D + j)));
    const Vector proposal =
        tanh_of(hn::MulAdd(reset, load(job.y, r, 2 * D + j), load(job.x, r, 2 * D + j)));
    return hn::MulAdd(update, hn::Sub(load(job.z, r, j), proposal), proposal);
  });
}

// Combines 8 lanes that lie together in each of them.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
constexpr std::int64_t kQuickGroup = 8;
template <class F>
Vector over_group(Vector x, const F& combine) {
  x = combine(x, hn::Shuffle2301(x));
  x = combine(x, hn::Shuffle1032(x));
  return combine(x, hn::SwapAdjacentBlocks(x));
}
#else
constexpr std::int64_t kQuickGroup = 0;  // None.
template <class F>
Vector over_group(Vector x, const F&) {
  return x;
}
#endif

void sim_norm(const RowsJob& job) {
  if (job.group == kQuickGroup) {
    each_vector(job, [&](std::int64_t r, std::int64_t j) {
      const Vector x = load(job.x, r, j);
      const Vector most = over_group(x, [](auto a, auto b) { return hn::Max(a, b); });
      const Vector e = exp_of(hn::Sub(x, most));
      return hn::Mul(e, reciprocal(over_group(e, [](auto a, auto b) { return hn::Add(a, b); })));
    });
    return;
  }
  for (std::int64_t r = 0; r < job.rows; ++r) {
    for (std::int64_t begin = 0; begin < job.width; begin += job.group) {
      const float* x = job.x.data + r * job.x.stride + begin;
      const float most = *std::max_element(x, x + job.group);
      float sum = 0.0F;
      for (std::int64_t j = 0; j < job.group; ++j) sum += std::exp(x[j] - most);
      for (std::int64_t j = 0; j < job.group; ++j) {
        const float share = std::exp(x[j] - most) / sum;
        if (job.out.data) job.out.data[r * job.out.stride + begin + j] = share;
        if (job.out.twin) job.out.twin[r * job.out.stride + begin + j] = to_bf16(share);
      }
    }
    pad_twin(job.out, r, job.width);
  }
}

void expectation(const RowsJob& job) {
  const Floats f;
  const Vector zero = hn::Zero(f);
  const Vector none = hn::Set(f, -std::numeric_limits<float>::infinity());
  for (std::int64_t r = 0; r < job.rows; ++r) {
    Vector most = none;
    for (std::int64_t j = 0; j < job.width; j += kLanes) {
      most = hn::Max(most, first_lanes(job.width - j, load(job.x, r, j), none));
    }
    most = hn::MaxOfLanes(f, most);
    Vector sum = zero;
    Vector weighted = zero;
    for (std::int64_t j = 0; j < job.width; j += kLanes) {
      const Vector e = first_lanes(job.width - j, exp_of(hn::Sub(load(job.x, r, j), most)), zero);
      sum = hn::Add(sum, e);
      weighted = hn::MulAdd(e, hn::LoadU(f, job.gain + j), weighted);
    }
    const Vector y = hn::Div(hn::SumOfLanes(f, weighted), hn::SumOfLanes(f, sum));
    hn::StoreU(y, f, job.out.data + r * job.out.stride);
  }
}

void attend(const AttendJob& job) {
  const Floats f;
  const Vector zero = hn::Zero(f);
  for (std::int64_t r = 0; r < job.rows; ++r) {
    for (std::int64_t head = 0; head < job.heads; ++head) {
      const std::int64_t first = head * job.head_width;
      float shares[AttendJob::kKeysMax];
      attention_shares(job, r, first, shares);
      // Columns of the next head that a vector reaches into are written again after this.
      for (std::int64_t j = 0; j < job.head_width; j += kLanes) {
        Vector y = zero;
        for (int i = 0; i < job.keys; ++i) {
          const Vector share = hn::Set(f, shares[i]);
          y = hn::MulAdd(share, load(job.value[i], r, first + j), y);
        }
        store(y, job.out, r, first + j);
      }
    }
    pad_twin(job.out, r, job.heads * job.head_width);
  }
}

void mean_square(const RowsJob& job) {
  const float share = 1.0F / static_cast<float>(job.width);
  each_row(
      job, 0.0F, [](const Vector sum, const Vector x) { return hn::MulAdd(x, x, sum); },
      [&](const Vector sum) { return share * hn::GetLane(hn::SumOfLanes(Floats(), sum)); });
}

void norm(const RowsJob& job) {
  each_row(
      job, 0.0F, [](const Vector sum, const Vector x) { return hn::MulAdd(x, x, sum); },
      [](const Vector sum) { return hn::GetLane(hn::Sqrt(hn::SumOfLanes(Floats(), sum))); });
}

void largest(const RowsJob& job) {
  each_row(
      job, -std::numeric_limits<float>::infinity(),
      [](const Vector sum, const Vector x) { return hn::Max(sum, x); },
      [](const Vector sum) { return hn::GetLane(hn::MaxOfLanes(Floats(), sum)); });
}

float subtract_from(const float* from, std::int64_t count, float* x) {
  const Floats f;
  Vector least = hn::Set(f, std::numeric_limits<float>::infinity());
  for (std::int64_t j = 0; j < count; j += kLanes) {
    const Vector y = hn::Sub(hn::LoadU(f, from + j), hn::LoadU(f, x + j));
    hn::StoreU(y, f, x + j);
    least = first_lanes(count - j, hn::Min(y, least), least);
  }
  return hn::GetLane(hn::MinOfLanes(f, least));
}

}  // namespace

Kernels vector_kernels() {
  return {.float32 = {.rows = kTileHeight,
                      .panel = kTileVectors * kLanes,
                      .group = 1,
                      .multiple = 1,
                      .multiply = multiply},
          .bfloat16 = {},
          .finish = finish,
          .layer_norm = layer_norm,
          .add = add,
          .subtract = subtract,
          .maximum = maximum,
          .multiply = multiply_elements,
          .scale = scale,
          .film = film,
          .gru = gru,
          .mean_square = mean_square,
          .norm = norm,
          .largest = largest,
          .sim_norm = sim_norm,
          .expectation = expectation,
          .attend = attend,
          .subtract_from = subtract_from};
}

}  // namespace HWY_NAMESPACE
}  // namespace forethink::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace forethink::kernels {

namespace {

Kernels with_bfloat16(Kernels kernels, const TileKernel& tiles) {
  kernels.bfloat16 = tiles;
  return kernels;
}

}  // namespace

// Each table is filled by code of its own instruction set, so only when it is asked for.
const Kernels& kernels_of(InstructionSet set) {
#if defined(__x86_64__)
  switch (set) {
    case InstructionSet::kAvx2: {
      static const Kernels kernels = N_AVX2::vector_kernels();
      return kernels;
    }
    case InstructionSet::kAvx512: {
      static const Kernels kernels = N_AVX3::vector_kernels();
      return kernels;
    }
    case InstructionSet::kAvx512Bf16: {
      static const Kernels kernels = with_bfloat16(N_AVX3::vector_kernels(), avx512_bf16_tiles());
      return kernels;
    }
    case InstructionSet::kAmxBf16: {
      static const Kernels kernels = with_bfloat16(N_AVX3::vector_kernels(), amx_bf16_tiles());
      return kernels;
    }
    case InstructionSet::kPortable:
      break;
  }
#endif
  static const Kernels portable = HWY_NAMESPACE::vector_kernels();
  return portable;
}

Bf16 to_bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if (x != x) return static_cast<Bf16>((bits >> 16U) | 0x40U);
  return static_cast<Bf16>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

}  // namespace forethink::kernels

#endif  // HWY_ONCE
