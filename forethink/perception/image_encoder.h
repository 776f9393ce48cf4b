// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// ImageEncoder: what the encoders of images have in common: the image they take, and its channels
// brought to mean 0 and deviation 1, if asked for.
//
// A channel with little in it is what a representation loses first (docs/seeing_the_door.md).
// Standardised as it is in what is watched, it weighs like the others.
//
// Role:    perception.
#pragma once

#include <torch/nn/modules/linear.h>

#include <string>
#include <string_view>
#include <vector>

#include "forethink/nn/module.h"
#include "forethink/perception/patch_layers.h"

namespace forethink {

class ImageEncoder : public Encoder {
 public:
  std::int64_t dim() const final { return dim_; }
  void standardise(const Tensor& images) final;

 protected:
  /// @param name   Of the encoder, for errors.
  /// @param shape  {Y, X, C} of the images.   @param dim  D.
  /// @throws ConfigError if `shape` has not three axes.
  ImageEncoder(std::string_view name, at::IntArrayRef shape, std::int64_t dim, bool standardise);

  /// Throws ConfigError unless patches of `side` pixels tile the image.
  void expect_tiled(std::int64_t side) const;
  /// Throws ShapeError unless `x` is a batch of images as this encoder takes them.
  void expect_fits(const Tensor& x) const;

  /// Images [N, Y, X, C] -> numbers [N, C, Y, X] in `dtype`, channels innermost in memory.
  Tensor pixels(const Tensor& x, at::ScalarType dtype) const;
  /// `layer` as it is for patches [..., pixels * C] that `cut_patches` cuts: it brings channels to
  /// mean 0 and deviation 1 as well.
  PatchLayer embedding(const torch::nn::Linear& layer) const;

  std::int64_t rows() const { return shape_[0]; }      ///< Y.
  std::int64_t columns() const { return shape_[1]; }   ///< X.
  std::int64_t channels() const { return shape_[2]; }  ///< C.

 private:
  std::string name_;
  std::vector<std::int64_t> shape_;
  std::int64_t dim_;
  Tensor channel_mean_;   // [C], of scaled pixels; undefined if channels are taken as they are.
  Tensor channel_scale_;  // [C], one over their deviation.
};

}  // namespace forethink
