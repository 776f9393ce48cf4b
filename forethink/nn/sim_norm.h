// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// SimNorm: groups of numbers become points of simplices, by a softmax of each group.
//
// Role:    nn; ends the encoder and the predictor of TD-MPC2.
// Source:  Hansen, Su, Wang, TD-MPC2: Scalable, Robust World Models for Continuous Control, 2024.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// [..., F] -> [..., F]: softmax of each `group` numbers that follow each other; group divides F.
Tensor sim_norm(const Tensor& x, std::int64_t group);

/// exp(|x|) - 1 with the sign of x, of the mean of `bins` under softmax(logits): [..., N] -> [...].
/// Source: Hafner et al., Mastering Diverse Domains through World Models, 2023.
Tensor symexp_expectation(const Tensor& logits, const Tensor& bins);

}  // namespace forethink
