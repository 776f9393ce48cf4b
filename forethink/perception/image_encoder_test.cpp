// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/image_encoder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/random.h"
#include "forethink/nn/init.h"
#include "forethink/perception/perception.h"

namespace forethink {
namespace {

class EveryImageEncoder : public testing::TestWithParam<const char*> {
 protected:
  static std::shared_ptr<Encoder> make(bool standardise) {
    EncoderOptions options{.kind = GetParam(), .dim = 4, .norm = "none"};
    options.standardise = standardise;
    options.patch = {.patch = 4, .hidden = 16};
    options.impala = {.channels = {4, 4}, .blocks = 1};
    options.vit = {.patch = 4, .width = 8, .layers = 1, .block = {.heads = 2, .hidden = 16}};
    return make_encoder(options, {8, 8, 2});
  }
};

// Channel 1 is always 100 or 104, channel 0 anything.
Tensor uneven_images(RandomStream& rng, std::int64_t count) {
  Tensor images = rng.integers({count, 8, 8, 2}, 0, 256);
  images.select(3, 1).remainder_(2).mul_(4).add_(100);
  return images.to(at::kByte);
}

TEST_P(EveryImageEncoder, StandardisesEachChannelByWhatItWasShown) {
  const torch::NoGradGuard no_grad;
  RandomStream rng(5, "images");
  const auto encoder = make(true), plain = make(false);
  initialise(*encoder, rng);
  encoder->standardise(uneven_images(rng, 200));
  const auto buffers = encoder->named_buffers();
  // 102 is (102 - 128) / 128; its deviation is 2 / 128.
  EXPECT_NEAR(buffers["channel_mean"][1].item<double>(), -26.0 / 128.0, 1e-3);
  EXPECT_NEAR(buffers["channel_scale"][1].item<double>(), 64.0, 0.5);
  EXPECT_NEAR(buffers["channel_scale"][0].item<double>(), 1.0 / 0.577, 0.05);
  // The same as a plain encoder that is shown standardised pixels, as images in [0, 1].
  for (const auto& parameter : encoder->named_parameters()) {
    plain->named_parameters()[parameter.key()].copy_(parameter.value());
  }
  const Tensor images = uneven_images(rng, 5);
  const Tensor scaled = (images.to(at::kFloat) - 128.0) / 128.0;
  const Tensor standard = (scaled - buffers["channel_mean"]) * buffers["channel_scale"];
  const Tensor as_image = (standard * 128.0 + 128.0) / 255.0;
  EXPECT_TRUE(at::allclose(encoder->forward(images), plain->forward(as_image), 1e-3, 1e-3));
}

TEST_P(EveryImageEncoder, TakesChannelsAsTheyAreUnlessToldOtherwise) {
  const torch::NoGradGuard no_grad;
  RandomStream rng(5, "images");
  const auto encoder = make(false);
  initialise(*encoder, rng);
  const Tensor images = uneven_images(rng, 5);
  const Tensor before = encoder->forward(images);
  encoder->standardise(images);
  EXPECT_TRUE(at::equal(encoder->forward(images), before));
  EXPECT_FALSE(encoder->named_buffers().contains("channel_mean"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryImageEncoder,
                         testing::Values("patch", "convolutional", "impala", "vit"),
                         [](const auto& kind) { return std::string(kind.param); });

}  // namespace
}  // namespace forethink
