// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Discrete latent: z is one of K codes, and the best one is found by trying all of them.
//
//   z in {z_1 .. z_K},  z_k = e_k - 1/K;   k* = argmin_k mean_j (Pred(s, a, z_k) - s_y)_j^2
//
// K codes carry at most log2 K bits, which is all the regularisation they need: a predictor cannot
// copy s_y through them. Their mean is zero, so that "no latent" means the middle of them. Which
// vector a code adds is learnt by the predictor's first layer. A code that is never the best is
// never trained; `code_usage` tells.
//
// Role:    world model; figure 12's variation "simple latents, such as discrete variables".
// Source:  LeCun, A Path Towards Autonomous Machine Intelligence, 2022, section 4.4; Guzman-Rivera
//          et al., Multiple Choice Learning, 2012 (training through the best of K).
#pragma once

#include "forethink/core/types.h"
#include "forethink/world_model/world_model.h"

namespace forethink {

/// The codes z_k, one a row: [K, K]. @throws ConfigError unless K >= 2.
Tensor latent_codes(std::int64_t count);

/// How often each code was chosen.
struct CodeUsage {
  Tensor shares;            ///< [K], sum 1.
  double perplexity = 0.0;  ///< exp(-sum_k p_k ln p_k): codes in use, 1 .. K.
};

/// @param chosen  Any shape, int64 in 0 .. count-1; at least one.
/// @throws ShapeError if they are not that.
CodeUsage code_usage(const Tensor& chosen, std::int64_t count);

/// What was imagined, and with which codes.
struct CodedRollout {
  Tensor states;  ///< [N, H+1, D], s0 first.
  Tensor chosen;  ///< [N, H] int64: k* of each step.
};

/// As `imagine`, but looking: at each step z is the code that leads nearest to the state that came.
/// The search is exact for one step and greedy over several. Gradients flow through the codes that
/// were chosen, as they do through a minimum. K model steps for each step.
///
/// @param model    Its latent_dim() is K.
/// @param actual   [N, H, D], the states that came.
/// @throws ConfigError if K < 2; ShapeError if the shapes do not fit the model or each other.
CodedRollout imagine_knowing(const WorldModel& model, const Tensor& s0, const Tensor& actions,
                             const Tensor& actual);

}  // namespace forethink
