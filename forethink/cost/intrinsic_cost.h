// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// IntrinsicCost: the hard-wired, immutable drives of an agent with a body.
//
// Each drive IC_i is an energy >= 0 of the body's vitals and of the action, without units: 0 at
// ease, about 1 where the body dies. With (x)+ = max(0, x), vitals in [0, 1] and the action a:
//
//   hunger  ((0.7 - energy)+ / 0.7)^2
//   thirst  ((0.7 - water)+ / 0.7)^2
//   pain    (1 - integrity)+
//   cold    ((0.4 - temperature)+ / 0.4)^2
//   heat    ((temperature - 0.6)+ / 0.4)^2
//   effort  (effort)+
//   rules   ((|a|^2 - 1)+)^2  +  sum of (1 - x / 0.1)+  over the distances x of energy, water and
//           integrity from 0 and of temperature from 0 and from 1
//
// The rules that it costs to break: ask the effectors for no more than length 1, and keep every
// vital off the last tenth of its scale. Predicted vitals may leave [0, 1]; the formulas hold
// there, too.
//
// What immutable means here:
//   - the type is no torch module, has no parameter and no tensor, and only const members, so there
//   is
//     nothing that an optimiser, a checkpoint or a settings file could name; critics are another
//     type;
//   - its constants lie in a page that the system keeps read-only: a write ends the program;
//   - its digest, over the constants and over what it answers to fixed questions, goes into every
//     checkpoint, and a checkpoint with another digest is refused. Gradients reach its inputs only.
// What it does not mean: code in the same process can unprotect the page on purpose. And the
// function is fixed, not what it is fed: a plan may exploit vitals that the world model predicts
// too well. `honesty_gap` measures that, and is to be watched.
//
// Role:    the intrinsic cost of the cost module (figure 6, IC).
// Source:  LeCun, A Path Towards Autonomous Machine Intelligence, 2022, "The Cost Module".
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "forethink/core/checkpoint.h"
#include "forethink/core/types.h"
#include "forethink/nn/formula.h"

namespace forethink {

/// The vitals that drives read, in the order in which tensors hold them.
enum class Vital { kEnergy, kWater, kIntegrity, kTemperature, kEffort };

/// The drives, in the order in which tensors hold them.
enum class Drive { kHunger, kThirst, kPain, kCold, kHeat, kEffort, kRules };

inline constexpr std::int64_t kVitals = 5;
inline constexpr std::int64_t kDrives = 7;

/// "energy", "water", "integrity", "temperature", "effort".
const std::vector<std::string>& vital_names();
/// "hunger", "thirst", "pain", "cold", "heat", "effort", "rules".
const std::vector<std::string>& drive_names();

/// The drive called `name`. @throws ConfigError naming the nearest known one.
Drive parse_drive(std::string_view name);

/// The numbers in the formulas above.
struct DriveConstants {
  double energy_comfort;  ///< Below it the agent is hungry.
  double water_comfort;   ///< Below it the agent is thirsty.
  double integrity_whole;
  double cold_below;
  double hot_above;
  double action_limit;  ///< Largest length of an action.
  double margin;        ///< Share of a scale, at an end where the body dies, that is off limits.
};

class IntrinsicCost final {
 public:
  /// @throws IoError if the system gives no memory or does not protect it.
  IntrinsicCost();

  /// Energies of all drives.
  ///
  /// @param vitals   [..., V] floating point, in the order of `Vital`.
  /// @param actions  [..., A] with the same leading sizes, or undefined: at rest.
  /// @returns        [..., drives], differentiable in both.
  /// @throws ShapeError if the shapes do not fit.
  Tensor operator()(const Tensor& vitals, const Tensor& actions = {}) const;

  /// Energy of one drive [...], as above.
  Tensor drive(Drive which, const Tensor& vitals, const Tensor& actions = {}) const;

  /// The same as a formula: vitals [rows, V], actions [rows, A] -> [rows, 1].
  Value describe(Formula& formula, Drive which, Value vitals, Value actions) const;

  /// SHA-256, 64 hex digits, of `specification()`. Computed anew from what is in memory.
  std::string digest() const;

  /// Names, constants, and the answers, to six digits, to a fixed table of vitals and actions:
  /// another constant and another formula both make another text.
  std::string specification() const;

  /// In read-only memory.
  const DriveConstants& constants() const { return *sealed_; }

 private:
  std::shared_ptr<const DriveConstants> sealed_;
};

/// |IC(predicted) - IC(observed)| of each drive [..., drives]: how far a plan may have fooled
/// itself.
///
/// @param predicted, observed  [..., V] vitals of the same moments.
/// @param actions              [..., A] that led there, or undefined.
Tensor honesty_gap(const IntrinsicCost& intrinsic, const Tensor& predicted, const Tensor& observed,
                   const Tensor& actions = {});

/// Writes the digest into the checkpoint's metadata.
void stamp(const IntrinsicCost& intrinsic, Checkpoint& checkpoint);

/// @throws CheckpointError unless `checkpoint` was stamped with the same digest.
void check_stamp(const IntrinsicCost& intrinsic, const Checkpoint& checkpoint);

}  // namespace forethink
