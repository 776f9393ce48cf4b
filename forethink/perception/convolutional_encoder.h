// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Convolutional encoder: strided convolutions, then one linear map.
//
//   (conv k x k, stride 2 --> ReLU) per entry of `channels`; flatten; s = norm(W h + b)
//
// Slower on a processor than the patch encoder, but it shares weights over places and so learns
// from fewer frames.
//
// Role:    perception; the image encoder to compare with, and the one for a GPU.
// Source:  LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998.
#pragma once

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <memory>
#include <string_view>
#include <vector>

#include "forethink/nn/state_norm.h"
#include "forethink/perception/image_encoder.h"

namespace forethink {

/// Sizes of `ConvolutionalEncoder`.
struct ConvolutionalEncoderOptions {
  std::vector<std::int64_t> channels = {16, 32, 64,
                                        64};  ///< Each >= 1; every layer halves the image.
  std::int64_t kernel = 3;                    ///< k, pixels; odd, >= 3.

  /// Throws ConfigError with `section`, the field, its value and the rule it breaks.
  void validate(std::string_view section) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("channels", self.channels);
    visit("kernel", self.kernel);
  }
};

class ConvolutionalEncoder final : public ImageEncoder {
 public:
  /// @param shape  {Y, X, C} of the images.
  /// @param norm   Kind of the final `StateNorm`.
  /// @param standardise  Bring channels to mean 0 and deviation 1.
  /// @throws ConfigError if `options` break a rule.
  ConvolutionalEncoder(at::IntArrayRef shape, std::int64_t dim, std::string_view norm,
                       const ConvolutionalEncoderOptions& options = {}, bool standardise = false);

  /// Images [N, Y, X, C], uint8 or floating point in [0, 1] -> states [N, D].
  /// @throws ShapeError naming the image's shape or type and the one wanted.
  Tensor forward(const Tensor& x) override;

 private:
  std::vector<torch::nn::Conv2d> layers_;
  torch::nn::Linear out_{nullptr};
  std::shared_ptr<StateNorm> norm_;
};

}  // namespace forethink
