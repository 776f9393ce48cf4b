// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/importers/tdmpc2.h"

#include <torch/torch.h>

#include <cmath>
#include <utility>

#include "forethink/core/error.h"
#include "forethink/core/safetensors.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/importers/named_tensors.h"
#include "forethink/nn/sim_norm.h"

namespace forethink {
constexpr double kEpsilon = 1e-5;  // Of torch's layer norm.

namespace tdmpc2 {

// A layer: W x + b, and what follows.
struct Layer {
  Tensor weight, bias;      // [N, K], [N]
  Tensor gain, shift = {};  // Of a layer norm, [N]; undefined in a network's last layer.
};

// Layers that end in SimNorm, or plainly if `simplex` is 0.
struct Network {
  std::vector<Layer> layers;
  std::int64_t simplex = 0;

  std::int64_t inputs() const { return layers.front().weight.size(1); }
  std::int64_t outputs() const { return layers.back().weight.size(0); }

  Tensor operator()(Tensor x) const {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const Layer& layer = layers[i];
      x = at::linear(x, layer.weight, layer.bias);
      const bool last = i + 1 == layers.size();
      if (!layer.gain.defined()) continue;
      x = at::layer_norm(x, {layer.weight.size(0)}, layer.gain, layer.shift, kEpsilon);
      x = last && simplex > 0 ? sim_norm(x, simplex) : at::mish(x);
    }
    return x;
  }

  Value describe(Formula& formula, std::vector<Value> x) const {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const Layer& layer = layers[i];
      Value y = formula.linear(x, layer.weight, layer.bias);
      const bool last = i + 1 == layers.size();
      if (layer.gain.defined()) {
        y = formula.layer_norm(y, layer.gain, layer.shift, kEpsilon);
        y = last && simplex > 0 ? formula.sim_norm(y, simplex)
                                : formula.activate(y, Activation::kMish);
      }
      x = {y};
    }
    return x.front();
  }
};

}  // namespace tdmpc2

namespace {

using tdmpc2::Layer;
using tdmpc2::Network;

// Reads networks by their authors' names.
class Reader {
 public:
  explicit Reader(const std::map<std::string, Tensor>& tensors) : named_("tdmpc2", tensors) {}

  const NamedTensors& named() const { return named_; }

  // `heads` > 0: the layers of that many networks lie in one tensor.
  std::vector<Layer> layers(const std::string& prefix, std::int64_t inputs, std::int64_t heads = 0,
                            std::int64_t head = 0) const {
    // A matrix [rows, columns], or a vector of so many rows.
    const auto one = [&](const std::string& name, std::int64_t rows, std::int64_t columns = 0) {
      if (heads == 0)
        return columns == 0 ? named_.take(name, {rows}) : named_.take(name, {rows, columns});
      const Tensor all_heads = columns == 0 ? named_.take(name, {heads, rows})
                                            : named_.take(name, {heads, rows, columns});
      return all_heads.select(0, head).contiguous();
    };
    std::vector<Layer> all;
    for (std::int64_t width = inputs; named_.has(at(prefix, all.size()) + ".weight");) {
      const std::string name = at(prefix, all.size());
      Layer layer;
      layer.weight = one(name + ".weight", kAny, width);
      width = layer.weight.size(0);
      layer.bias = one(name + ".bias", width);
      if (named_.has(name + ".ln.weight")) {
        layer.gain = one(name + ".ln.weight", width);
        layer.shift = one(name + ".ln.bias", width);
      }
      all.push_back(std::move(layer));
    }
    if (all.empty()) throw DataError("tdmpc2: the tensor " + at(prefix, 0) + ".weight is missing");
    return all;
  }

 private:
  static std::string at(const std::string& prefix, std::size_t layer) {
    return prefix + "." + std::to_string(layer);
  }
  NamedTensors named_;
};

// symexp of the mean of the bins.
Value describe_expectation(Formula& formula, Value logits, const Tensor& bins) {
  return formula.activate(formula.expectation(logits, bins), Activation::kSymexp);
}

}  // namespace

void Tdmpc2Options::validate() const {
  expect_setting(simplex >= 1, "tdmpc2.simplex", simplex, "simplex >= 1");
  expect_setting(bin_high > bin_low, "tdmpc2.bin_high", bin_high, "bin_high > bin_low");
  expect_setting(log_std_high > log_std_low, "tdmpc2.log_std_high", log_std_high,
                 "log_std_high > log_std_low");
  expect_setting(0.0 < discount && discount <= 1.0, "tdmpc2.discount", discount,
                 "0 < discount <= 1");
  expect_setting(!value_heads.empty(), "tdmpc2.value_heads", "[]", "at least one head");
}

struct Tdmpc2::Networks {
  Tdmpc2Options options;
  tdmpc2::Network encoder, predictor, reward, policy;
  std::vector<tdmpc2::Network> heads;  // Of the value that are used.
  Tensor bins;
  std::int64_t state_dim = 0;
  std::int64_t action_dim = 0;

  Tensor policy_action(const Tensor& s, const Tensor& noise) const {
    const auto parts = policy(s).chunk(2, /*dim=*/-1);
    if (!noise.defined()) return parts[0].tanh();
    const double half = 0.5 * (options.log_std_high - options.log_std_low);
    const Tensor log_std = options.log_std_low + half * (parts[1].tanh() + 1.0);
    return (parts[0] + noise * log_std.exp()).tanh();
  }
  Tensor mean_value(const Tensor& s, const Tensor& a) const {
    const Tensor x = at::cat({s, a}, -1);
    Tensor sum;
    for (const Network& head : heads) {
      const Tensor q = symexp_expectation(head(x), bins);
      sum = sum.defined() ? sum + q : q;
    }
    return sum / static_cast<double>(heads.size());
  }

  // tanh(mean + deviation * noise) of the row's task.
  Value describe_policy(Formula& formula, Value s, const Tensor& noise) const {
    const Value out = policy.describe(formula, {s});
    const Value mean = formula.part(out, 0, action_dim);
    if (!noise.defined()) return formula.activate(mean, Activation::kTanh);
    const double half = 0.5 * (options.log_std_high - options.log_std_low);
    const Value bent =
        formula.activate(formula.part(out, action_dim, action_dim), Activation::kTanh);
    const Value deviation =
        formula.activate(formula.scale(bent, half, options.log_std_low + half), Activation::kExp);
    const Value away = formula.multiply(deviation, formula.of_task(noise));
    return formula.activate(formula.add(mean, away), Activation::kTanh);
  }
};

// - r(s[h], a[h]), discounted.
class Tdmpc2::Reward final : public CostTerm {
 public:
  explicit Reward(std::shared_ptr<const Networks> networks) : networks_(std::move(networks)) {}
  std::string name() const override { return "reward"; }
  Tensor energy(const Imagined& imagined) const override {
    const std::int64_t H = imagined.actions.size(2);
    const Tensor x = at::cat({imagined.states.narrow(2, 0, H), imagined.actions}, -1);
    const Tensor rewards = symexp_expectation(networks_->reward(x), networks_->bins);  // [B, S, H]
    const Tensor discounts = at::pow(networks_->options.discount, at::arange(H, at::kFloat));
    return -(rewards * discounts).sum(-1);
  }
  StepEnergy describe(Formula& formula, const StepValues& step,
                      std::int64_t horizon) const override {
    const Value logits = networks_->reward.describe(formula, {step.before, step.action});
    const Value reward = describe_expectation(formula, logits, networks_->bins);
    return {.energy = formula.scale(reward, -1.0),
            .last_steps = horizon,
            .discount = networks_->options.discount};
  }

 private:
  std::shared_ptr<const Networks> networks_;
};

// - q(s[H], Pi(s[H])), discounted.
class Tdmpc2::FinalValue final : public CostTerm {
 public:
  FinalValue(std::shared_ptr<const Networks> networks, Tensor noise, std::int64_t horizon)
      : networks_(std::move(networks)),
        noise_(std::move(noise)),
        weight_(std::pow(networks_->options.discount, static_cast<double>(horizon))) {}
  std::string name() const override { return "value"; }
  Tensor energy(const Imagined& imagined) const override {
    const Tensor s = imagined.states.select(2, imagined.states.size(2) - 1);  // [B, S, D]
    Tensor noise;
    if (noise_.defined()) noise = noise_.index_select(0, imagined.tasks).unsqueeze(1);
    return -weight_ * networks_->mean_value(s, networks_->policy_action(s, noise));
  }
  StepEnergy describe(Formula& formula, const StepValues& step, std::int64_t) const override {
    const Value action = networks_->describe_policy(formula, step.state, noise_);
    Value sum;
    for (const Network& head : networks_->heads) {
      const Value q = describe_expectation(formula, head.describe(formula, {step.state, action}),
                                           networks_->bins);
      sum = sum.id < 0 ? q : formula.add(sum, q);
    }
    const auto count = static_cast<double>(networks_->heads.size());
    return {.energy = formula.scale(sum, -1.0 / count), .final_weight = weight_};
  }

 private:
  std::shared_ptr<const Networks> networks_;
  Tensor noise_;  // [P, A], or undefined.
  double weight_;
};

Tdmpc2::Tdmpc2(const std::map<std::string, Tensor>& tensors, const Tdmpc2Options& options) {
  options.validate();
  const Reader reader(tensors);
  auto networks = std::make_shared<Networks>();
  networks->options = options;
  networks->encoder = {reader.layers("_encoder.state", kAny), options.simplex};
  const std::int64_t D = networks->state_dim = networks->encoder.outputs();
  networks->policy = {reader.layers("_pi", D)};
  const std::int64_t A = networks->action_dim = networks->policy.outputs() / 2;
  networks->predictor = {reader.layers("_dynamics", D + A), options.simplex};
  networks->reward = {reader.layers("_reward", D + A)};
  if (networks->predictor.outputs() != D || D % options.simplex != 0) {
    throw DataError(
        "tdmpc2: encoder and dynamics give " + std::to_string(D) + " and " +
        std::to_string(networks->predictor.outputs()) +
        " numbers; both must be the same multiple of simplex = " + std::to_string(options.simplex));
  }
  const std::int64_t heads =
      reader.named().take("_Qs.params.0.weight", {kAny, kAny, D + A}).size(0);
  for (const std::int64_t head : options.value_heads) {
    expect_setting(0 <= head && head < heads, "tdmpc2.value_heads", head,
                   "heads 0 to " + std::to_string(heads - 1));
    networks->heads.push_back({reader.layers("_Qs.params", D + A, heads, head)});
  }
  const std::int64_t N = networks->reward.outputs();
  for (const Network& head : networks->heads) {
    if (head.outputs() == N) continue;
    throw DataError("tdmpc2: rewards have " + std::to_string(N) + " bins and values " +
                    std::to_string(head.outputs()));
  }
  networks->bins = at::linspace(options.bin_low, options.bin_high, N, at::kFloat);
  networks_ = std::move(networks);
}

Tdmpc2::~Tdmpc2() = default;

Tdmpc2 Tdmpc2::load(const std::filesystem::path& path, const Tdmpc2Options& options) {
  return Tdmpc2(load_tensors(path).tensors, options);
}

Tensor Tdmpc2::encode(const Tensor& observations) const {
  expect_shape("observations", observations, {kAny, networks_->encoder.inputs()});
  return networks_->encoder(observations);
}

std::int64_t Tdmpc2::state_dim(std::int64_t) const { return networks_->state_dim; }
std::int64_t Tdmpc2::action_dim(std::int64_t) const { return networks_->action_dim; }

Tensor Tdmpc2::predict(const Tensor& s, const Tensor& a, const Tensor&, std::int64_t) const {
  expect_shape("s", s, {kAny, state_dim()});
  expect_shape("a", a, {s.size(0), action_dim()});
  return networks_->predictor(at::cat({s, a}, 1));
}

Value Tdmpc2::describe(Formula& formula, Value s, Value a, std::int64_t) const {
  return networks_->predictor.describe(formula, {s, a});
}

Tensor Tdmpc2::reward(const Tensor& s, const Tensor& a) const {
  return symexp_expectation(networks_->reward(at::cat({s, a}, 1)), networks_->bins);
}

Tensor Tdmpc2::policy(const Tensor& s, const Tensor& noise) const {
  return networks_->policy_action(s, noise);
}

Tensor Tdmpc2::value(const Tensor& s, const Tensor& a) const { return networks_->mean_value(s, a); }

Cost Tdmpc2::cost(std::int64_t horizon, const Tensor& noise) const {
  if (noise.defined()) expect_shape("noise", noise, {kAny, action_dim()});
  Cost cost;
  cost.add(std::make_shared<Reward>(networks_), 1.0);
  cost.add(std::make_shared<FinalValue>(networks_, noise, horizon), 1.0);
  return cost;
}

}  // namespace forethink
