// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/world_model/residual_mlp_predictor.h"

#include <torch/torch.h>

#include "forethink/core/shape.h"

namespace forethink {
namespace {

void expect_step(const Predictor& predictor, const Tensor& s, const Tensor& a) {
  expect_shape("s", s, {kAny, predictor.state_dim()});
  expect_shape("a", a, {s.size(0), predictor.action_dim()});
}

}  // namespace

ResidualMlpPredictor::ResidualMlpPredictor(std::int64_t state_dim, std::int64_t action_dim,
                                           const PredictorOptions& options)
    : state_dim_(state_dim), action_dim_(action_dim), latent_dim_(options.latent_dim) {
  options.validate("predictor");
  const MlpOptions mlp{
      .widths = std::vector<std::int64_t>(static_cast<std::size_t>(options.layers), options.hidden),
      .activation = "silu",
      .final_scale = options.final_scale};
  mlp_ = register_module(
      "mlp", std::make_shared<Mlp>(state_dim + action_dim + latent_dim_, state_dim, mlp));
  norm_ = register_module("norm", std::make_shared<StateNorm>(options.norm, state_dim));
}

Tensor ResidualMlpPredictor::forward(const Tensor& s, const Tensor& a, const Tensor& z) {
  expect_step(*this, s, a);
  const Tensor input = torch::cat({s, join_latent(a, z, latent_dim_)}, /*dim=*/1);
  return norm_->forward(s + mlp_->forward(input));
}

Value ResidualMlpPredictor::describe(Formula& formula, Value s, Value a) const {
  return norm_->describe(formula, formula.add(s, mlp_->describe(formula, {s, a})));
}

FilmBlock::FilmBlock(std::int64_t width, std::int64_t condition_dim)
    : in_(register_module("in", torch::nn::Linear(width, width))),
      norm_(register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})))),
      film_(register_module("film", std::make_shared<FilmLayer>(condition_dim, width))),
      out_(register_module("out", torch::nn::Linear(width, width))) {}

Tensor FilmBlock::forward(const Tensor& x, const Tensor& condition) {
  const Tensor h = film_->forward(norm_->forward(in_->forward(x)), condition);
  return x + out_->forward(torch::silu(h));
}

Value FilmBlock::describe(Formula& formula, Value x, Value condition) const {
  const Value inside = formula.linear({x}, in_->weight, in_->bias);
  const Value h = film_->describe(formula, describe_norm(formula, inside, norm_), condition);
  const Value bent = formula.activate(h, Activation::kSilu);
  return formula.add(x, formula.linear({bent}, out_->weight, out_->bias));
}

FilmPredictor::FilmPredictor(std::int64_t state_dim, std::int64_t action_dim,
                             const PredictorOptions& options)
    : state_dim_(state_dim),
      action_dim_(action_dim),
      latent_dim_(options.latent_dim),
      final_scale_(options.final_scale) {
  options.validate("predictor");
  const std::int64_t condition = options.action_embedding;
  embed_ = register_module("embed", std::make_shared<Mlp>(action_dim + latent_dim_, condition,
                                                          MlpOptions{.widths = {2 * condition}}));
  in_ = register_module("in", torch::nn::Linear(state_dim + condition, options.hidden));
  for (std::int64_t i = 0; i < options.layers; ++i) {
    blocks_.push_back(register_module("block" + std::to_string(i),
                                      std::make_shared<FilmBlock>(options.hidden, condition)));
  }
  out_ = register_module("out", torch::nn::Linear(options.hidden, state_dim));
  norm_ = register_module("norm", std::make_shared<StateNorm>(options.norm, state_dim));
}

Tensor FilmPredictor::forward(const Tensor& s, const Tensor& a, const Tensor& z) {
  expect_step(*this, s, a);
  const Tensor condition = embed_->forward(join_latent(a, z, latent_dim_));  // [N, E]
  Tensor x = in_->forward(torch::cat({s, condition}, /*dim=*/1));
  for (auto& block : blocks_) x = block->forward(x, condition);
  return norm_->forward(s + out_->forward(x));
}

Value FilmPredictor::describe(Formula& formula, Value s, Value a) const {
  const Value condition = embed_->describe(formula, {a});
  Value x = formula.linear({s, condition}, in_->weight, in_->bias);
  for (const auto& block : blocks_) x = block->describe(formula, x, condition);
  return norm_->describe(formula, formula.add(s, formula.linear({x}, out_->weight, out_->bias)));
}

void FilmPredictor::adjust_initial_weights() {
  out_->weight.mul_(final_scale_);
  out_->bias.mul_(final_scale_);
}

}  // namespace forethink
