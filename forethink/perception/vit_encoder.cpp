// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/vit_encoder.h"

#include <torch/torch.h>

#include "forethink/core/settings.h"
#include "forethink/perception/pixels.h"

namespace forethink {

void VitEncoderOptions::validate(std::string_view section) const {
  const std::string at(section);
  expect_setting(patch >= 1, at + ".patch", patch, "patch >= 1");
  expect_setting(width >= 1, at + ".width", width, "width >= 1");
  expect_setting(layers >= 1, at + ".layers", layers, "layers >= 1");
  block.validate(at + ".block");
  expect_setting(width % block.heads == 0, at + ".block.heads", block.heads,
                 "heads divides the width " + std::to_string(width));
}

VitEncoder::VitEncoder(at::IntArrayRef shape, std::int64_t dim, std::string_view norm,
                       const VitEncoderOptions& options, bool standardise)
    : ImageEncoder("vit_encoder", shape, dim, standardise), side_(options.patch) {
  options.validate("vit_encoder");
  expect_tiled(side_);
  const std::int64_t tokens = (rows() / side_) * (columns() / side_);
  patch_ = register_module("patch", torch::nn::Linear(side_ * side_ * channels(), options.width));
  position_ = register_module("position", torch::nn::Embedding(tokens, options.width));
  for (std::int64_t i = 0; i < options.layers; ++i) {
    blocks_.push_back(
        register_module("block" + std::to_string(i),
                        std::make_shared<TransformerBlock>(options.width, options.block)));
  }
  last_norm_ = register_module("last_norm",
                               torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.width})));
  out_ = register_module("out", torch::nn::Linear(options.width, dim));
  norm_ = register_module("norm", std::make_shared<StateNorm>(norm, dim));
}

Tensor VitEncoder::forward(const Tensor& x) {
  expect_fits(x);
  Tensor h = cut_patches(x, side_, /*merge=*/1, product_type(x, patch_->weight));
  const PatchLayer patch = embedding(patch_);
  h = h.view({x.size(0), h.size(1) * h.size(2), h.size(4)});
  h = torch::linear(h, patch.weight, patch.bias);  // [N, tokens, F]
  h = h + position_->weight;
  for (const auto& block : blocks_) h = block->forward(h);
  return norm_->forward(out_->forward(last_norm_->forward(h).mean(1)));
}

}  // namespace forethink
