// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/patch_encoder.h"

#include <torch/torch.h>

#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/perception/pixels.h"

namespace forethink {
void PatchEncoderOptions::validate(std::string_view section) const {
  const std::string at(section);
  expect_setting(patch >= 1, at + ".patch", patch, "patch >= 1");
  expect_setting(patch_dim >= 1, at + ".patch_dim", patch_dim, "patch_dim >= 1");
  expect_setting(merge >= 1, at + ".merge", merge, "merge >= 1");
  expect_setting(merge_dim >= 1, at + ".merge_dim", merge_dim, "merge_dim >= 1");
  expect_setting(hidden >= 1, at + ".hidden", hidden, "hidden >= 1");
}

PatchEncoder::PatchEncoder(at::IntArrayRef shape, std::int64_t dim, std::string_view norm,
                           const PatchEncoderOptions& options)
    : shape_(shape.vec()), dim_(dim), options_(options) {
  options.validate("patch_encoder");
  const std::int64_t patch = options.patch;
  const std::int64_t block = patch * options.merge;
  expect_setting(shape_.size() == 3 && shape_[0] % patch == 0 && shape_[1] % patch == 0 &&
                     shape_[0] > 0 && shape_[1] > 0,
                 "patch_encoder.patch", patch,
                 "patch divides the image's rows and columns; the image is " + c10::str(shape));
  const std::int64_t blocks =
      ((shape_[0] + block - 1) / block) * ((shape_[1] + block - 1) / block);  // Last ones padded.
  const std::int64_t image_dim = blocks * options.merge_dim;
  using torch::nn::Linear;
  using torch::nn::LinearOptions;
  patch_ = register_module("patch", Linear(patch * patch * shape_[2], options.patch_dim));
  merge_ = register_module(
      "merge", Linear(options.merge * options.merge * options.patch_dim, options.merge_dim));
  hidden_ = register_module("hidden", Linear(image_dim, options.hidden));
  out_ = register_module("out", Linear(options.hidden, dim));
  skip_ = register_module("skip", Linear(LinearOptions(image_dim, dim).bias(false)));
  norm_ = register_module("norm", std::make_shared<StateNorm>(norm, dim));
  if (options.standardise) {
    channel_mean_ = register_buffer("channel_mean", at::zeros({shape_[2]}));
    channel_scale_ = register_buffer("channel_scale", at::ones({shape_[2]}));
  }
}

void PatchEncoder::standardise(const Tensor& images) {
  if (!options_.standardise) return;
  expect_image(images, shape_[0], shape_[1], shape_[2]);
  const Tensor pixels = scale_pixels(images, at::kFloat).reshape({-1, shape_[2]});
  constexpr double least = 1e-3;  // A channel that never changes stays as it is, nearly.
  channel_mean_.copy_(pixels.mean(0));
  channel_scale_.copy_(1.0 / pixels.std(0).clamp_min(least));
}

// W ((x - m) d) + b = (W d) x + (b - (W d) m): the layer is scaled instead of all the pixels.
Tensor PatchEncoder::embed_patches(const Tensor& patches) {
  if (!options_.standardise) return patch_->forward(patches);
  const std::int64_t pixels = options_.patch * options_.patch;
  const Tensor weight = patch_->weight * channel_scale_.repeat({pixels});
  const Tensor bias = patch_->bias - torch::mv(weight, channel_mean_.repeat({pixels}));
  return torch::linear(patches, weight, bias);
}

Tensor PatchEncoder::forward(const Tensor& x) {
  expect_image(x, shape_[0], shape_[1], shape_[2]);
  const std::int64_t images = x.size(0);
  const std::int64_t merged = options_.merge * options_.merge;
  Tensor h = cut_patches(x, options_.patch, options_.merge, product_type(x, patch_->weight));
  const std::int64_t blocks = images * h.size(1) * h.size(2);
  h = h.view({blocks * merged, -1});
  h = torch::relu(embed_patches(h)).view({blocks, merged * options_.patch_dim});
  const Tensor u = torch::relu(merge_->forward(h)).view({images, -1});
  h = out_->forward(torch::relu(hidden_->forward(u)));
  return norm_->forward(h + skip_->forward(u));
}

}  // namespace forethink
