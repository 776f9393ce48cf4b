// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/energy.h"

#include <torch/torch.h>

#include <algorithm>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

Tensor as_tensor(const Energy& energy, const float* actions, std::int64_t samples) {
  return at::from_blob(const_cast<float*>(actions),  // NOLINT: energies do not write to actions.
                       {energy.problems(), samples, energy.horizon(), energy.action_dim()},
                       at::kFloat);
}

void copy_out(const Tensor& from, float* to) {
  const Tensor plain = from.detach().to(at::kCPU, at::kFloat).contiguous();
  std::copy_n(plain.const_data_ptr<float>(), plain.numel(), to);
}

}  // namespace

void Energy::score(const float* actions, std::int64_t samples, float* energies) const {
  const at::NoGradGuard no_grad;
  const Tensor result = (*this)(as_tensor(*this, actions, samples));
  expect_shape("energy(actions)", result, {problems(), samples});
  copy_out(result, energies);
}

void Energy::score_with_gradient(const float* actions, std::int64_t samples, float* energies,
                                 float* gradients) const {
  const at::AutoGradMode recorded(true);
  const Tensor leaf = as_tensor(*this, actions, samples).clone().requires_grad_();
  const Tensor result = (*this)(leaf);
  if (!result.requires_grad()) {
    throw ConfigError(
        "this planner needs the gradient of the energy, and the energy is not differentiable in "
        "the actions; choose a planner that samples (cem, icem, mppi)");
  }
  expect_shape("energy(actions)", result, {problems(), samples});
  // Sequences are independent, so one product with ones gives the gradient of each of them.
  copy_out(torch::autograd::grad({result}, {leaf}, {at::ones_like(result)})[0], gradients);
  copy_out(result, energies);
}

}  // namespace forethink
