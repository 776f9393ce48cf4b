// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Inverse dynamics loss: two states should tell the actions between them.
//
//   L = mean_{b,t,i} (IDM(s[b,t], s[b,t+h])_i - [a[b,t] .. a[b,t+h-1]]_i)^2
//
// With h = 1 the states are neighbours; with more (end-point inverse dynamics) whatever can be
// reached in h steps must stay in the state, not only what one step moves.
//
// Taken on encoded states, never on imagined ones. It keeps what the agent moves in the state:
// variance and covariance are also content with "the scene, without the agent".
//
// Role:    training; criterion 1 of figure 13, for the part of the world that actions change.
// Source:  Sobal et al., Joint Embedding Predictive Architectures Focus on Slow Features, 2022;
//          EP-IDM, arXiv 2610.07540, 2026 (end points).
#pragma once

#include "forethink/core/types.h"
#include "forethink/nn/inverse_dynamics_head.h"

namespace forethink {

/// @param head     Estimates h blocks of actions side by side: its action_dim is h * A.
/// @param states   [B, T, D], T > h.
/// @param actions  [B, T-1, A], the block of actions between neighbouring states.
/// @throws ShapeError if the shapes do not fit each other or the head.
Tensor inverse_dynamics_loss(InverseDynamicsHead& head, const Tensor& states,
                             const Tensor& actions);

}  // namespace forethink
