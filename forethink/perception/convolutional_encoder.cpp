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
                                           const ConvolutionalEncoderOptions& options)
    : shape_(shape.vec()), dim_(dim) {
  options.validate("convolutional_encoder");
  expect_setting(shape_.size() == 3, "convolutional_encoder.shape",
                 static_cast<std::int64_t>(shape_.size()), "3 axes: rows, columns, channels");
  std::int64_t rows = shape_[0];
  std::int64_t columns = shape_[1];
  std::int64_t inputs = shape_[2];
  for (std::size_t i = 0; i < options.channels.size(); ++i) {
    const auto layer = torch::nn::Conv2dOptions(inputs, options.channels[i], options.kernel)
                           .stride(2)
                           .padding(options.kernel / 2);
    layers_.push_back(register_module("layer" + std::to_string(i), torch::nn::Conv2d(layer)));
    inputs = options.channels[i];
    rows = (rows + 1) / 2;
    columns = (columns + 1) / 2;
  }
  out_ = register_module("out", torch::nn::Linear(rows * columns * inputs, dim));
  norm_ = register_module("norm", std::make_shared<StateNorm>(norm, dim));
}

Tensor ConvolutionalEncoder::forward(const Tensor& x) {
  expect_image(x, shape_[0], shape_[1], shape_[2]);
  // Rows of pixels with channels innermost are torch's channels-last layout once axes are renamed.
  Tensor h = scale_pixels(x, out_->weight.scalar_type()).permute({0, 3, 1, 2});  // [N, C, Y, X]
  for (auto& layer : layers_) h = torch::relu(layer->forward(h));
  h = h.permute({0, 2, 3, 1}).reshape({x.size(0), -1});  // [N, Y' X' C']
  return norm_->forward(out_->forward(h));
}

}  // namespace forethink
