// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/patch_layers.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <vector>

#include "forethink/core/random.h"
#include "forethink/perception/pixels.h"

namespace forethink {
namespace {

constexpr std::int64_t kPatch = 2, kMerge = 2, kWidth1 = 3, kWidth2 = 5;

// u and the gradients of a loss by the four parameters, in `type`.
std::vector<Tensor> run(bool plainly, at::ScalarType type, std::int64_t images) {
  RandomStream rng(1, "patch_layers_test");
  const Tensor image = rng.integers({images, 6, 4, 2}, 0, 256).to(at::kByte);  // Padded below.
  std::vector<Tensor> leaves;
  for (const auto& shape :
       std::vector<std::vector<std::int64_t>>{{kWidth1, kPatch * kPatch * 2},
                                              {kWidth1},
                                              {kWidth2, kMerge * kMerge * kWidth1},
                                              {kWidth2}}) {
    leaves.push_back(rng.normal(shape).to(type).requires_grad_());
  }
  Tensor u;
  if (plainly) {
    const Tensor patches = cut_patches(image, kPatch, kMerge, type);
    const Tensor h = torch::relu(torch::linear(patches, leaves[0], leaves[1]));
    u = torch::relu(torch::linear(h.flatten(3), leaves[2], leaves[3])).flatten(1);
  } else {
    u = patch_layers(image, kPatch, kMerge, {leaves[0], leaves[1]}, {leaves[2], leaves[3]});
  }
  u.square().sum().backward();
  std::vector<Tensor> results{u.detach()};
  for (const Tensor& leaf : leaves) results.push_back(leaf.grad());
  return results;
}

void expect_equal(at::ScalarType type, std::int64_t images, double share) {
  const auto expected = run(true, type, images), results = run(false, type, images);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(results[i].sizes(), expected[i].sizes());
    ASSERT_EQ(results[i].scalar_type(), type);
    const Tensor error = (results[i] - expected[i]).to(at::kFloat).norm();
    EXPECT_LE(error.item<double>(), share * expected[i].to(at::kFloat).norm().item<double>()) << i;
  }
}

TEST(PatchLayers, AreTheTwoLayersOneAfterTheOther) {
  // 150 images are three chunks, the last not full. Only the order of sums differs.
  for (const std::int64_t images : {1, 64, 150}) expect_equal(at::kDouble, images, 1e-12);
  expect_equal(at::kFloat, 150, 1e-5);
  expect_equal(at::kBFloat16, 150, 0.02);  // 8 bits, and sums that are rounded at other places.
}

TEST(PatchLayers, GiveEqualGradientsOnAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  const auto expected = run(false, at::kFloat, 150);
  at::set_num_threads(1);
  const auto results = run(false, at::kFloat, 150);
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(at::equal(results[i], expected[i]));
}

}  // namespace
}  // namespace forethink
