// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/image_encoder.h"

#include <torch/torch.h>

#include "forethink/core/settings.h"
#include "forethink/perception/pixels.h"

namespace forethink {

ImageEncoder::ImageEncoder(std::string_view name, at::IntArrayRef shape, std::int64_t dim,
                           bool standardise)
    : name_(name), shape_(shape.vec()), dim_(dim) {
  expect_setting(shape_.size() == 3, name_ + ".shape", static_cast<std::int64_t>(shape_.size()),
                 "3 axes: rows, columns, channels");
  if (!standardise) return;
  channel_mean_ = register_buffer("channel_mean", at::zeros({channels()}));
  channel_scale_ = register_buffer("channel_scale", at::ones({channels()}));
}

void ImageEncoder::expect_tiled(std::int64_t side) const {
  expect_setting(rows() > 0 && columns() > 0 && rows() % side == 0 && columns() % side == 0,
                 name_ + ".patch", side,
                 "patch divides the image's rows and columns; the image is " +
                     c10::str(at::IntArrayRef(shape_)));
}

void ImageEncoder::expect_fits(const Tensor& x) const {
  expect_image(x, rows(), columns(), channels());
}

void ImageEncoder::standardise(const Tensor& images) {
  if (!channel_mean_.defined()) return;
  expect_fits(images);
  const Tensor values = scale_pixels(images, at::kFloat).reshape({-1, channels()});
  constexpr double least = 1e-3;  // A channel that never changes stays as it is, nearly.
  channel_mean_.copy_(values.mean(0));
  channel_scale_.copy_(1.0 / values.std(0).clamp_min(least));
}

Tensor ImageEncoder::pixels(const Tensor& x, at::ScalarType dtype) const {
  Tensor values = scale_pixels(x, dtype);
  if (channel_mean_.defined()) values = (values - channel_mean_) * channel_scale_;
  // Rows of pixels with channels innermost are torch's channels-last layout once axes are renamed.
  return values.to(dtype).permute({0, 3, 1, 2});
}

// W ((x - m) d) + b = (W d) x + (b - (W d) m): the layer is scaled instead of all the pixels.
PatchLayer ImageEncoder::embedding(const torch::nn::Linear& layer) const {
  if (!channel_mean_.defined()) return {layer->weight, layer->bias};
  const std::int64_t count = layer->weight.size(1) / channels();
  const Tensor weight = layer->weight * channel_scale_.repeat({count});
  return {weight, layer->bias - torch::mv(weight, channel_mean_.repeat({count}))};
}

}  // namespace forethink
