// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/random.h"

#include <Random123/philox.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

constexpr std::int64_t kWords = 4;     // Words that one Philox block gives.
constexpr std::int64_t kGrain = 4096;  // Blocks a thread takes at least.

// FNV-1a: mixes a name into a key. Any fixed hash would do; std::hash may change between builds.
std::uint64_t hash_name(std::uint64_t key, std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ key;
  for (const char letter : name) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

// The counter space of derived keys: no draw ever reaches it.
constexpr std::uint64_t kChildren = std::numeric_limits<std::uint64_t>::max();

std::uint64_t derive_key(std::uint64_t key, std::uint64_t value) {
  const auto words = philox(key, kChildren, value);
  return (static_cast<std::uint64_t>(words[0]) << 32) | words[1];
}

// 24 random bits: every float in [0, 1) that they name is exact, and 1 is never reached.
float to_unit(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1.0p-24F; }

// Box-Muller on a pair of words.
void to_normals(std::uint32_t a, std::uint32_t b, float* out) {
  const float radius = std::sqrt(-2.0F * std::log(1.0F - to_unit(a)));
  const float angle = 2.0F * std::numbers::pi_v<float> * to_unit(b);
  out[0] = radius * std::cos(angle);
  out[1] = radius * std::sin(angle);
}

using Block = std::array<std::uint32_t, kWords>;

// Types and not functions, so that they become part of the loops below.
struct ToUnits {
  void operator()(const Block& words, float* out) const {
    for (std::size_t i = 0; i < words.size(); ++i) out[i] = to_unit(words[i]);
  }
};

struct ToNormals {
  void operator()(const Block& words, float* out) const {
    to_normals(words[0], words[1], out);
    to_normals(words[2], words[3], out + 2);
  }
};

// Writes `Convert` of blocks [begin, end) of a draw to their places in out[0 .. count), which may
// end within the last.
template <class Convert>
void fill_blocks(float* out, std::int64_t count, std::uint64_t key, std::uint64_t draw,
                 std::int64_t begin, std::int64_t end) {
  for (std::int64_t block = begin; block < end; ++block) {
    float values[kWords];
    Convert{}(philox(key, draw, static_cast<std::uint64_t>(block)), values);
    std::copy_n(values, std::min(kWords, count - block * kWords), out + block * kWords);
  }
}

// Fills out[0 .. count) with `Convert` of blocks 0, 1, ...
template <class Convert>
void fill(float* out, std::int64_t count, std::uint64_t key, std::uint64_t draw) {
  const std::int64_t blocks = (count + kWords - 1) / kWords;
  at::parallel_for(0, blocks, kGrain, [&](std::int64_t begin, std::int64_t end) {
    fill_blocks<Convert>(out, count, key, draw, begin, end);
  });
}

// Fills out [rows, count], each row with the numbers of its own key.
template <class Convert>
void fill_rows(const std::int64_t* rows, std::int64_t row_count, std::int64_t count,
               std::uint64_t key, std::uint64_t draw, float* out) {
  const auto row_key = [&](std::int64_t row) {
    return derive_key(key, static_cast<std::uint64_t>(rows[row]));
  };
  const std::int64_t blocks = (count + kWords - 1) / kWords;
  if (blocks >= kGrain) {  // Threads share each row.
    for (std::int64_t r = 0; r < row_count; ++r) {
      fill<Convert>(out + r * count, count, row_key(r), draw);
    }
    return;
  }
  const std::int64_t grain = kGrain / std::max<std::int64_t>(1, blocks);
  at::parallel_for(0, row_count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      fill_blocks<Convert>(out + r * count, count, row_key(r), draw, 0, blocks);
    }
  });
}

template <class Convert>
Tensor filled_rows(const Tensor& rows, at::IntArrayRef shape, std::uint64_t key,
                   std::uint64_t draw) {
  const Tensor index = rows.to(at::kLong).contiguous();
  std::vector<std::int64_t> sizes{index.numel()};
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  Tensor out = at::empty(sizes);
  const std::int64_t count = index.numel() == 0 ? 0 : out.numel() / index.numel();
  fill_rows<Convert>(index.const_data_ptr<std::int64_t>(), index.numel(), count, key, draw,
                     out.mutable_data_ptr<float>());
  return out;
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::uint64_t key, std::uint64_t counter_high,
                                    std::uint64_t counter_low) {
  const r123::Philox4x32 bijection;
  const r123::Philox4x32::ctr_type counter{
      {static_cast<std::uint32_t>(counter_low), static_cast<std::uint32_t>(counter_low >> 32),
       static_cast<std::uint32_t>(counter_high), static_cast<std::uint32_t>(counter_high >> 32)}};
  const r123::Philox4x32::key_type keys{
      {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}};
  const auto words = bijection(counter, keys);
  return {words[0], words[1], words[2], words[3]};
}

RandomStream::RandomStream(std::uint64_t seed, std::string_view name)
    : key_(derive_key(hash_name(0, name), seed)) {}

RandomStream RandomStream::child(std::string_view name) const {
  return restore(hash_name(derive_key(key_, 0), name), 0);
}

RandomStream RandomStream::child(std::uint64_t index) const {
  return restore(derive_key(key_, index), 0);
}

RandomStream RandomStream::restore(std::uint64_t key, std::uint64_t draws) {
  RandomStream stream;
  stream.key_ = key;
  stream.draws_ = draws;
  return stream;
}

Tensor RandomStream::uniform(at::IntArrayRef shape, double low, double high) {
  Tensor out = at::empty(shape);
  fill<ToUnits>(out.data_ptr<float>(), out.numel(), key_, draws_++);
  return low == 0.0 && high == 1.0 ? out : out.mul_(high - low).add_(low);
}

Tensor RandomStream::normal(at::IntArrayRef shape) {
  Tensor out = at::empty(shape);
  fill<ToNormals>(out.data_ptr<float>(), out.numel(), key_, draws_++);
  return out;
}

Tensor RandomStream::integers(at::IntArrayRef shape, std::int64_t low, std::int64_t high) {
  if (low >= high) {
    throw ConfigError("integers: low = " + std::to_string(low) +
                      ", must satisfy low < high = " + std::to_string(high));
  }
  Tensor out = at::empty(shape, at::kLong);
  auto* values = out.data_ptr<std::int64_t>();
  const auto range = static_cast<std::uint64_t>(high - low);
  const std::uint64_t draw = draws_++;
  at::parallel_for(0, out.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const auto words = philox(key_, draw, static_cast<std::uint64_t>(i));
      // 64 random bits against a small range: the bias of the modulus is below 2^-32.
      const std::uint64_t word = (static_cast<std::uint64_t>(words[0]) << 32) | words[1];
      values[i] = low + static_cast<std::int64_t>(word % range);
    }
  });
  return out;
}

Tensor RandomStream::permutation(std::int64_t n) {
  // Sorting 63-bit keys: ties are too rare to bias the order, and a stable sort makes them repeat.
  const Tensor keys = integers({n}, 0, std::numeric_limits<std::int64_t>::max());
  return std::get<1>(at::sort(keys, /*stable=*/true, /*dim=*/0, /*descending=*/false));
}

Tensor RandomStream::normal_rows(const Tensor& rows, at::IntArrayRef shape) {
  return filled_rows<ToNormals>(rows, shape, key_, draws_++);
}

void RandomStream::fill_normal_rows(const Tensor& rows, std::int64_t count, float* out) {
  fill_rows<ToNormals>(rows.const_data_ptr<std::int64_t>(), rows.numel(), count, key_, draws_++,
                       out);
}

Tensor RandomStream::uniform_rows(const Tensor& rows, at::IntArrayRef shape, double low,
                                  double high) {
  return filled_rows<ToUnits>(rows, shape, key_, draws_++).mul_(high - low).add_(low);
}

double RandomStream::uniform1() { return static_cast<double>(word() >> 11) * 0x1.0p-53; }

std::uint64_t RandomStream::word() {
  const auto words = philox(key_, draws_++, 0);
  return (static_cast<std::uint64_t>(words[0]) << 32) | words[1];
}

}  // namespace forethink
