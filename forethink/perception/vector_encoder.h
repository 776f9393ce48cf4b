// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Vector encoder: readings that are already numbers (proprioception, vitals) -> state.
//
//   s = norm(MLP(x))
//
// Role:    perception; the encoder of sensors that are not images.
#pragma once

#include <memory>
#include <string_view>

#include "forethink/nn/mlp.h"
#include "forethink/nn/module.h"
#include "forethink/nn/state_norm.h"

namespace forethink {

class VectorEncoder final : public Encoder {
 public:
  /// @param inputs  V, numbers in one reading.
  /// @param norm    Kind of the final `StateNorm`.
  VectorEncoder(std::int64_t inputs, std::int64_t dim, std::string_view norm,
                const MlpOptions& options = {.widths = {256, 256}});

  /// Readings [N, V], floating point -> states [N, D].
  /// @throws ShapeError naming the reading's shape and the one wanted.
  Tensor forward(const Tensor& x) override;
  std::int64_t dim() const override { return dim_; }

 private:
  std::int64_t inputs_;
  std::int64_t dim_;
  std::shared_ptr<Mlp> mlp_;
  std::shared_ptr<StateNorm> norm_;
};

}  // namespace forethink
