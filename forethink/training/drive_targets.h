// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Targets of a drive critic: what the intrinsic energies e[t] of a life say about its future.
//
//   delayed           y[t] = e[t + delay]
//   discounted sums   y[t] = e[t+1] + g e[t+2] + g^2 e[t+3] + ...
//   TD(lambda)        y[t] = e[t+1] + g ((1 - lambda) V[t+1] + lambda y[t+1])
//   imagined          y    = e[1] + g e[2] + .. + g^(H-1) e[H] + g^H V[H]
//
// e[t] itself is left out: the intrinsic cost judges it already, and a plan that ends in s[H] has
// summed e[1] .. e[H]. g is the discount and V what a (slow) critic says.
//
// How a life ends matters. Where it was cut off, V stands for the rest. Where it terminated, what
// its last state costs goes on for ever, y = e / (1 - g), unless told otherwise: a critic that has
// learnt that nothing comes after death would seek it as a relief from hunger.
//
// Role:    training; figure 7's "simplest scenario" and its "more complex schemes".
// Source:  LeCun, A Path Towards Autonomous Machine Intelligence, 2022, figure 7; Sutton & Barto,
//          Reinforcement Learning, 2018, chapter 12 (TD(lambda)).
#pragma once

#include <string>

#include "forethink/core/types.h"
#include "forethink/memory/short_term_memory.h"

namespace forethink {

/// Remembered lives, one row per model step, one life after the other.
struct RecordedLives {
  Tensor states;      ///< [T, D] float32.
  Tensor energies;    ///< [T, drives] float32, intrinsic.
  Tensor terminated;  ///< [T] bool: the life ended in this state.
  Tensor truncated;   ///< [T] bool: the record ended here, the life went on. The last row is one of
                      ///< them.

  std::int64_t rows() const { return energies.size(0); }
  /// @throws DataError if shapes or types do not fit, a number is not finite, a row is both
  /// terminated
  ///         and truncated, or the last row neither.
  void validate() const;
};

/// What a short-term memory has observed: a record ends where the next time is missing.
/// @throws DataError if nothing was observed.
RecordedLives lives_of(const ShortTermMemory& memory);

/// Settings of the targets.
struct DriveTargetOptions {
  std::string kind = "td_lambda";  ///< "delayed", "sums" or "td_lambda".
  std::int64_t delay = 10;         ///< Model steps, "delayed" only; >= 1.
  double discount = 0.97;          ///< g, of the others; in [0, 1).
  double lambda = 0.9;             ///< "td_lambda" only; in [0, 1].
  bool end_lasts = true;           ///< Whether what a life's last state costs goes on for ever.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("kind", self.kind);
    visit("delay", self.delay);
    visit("discount", self.discount);
    visit("lambda", self.lambda);
    visit("end_lasts", self.end_lasts);
  }
};

/// A target for each row.
struct DriveTargets {
  Tensor values;  ///< [T, drives] float32.
  Tensor known;   ///< [T] bool: the row has a target at all.
};

/// e[t + delay]; unknown where the record is cut off before.
DriveTargets delayed(const RecordedLives& lives, const DriveTargetOptions& options);

/// Discounted sums to the end of each record.
///
/// @param values  V [T, drives], read where a record is cut off. Undefined: nothing stands for the
/// rest,
///                and rows are known only if what is missing has at most a twentieth of the weight.
DriveTargets discounted_sums(const RecordedLives& lives, const Tensor& values,
                             const DriveTargetOptions& options);

/// TD(lambda); lambda = 1 are the discounted sums, 0 looks one step ahead. A cut-off row is
/// unknown.
/// @param values  V [T, drives] of every row.
DriveTargets td_lambda(const RecordedLives& lives, const Tensor& values,
                       const DriveTargetOptions& options);

/// Targets of the states that H steps were imagined from.
/// @param energies  [N, H, drives] of imagined steps 1 .. H.   @param last  V [N, drives] of step
/// H.
/// @returns         [N, drives].
Tensor imagined_targets(const Tensor& energies, const Tensor& last, double discount);

}  // namespace forethink
