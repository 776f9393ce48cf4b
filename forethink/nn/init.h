// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Initial weights from a random stream.
//
// Building a torch module fills it from a hidden global generator. `initialise` refills every
// parameter from a stream of ours, so that equal seeds give equal networks. The rule is the usual
// one: a weight or bias that sums n inputs is uniform in [-1/sqrt(n), 1/sqrt(n)]; normalisations
// start as the identity.
//
// Role:    nn; called once after any network is built.
// Source:  LeCun, Bottou, Orr, Mueller, Efficient BackProp, 1998.
#pragma once

#include <torch/nn/module.h>

#include "forethink/core/random.h"

namespace forethink {

/// A module whose start differs from the common rule, for example a last layer near zero.
class AdjustsInitialWeights {
 public:
  virtual ~AdjustsInitialWeights() = default;
  /// Changes the weights that the common rule has just set in this module and its children.
  virtual void adjust_initial_weights() = 0;
};

/// Refills every parameter and buffer of `module`, in the order of registration; takes as many
/// draws from `rng` as there are parameter tensors, so two modules built after one another differ.
/// @throws ConfigError naming a submodule that holds parameters and has no rule.
void initialise(torch::nn::Module& module, RandomStream& rng);

}  // namespace forethink
