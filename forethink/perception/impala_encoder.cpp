// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/impala_encoder.h"

#include <torch/torch.h>

#include "forethink/core/settings.h"
#include "forethink/perception/pixels.h"

namespace forethink {

void ImpalaEncoderOptions::validate(std::string_view section) const {
  const std::string at(section);
  expect_setting(!channels.empty(), at + ".channels", static_cast<std::int64_t>(channels.size()),
                 "at least one stage");
  for (const std::int64_t count : channels) {
    expect_setting(count >= 1, at + ".channels", count, "each >= 1");
  }
  expect_setting(blocks >= 0, at + ".blocks", blocks, "blocks >= 0");
}

ImpalaEncoder::ImpalaEncoder(at::IntArrayRef shape, std::int64_t dim, std::string_view norm,
                             const ImpalaEncoderOptions& options, bool standardise)
    : ImageEncoder("impala_encoder", shape, dim, standardise) {
  options.validate("impala_encoder");
  std::int64_t height = rows();
  std::int64_t width = columns();
  std::int64_t inputs = channels();
  const auto add = [&](const std::string& name, std::int64_t from, std::int64_t to) {
    const auto layer = torch::nn::Conv2dOptions(from, to, /*kernel_size=*/3).padding(1);
    return register_module(name, torch::nn::Conv2d(layer));
  };
  for (std::size_t i = 0; i < options.channels.size(); ++i) {
    const std::string stage = "stage" + std::to_string(i);
    const std::int64_t features = options.channels[i];
    stages_.push_back({.widen = add(stage + "_widen", inputs, features), .residual = {}});
    for (std::int64_t layer = 0; layer < 2 * options.blocks; ++layer) {
      stages_.back().residual.push_back(
          add(stage + "_residual" + std::to_string(layer), features, features));
    }
    inputs = features;
    height = (height + 1) / 2;
    width = (width + 1) / 2;
  }
  out_ = register_module("out", torch::nn::Linear(height * width * inputs, dim));
  norm_ = register_module("norm", std::make_shared<StateNorm>(norm, dim));
}

Tensor ImpalaEncoder::forward(const Tensor& x) {
  expect_fits(x);
  Tensor h = pixels(x, out_->weight.scalar_type());  // [N, C, Y, X]
  for (Stage& stage : stages_) {
    h = torch::max_pool2d(stage.widen->forward(h), /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
    for (std::size_t i = 0; i < stage.residual.size(); i += 2) {
      const Tensor inner = torch::relu(stage.residual[i]->forward(h));
      h = torch::relu(h + stage.residual[i + 1]->forward(inner));
    }
  }
  h = torch::relu(h).permute({0, 2, 3, 1}).reshape({x.size(0), -1});  // [N, Y' X' C']
  return norm_->forward(out_->forward(h));
}

}  // namespace forethink
