// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/rollout/program_builder.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace forethink::rollout {
namespace {

constexpr std::int64_t kNobody = -1;

// Numbers at the beginning of a padded row.
AlignedBytes padded(const Tensor& numbers) {
  if (!numbers.defined()) return {};
  const std::int64_t count = numbers.numel();
  AlignedBytes bytes(kernels::round_up(count, kernels::kPadding) *
                     static_cast<std::int64_t>(sizeof(float)));
  std::memcpy(bytes.data(), numbers.const_data_ptr<float>(), count * sizeof(float));
  return bytes;
}

// Memory of several lifetimes: a place is free again after its last use.
class Arena {
 public:
  /// Bytes that are in use from instruction `first` to `last`.
  std::int64_t take(std::int64_t bytes, std::int64_t first, std::int64_t last) {
    std::int64_t offset = 0;
    for (bool moved = true; moved;) {
      moved = false;
      for (const Block& block : blocks_) {
        const bool same_time = block.first <= last && first <= block.last;
        const bool same_place =
            block.offset < offset + bytes && offset < block.offset + block.bytes;
        if (!same_time || !same_place) continue;
        offset = block.offset + block.bytes;
        moved = true;
      }
    }
    blocks_.push_back({offset, bytes, first, last});
    size_ = std::max(size_, offset + bytes);
    return offset;
  }
  std::int64_t size() const { return size_; }

 private:
  struct Block {
    std::int64_t offset, bytes, first, last;
  };
  std::vector<Block> blocks_;
  std::int64_t size_ = 0;
};

}  // namespace

ProgramBuilder::ProgramBuilder(Program& program, const Formula& formula,
                               const std::vector<Value>& inputs, const std::vector<Value>& outputs)
    : program_(program), formula_(formula), inputs_(inputs), outputs_(outputs) {
  const Target& target = program.target_;
  if (program.tiles_of(target.precision).multiply == nullptr) {
    throw NotCompiled("products in bfloat16 need a processor with AVX512-BF16 or AMX, not " +
                      name_of(target.instruction_set));
  }
}

void ProgramBuilder::build() {
  count_uses();
  emit();
  place_all();
}

void ProgramBuilder::count_uses() {
  const std::size_t count = formula_.operations().size();
  uses_.assign(count, 0);
  user_.assign(count, kNobody);
  is_output_.assign(count, false);
  for (std::size_t value = 0; value < count; ++value) {
    const Operation& user = operation(static_cast<std::int64_t>(value));
    if (std::ssize(user.inputs) > kInputsMax) {
      throw NotCompiled("an operation on " + std::to_string(user.inputs.size()) + " values");
    }
    for (const Value x : user.inputs) {
      ++uses_[x.id];
      user_[x.id] = static_cast<std::int64_t>(value);
    }
  }
  for (const Value output : outputs_) {
    const Operator op = formula_[output].op;
    if (op == Operator::kInput || op == Operator::kPart || op == Operator::kRepeat ||
        is_output_[output.id]) {
      throw NotCompiled("an output that is not computed but is an input or a part of a value");
    }
    is_output_[output.id] = true;
  }
}

// Whether an operation can do what follows it, too: nobody else wants to see what it gives.
bool ProgramBuilder::absorbable(std::int64_t value) const {
  return !program_.target_.backward && uses_[value] == 1 && !is_output_[value];
}

std::int64_t ProgramBuilder::absorber(std::int64_t value) const {
  if (!absorbable(value)) return kNobody;
  const std::int64_t user = user_[value];
  const Operator op = operation(value).op;
  if (operation(user).op == Operator::kActivate) {
    const bool bends = op == Operator::kLinear || op == Operator::kLayerNorm ||
                       op == Operator::kAdd || op == Operator::kFilm;
    return bends ? user : kNobody;
  }
  if (operation(user).op != Operator::kAdd || op != Operator::kLinear) return kNobody;
  // Of two products that are added, the second takes in the addition.
  const auto& terms = operation(user).inputs;
  const std::int64_t other = terms[0].id == value ? terms[1].id : terms[0].id;
  const bool both = operation(other).op == Operator::kLinear && absorbable(other);
  return both && terms[0].id == value ? kNobody : user;
}

PackedMatrix ProgramBuilder::packed(const std::vector<Tensor>& parts, Precision precision) const {
  std::vector<kernels::MatrixView> views;
  for (const Tensor& part : parts) {  // [N, K], contiguous.
    views.push_back({.data = part.const_data_ptr<float>(),
                     .rows = part.size(0),
                     .depth = part.size(1),
                     .stride = part.size(1)});
  }
  return kernels::pack(views, program_.tiles_of(precision), precision);
}

// A matrix that several products share is packed for the first of them.
std::shared_ptr<const PackedMatrix> ProgramBuilder::packed_once(
    const Tensor& weight, const std::vector<std::int64_t>& widths, const std::vector<Tensor>& parts,
    Precision precision) {
  auto& known = packed_[{weight.const_data_ptr(), widths, precision}];
  if (!known) known = std::make_shared<const PackedMatrix>(packed(parts, precision));
  return known;
}

ProgramBuilder::Instruction ProgramBuilder::linear(std::int64_t value) {
  const Operation& product = operation(value);
  Instruction step{.op = Operator::kLinear, .out = value, .width = product.width};
  std::vector<Tensor> parts;
  std::vector<std::int64_t> widths;  // Of the parts: with the weight they tell how it is packed.
  std::int64_t column = 0;
  for (const Value x : product.inputs) {
    const Operation& input = formula_[x];
    Tensor part = product.weight.narrow(1, column, input.width);  // [N, K]
    column += input.width;
    if (input.op == Operator::kRepeat) {
      // W [x, x] = (W_1 + W_2) x.
      part = part.view({part.size(0), input.count, -1}).sum(1);
      step.inputs.push_back(input.inputs.front().id);
    } else {
      step.inputs.push_back(x.id);
    }
    parts.push_back(part.contiguous());
    widths.push_back(parts.back().size(1));
  }
  const Precision precision = product.exact ? Precision::kFloat32 : program_.target_.precision;
  step.weights = packed_once(product.weight, widths, parts, precision);
  if (program_.target_.backward) {
    for (const Tensor& part : parts) {
      step.transposed.push_back(
          std::make_shared<const PackedMatrix>(packed({part.t().contiguous()}, precision)));
    }
  }
  step.shift = padded(product.bias);
  program_.flops_ += 2 * product.width * column;
  return step;
}

ProgramBuilder::Instruction ProgramBuilder::instruction(std::int64_t value) {
  const Operation& line = operation(value);
  if (line.op == Operator::kLinear) return linear(value);
  for (const Value x : line.inputs) {
    if (absorber(x.id) != value) continue;
    Instruction step = instruction(x.id);
    step.out = value;
    if (line.op == Operator::kActivate) {
      step.activation = line.activation;
    } else {  // kAdd
      step.add = line.inputs[0].id == x.id ? line.inputs[1].id : line.inputs[0].id;
    }
    return step;
  }
  Instruction step{.op = line.op, .out = value, .width = line.width};
  for (const Value x : line.inputs) {
    if (formula_[x].op == Operator::kRepeat) {
      throw NotCompiled("a repeated value that is not multiplied by weights");
    }
    step.inputs.push_back(x.id);
  }
  switch (line.op) {
    case Operator::kOfTask:
      step.table = line.weight;
      break;
    case Operator::kLayerNorm:
      step.gain = padded(line.weight);
      step.shift = padded(line.bias);
      step.constant = static_cast<float>(line.constant);
      break;
    case Operator::kAttend:
      step.group = line.count;
      break;
    case Operator::kScale:
      step.shift = padded(line.bias);
      step.constant = static_cast<float>(line.constant);
      step.offset = static_cast<float>(line.offset);
      break;
    case Operator::kActivate:
      step.constant = 1.0F;
      step.activation = line.activation;
      break;
    case Operator::kSimNorm:
      step.group = line.count;
      break;
    case Operator::kExpectation:
      step.gain = padded(line.weight);
      step.width = formula_.width(line.inputs.front());
      break;
    case Operator::kMeanSquare:
    case Operator::kNorm:
    case Operator::kLargest:
      step.width = formula_.width(line.inputs.front());
      break;
    default:
      break;
  }
  return step;
}

void ProgramBuilder::emit() {
  const auto count = static_cast<std::int64_t>(formula_.operations().size());
  for (std::int64_t value = 0; value < count; ++value) {
    const Operator op = operation(value).op;
    if (op == Operator::kInput || op == Operator::kPart || op == Operator::kRepeat) continue;
    if (uses_[value] == 0 && !is_output_[value]) continue;
    if (absorber(value) != kNobody) continue;
    program_.instructions_.push_back(instruction(value));
  }
}

// The value whose memory a value lies in.
std::int64_t ProgramBuilder::root(std::int64_t value) const {
  while (operation(value).op == Operator::kPart) value = operation(value).inputs.front().id;
  return value;
}

// Where in that memory it begins.
std::int64_t ProgramBuilder::first_column(std::int64_t value) const {
  const Operation& part = operation(value);
  return part.op == Operator::kPart ? part.first + first_column(part.inputs.front().id) : 0;
}

void ProgramBuilder::place_all() {
  const std::size_t count = formula_.operations().size();
  const bool half = program_.target_.precision == Precision::kBfloat16;
  const bool keep = program_.target_.backward;
  struct Life {
    std::int64_t first = -1, last = -1;
    bool data = false, twin = false;
  };
  std::vector<Life> lives(count);
  const auto end = static_cast<std::int64_t>(program_.instructions_.size());
  for (std::int64_t i = 0; i < end; ++i) {
    const Instruction& step = program_.instructions_[i];
    lives[step.out].first = i;
    lives[step.out].last = i;
    // Products in bfloat16 read twins; all else reads the numbers themselves.
    const bool by_twin =
        step.op == Operator::kLinear && step.weights->precision == Precision::kBfloat16;
    for (const std::int64_t x : step.inputs) {
      Life& life = lives[root(x)];
      life.last = i;
      (by_twin ? life.twin : life.data) = true;
    }
    if (step.add) {
      lives[root(*step.add)].last = i;
      lives[root(*step.add)].data = true;
    }
    if (step.op == Operator::kOfTask) lives[step.out].data = true;
  }

  auto& places = program_.places_;
  places.resize(count);
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    places[inputs_[i].id] = {.home = Place::Home::kInput, .index = static_cast<std::int64_t>(i)};
  }
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    places[outputs_[i].id] = {.home = Place::Home::kOutput, .index = static_cast<std::int64_t>(i)};
    program_.outputs_.push_back(outputs_[i].id);
  }
  Arena scratch;
  Arena gradients;
  const std::int64_t rows = program_.target_.rows;
  for (std::size_t value = 0; value < count; ++value) {
    const Life& life = lives[value];
    Place& place = places[value];
    if (life.first < 0) continue;  // An input, a part, or absorbed.
    place.width = operation(static_cast<std::int64_t>(value)).width;
    place.stride = kernels::round_up(place.width, kernels::kPadding);
    const std::int64_t numbers = rows * place.stride;
    const std::int64_t float_bytes = numbers * static_cast<std::int64_t>(sizeof(float));
    const std::int64_t half_bytes = numbers * static_cast<std::int64_t>(sizeof(Bf16));
    const std::int64_t first = keep ? 0 : life.first;
    const std::int64_t last = keep ? end : life.last;
    if (place.home != Place::Home::kOutput) {
      place.home = Place::Home::kScratch;
      if (life.data || keep) place.data = scratch.take(float_bytes, first, last);
      if (life.twin) place.twin = scratch.take(half_bytes, first, last);
    }
    if (!keep) continue;
    place.gradient = gradients.take(float_bytes, 0, end);
    if (half) place.gradient_twin = gradients.take(half_bytes, 0, end);
  }
  // Parts last: they lie in what has a place by now.
  for (std::size_t value = 0; value < count; ++value) {
    if (operation(static_cast<std::int64_t>(value)).op != Operator::kPart) continue;
    const auto part = static_cast<std::int64_t>(value);
    places[value] = places[root(part)];
    places[value].first = first_column(part);
  }
  program_.scratch_bytes_ = scratch.size();
  program_.gradient_bytes_ = gradients.size();
}

}  // namespace forethink::rollout
