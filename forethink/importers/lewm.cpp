// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/importers/lewm.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "forethink/core/error.h"
#include "forethink/core/safetensors.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/importers/named_tensors.h"

namespace forethink {

namespace lewm {

constexpr double kPlainEpsilon = 1e-6;  // Of the norms without weights,
constexpr double kEpsilon = 1e-5;       // of those with weights, and of the batch norm.

struct Linear {
  Tensor weight, bias;  // [N, K]; [N] or undefined.
  Tensor operator()(const Tensor& x) const { return at::linear(x, weight, bias); }
  Value describe(Formula& formula, Value x) const { return formula.linear({x}, weight, bias); }
};

struct Norm {
  Tensor gain, shift;
  Tensor operator()(const Tensor& x) const {
    return at::layer_norm(x, {gain.size(0)}, gain, shift, kEpsilon);
  }
  Value describe(Formula& formula, Value x) const {
    return formula.layer_norm(x, gain, shift, kEpsilon);
  }
};

// One of a block's two branches is modulated by (scale, shift) and weighed by a gate.
struct Modulation {
  Linear scale_shift;  // -> [scale, shift], as Formula::film takes them.
  Linear gate;
};

struct Block {
  Modulation attention, thought;
  Norm norm_attention, norm_mlp;
  Linear query, key_value, out;  // key_value -> [k, v].
  Linear widen, narrow;
};

}  // namespace lewm

struct Lewm::Networks {
  std::int64_t heads = 0;
  std::int64_t state_dim = 0, action_dim = 0, inner = 0, window = 0;
  lewm::Linear smooth, embed_in, embed_out;
  Tensor position;  // [window, D]
  std::vector<lewm::Block> blocks;
  lewm::Norm last_norm;
  lewm::Linear project_in, project_out;  // The batch norm between them is in the first.

  Tensor embed(const Tensor& a) const { return embed_out(at::silu(embed_in(smooth(a)))); }
  Value embed(Formula& f, Value a) const {
    const Value wide = embed_in.describe(f, smooth.describe(f, a));
    return embed_out.describe(f, f.activate(wide, Activation::kSilu));
  }

  // The next state [N, D] from the frames of a window [N, T, D] and their actions' embeddings.
  Tensor next(const Tensor& frames, const Tensor& embedded) const {
    const std::int64_t N = frames.size(0), T = frames.size(1), D = state_dim;
    const auto modulated = [&](const Tensor& x, const lewm::Modulation& by, const Tensor& c) {
      const auto parts = by.scale_shift(c).chunk(2, -1);
      return at::layer_norm(x, {D}, {}, {}, lewm::kPlainEpsilon) * (1 + parts[0]) + parts[1];
    };
    const auto split = [&](const Tensor& x) {
      return x.view({N, T, heads, inner / heads}).transpose(1, 2);
    };
    const Tensor c = at::silu(embedded);
    Tensor x = frames + position.narrow(0, 0, T);
    for (const lewm::Block& block : blocks) {
      const Tensor seen = block.norm_attention(modulated(x, block.attention, c));
      const auto kv = block.key_value(seen).chunk(2, -1);
      const Tensor heard = at::scaled_dot_product_attention(
          split(block.query(seen)), split(kv[0]), split(kv[1]), {}, 0.0, /*is_causal=*/true);
      x = x + block.attention.gate(c) * block.out(heard.transpose(1, 2).reshape({N, T, inner}));
      const Tensor thought = block.norm_mlp(modulated(x, block.thought, c));
      x = x + block.thought.gate(c) * block.narrow(at::gelu(block.widen(thought)));
    }
    return project_out(at::gelu(project_in(last_norm(x.select(1, T - 1)))));
  }
};

namespace {

// A rollout as a formula: what is known of each frame and action is kept and used again.
class RolloutFormula {
 public:
  RolloutFormula(Formula& formula, std::int64_t blocks) : f_(formula), blocks_(blocks) {}

  // What an action says to each block, worked out when it is first asked for.
  struct Said {
    Value bent;  // SiLU(c)
    struct Branch {
      std::optional<Value> scale_shift, gate;
    };
    std::vector<std::array<Branch, 2>> branches;
  };
  void add_action(Value embedded) {
    said_.push_back({f_.activate(embedded, Activation::kSilu),
                     std::vector<std::array<Said::Branch, 2>>(blocks_)});
  }
  Value scale_shift(std::int64_t frame, std::int64_t block, int branch,
                    const lewm::Modulation& modulation) {
    auto& known = said_[frame].branches[block][branch].scale_shift;
    if (!known) known = modulation.scale_shift.describe(f_, said_[frame].bent);
    return *known;
  }
  Value gate(std::int64_t frame, std::int64_t block, int branch,
             const lewm::Modulation& modulation) {
    auto& known = said_[frame].branches[block][branch].gate;
    if (!known) known = modulation.gate.describe(f_, said_[frame].bent);
    return *known;
  }

 private:
  Formula& f_;
  std::int64_t blocks_;
  std::vector<Said> said_;
};

}  // namespace

void LewmOptions::validate() const {
  expect_setting(heads >= 1, "lewm.heads", heads, "heads >= 1");
}

Lewm::Lewm(const std::map<std::string, Tensor>& tensors, const LewmOptions& options) {
  options.validate();
  const NamedTensors named("lewm", tensors);
  const auto linear = [&](const std::string& name, std::int64_t rows, std::int64_t columns) {
    const Tensor weight = named.take(name + ".weight", {rows, columns});
    return lewm::Linear{weight, named.take(name + ".bias", {weight.size(0)})};
  };
  const auto norm = [&](const std::string& name, std::int64_t width) {
    return lewm::Norm{named.take(name + ".weight", {width}), named.take(name + ".bias", {width})};
  };
  auto networks = std::make_shared<Networks>();
  const Tensor position = named.take("predictor.pos_embedding", {1, kAny, kAny});
  const std::int64_t D = networks->state_dim = position.size(2);
  networks->position = position.squeeze(0);
  networks->window = position.size(1);
  networks->heads = options.heads;

  const Tensor smooth = named.take("action_encoder.patch_embed.weight", {kAny, kAny, 1});
  networks->action_dim = smooth.size(1);
  networks->smooth = {smooth.squeeze(2),
                      named.take("action_encoder.patch_embed.bias", {smooth.size(0)})};
  networks->embed_in = linear("action_encoder.embed.0", kAny, smooth.size(0));
  const std::int64_t hidden = networks->embed_in.weight.size(0);
  networks->embed_out = linear("action_encoder.embed.2", D, hidden);

  for (std::int64_t i = 0;; ++i) {
    const std::string at = "predictor.transformer.layers." + std::to_string(i) + ".";
    if (i > 0 && !named.has(at + "attn.to_qkv.weight")) break;
    lewm::Block block;
    const Tensor qkv = named.take(at + "attn.to_qkv.weight", {kAny, D});
    const std::int64_t inner = networks->inner = qkv.size(0) / 3;
    if (inner == 0 || qkv.size(0) % 3 != 0 || inner % options.heads != 0) {
      throw DataError("lewm: " + at + "attn.to_qkv.weight has " + std::to_string(qkv.size(0)) +
                      " rows, which three times " + std::to_string(options.heads) +
                      " heads do not divide");
    }
    block.query = {qkv.narrow(0, 0, inner).contiguous(), {}};
    block.key_value = {qkv.narrow(0, inner, 2 * inner).contiguous(), {}};
    block.out = linear(at + "attn.to_out.0", D, inner);
    block.norm_attention = norm(at + "attn.norm", D);
    block.norm_mlp = norm(at + "mlp.net.0", D);
    block.widen = linear(at + "mlp.net.1", kAny, D);
    block.narrow = linear(at + "mlp.net.4", D, block.widen.weight.size(0));
    // Rows of six parts: shift, scale and gate of attention, then of the MLP.
    const lewm::Linear all = linear(at + "adaLN_modulation.1", 6 * D, D);
    const auto part = [&](const Tensor& from, std::int64_t index) {
      return from.narrow(0, index * D, D);
    };
    for (const std::int64_t first : {0, 3}) {
      lewm::Modulation& to = first == 0 ? block.attention : block.thought;
      to.scale_shift = {at::cat({part(all.weight, first + 1), part(all.weight, first)}),
                        at::cat({part(all.bias, first + 1), part(all.bias, first)})};
      to.gate = {part(all.weight, first + 2).contiguous(), part(all.bias, first + 2).contiguous()};
    }
    networks->blocks.push_back(std::move(block));
  }
  networks->last_norm = norm("predictor.transformer.norm", D);
  // A batch norm that no longer learns is a scale and a shift, which the layer before it takes in.
  const lewm::Linear in = linear("pred_proj.net.0", kAny, D);
  const std::int64_t wide = in.weight.size(0);
  const Tensor scale = named.take("pred_proj.net.1.weight", {wide}) /
                       (named.take("pred_proj.net.1.running_var", {wide}) + lewm::kEpsilon).sqrt();
  networks->project_in = {in.weight * scale.unsqueeze(1),
                          (in.bias - named.take("pred_proj.net.1.running_mean", {wide})) * scale +
                              named.take("pred_proj.net.1.bias", {wide})};
  networks->project_out = linear("pred_proj.net.3", D, wide);
  networks_ = std::move(networks);
}

Lewm::~Lewm() = default;

Lewm Lewm::load(const std::filesystem::path& path, const LewmOptions& options) {
  return Lewm(load_tensors(path).tensors, options);
}

std::int64_t Lewm::state_dim(std::int64_t) const { return networks_->state_dim; }
std::int64_t Lewm::action_dim(std::int64_t) const { return networks_->action_dim; }

Tensor Lewm::predict(const Tensor& s, const Tensor& a, const Tensor&, std::int64_t) const {
  expect_shape("s", s, {kAny, state_dim()});
  expect_shape("a", a, {s.size(0), action_dim()});
  return networks_->next(s.unsqueeze(1), networks_->embed(a).unsqueeze(1));
}

Tensor Lewm::rollout(const Tensor& s0, const Tensor& actions) const {
  const Tensor embedded = networks_->embed(actions);  // [N, H, D]
  Tensor states = s0.unsqueeze(1);                    // [N, 1, D], growing
  for (std::int64_t t = 0; t < actions.size(1); ++t) {
    const std::int64_t first = std::max<std::int64_t>(0, t + 1 - networks_->window);
    const std::int64_t count = t + 1 - first;
    const Tensor next =
        networks_->next(states.narrow(1, first, count), embedded.narrow(1, first, count));
    states = at::cat({states, next.unsqueeze(1)}, 1);
  }
  return states;  // [N, H+1, D]
}

std::vector<Value> Lewm::describe_rollout(Formula& f, Value s0,
                                          const std::vector<Value>& actions) const {
  const Networks& n = *networks_;
  const auto blocks = static_cast<std::int64_t>(n.blocks.size());
  struct Heard {
    Value key, value;
  };
  using FrameHeard = std::vector<Heard>;  // Of one frame, in each block.
  RolloutFormula said(f, blocks);
  for (const Value action : actions) said.add_action(n.embed(f, action));

  std::vector<Value> frames{s0};
  std::vector<FrameHeard> heard(actions.size());
  for (std::int64_t t = 0; t < static_cast<std::int64_t>(actions.size()); ++t) {
    const std::int64_t first = std::max<std::int64_t>(0, t + 1 - n.window);
    // While the window grows only frame t is new; when it slides every frame has another position.
    const std::int64_t begin = first == 0 ? t : first;
    std::vector<Value> x;
    for (std::int64_t i = begin; i <= t; ++i) {
      x.push_back(f.shift(frames[i], n.position.select(0, i - first)));
      heard[i].clear();
    }
    for (std::int64_t b = 0; b < blocks; ++b) {
      const lewm::Block& block = n.blocks[b];
      for (std::int64_t i = begin; i <= t; ++i) {
        Value& here = x[i - begin];
        const Value plain = f.layer_norm(here, {}, {}, lewm::kPlainEpsilon);
        const Value seen = block.norm_attention.describe(
            f, f.film(plain, said.scale_shift(i, b, 0, block.attention)));
        const Value kv = block.key_value.describe(f, seen);
        heard[i].push_back({f.part(kv, 0, n.inner), f.part(kv, n.inner, n.inner)});
        if (b + 1 == blocks && i < t) continue;  // Nobody asks what it thinks of it.
        std::vector<Value> keys, values;
        for (std::int64_t j = first; j <= i; ++j) {
          keys.push_back(heard[j][b].key);
          values.push_back(heard[j][b].value);
        }
        const Value attended = f.attend(block.query.describe(f, seen), keys, values, n.heads);
        here = f.add(
            here, f.multiply(said.gate(i, b, 0, block.attention), block.out.describe(f, attended)));
        const Value again = f.layer_norm(here, {}, {}, lewm::kPlainEpsilon);
        const Value thought =
            block.norm_mlp.describe(f, f.film(again, said.scale_shift(i, b, 1, block.thought)));
        const Value wide = f.activate(block.widen.describe(f, thought), Activation::kGelu);
        here = f.add(here,
                     f.multiply(said.gate(i, b, 1, block.thought), block.narrow.describe(f, wide)));
      }
    }
    const Value wide =
        f.activate(n.project_in.describe(f, n.last_norm.describe(f, x.back())), Activation::kGelu);
    frames.push_back(n.project_out.describe(f, wide));
  }
  frames.erase(frames.begin());
  return frames;
}

}  // namespace forethink
