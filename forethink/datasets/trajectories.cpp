// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/datasets/trajectories.h"

#include <torch/torch.h>

#include <cmath>
#include <sstream>
#include <unordered_set>

#include "forethink/core/error.h"
#include "forethink/core/frames.h"
#include "forethink/core/random.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw DataError(text.str());
}

// Looks at some rows at a time: the answer for all of a column of images would not fit in memory.
void check_finite(const std::string& name, const Tensor& column) {
  if (!column.is_floating_point()) return;
  constexpr std::int64_t kRowsAtOnce = 16384;
  std::int64_t count = 0, first = -1, begin = 0;
  for (const Tensor& rows : column.split(kRowsAtOnce)) {
    const Tensor bad = at::isfinite(rows).logical_not_().reshape({rows.size(0), -1}).any(1);
    const std::int64_t found = bad.sum().item<std::int64_t>();
    if (found > 0 && count == 0) first = begin + bad.nonzero()[0].item<std::int64_t>();
    count += found;
    begin += rows.size(0);
  }
  if (count > 0) {
    refuse("column '", name, "' is not finite in ", count, " of ", column.size(0),
           " rows, first in row ", first, "; leave these episodes out or put a number there");
  }
}

void check_actions(const Tensor& action, std::int64_t rows) {
  if (action.dim() != 2 || action.size(1) < 1 || action.scalar_type() != at::kFloat) {
    refuse("column 'action' is ", action.scalar_type(), " ", action.sizes(),
           ", expected Float [rows, A] with A >= 1");
  }
  if (rows < 1) refuse("column 'action' has no rows");
  check_finite("action", action);
}

void check_index_column(const char* name, const Tensor& values) {
  if (!values.defined()) refuse("'", name, "' is missing");
  if (values.dim() != 1 || values.scalar_type() != at::kLong || values.size(0) < 1) {
    refuse("'", name, "' is ", values.scalar_type(), " ", values.sizes(),
           ", expected Long [episodes] with at least one episode");
  }
}

// Each row belongs to exactly one episode: an overlap would let a split leak, a gap tells of rows
// or episodes that were lost.
void check_episodes(const Tensor& offset, const Tensor& length, std::int64_t rows) {
  check_index_column("ep_offset", offset);
  check_index_column("ep_len", length);
  if (offset.size(0) != length.size(0)) {
    refuse("'ep_offset' has ", offset.size(0), " episodes, but 'ep_len' has ", length.size(0));
  }
  const auto [sorted, order] = at::sort(offset);
  const Tensor first = sorted.contiguous();
  const Tensor lengths = length.index_select(0, order).contiguous();
  std::int64_t expected = 0;
  for (std::int64_t i = 0; i < first.size(0); ++i) {
    const std::int64_t begin = first.const_data_ptr<std::int64_t>()[i];
    const std::int64_t steps = lengths.const_data_ptr<std::int64_t>()[i];
    const std::int64_t episode = order[i].item<std::int64_t>();
    if (steps < 1) refuse("'ep_len' of episode ", episode, " is ", steps, ", must be >= 1");
    if (begin != expected || steps > rows - begin) {
      refuse("episode ", episode, " is said to take rows ", begin, " .. ", begin, "+", steps,
             "-1, but the next free row is ", expected, " of ", rows,
             "; 'ep_offset' and 'ep_len' must share all rows out");
    }
    expected = begin + steps;
  }
  if (expected != rows) {
    refuse("'ep_len' accounts for ", expected, " rows, but column 'action' has ", rows);
  }
}

// Other tools number episodes and steps in columns of their own. Where these disagree with the
// episodes, a file was cut or joined and only one of the two was mended.
void check_numbering(const Trajectories& data, std::int64_t rows) {
  Tensor inside = at::ones({rows}, at::kBool);  // Rows whose predecessor is of the same episode.
  inside.index_fill_(0, data.ep_offset, false);
  inside = inside.slice(0, 1);
  for (const char* name : {"ep_idx", "episode_idx", "step_idx"}) {
    const auto column = data.columns.find(name);
    if (column == data.columns.end() || column->second.numel() != rows) continue;
    const Tensor number = column->second.reshape({rows});
    const Tensor before = number.slice(0, 0, rows - 1), after = number.slice(0, 1);
    const bool counts_steps = column->first == "step_idx";
    const Tensor bad = (counts_steps ? after <= before : after != before).logical_and(inside);
    if (bad.any().item<bool>()) {
      refuse("column '", name, "' ", counts_steps ? "does not increase" : "changes", " in row ",
             bad.nonzero()[0].item<std::int64_t>() + 1,
             ", which 'ep_offset' and 'ep_len' say lies within an episode; one of them is wrong");
    }
  }
}

std::string names_of(const Trajectories& data) {
  std::string names;
  for (const auto& [name, column] : data.columns) names += (names.empty() ? "" : ", ") + name;
  return names;
}

// The first row of the episode that each of `rows` lies in.
Tensor first_rows(const Trajectories& data, const Tensor& rows) {
  const Tensor offset = std::get<0>(data.ep_offset.sort());
  const Tensor episode = at::searchsorted(offset, rows, /*out_int32=*/false, /*right=*/true) - 1;
  return offset.index_select(0, episode);
}

Observation observe_one_frame(const Trajectories& data, const Tensor& rows) {
  Observation observation;
  if (data.render) {
    const auto state = data.columns.find("state");
    if (state == data.columns.end()) refuse("column 'state' is missing, which `render` draws from");
    observation = data.render(state->second.index_select(0, rows));
  }
  for (const auto& [name, column] : data.columns) {
    if (is_sensor(name)) observation[name] = column.index_select(0, rows);
  }
  if (observation.empty()) refuse("there is nothing to observe: no sensor column and no `render`");
  return observation;
}

}  // namespace

bool is_sensor(const std::string& name) {
  static const std::unordered_set<std::string> kHidden{"action",     "state",     "reward",
                                                       "terminated", "truncated", "episode_idx",
                                                       "ep_idx",     "step_idx",  "id"};
  return !kHidden.contains(name);
}

std::int64_t Trajectories::rows() const {
  const auto action = columns.find("action");
  if (action == columns.end() || !action->second.defined() || action->second.dim() < 1) {
    refuse("column 'action' is missing");
  }
  return action->second.size(0);
}

Observation Trajectories::observe(const Tensor& rows_wanted) const {
  expect_indices("rows", rows_wanted, rows());
  if (frames == 1) return observe_one_frame(*this, rows_wanted);
  const Tensor first = first_rows(*this, rows_wanted);
  std::vector<Observation> readings;
  for (std::int64_t ago = frames - 1; ago >= 0; --ago) {
    readings.push_back(observe_one_frame(*this, at::maximum(rows_wanted - ago, first)));
  }
  return stack_frames(readings);
}

void Trajectories::validate_columns() const {
  const std::int64_t count = rows();
  if (frames < 1) refuse("an observation shows ", frames, " frames, must be >= 1");
  for (const auto& [name, column] : columns) {
    if (!column.defined() || column.dim() < 1) {
      refuse("column '", name, "' is empty, expected [rows, ...]");
    }
    if (column.size(0) != count) {
      refuse("column '", name, "' has ", column.size(0), " rows, but column 'action' has ", count);
    }
  }
  check_actions(columns.at("action"), count);
  check_episodes(ep_offset, ep_len, count);
  check_numbering(*this, count);
}

void Trajectories::validate() const {
  validate_columns();
  if (render) {
    if (!columns.contains("state")) {
      refuse("column 'state' is missing, which `render` draws from");
    }
    return;
  }
  for (const auto& [name, column] : columns) {
    if (is_sensor(name)) return;
  }
  refuse("there is nothing to observe: no sensor column and no `render`");
}

void expect_column(const Trajectories& data, const std::string& name, at::IntArrayRef row,
                   at::ScalarType type) {
  const auto stored = data.columns.find(name);
  Tensor column;
  if (stored != data.columns.end()) {
    column = stored->second;
  } else if (data.render && is_sensor(name)) {
    const Observation drawn = data.observe(at::zeros({1}, at::kLong));
    if (const auto found = drawn.find(name); found != drawn.end()) column = found->second;
  }
  if (!column.defined()) {
    refuse("column '", name, "' is missing; the data hold ", names_of(data));
  }
  if (column.dim() < 1 || column.sizes().slice(1) != row || column.scalar_type() != type) {
    refuse("column '", name, "' holds rows of ", column.scalar_type(), " ",
           column.dim() < 1 ? column.sizes() : column.sizes().slice(1), ", expected ", type, " ",
           row);
  }
  if (stored != data.columns.end()) check_finite(name, column);
}

Split split_episodes(const Trajectories& data, double validation_fraction, std::uint64_t seed) {
  expect_setting(validation_fraction > 0.0 && validation_fraction < 1.0, "validation_fraction",
                 validation_fraction, "0 < validation_fraction < 1");
  const std::int64_t episodes = data.episodes();
  const auto held_out =
      static_cast<std::int64_t>(std::llround(validation_fraction * static_cast<double>(episodes)));
  if (held_out < 1 || held_out >= episodes) {
    refuse("a validation fraction of ", validation_fraction, " of ", episodes, " episodes leaves ",
           episodes - held_out, " for training and ", held_out,
           " for validation; each needs at least one");
  }
  const Tensor order = RandomStream(seed, "split_episodes").permutation(episodes);
  return {.train = order.slice(0, 0, episodes - held_out),
          .validation = order.slice(0, episodes - held_out)};
}

void WindowOptions::validate() const {
  expect_setting(length >= 2, "windows.length", length, "length >= 2");
  expect_setting(skip >= 1, "windows.skip", skip, "skip >= 1");
}

Windows::Windows(const Trajectories& data, const Tensor& episodes, const WindowOptions& options)
    : data_(data), options_(options) {
  options_.validate();
  if (!episodes.defined() || episodes.dim() != 1 || episodes.scalar_type() != at::kLong ||
      episodes.numel() == 0) {
    refuse("no episodes were given to take windows from");
  }
  const std::int64_t first = episodes.min().item<std::int64_t>();
  const std::int64_t last = episodes.max().item<std::int64_t>();
  if (first < 0 || last >= data.episodes()) {
    refuse("episode ", first < 0 ? first : last, " is unknown, the data have 0 .. ",
           data.episodes() - 1);
  }
  // A window ends with an observation, so its actions never reach an episode's last row.
  const std::int64_t span = (options_.length - 1) * options_.skip;
  const Tensor lengths = data.ep_len.index_select(0, episodes);
  const Tensor counts = (lengths - span).clamp_min(0);
  const Tensor used = (counts > 0).nonzero().squeeze(1);
  if (used.numel() == 0) {
    refuse("no episode is long enough: windows of ", options_.length, " observations ",
           options_.skip, " rows apart take ", span + 1, " rows, the longest of ", episodes.numel(),
           " episodes has ", lengths.max().item<std::int64_t>());
  }
  starts_offset_ = data.ep_offset.index_select(0, episodes.index_select(0, used));
  cumulative_ = at::cat({at::zeros({1}, at::kLong), counts.index_select(0, used).cumsum(0)});
}

std::int64_t Windows::size() const { return cumulative_[-1].item<std::int64_t>(); }

WindowBatch Windows::get(const Tensor& indices) const {
  expect_indices("window indices", indices, size());
  const Tensor episode =
      at::searchsorted(cumulative_, indices, /*out_int32=*/false, /*right=*/true) - 1;
  const Tensor start =
      starts_offset_.index_select(0, episode) + indices - cumulative_.index_select(0, episode);
  const std::int64_t span = (options_.length - 1) * options_.skip;
  const Tensor steps = start.unsqueeze(1) + at::arange(span + 1, at::kLong);  // [B, span+1]
  const Tensor& action = data_.columns.at("action");
  return {
      .rows = steps.slice(1, 0, span + 1, options_.skip).contiguous(),
      .actions = action.index_select(0, steps.slice(1, 0, span).reshape({-1}))
                     .view({indices.size(0), options_.length - 1, options_.skip * action.size(1)})};
}

}  // namespace forethink
