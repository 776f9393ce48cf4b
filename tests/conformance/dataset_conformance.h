// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What every source of trajectories must satisfy: an environment's recordings, a file, a converter.
//
//   TEST(MyRecordings, Conform) { expect_dataset_conforms(make_recordings()); }
//
// Role:    tests; the shared suite of datasets.
#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/datasets/trajectories.h"

namespace forethink {

/// Validates `data`; observes; splits; cuts windows of `options` and compares each of some 50
/// windows with its rows, read one by one. The data need two episodes that hold such a window.
inline void expect_dataset_conforms(const Trajectories& data, const WindowOptions& options = {}) {
  ASSERT_NO_THROW(data.validate());
  const Tensor& action = data.columns.at("action");

  // Rows are observed one by one as they are together, in the order asked for.
  const std::int64_t last = data.rows() - 1;
  const Tensor rows = torch::tensor({last, std::int64_t{0}, last / 2, last});
  const Observation together = data.observe(rows);
  for (const auto& [name, values] : together) {
    ASSERT_EQ(values.size(0), rows.size(0)) << name;
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
      const Observation one = data.observe(rows.slice(0, i, i + 1));
      EXPECT_TRUE(torch::equal(one.at(name)[0], values[i])) << name << " of row " << rows[i];
    }
  }

  // A split is complete, disjoint, and the same when it is made again.
  const Split split = split_episodes(data, 0.5, 7);
  const Tensor both = std::get<0>(torch::cat({split.train, split.validation}).sort());
  EXPECT_TRUE(torch::equal(both, torch::arange(data.episodes())));
  EXPECT_TRUE(torch::equal(split_episodes(data, 0.5, 7).train, split.train));

  // Windows lie within one episode, and carry the actions between their observations.
  const Windows windows(data, torch::arange(data.episodes()), options);
  const std::int64_t stride = std::max<std::int64_t>(1, windows.size() / 50);
  const Tensor chosen = torch::arange(0, windows.size(), stride);
  const WindowBatch batch = windows.get(chosen);
  for (std::int64_t i = 0; i < chosen.size(0); ++i) {
    const auto first = batch.rows[i][0].item<std::int64_t>();
    const auto final = batch.rows[i][-1].item<std::int64_t>();
    EXPECT_EQ(final - first, (options.length - 1) * options.skip);
    const Tensor holds =
        (data.ep_offset <= first).logical_and(data.ep_offset + data.ep_len > final);
    EXPECT_EQ(holds.sum().item<std::int64_t>(), 1) << "rows " << first << " .. " << final;
    EXPECT_TRUE(
        torch::equal(batch.actions[i].reshape({-1}), action.slice(0, first, final).reshape({-1})));
  }
}

}  // namespace forethink
