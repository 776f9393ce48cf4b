// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/memory/recollection.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

constexpr float kUnknownWorth = 1.0F;

// What one agent remembers, as plain numbers.
struct Mind {
  const float* place;  // [count, 2]
  const float* worth;  // [count, needs]
  const float* hurt;   // [count]
  std::int64_t needs;

  float squared_way(std::int64_t i, const float* to) const {
    const float x = place[2 * i] - to[0], y = place[2 * i + 1] - to[1];
    return x * x + y * y;
  }
};

// Fills a reading from `candidates`; worth[i * needs + j] is what place i is worth by now.
void read_mind(const Mind& mind, const std::vector<std::int64_t>& candidates,
               const std::vector<float>& worth, const float* here,
               const RecollectionOptions& options, float* reading) {
  const auto way_cost = static_cast<float>(options.way_cost);
  const auto scale = static_cast<float>(options.scale);
  const auto reach = static_cast<float>(options.reach * options.reach);
  const auto put_way = [&](std::int64_t i, float* out) {
    out[0] = (mind.place[2 * i] - here[0]) / scale;
    out[1] = (mind.place[2 * i + 1] - here[1]) / scale;
  };
  for (std::int64_t j = 0; j < mind.needs; ++j) {
    float least = std::numeric_limits<float>::infinity();
    std::int64_t best = -1;
    for (const std::int64_t i : candidates) {
      const float cost = worth[static_cast<std::size_t>(i * mind.needs + j)] +
                         way_cost * std::sqrt(mind.squared_way(i, here));
      if (cost >= least) continue;
      least = cost;
      best = i;
    }
    float* out = reading + 3 * j;
    out[0] = out[1] = 0.0F;
    out[2] = kUnknownWorth;
    if (best < 0) continue;
    put_way(best, out);
    out[2] = worth[static_cast<std::size_t>(best * mind.needs + j)];
  }
  float nearest = reach;
  float* pain = reading + 3 * mind.needs;
  std::fill_n(pain, 3, 0.0F);
  for (const std::int64_t i : candidates) {
    if (mind.hurt[i] <= 0.0F) continue;
    const float squared = mind.squared_way(i, here);
    if (squared > nearest) continue;
    nearest = squared;
    put_way(i, pain);
    pain[2] = mind.hurt[i];
  }
}

}  // namespace

void RecollectionOptions::validate() const {
  const auto expect = [](const char* field, double value) {
    expect_setting(std::isfinite(value) && value >= 0, field, value, "a finite number >= 0");
  };
  expect("recollection.way_cost", way_cost);
  expect("recollection.renewal", renewal);
  expect("recollection.reach", reach);
  expect_setting(std::isfinite(scale) && scale > 0, "recollection.scale", scale, "scale > 0");
}

std::int64_t recollection_dim(std::int64_t needs) { return 3 * needs + 3; }

Tensor recollect(const RememberedPlaces& places, const Tensor& here,
                 const RecollectionOptions& options) {
  options.validate();
  expect_shape("recollection.place", places.place, {kAny, kAny, 2});
  const std::int64_t B = places.place.size(0), M = places.place.size(1);
  expect_shape("recollection.worth", places.worth, {B, M, kAny});
  expect_shape("recollection.hurt", places.hurt, {B, M});
  expect_shape("recollection.time", places.time, {B, M});
  expect_shape("recollection.held", places.held, {B, M});
  expect_shape("recollection.here", here, {B, 2});
  const Tensor place = places.place.to(at::kFloat).contiguous();
  const Tensor worth = places.worth.to(at::kFloat).contiguous();
  const Tensor hurt = places.hurt.to(at::kFloat).contiguous();
  const Tensor time = places.time.to(at::kLong).contiguous();
  const Tensor held = places.held.to(at::kBool).contiguous();
  const Tensor from = here.to(at::kFloat).contiguous();
  const std::int64_t J = worth.size(2), R = recollection_dim(J);
  const auto renewal = static_cast<float>(options.renewal * options.renewal);
  Tensor readings = at::empty({B, R});
  const float *place_at = place.data_ptr<float>(), *worth_at = worth.data_ptr<float>(),
              *hurt_at = hurt.data_ptr<float>(), *from_at = from.data_ptr<float>();
  const std::int64_t* time_at = time.data_ptr<std::int64_t>();
  const bool* held_at = held.data_ptr<bool>();
  float* out = readings.data_ptr<float>();
  at::parallel_for(0, B, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<std::int64_t> candidates;
    for (std::int64_t b = begin; b < end; ++b) {
      candidates.clear();
      for (std::int64_t i = 0; i < M; ++i) {
        if (held_at[b * M + i]) candidates.push_back(i);
      }
      const std::int64_t* when = time_at + b * M;
      // Latest first, as those of a way.
      std::sort(candidates.begin(), candidates.end(),
                [&](std::int64_t i, std::int64_t j) { return when[i] > when[j]; });
      const Mind mind{place_at + b * M * 2, worth_at + b * M * J, hurt_at + b * M, J};
      std::vector<float> worth_now(mind.worth, mind.worth + M * J);
      for (const std::int64_t i : candidates) {
        const float* p = mind.place + 2 * i;
        const auto latest = std::find_if(candidates.begin(), candidates.end(), [&](std::int64_t j) {
          return j == i || mind.squared_way(j, p) < renewal;
        });
        std::copy_n(mind.worth + *latest * J, J, worth_now.begin() + i * J);
      }
      read_mind(mind, candidates, worth_now, from_at + 2 * b, options, out + b * R);
    }
  });
  return readings;
}

Tensor recollect_on_way(const Tensor& place, const Tensor& worth, const Tensor& hurt,
                        const RecollectionOptions& options) {
  options.validate();
  expect_shape("recollection.place", place, {kAny, 2});
  const std::int64_t n = place.size(0);
  expect_shape("recollection.worth", worth, {n, kAny});
  expect_shape("recollection.hurt", hurt, {n});
  const Tensor p = place.to(at::kFloat).contiguous(), w = worth.to(at::kFloat).contiguous(),
               h = hurt.to(at::kFloat).contiguous();
  const std::int64_t R = recollection_dim(w.size(1));
  const Mind mind{p.data_ptr<float>(), w.data_ptr<float>(), h.data_ptr<float>(), w.size(1)};
  const auto renewal = static_cast<float>(options.renewal * options.renewal);
  Tensor readings = at::empty({n, R});
  float* out = readings.data_ptr<float>();
  std::vector<std::int64_t> so_far;
  std::vector<float> worth_now(mind.worth, mind.worth + n * mind.needs);
  for (std::int64_t t = 0; t < n; ++t) {
    const float* here = mind.place + 2 * t;
    for (std::int64_t i = 0; i < t; ++i) {
      if (mind.squared_way(i, here) >= renewal) continue;
      std::copy_n(mind.worth + t * mind.needs, mind.needs, worth_now.begin() + i * mind.needs);
    }
    so_far.insert(so_far.begin(), t);
    read_mind(mind, so_far, worth_now, here, options, out + t * R);
  }
  return readings;
}

}  // namespace forethink
