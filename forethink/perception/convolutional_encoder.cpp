// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/convolutional_encoder.h"

#include <torch/torch.h>

#include "forethink/core/settings.h"
#include "forethink/perception/pixels.h"

namespace forethink {

void ConvolutionalEncoderOptions::validate(std::string_view section) const {
  const std::string at(section);
  expect_setting(!channels.empty(), at + ".channels", static_cast<std::int64_t>(channels.size()),
                 "at least one layer");
  for (const std::int64_t count : channels) {
    expect_setting(count >= 1, at + ".channels", count, "each >= 1");
  }
  expect_setting(kernel >= 3 && kernel % 2 == 1, at + ".kernel", kernel, "odd, kernel >= 3");
}

ConvolutionalEncoder::ConvolutionalEncoder(at::IntArrayRef shape, std::int64_t dim,
                                           std::string_view norm,
                                           const ConvolutionalEncoderOptions& options,
                                           bool standardise)
    : ImageEncoder("convolutional_encoder", shape, dim, standardise) {
  options.validate("convolutional_encoder");
  std::int64_t height = rows();
  std::int64_t width = columns();
  std::int64_t inputs = channels();
  for (std::size_t i = 0; i < options.channels.size(); ++i) {
    const auto layer = torch::nn::Conv2dOptions(inputs, options.channels[i], options.kernel)
                           .stride(2)
                           .padding(options.kernel / 2);
    layers_.push_back(register_module("layer" + std::to_string(i), torch::nn::Conv2d(layer)));
    inputs = options.channels[i];
    height = (height + 1) / 2;
    width = (width + 1) / 2;
  }
  out_ = register_module("out", torch::nn::Linear(height * width * inputs, dim));
  norm_ = register_module("norm", std::make_shared<StateNorm>(norm, dim));
}

Tensor ConvolutionalEncoder::forward(const Tensor& x) {
  expect_fits(x);
  Tensor h = pixels(x, out_->weight.scalar_type());  // [N, C, Y, X]
  for (auto& layer : layers_) h = torch::relu(layer->forward(h));
  h = h.permute({0, 2, 3, 1}).reshape({x.size(0), -1});  // [N, Y' X' C']
  return norm_->forward(out_->forward(h));
}

}  // namespace forethink
