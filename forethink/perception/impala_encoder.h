// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// IMPALA encoder: a small residual network.
//
//   conv 3 x 3 --> max-pool 3 x 3, stride 2 --> blocks h' = ReLU(h + conv ReLU(conv h))
//   for each entry of `channels`; flatten; s = norm(W h + b)
//
// Sizes and blocks are those of EB-JEPA, which reports 97 % in two rooms with it: its blocks end in
// a ReLU, where IMPALA's begin with one. Ten times the work of the convolutional encoder.
//
// Role:    perception; the image encoder of published JEPA planners, to compare with.
// Source:  Espeholt et al., IMPALA, 2018 (figure 3, the large network); EB-JEPA for the variant.
#pragma once

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <memory>
#include <string_view>
#include <vector>

#include "forethink/nn/state_norm.h"
#include "forethink/perception/image_encoder.h"

namespace forethink {

/// Sizes of `ImpalaEncoder`.
struct ImpalaEncoderOptions {
  std::vector<std::int64_t> channels = {16, 32, 32};  ///< Each >= 1; every stage halves the image.
  std::int64_t blocks = 2;                            ///< Residual blocks of a stage; >= 0.

  /// Throws ConfigError with `section`, the field, its value and the rule it breaks.
  void validate(std::string_view section) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("channels", self.channels);
    visit("blocks", self.blocks);
  }
};

class ImpalaEncoder final : public ImageEncoder {
 public:
  /// @param shape  {Y, X, C} of the images.
  /// @param norm   Kind of the final `StateNorm`.
  /// @param standardise  Bring channels to mean 0 and deviation 1.
  /// @throws ConfigError if `options` break a rule.
  ImpalaEncoder(at::IntArrayRef shape, std::int64_t dim, std::string_view norm,
                const ImpalaEncoderOptions& options = {}, bool standardise = false);

  /// Images [N, Y, X, C], uint8 or floating point in [0, 1] -> states [N, D].
  /// @throws ShapeError naming the image's shape or type and the one wanted.
  Tensor forward(const Tensor& x) override;

 private:
  struct Stage {
    torch::nn::Conv2d widen{nullptr};
    std::vector<torch::nn::Conv2d> residual;  // Two for each block.
  };
  std::vector<Stage> stages_;
  torch::nn::Linear out_{nullptr};
  std::shared_ptr<StateNorm> norm_;
};

}  // namespace forethink
