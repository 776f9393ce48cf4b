// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Probe: reads the truth out of frozen states, to see what they hold.
//
// A probe is fitted after or beside the learning that it looks at and never changes it. A linear
// one says what is there in plain view; a small network also finds what is folded.
//
// Role:    training; decodes positions for films and for the push test, and is a diagnosis itself.
//          Its labels come from the simulator, so nothing that acts may use it.
// Source:  Alain & Bengio, Understanding intermediate layers using linear classifier probes, 2016.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/core/types.h"

namespace forethink {

/// Settings of `fit_regression_probe` and `fit_classification_probe`.
struct ProbeOptions {
  std::string kind = "linear";  ///< "linear": ridge regression, in closed form; "mlp": two hidden
                                ///< layers, by gradient.
  double ridge = 1e-4;          ///< Linear: shrinkage, where every input has variance 1; > 0.
  std::int64_t hidden = 128;    ///< MLP: units of a hidden layer; >= 1.
  std::int64_t steps = 1500;    ///< MLP: gradient steps; >= 1.
  std::int64_t batch = 256;     ///< MLP: rows of a step; >= 1.
  double learning_rate = 2e-3;  ///< MLP: peak; > 0.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("kind", self.kind);
    visit("ridge", self.ridge);
    visit("hidden", self.hidden);
    visit("steps", self.steps);
    visit("batch", self.batch);
    visit("learning_rate", self.learning_rate);
  }
};

/// A fitted read-out: standardise the state, pass it through the layers (SiLU between them), and
/// bring the result back to label units. A value, cheap to copy.
struct Probe {
  bool classifies = false;
  Tensor input_mean, input_scale;    ///< [D].
  std::vector<Tensor> weights;       ///< Per layer [in, out].
  std::vector<Tensor> biases;        ///< Per layer [out].
  Tensor output_mean, output_scale;  ///< [K]; 0 and 1 for classes.

  std::int64_t state_dim() const { return input_mean.size(0); }
  std::int64_t outputs() const { return output_mean.size(0); }

  /// Label values [N, K] in their units, or the scores of K classes. Differentiable in the states;
  /// in single precision even within a Bf16Scope.
  /// @throws ShapeError if `states` is not [N, D].
  Tensor apply(const Tensor& states) const;

  /// The likeliest class of each state, [N] int64. @throws ConfigError if the probe does not
  /// classify.
  Tensor classes(const Tensor& states) const;

  /// The whole probe as tensors named `prefix`..., for a checkpoint.
  void save(const std::string& prefix, std::map<std::string, Tensor>& tensors) const;
  /// @throws CheckpointError naming what is missing or of another shape.
  static Probe load(const std::map<std::string, Tensor>& tensors, const std::string& prefix);
};

/// Fits labels [n, K], float and in any unit, to states [n, D] by least squares.
///
/// @param rng  The first weights and the rows of each step of an MLP; a linear probe draws nothing.
/// @throws ConfigError  if `options` break a rule.
/// @throws ShapeError   if the shapes disagree, n < 2, or something is not finite.
Probe fit_regression_probe(const Tensor& states, const Tensor& labels, RandomStream& rng,
                           const ProbeOptions& options = {});

/// Fits classes [n] int64 in 0 .. count-1 to states [n, D]: the linear probe by least squares on
/// indicator labels, the MLP by cross-entropy. Parameters and errors as above.
Probe fit_classification_probe(const Tensor& states, const Tensor& classes, std::int64_t count,
                               RandomStream& rng, const ProbeOptions& options = {});

/// How well a regression probe does, on states that it was not fitted to.
struct ProbeScore {
  double error = 0.0;        ///< Mean distance |decoded - label| over the K labels, in label units.
  double error_worst = 0.0;  ///< 99th percentile of that distance.
  double r2 = 0.0;           ///< 1 - squared error / variance, over all labels; 1 is perfect, 0 no
                             ///< better than the mean.
};

/// @throws ShapeError if the shapes disagree.
ProbeScore score_regression_probe(const Probe& probe, const Tensor& states, const Tensor& labels);

/// Share of states whose class is found. @throws ShapeError if the shapes disagree.
double probe_accuracy(const Probe& probe, const Tensor& states, const Tensor& classes);

}  // namespace forethink
