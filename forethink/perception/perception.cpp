// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/perception.h"

#include <torch/torch.h>

#include <algorithm>

#include "forethink/core/error.h"
#include "forethink/core/frames.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

// Images whose activations together stay in the second-level caches of two cores.
constexpr std::int64_t kChunk = 256;

// Puts a shared network into evaluation mode and back, whatever happens between.
class EvaluationMode {
 public:
  explicit EvaluationMode(torch::nn::Module& module) : module_(module), was_(module.is_training()) {
    if (was_) module_.eval();
  }
  ~EvaluationMode() {
    if (was_) module_.train();
  }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  torch::nn::Module& module_;
  bool was_;
};

Tensor estimate_in_chunks(Encoder& encoder, const Tensor& reading) {
  const EvaluationMode evaluation(encoder);
  if (reading.size(0) <= kChunk) return encoder.forward(reading);
  std::vector<Tensor> states;
  for (const Tensor& chunk : reading.split(kChunk)) states.push_back(encoder.forward(chunk));
  return torch::cat(states);
}

}  // namespace

void EncoderOptions::validate(std::string_view section) const {
  const std::string at(section);
  const bool known = kind == "patch" || kind == "convolutional" || kind == "impala" ||
                     kind == "vit" || kind == "vector";
  expect_setting(known, at + ".kind", kind, "one of patch, convolutional, impala, vit, vector");
  expect_setting(dim >= 2, at + ".dim", dim, "dim >= 2");
  StateNorm::expect_kind(at + ".norm", norm);
  expect_setting(frames >= 1, at + ".frames", frames, "frames >= 1");
  patch.validate(at + ".patch");
  convolutional.validate(at + ".convolutional");
  impala.validate(at + ".impala");
  vit.validate(at + ".vit");
  vector.validate(at + ".vector");
}

std::shared_ptr<Encoder> make_encoder(const EncoderOptions& options, at::IntArrayRef sensor_shape) {
  options.validate("encoder");
  std::vector<std::int64_t> shape = sensor_shape.vec();
  if (!shape.empty()) shape.back() *= options.frames;
  const bool is_image = shape.size() == 3;
  if (options.kind == "vector") {
    expect_setting(shape.size() == 1, "encoder.kind", options.kind,
                   "one of the kinds for images, for a sensor of shape " + c10::str(sensor_shape));
    return std::make_shared<VectorEncoder>(shape[0], options.dim, options.norm, options.vector);
  }
  expect_setting(is_image, "encoder.kind", options.kind,
                 "vector for a sensor of shape " + c10::str(sensor_shape));
  if (options.kind == "patch") {
    return std::make_shared<PatchEncoder>(shape, options.dim, options.norm, options.patch,
                                          options.standardise);
  }
  if (options.kind == "convolutional") {
    return std::make_shared<ConvolutionalEncoder>(shape, options.dim, options.norm,
                                                  options.convolutional, options.standardise);
  }
  if (options.kind == "impala") {
    return std::make_shared<ImpalaEncoder>(shape, options.dim, options.norm, options.impala,
                                           options.standardise);
  }
  return std::make_shared<VitEncoder>(shape, options.dim, options.norm, options.vit,
                                      options.standardise);
}

Perception::Perception(std::map<std::string, std::shared_ptr<Encoder>> encoders,
                       std::int64_t frames)
    : encoders_(std::move(encoders)), frames_(frames) {
  expect_setting(frames >= 1, "perception.frames", frames, "frames >= 1");
  if (encoders_.empty()) throw ConfigError("perception: no sensor is used, expected at least one");
}

template <class Encode>
Tensor Perception::encode_with(const Observation& x, Encode&& encode) const {
  std::vector<Tensor> states;
  for (const auto& [sensor, encoder] : encoders_) {
    const auto found = x.find(sensor);
    if (found == x.end()) {
      std::string present;
      for (const auto& [name, reading] : x) present += (present.empty() ? "" : ", ") + name;
      throw ShapeError("perception: the observation lacks the sensor '" + sensor +
                       "'; it has: " + (present.empty() ? "nothing" : present));
    }
    states.push_back(encode(*encoder, found->second));
    if (states.back().size(0) != states.front().size(0)) {
      throw ShapeError("perception: sensor '" + sensor + "' has a batch of " +
                       std::to_string(states.back().size(0)) + ", expected " +
                       std::to_string(states.front().size(0)) + " as '" + encoders_.begin()->first +
                       "' has");
    }
  }
  return states.size() == 1 ? states.front() : torch::cat(states, /*dim=*/1);
}

Tensor Perception::estimate(const Observation& x) const {
  const torch::NoGradGuard no_grad;
  return encode_with(x, estimate_in_chunks);
}

Tensor Perception::estimate_at_rest(const Observation& x) const {
  return estimate(stack_frames(std::vector<Observation>(static_cast<std::size_t>(frames_), x)));
}

Tensor Perception::encode(const Observation& x) const {
  return encode_with(
      x, [](Encoder& encoder, const Tensor& reading) { return encoder.forward(reading); });
}

std::int64_t Perception::dim() const {
  std::int64_t sum = 0;
  for (const auto& [sensor, encoder] : encoders_) sum += encoder->dim();
  return sum;
}

}  // namespace forethink
