// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Perception: estimates the state of the world from what the sensors read, s = Enc(x).
//
// Each sensor that is used has its own encoder; the state is their outputs side by side, in the
// order of the sensors' names.
//
// Role:    the perception module (figures 2, 3 and 4).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "forethink/nn/module.h"
#include "forethink/perception/convolutional_encoder.h"
#include "forethink/perception/impala_encoder.h"
#include "forethink/perception/patch_encoder.h"
#include "forethink/perception/vector_encoder.h"
#include "forethink/perception/vit_encoder.h"

namespace forethink {

/// Which encoder, and its settings.
struct EncoderOptions {
  std::string kind = "patch";       ///< "patch", "convolutional", "impala", "vit" (images) or
                                    ///< "vector".
  std::int64_t dim = 128;           ///< D; >= 2.
  std::string norm = "layer_norm";  ///< End of the encoder: "layer_norm", "batch_norm", "none".
  bool standardise = false;         ///< Images: bring each channel to mean 0 and deviation 1, as it
                                    ///< is in what is watched.
  std::int64_t frames = 1;          ///< Readings that a state is estimated from, the last ones;
                                    ///< >= 1. Two or more show velocity.
  PatchEncoderOptions patch = {};
  ConvolutionalEncoderOptions convolutional = {};
  ImpalaEncoderOptions impala = {};
  VitEncoderOptions vit = {};
  MlpOptions vector = {.widths = {256, 256}};

  /// Throws ConfigError with `section`, the field, its value and the rule it breaks.
  void validate(std::string_view section) const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("kind", self.kind);
    visit("dim", self.dim);
    visit("norm", self.norm);
    visit("standardise", self.standardise);
    visit("frames", self.frames);
    visit("patch", self.patch);
    visit("convolutional", self.convolutional);
    visit("impala", self.impala);
    visit("vit", self.vit);
    visit("vector", self.vector);
  }
};

/// Builds the encoder that `options.kind` names. Its weights are not yet from a stream of ours:
/// call `initialise`.
/// @param sensor_shape  Shape of one reading: {Y, X, C} of an image, {V} of a vector. The encoder
///                      takes `options.frames` of them side by side.
/// @throws ConfigError  if `options` break a rule or the kind does not fit the shape.
std::shared_ptr<Encoder> make_encoder(const EncoderOptions& options, at::IntArrayRef sensor_shape);

class Perception {
 public:
  /// @param encoders  Sensor name -> encoder; shared with the world model that trained them.
  /// @param frames    Readings that a state is estimated from; the encoders take as many side by
  ///                  side, as `stack_frames` puts them.
  /// @throws ConfigError if there is no encoder, or frames < 1.
  explicit Perception(std::map<std::string, std::shared_ptr<Encoder>> encoders,
                      std::int64_t frames = 1);

  /// The state [B, D] that `x` suggests, without gradients, in evaluation mode, in chunks that fit
  /// the cache. Runs in bf16 inside a Bf16Scope.
  /// @throws ShapeError naming a sensor that is missing, or whose batch differs from the others'.
  Tensor estimate(const Observation& x) const;

  /// As `estimate`, for readings that nothing came before, such as goals: as if the world had
  /// stood still.
  Tensor estimate_at_rest(const Observation& x) const;

  /// As `estimate`, but differentiable and in the encoders' present mode.
  Tensor encode(const Observation& x) const;

  std::int64_t dim() const;  ///< D, the sum over sensors.
  std::int64_t frames() const { return frames_; }

 private:
  template <class Encode>
  Tensor encode_with(const Observation& x, Encode&& encode) const;

  std::map<std::string, std::shared_ptr<Encoder>> encoders_;
  std::int64_t frames_;
};

}  // namespace forethink
