// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// LeWM: a predictor that was trained elsewhere and looks back, planning here.
//
//   c[t] = Embed(a[t])
//   x[i] = s[i] + p[i - lo] for the frames i = lo .. t of the window, lo = max(0, t + 1 - window)
//   per block, with (shift, scale, gate)_1, (shift, scale, gate)_2 = W SiLU(c[i]) + b:
//     x <- x + gate_1 Attn(LN(x) (1 + scale_1) + shift_1)        causal; begins with a norm of its
//     own x <- x + gate_2 MLP(LN(x) (1 + scale_2) + shift_2)         the same
//   s[t+1] = Project(LN(x[t]))
//
// Positions count from the beginning of the window. While it grows (lo = 0), keys and values of
// earlier frames are what they were and are used again; when it slides, all of it is computed anew,
// in the last block only what its last frame needs.
//
// Role:    importers; a plan starts from one picture's state.
// Source:  Maes et al., LeWorldModel, 2026; the code of stable-worldmodel.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "forethink/world_model/world_model.h"

namespace forethink {

/// What the weights do not tell; the default is the authors'.
struct LewmOptions {
  std::int64_t heads = 16;  ///< Of attention; >= 1, divides its width.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
};

class Lewm final : public WorldModel {
 public:
  /// @param tensors  Of a checkpoint, by the authors' names: `predictor.*`, `action_encoder.*`,
  ///                 `pred_proj.*`.
  /// @throws DataError naming the tensor that is missing, of another shape or not finite.
  explicit Lewm(const std::map<std::string, Tensor>& tensors, const LewmOptions& options = {});
  ~Lewm() override;

  /// @param path  A safetensors file, as scripts/convert_weights.py makes it of a checkpoint.
  static Lewm load(const std::filesystem::path& path, const LewmOptions& options = {});

  using WorldModel::predict;
  std::int64_t state_dim(std::int64_t level = 1) const override;
  /// Of one model step: a block of primitive actions.
  std::int64_t action_dim(std::int64_t level = 1) const override;
  std::int64_t latent_dim(std::int64_t) const override { return 0; }
  /// The first step of a rollout: nothing came before s.
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor& z,
                 std::int64_t level = 1) const override;
  Tensor rollout(const Tensor& s0, const Tensor& actions) const override;
  std::vector<Value> describe_rollout(Formula& formula, Value s0,
                                      const std::vector<Value>& actions) const override;

 private:
  struct Networks;
  std::shared_ptr<const Networks> networks_;
};

}  // namespace forethink
