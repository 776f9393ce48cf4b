// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/patch_encoder.h"

#include <torch/torch.h>

#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/perception/patch_layers.h"
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
                           const PatchEncoderOptions& options, bool standardise)
    : ImageEncoder("patch_encoder", shape, dim, standardise), options_(options) {
  options.validate("patch_encoder");
  const std::int64_t patch = options.patch;
  const std::int64_t block = patch * options.merge;
  expect_tiled(patch);
  const std::int64_t blocks =
      ((rows() + block - 1) / block) * ((columns() + block - 1) / block);  // Last ones padded.
  const std::int64_t image_dim = blocks * options.merge_dim;
  using torch::nn::Linear;
  using torch::nn::LinearOptions;
  patch_ = register_module("patch", Linear(patch * patch * channels(), options.patch_dim));
  merge_ = register_module(
      "merge", Linear(options.merge * options.merge * options.patch_dim, options.merge_dim));
  hidden_ = register_module("hidden", Linear(image_dim, options.hidden));
  out_ = register_module("out", Linear(options.hidden, dim));
  skip_ = register_module("skip", Linear(LinearOptions(image_dim, dim).bias(false)));
  norm_ = register_module("norm", std::make_shared<StateNorm>(norm, dim));
}

// -> u [N, whole image].
Tensor PatchEncoder::merged_patches(const Tensor& x) {
  const at::ScalarType type = product_type(x, patch_->weight);
  const PatchLayer patch = embedding(patch_);
  if (x.scalar_type() == at::kByte && x.device().is_cpu()) {
    const auto typed = [&](const PatchLayer& layer) {
      return PatchLayer{layer.weight.to(type), layer.bias.to(type)};
    };
    return patch_layers(x, options_.patch, options_.merge, typed(patch),
                        typed({merge_->weight, merge_->bias}));
  }
  const Tensor patches = cut_patches(x, options_.patch, options_.merge, type);
  const Tensor h = torch::relu(torch::linear(patches, patch.weight, patch.bias));
  return torch::relu(merge_->forward(h.flatten(3))).flatten(1);
}

Tensor PatchEncoder::forward(const Tensor& x) {
  expect_fits(x);
  const Tensor u = merged_patches(x);
  const Tensor h = out_->forward(torch::relu(hidden_->forward(u)));
  return norm_->forward(h + skip_->forward(u));
}

}  // namespace forethink
