// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Vision transformer (ViT): patches as tokens that look at one another.
//
//   x_i = W_p patch_i + b_p + position_i;  transformer blocks;  s = norm( W mean_i norm(x_i) + b )
//
// The mean over tokens rather than a class token: every patch has its share of the gradient from
// the first step, where a class token first has to learn whom to look at, and a place is still
// told from another because each token carries its position.
//
// Role:    perception; an image encoder that can relate distant places.
// Source:  Dosovitskiy et al., An Image is Worth 16x16 Words, 2021; Beyer et al., Better plain ViT
//          baselines, 2022, for the mean.
#pragma once

#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <memory>
#include <string_view>
#include <vector>

#include "forethink/nn/state_norm.h"
#include "forethink/nn/transformer.h"
#include "forethink/perception/image_encoder.h"

namespace forethink {

/// Sizes of `VitEncoder`.
struct VitEncoderOptions {
  std::int64_t patch = 8;   ///< P, pixels; divides the image's rows and columns.
  std::int64_t width = 64;  ///< Numbers of a token; >= 1.
  std::int64_t layers = 4;  ///< Transformer blocks; >= 1.
  TransformerBlockOptions block = {};

  /// Throws ConfigError with `section`, the field, its value and the rule it breaks.
  void validate(std::string_view section) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("patch", self.patch);
    visit("width", self.width);
    visit("layers", self.layers);
    visit("block", self.block);
  }
};

class VitEncoder final : public ImageEncoder {
 public:
  /// @param shape  {Y, X, C} of the images.
  /// @param norm   Kind of the final `StateNorm`.
  /// @param standardise  Bring channels to mean 0 and deviation 1.
  /// @throws ConfigError if `options` break a rule or the patches do not tile the image.
  VitEncoder(at::IntArrayRef shape, std::int64_t dim, std::string_view norm,
             const VitEncoderOptions& options = {}, bool standardise = false);

  /// Images [N, Y, X, C], uint8 or floating point in [0, 1] -> states [N, D].
  /// @throws ShapeError naming the image's shape or type and the one wanted.
  Tensor forward(const Tensor& x) override;

 private:
  std::int64_t side_;                       // P.
  torch::nn::Linear patch_{nullptr};        // P P C -> width.
  torch::nn::Embedding position_{nullptr};  // One row for each patch.
  std::vector<std::shared_ptr<TransformerBlock>> blocks_;
  torch::nn::LayerNorm last_norm_{nullptr};
  torch::nn::Linear out_{nullptr};  // width -> D.
  std::shared_ptr<StateNorm> norm_;
};

}  // namespace forethink
