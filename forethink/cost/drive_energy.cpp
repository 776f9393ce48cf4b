// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/drive_energy.h"

#include <torch/torch.h>

#include <cmath>
#include <utility>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {

VitalsSlice VitalsSlice::last_of(std::int64_t state_dim) {
  expect_setting(state_dim >= kVitals, "vitals.state_dim", state_dim,
                 "state_dim >= " + std::to_string(kVitals));
  return {state_dim - kVitals};
}

Tensor VitalsSlice::of(const Tensor& states) const {
  if (!states.defined() || states.dim() < 1 || first < 0 || states.size(-1) < first + kVitals) {
    throw ShapeError("vitals are columns " + std::to_string(first) + " to " +
                     std::to_string(first + kVitals - 1) + " of states that are too narrow");
  }
  return states.narrow(-1, first, kVitals);
}

void DriveWeights::validate() const {
  fields(*this, [](std::string_view name, double weight) {
    const std::string field(name);
    expect_setting(weight >= 0.0 && std::isfinite(weight), "drives." + field, weight,
                   "0 <= " + field + " < infinity");
  });
}

std::vector<double> DriveWeights::list() const {
  std::vector<double> weights;
  fields(*this, [&](std::string_view, double weight) { weights.push_back(weight); });
  return weights;
}

void DriveEnergyOptions::validate() const {
  expect_setting(discount > 0.0 && discount <= 1.0, "drive_energy.discount", discount,
                 "0 < discount <= 1");
}

DriveEnergy::DriveEnergy(IntrinsicCost intrinsic, const std::string& drive, VitalsSlice vitals,
                         const DriveEnergyOptions& options)
    : intrinsic_(std::move(intrinsic)),
      name_(drive),
      drive_(parse_drive(drive)),
      vitals_(vitals),
      options_(options) {
  options.validate();
  expect_setting(vitals.first >= 0, "vitals.first", vitals.first, "first >= 0");
}

Tensor DriveEnergy::energy(const Imagined& imagined) const {
  const Tensor& states = imagined.states;
  expect_shape("imagined.states", states, {kAny, kAny, kAny, kAny});
  const std::int64_t H = states.size(2) - 1;
  const Tensor energies =
      intrinsic_.drive(drive_, vitals_.of(states.narrow(2, 1, H)), imagined.actions);  // [B, S, H]
  if (options_.discount == 1.0) return energies.sum(2);
  const Tensor shares = at::pow(options_.discount, at::arange(H, energies.options()));
  return (energies * shares).sum(2);
}

StepEnergy DriveEnergy::describe(Formula& formula, const StepValues& step,
                                 std::int64_t horizon) const {
  const Value vitals = formula.part(step.state, vitals_.first, kVitals);
  return {.energy = intrinsic_.describe(formula, drive_, vitals, step.action),
          .last_steps = horizon,
          .discount = options_.discount};
}

void add_drives_(Cost& cost, const IntrinsicCost& intrinsic, VitalsSlice vitals,
                 const DriveWeights& weights, const DriveEnergyOptions& options) {
  weights.validate();
  DriveWeights::fields(weights, [&](std::string_view name, double weight) {
    cost.add(std::make_shared<DriveEnergy>(intrinsic, std::string(name), vitals, options), weight);
  });
}

}  // namespace forethink
