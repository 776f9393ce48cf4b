// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// InfoNCE: what was imagined is nearer to what came of it than to what came elsewhere.
//
//   L = - mean_{t,b} log( exp(c(s~[b,t], s[b,t]) / tau) / sum_b' exp(c(s~[b,t], s[b',t]) / tau) )
//
// with c the cosine. The others are those of the other windows of the batch, at the same step:
// states of one window are so alike that to push them apart is wrong.
//
// Role:    training; the contrastive way of criteria 1 to 3 of figure 13, which the paper argues
//          against; here to be compared with.
// Source:  van den Oord et al., Contrastive Predictive Coding, 2018.
#pragma once

#include "forethink/core/types.h"

namespace forethink {

/// @param imagined     [B, T, D], B >= 2 windows.
/// @param actual       [B, T, D]. Gradients flow into both.
/// @param temperature  tau; > 0.
/// @throws ShapeError if the shapes differ or B < 2; ConfigError if `temperature` breaks its rule.
Tensor info_nce_loss(const Tensor& imagined, const Tensor& actual, double temperature = 0.1);

}  // namespace forethink
