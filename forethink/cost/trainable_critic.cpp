// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/trainable_critic.h"

#include <torch/torch.h>

#include <cmath>
#include <utility>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/nn/init.h"
#include "forethink/nn/mlp.h"

namespace forethink {

class CriticNet : public torch::nn::Module {
 public:
  /// [B, E] from goals [B, D].
  virtual Tensor goal_side(const Tensor& goals) = 0;
  /// [B, N] from states [B, N, D] and the goal side [B, E], without the scale.
  virtual Tensor forward(const Tensor& states, const Tensor& goal_side) = 0;
  /// The same as a formula: [rows, D] and [rows, E] -> [rows, 1].
  virtual Value describe(Formula& formula, Value state, Value goal_side) const = 0;
};

namespace {

// The last layer in float32 whatever the caller's precision: bf16 keeps 8 bits, and a remaining
// cost of 20 steps needs more to tell two neighbours apart.
Tensor in_full_precision(torch::nn::Linear& layer, const Tensor& x) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCPU);
  return layer->forward(x.to(layer->weight.scalar_type()));
}

// Hidden layers after the first linear map: normalise, bend, and on to the next map.
class Body final : public torch::nn::Module {
 public:
  Body(std::int64_t width, std::int64_t layers, std::int64_t outputs)
      : last_(register_module("last", torch::nn::Linear(width, outputs))) {
    for (std::int64_t i = 0; i < layers; ++i) {
      const std::string number = std::to_string(i);
      if (i > 0) {
        linears_.push_back(register_module("linear" + number, torch::nn::Linear(width, width)));
      }
      norms_.push_back(register_module("norm" + number,
                                       torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}))));
    }
  }

  // `h` is what the first linear map gave.
  Tensor forward(Tensor h) {
    for (std::size_t i = 0; i < norms_.size(); ++i) {
      if (i > 0) h = linears_[i - 1]->forward(h);
      h = torch::silu(norms_[i]->forward(h));
    }
    return in_full_precision(last_, h);
  }

  Value describe(Formula& formula, Value h) const {
    for (std::size_t i = 0; i < norms_.size(); ++i) {
      if (i > 0) h = formula.linear({h}, linears_[i - 1]->weight, linears_[i - 1]->bias);
      h = formula.activate(describe_norm(formula, h, norms_[i]), Activation::kSilu);
    }
    return formula.exact_linear(h, last_->weight, last_->bias);
  }

 private:
  torch::nn::Linear last_;
  std::vector<torch::nn::Linear> linears_;
  std::vector<torch::nn::LayerNorm> norms_;
};

class MlpCritic final : public CriticNet {
 public:
  MlpCritic(std::int64_t dim, const CriticOptions& options)
      : state_in_(register_module("state_in", torch::nn::Linear(dim, options.width))),
        goal_in_(register_module(
            "goal_in",
            torch::nn::Linear(torch::nn::LinearOptions(dim, options.width).bias(false)))),
        body_(register_module(
            "body", std::make_shared<Body>(options.width, options.layers, /*outputs=*/1))) {}

  // One linear map of [s, g] is the sum of one of s and one of g.
  Tensor goal_side(const Tensor& goals) override { return goal_in_->forward(goals); }

  Tensor forward(const Tensor& states, const Tensor& goal_side) override {
    const Tensor h = state_in_->forward(states) + goal_side.unsqueeze(1);  // [B, N, width]
    return torch::softplus(body_->forward(h).squeeze(-1));
  }

  Value describe(Formula& formula, Value state, Value goal_side) const override {
    const Value h =
        formula.add(formula.linear({state}, state_in_->weight, state_in_->bias), goal_side);
    return formula.activate(body_->describe(formula, h), Activation::kSoftplus);
  }

 private:
  torch::nn::Linear state_in_, goal_in_;
  std::shared_ptr<Body> body_;
};

class QuasimetricCritic final : public CriticNet {
 public:
  QuasimetricCritic(std::int64_t dim, const CriticOptions& options)
      : embedding_(options.embedding),
        in_(register_module("in", torch::nn::Linear(dim, options.width))),
        body_(register_module(
            "body", std::make_shared<Body>(options.width, options.layers, 2 * options.embedding))) {
  }

  Tensor goal_side(const Tensor& goals) override { return embed(goals); }

  Tensor forward(const Tensor& states, const Tensor& goal_side) override {
    const Tensor difference = embed(states) - goal_side.unsqueeze(1);  // [B, N, 2E]
    const Tensor symmetric =
        at::linalg_vector_norm(difference.narrow(2, 0, embedding_), 2, at::IntArrayRef({2}));
    const Tensor one_way = torch::relu(difference.narrow(2, embedding_, embedding_)).amax(2);
    return symmetric + one_way;
  }

  Value describe(Formula& formula, Value state, Value goal_side) const override {
    const Value embedded =
        body_->describe(formula, formula.linear({state}, in_->weight, in_->bias));
    const Value difference = formula.subtract(embedded, goal_side);
    const Value symmetric = formula.norm(formula.part(difference, 0, embedding_));
    const Value one_way = formula.largest(
        formula.activate(formula.part(difference, embedding_, embedding_), Activation::kRelu));
    return formula.add(symmetric, one_way);
  }

 private:
  Tensor embed(const Tensor& x) { return body_->forward(in_->forward(x)); }

  std::int64_t embedding_;
  torch::nn::Linear in_;
  std::shared_ptr<Body> body_;
};

std::shared_ptr<CriticNet> make_net(std::int64_t dim, const CriticOptions& options) {
  if (options.head == "quasimetric") return std::make_shared<QuasimetricCritic>(dim, options);
  return std::make_shared<MlpCritic>(dim, options);
}

Tensor largest(const std::vector<Tensor>& answers) {
  return answers.size() == 1 ? answers.front() : at::maximum(answers[0], answers[1]);
}

class CriticToGoals final : public CostToGoals {
 public:
  CriticToGoals(std::vector<std::shared_ptr<CriticNet>> nets, std::vector<Tensor> goal_sides,
                double scale, std::int64_t dim)
      : nets_(std::move(nets)), goal_sides_(std::move(goal_sides)), scale_(scale), dim_(dim) {}

  Tensor operator()(const Tensor& states, const Tensor& tasks) const override {
    expect_shape("states", states, {kAny, kAny, dim_});
    expect_shape("tasks", tasks, {states.size(0)});
    std::vector<Tensor> answers;
    for (std::size_t i = 0; i < nets_.size(); ++i) {
      answers.push_back(nets_[i]->forward(states, goal_sides_[i].index_select(0, tasks)));
    }
    return scale_ * largest(answers);
  }

  Value describe(Formula& formula, Value state) const override {
    std::vector<Value> answers;
    for (std::size_t i = 0; i < nets_.size(); ++i) {
      answers.push_back(nets_[i]->describe(formula, state, formula.of_task(goal_sides_[i])));
    }
    const Value largest =
        answers.size() == 1 ? answers[0] : formula.maximum(answers[0], answers[1]);
    return formula.scale(largest, scale_);
  }

 private:
  std::vector<std::shared_ptr<CriticNet>> nets_;
  std::vector<Tensor> goal_sides_;  // [P, E] of each net
  double scale_;
  std::int64_t dim_;
};

}  // namespace

void CriticOptions::validate() const {
  expect_setting(head == "mlp" || head == "quasimetric", "critic.head", head,
                 "one of mlp, quasimetric");
  expect_setting(width >= 1, "critic.width", width, "width >= 1");
  expect_setting(layers >= 1, "critic.layers", layers, "layers >= 1");
  expect_setting(embedding >= 1, "critic.embedding", embedding, "embedding >= 1");
  expect_setting(scale > 0.0 && std::isfinite(scale), "critic.scale", scale,
                 "0 < scale < infinity");
}

TrainableCritic::TrainableCritic(std::int64_t state_dim, const CriticOptions& options,
                                 RandomStream& rng)
    : state_dim_(state_dim), options_(options) {
  options.validate();
  expect_setting(state_dim >= 1, "critic.state_dim", state_dim, "state_dim >= 1");
  for (int i = 0; i < (options.pair ? 2 : 1); ++i) {
    nets_.push_back(make_net(state_dim, options));
    initialise(*nets_.back(), rng);
  }
}

std::unique_ptr<const CostToGoals> TrainableCritic::to(const Tensor& goals) const {
  expect_shape("goals", goals, {kAny, state_dim_});
  const at::NoGradGuard no_grad;
  std::vector<Tensor> goal_sides;
  for (const auto& net : nets_) goal_sides.push_back(net->goal_side(goals));
  return std::make_unique<CriticToGoals>(nets_, std::move(goal_sides), options_.scale, state_dim_);
}

Tensor TrainableCritic::distances(const Tensor& states, const Tensor& goals) const {
  expect_shape("states", states, {kAny, state_dim_});
  expect_shape("goals", goals, {states.size(0), state_dim_});
  std::vector<Tensor> answers;
  for (const auto& net : nets_) {
    answers.push_back(net->forward(states.unsqueeze(1), net->goal_side(goals)).squeeze(1));  // [N]
  }
  return options_.scale * at::stack(answers);
}

Tensor TrainableCritic::remaining(const Tensor& states, const Tensor& goals) const {
  expect_shape("states", states, {kAny, kAny, state_dim_});
  expect_shape("goals", goals, {states.size(0), state_dim_});
  std::vector<Tensor> answers;
  for (const auto& net : nets_) answers.push_back(net->forward(states, net->goal_side(goals)));
  return options_.scale * largest(answers);
}

std::vector<Tensor> TrainableCritic::parameters() const {
  std::vector<Tensor> all;
  for (const auto& net : nets_) {
    for (const Tensor& parameter : net->parameters()) all.push_back(parameter);
  }
  return all;
}

std::map<std::string, Tensor> TrainableCritic::state() const {
  std::map<std::string, Tensor> tensors;
  for (std::size_t i = 0; i < nets_.size(); ++i) {
    for (const auto& item : nets_[i]->named_parameters()) {
      tensors["net" + std::to_string(i) + "." + item.key()] = item.value().detach().clone();
    }
  }
  return tensors;
}

void TrainableCritic::restore(const std::map<std::string, Tensor>& tensors) {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < nets_.size(); ++i) {
    for (auto& item : nets_[i]->named_parameters()) {
      const std::string name = "net" + std::to_string(i) + "." + item.key();
      const auto found = tensors.find(name);
      if (found == tensors.end()) {
        throw CheckpointError("critic: tensor '" + name + "' is missing");
      }
      if (found->second.sizes() != item.value().sizes()) {
        throw CheckpointError("critic: tensor '" + name + "' has another shape than the network");
      }
      item.value().copy_(found->second);
    }
  }
}

}  // namespace forethink
