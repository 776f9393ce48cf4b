// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/drive_targets.h"

#include <torch/torch.h>

#include <cmath>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

constexpr double kMissingMost =
    0.05;  // Weight that may be missing from a sum that counts as known.

void expect_lives(bool holds, const char* rule) {
  if (!holds) throw DataError(std::string("recorded lives: ") + rule);
}

bool is_flags(const Tensor& flags, std::int64_t rows) {
  return flags.defined() && flags.dim() == 1 && flags.size(0) == rows &&
         flags.scalar_type() == at::kBool;
}

// Walks the rows backwards: `row(t)` may read what it wrote at t + 1.
template <class Row>
void backwards(std::int64_t rows, const Row& row) {
  for (std::int64_t t = rows - 1; t >= 0; --t) row(t);
}

// What the walks read and write, without tensors.
struct Walk {
  Walk(const RecordedLives& lives, const DriveTargetOptions& options)
      : drives(lives.energies.size(1)),
        energies(lives.energies.contiguous()),
        terminated(lives.terminated.contiguous()),
        truncated(lives.truncated.contiguous()),
        targets{at::zeros_like(energies), at::ones({lives.rows()}, at::kBool)},
        beyond(options.end_lasts ? 1.0 / (1.0 - options.discount) : 0.0) {}

  bool dies(std::int64_t t) const { return terminated.data_ptr<bool>()[t]; }
  bool is_cut(std::int64_t t) const { return truncated.data_ptr<bool>()[t]; }
  double energy(std::int64_t t, std::int64_t j) const {
    return energies.data_ptr<float>()[t * drives + j];
  }
  // All that follows a life that ends at t.
  double end(std::int64_t t, std::int64_t j) const { return beyond * energy(t, j); }
  float& value(std::int64_t t, std::int64_t j) {
    return targets.values.data_ptr<float>()[t * drives + j];
  }
  bool& known(std::int64_t t) { return targets.known.data_ptr<bool>()[t]; }

  std::int64_t drives;
  Tensor energies, terminated, truncated;
  DriveTargets targets;
  double beyond;
};

Tensor checked_values(const RecordedLives& lives, const Tensor& values) {
  expect_shape("values", values, {lives.rows(), lives.energies.size(1)});
  expect_dtype("values", values, at::kFloat);
  return values.detach().contiguous();
}

}  // namespace

void RecordedLives::validate() const {
  expect_lives(energies.defined() && energies.dim() == 2 && energies.size(0) >= 1 &&
                   energies.scalar_type() == at::kFloat,
               "energies must be float32 [T, drives], T >= 1");
  expect_lives(states.defined() && states.dim() == 2 && states.size(0) == rows() &&
                   states.scalar_type() == at::kFloat,
               "states must be float32 [T, D] for the T of the energies");
  expect_lives(is_flags(terminated, rows()) && is_flags(truncated, rows()),
               "terminated and truncated must be bool [T]");
  expect_lives(at::isfinite(states).all().item<bool>(), "a state is not finite");
  expect_lives(at::isfinite(energies).all().item<bool>(), "an energy is not finite");
  expect_lives(!terminated.logical_and(truncated).any().item<bool>(),
               "a row cannot be both terminated and truncated");
  expect_lives(terminated.logical_or(truncated)[-1].item<bool>(),
               "the last row must be terminated or truncated");
}

RecordedLives lives_of(const ShortTermMemory& memory) {
  const Tensor held = memory.holds(Remembered::kObserved);  // [B, M]
  const MemoryEntries& all = memory.contents();
  std::vector<Tensor> states, energies, truncated;
  for (std::int64_t b = 0; b < held.size(0); ++b) {
    const Tensor places = held[b].nonzero().view(-1);
    if (places.size(0) == 0) continue;
    const auto [time, order] = all.time[b].index_select(0, places).sort();
    const Tensor in_time = places.index_select(0, order);
    states.push_back(all.state[b].index_select(0, in_time));
    energies.push_back(all.energy[b].index_select(0, in_time));
    const Tensor gap = time.slice(0, 1).sub(time.slice(0, 0, time.size(0) - 1)).ne(1);
    truncated.push_back(at::cat({gap, at::ones({1}, at::kBool)}));
  }
  expect_lives(!states.empty(), "the memory holds no observation");
  RecordedLives lives{at::cat(states), at::cat(energies), {}, at::cat(truncated)};
  lives.terminated = at::zeros_like(lives.truncated);
  return lives;
}

void DriveTargetOptions::validate() const {
  expect_setting(kind == "delayed" || kind == "sums" || kind == "td_lambda", "drive_targets.kind",
                 kind, "one of delayed, sums, td_lambda");
  expect_setting(delay >= 1, "drive_targets.delay", delay, "delay >= 1");
  expect_setting(discount >= 0.0 && discount < 1.0, "drive_targets.discount", discount,
                 "0 <= discount < 1");
  expect_setting(lambda >= 0.0 && lambda <= 1.0, "drive_targets.lambda", lambda,
                 "0 <= lambda <= 1");
}

DriveTargets delayed(const RecordedLives& lives, const DriveTargetOptions& options) {
  lives.validate();
  options.validate();
  Walk walk(lives, options);
  std::int64_t last = 0;  // Of the life that row t is in.
  backwards(lives.rows(), [&](std::int64_t t) {
    if (walk.dies(t) || walk.is_cut(t)) last = t;
    const bool is_over = t + options.delay > last;
    walk.known(t) = !is_over || walk.dies(last);
    if (!walk.known(t) || (is_over && !options.end_lasts)) return;
    const std::int64_t from = is_over ? last : t + options.delay;
    for (std::int64_t j = 0; j < walk.drives; ++j) {
      walk.value(t, j) = static_cast<float>(walk.energy(from, j));
    }
  });
  return walk.targets;
}

DriveTargets discounted_sums(const RecordedLives& lives, const Tensor& values,
                             const DriveTargetOptions& options) {
  DriveTargetOptions whole = options;
  whole.lambda = 1.0;
  DriveTargets targets =
      td_lambda(lives, values.defined() ? values : at::zeros_like(lives.energies), whole);
  Walk walk(lives, options);
  double missing = 0.0;  // Weight of what follows where the record was cut off.
  backwards(lives.rows(), [&](std::int64_t t) {
    if (walk.dies(t)) {
      missing = 0.0;
    } else {
      missing = walk.is_cut(t) ? 1.0 : options.discount * missing;
    }
    walk.known(t) = values.defined() ? !walk.is_cut(t) : missing <= kMissingMost;
  });
  targets.known = walk.targets.known;
  return targets;
}

DriveTargets td_lambda(const RecordedLives& lives, const Tensor& values,
                       const DriveTargetOptions& options) {
  lives.validate();
  options.validate();
  Walk walk(lives, options);
  const Tensor bootstraps = checked_values(lives, values);
  const auto* v = bootstraps.data_ptr<float>();
  // In float64, or thousands of steps of rounding would add up.
  std::vector<double> ahead(walk.drives, 0.0);
  backwards(lives.rows(), [&](std::int64_t t) {
    walk.known(t) = !walk.is_cut(t);
    for (std::int64_t j = 0; j < walk.drives; ++j) {
      if (walk.dies(t)) {
        ahead[j] = walk.end(t, j);
      } else if (walk.is_cut(t)) {
        ahead[j] = v[t * walk.drives + j];
      } else {
        // What follows the end of a life is known, whatever the critic says of its last state.
        const double critic = walk.dies(t + 1) ? ahead[j] : v[(t + 1) * walk.drives + j];
        ahead[j] = walk.energy(t + 1, j) +
                   options.discount * ((1.0 - options.lambda) * critic + options.lambda * ahead[j]);
      }
      walk.value(t, j) = static_cast<float>(ahead[j]);
    }
  });
  return walk.targets;
}

Tensor imagined_targets(const Tensor& energies, const Tensor& last, double discount) {
  expect_shape("energies", energies, {kAny, kAny, kAny});
  expect_shape("last", last, {energies.size(0), energies.size(2)});
  expect_setting(discount >= 0.0 && discount < 1.0, "drive_targets.discount", discount,
                 "0 <= discount < 1");
  Tensor target = last;
  for (std::int64_t h = energies.size(1) - 1; h >= 0; --h) {
    target = energies.select(1, h) + discount * target;
  }
  return target;
}

}  // namespace forethink
