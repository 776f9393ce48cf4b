// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/transformer.h"

#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/torch.h>

#include "forethink/core/settings.h"

namespace forethink {
namespace {

// In the type it is given, also in a Bf16Scope: the backward pass of torch's bf16 attention takes
// four times as long on a processor as that of float32.
Tensor attend_exactly(const Tensor& q, const Tensor& k, const Tensor& v, AttentionMask mask) {
  const c10::impl::ExcludeDispatchKeyGuard no_scope(c10::DispatchKey::AutocastCPU);
  return at::scaled_dot_product_attention(q, k, v, /*attn_mask=*/{}, /*dropout_p=*/0.0,
                                          /*is_causal=*/mask == AttentionMask::kCausal);
}

}  // namespace

void TransformerBlockOptions::validate(std::string_view section) const {
  const std::string at(section);
  expect_setting(heads >= 1, at + ".heads", heads, "heads >= 1");
  expect_setting(hidden >= 1, at + ".hidden", hidden, "hidden >= 1");
}

TransformerBlock::TransformerBlock(std::int64_t width, const TransformerBlockOptions& options,
                                   AttentionMask mask)
    : heads_(options.heads), mask_(mask) {
  options.validate("transformer");
  expect_setting(width % heads_ == 0, "transformer.heads", heads_,
                 "heads divides the width " + std::to_string(width));
  const torch::nn::LayerNormOptions norm({width});
  norm_attention_ = register_module("norm_attention", torch::nn::LayerNorm(norm));
  qkv_ = register_module("qkv", torch::nn::Linear(width, 3 * width));
  out_ = register_module("out", torch::nn::Linear(width, width));
  norm_mlp_ = register_module("norm_mlp", torch::nn::LayerNorm(norm));
  mlp_ = register_module(
      "mlp", std::make_shared<Mlp>(width, width,
                                   MlpOptions{.widths = {options.hidden}, .activation = "gelu"}));
}

Tensor TransformerBlock::attend(const Tensor& x) {
  const std::int64_t B = x.size(0), N = x.size(1), F = x.size(2);
  const auto qkv = qkv_->forward(x)
                       .to(x.scalar_type())
                       .view({B, N, 3, heads_, F / heads_})
                       .permute({2, 0, 3, 1, 4})
                       .unbind(0);  // Each [B, heads, N, F/heads].
  const Tensor seen = attend_exactly(qkv[0], qkv[1], qkv[2], mask_);  // [B, heads, N, F/heads]
  return out_->forward(seen.transpose(1, 2).reshape({B, N, F}));
}

Tensor TransformerBlock::forward(const Tensor& x) {
  const Tensor h = x + attend(norm_attention_->forward(x));
  return h + mlp_->forward(norm_mlp_->forward(h));
}

}  // namespace forethink
