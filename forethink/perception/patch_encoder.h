// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Patch encoder: an image encoder made of matrix products only.
//
//   P x P patches --Linear--> ReLU --merge M x M--> Linear --> ReLU --flatten--> u
//   s = norm( W_2 ReLU(W_1 u + b_1) + b_2 + W_skip u )
//
// On a processor a product of matrices runs near its peak and a strided convolution far below it:
// this encoder trains 4 to 6 times as many frames a second. Patches keep their place, so position
// is easy to read; the linear skip carries it from the first step of training.
//
// Role:    perception; the default image encoder.
// Source:  ours; the patch embedding follows Dosovitskiy et al., An Image is Worth 16x16 Words,
// 2021.
#pragma once

#include <torch/nn/modules/linear.h>

#include <memory>
#include <string>
#include <string_view>

#include "forethink/nn/state_norm.h"
#include "forethink/perception/image_encoder.h"

namespace forethink {

/// Sizes of `PatchEncoder`.
struct PatchEncoderOptions {
  std::int64_t patch = 4;       ///< P, pixels; divides the image's rows and columns.
  std::int64_t patch_dim = 32;  ///< Features of a patch; >= 1.
  std::int64_t merge = 2;       ///< M, patches merged each way; >= 1. A last block that the
                                ///< image does not fill has patches of zeros.
  std::int64_t merge_dim = 64;  ///< Features of a merged block; >= 1.
  std::int64_t hidden = 512;    ///< Width of the hidden layer over the whole image; >= 1.

  /// Throws ConfigError with `section`, the field, its value and the rule it breaks.
  void validate(std::string_view section) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("patch", self.patch);
    visit("patch_dim", self.patch_dim);
    visit("merge", self.merge);
    visit("merge_dim", self.merge_dim);
    visit("hidden", self.hidden);
  }
};

class PatchEncoder final : public ImageEncoder {
 public:
  /// @param shape  {Y, X, C} of the images.
  /// @param norm   Kind of the final `StateNorm`.
  /// @param standardise  Bring channels to mean 0 and deviation 1.
  /// @throws ConfigError if `options` break a rule or the patches do not tile the image.
  PatchEncoder(at::IntArrayRef shape, std::int64_t dim, std::string_view norm,
               const PatchEncoderOptions& options = {}, bool standardise = false);

  /// Images [N, Y, X, C], uint8 or floating point in [0, 1] -> states [N, D].
  /// @throws ShapeError naming the image's shape or type and the one wanted.
  Tensor forward(const Tensor& x) override;

 private:
  Tensor merged_patches(const Tensor& x);

  PatchEncoderOptions options_;
  torch::nn::Linear patch_{nullptr};   // P P C -> patch_dim.
  torch::nn::Linear merge_{nullptr};   // M M patch_dim -> merge_dim.
  torch::nn::Linear hidden_{nullptr};  // Whole image -> hidden.
  torch::nn::Linear out_{nullptr};     // hidden -> D.
  torch::nn::Linear skip_{nullptr};    // Whole image -> D, without bias.
  std::shared_ptr<StateNorm> norm_;
};

}  // namespace forethink
