// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/formula.h"

#include <torch/torch.h>

#include <utility>

#include "forethink/core/shape.h"

namespace forethink {
// A copy: training on must not change what was compiled, and a half-precision model is widened.
Tensor Formula::constant(const Tensor& tensor) {
  if (!tensor.defined()) return {};
  for (const auto& [original, copy] : constants_) {
    if (original.is_same(tensor) ||
        (original.data_ptr() == tensor.data_ptr() && original.sizes() == tensor.sizes() &&
         original.strides() == tensor.strides() && original.dtype() == tensor.dtype())) {
      return copy;
    }
  }
  const at::NoGradGuard no_grad;
  // The original is kept so that no other tensor can come to lie in its place.
  constants_.emplace_back(tensor.detach(),
                          tensor.detach().to(at::kCPU, at::kFloat).contiguous().clone());
  return constants_.back().second;
}

Value Formula::append(Operation operation) {
  operations_.push_back(std::move(operation));
  return {static_cast<std::int64_t>(operations_.size()) - 1};
}

Value Formula::elementwise(Operator op, Value x, Value y) {
  if (width(x) != width(y)) {
    throw ShapeError("formula: values of " + std::to_string(width(x)) + " and " +
                     std::to_string(width(y)) + " columns cannot be combined");
  }
  return append({.op = op, .inputs = {x, y}, .width = width(x)});
}

Value Formula::input(std::int64_t width) { return append({.width = width}); }

Value Formula::of_task(const Tensor& table) {
  expect_shape("table", table, {kAny, kAny});
  return append({.op = Operator::kOfTask, .width = table.size(1), .weight = constant(table)});
}

Value Formula::repeat(Value x, std::int64_t times) {
  return append(
      {.op = Operator::kRepeat, .inputs = {x}, .width = times * width(x), .count = times});
}

Value Formula::linear(const std::vector<Value>& inputs, const Tensor& weight, const Tensor& bias) {
  std::int64_t columns = 0;
  for (const Value x : inputs) columns += width(x);
  expect_shape("weight", weight, {kAny, columns});
  if (bias.defined()) expect_shape("bias", bias, {weight.size(0)});
  return append({.op = Operator::kLinear,
                 .inputs = inputs,
                 .width = weight.size(0),
                 .weight = constant(weight),
                 .bias = constant(bias)});
}

Value Formula::exact_linear(Value x, const Tensor& weight, const Tensor& bias) {
  const Value y = linear({x}, weight, bias);
  operations_.back().exact = true;
  return y;
}

Value Formula::layer_norm(Value x, const Tensor& gain, const Tensor& shift, double epsilon) {
  if (gain.defined()) expect_shape("gain", gain, {width(x)});
  if (shift.defined()) expect_shape("shift", shift, {width(x)});
  return append({.op = Operator::kLayerNorm,
                 .inputs = {x},
                 .width = width(x),
                 .weight = constant(gain),
                 .bias = constant(shift),
                 .constant = epsilon});
}

Value Formula::activate(Value x, Activation activation) {
  return append(
      {.op = Operator::kActivate, .inputs = {x}, .width = width(x), .activation = activation});
}

Value Formula::add(Value x, Value y) { return elementwise(Operator::kAdd, x, y); }
Value Formula::subtract(Value x, Value y) { return elementwise(Operator::kSubtract, x, y); }
Value Formula::maximum(Value x, Value y) { return elementwise(Operator::kMaximum, x, y); }

Value Formula::multiply(Value x, Value y) { return elementwise(Operator::kMultiply, x, y); }

Value Formula::scale(Value x, double factor, double offset) {
  return append({.op = Operator::kScale,
                 .inputs = {x},
                 .width = width(x),
                 .constant = factor,
                 .offset = offset});
}

Value Formula::shift(Value x, const Tensor& vector) {
  expect_shape("vector", vector, {width(x)});
  return append({.op = Operator::kScale,
                 .inputs = {x},
                 .width = width(x),
                 .bias = constant(vector),
                 .constant = 1.0});
}

Value Formula::attend(Value q, const std::vector<Value>& keys, const std::vector<Value>& values,
                      std::int64_t heads) {
  const std::int64_t columns = width(q);
  bool fits = !keys.empty() && keys.size() <= 3 && keys.size() == values.size() && heads >= 1 &&
              columns % heads == 0;
  std::vector<Value> inputs{q};
  for (const auto* some : {&keys, &values}) {
    for (const Value x : *some) {
      fits = fits && width(x) == columns;
      inputs.push_back(x);
    }
  }
  if (!fits) {
    throw ShapeError("formula: attention wants one to three keys and values of the width of q, " +
                     std::to_string(columns) + ", which the heads divide");
  }
  return append({.op = Operator::kAttend, .inputs = inputs, .width = columns, .count = heads});
}

Value Formula::sim_norm(Value x, std::int64_t group) {
  if (group < 1 || width(x) % group != 0) {
    throw ShapeError("formula: groups of " + std::to_string(group) + " do not divide " +
                     std::to_string(width(x)) + " columns");
  }
  return append({.op = Operator::kSimNorm, .inputs = {x}, .width = width(x), .count = group});
}

Value Formula::expectation(Value x, const Tensor& values) {
  expect_shape("values", values, {width(x)});
  return append(
      {.op = Operator::kExpectation, .inputs = {x}, .width = 1, .weight = constant(values)});
}

Value Formula::film(Value x, Value modulation) {
  if (width(modulation) != 2 * width(x)) {
    throw ShapeError("formula: a modulation of " + std::to_string(width(modulation)) +
                     " columns does not fit " + std::to_string(width(x)));
  }
  return append({.op = Operator::kFilm, .inputs = {x, modulation}, .width = width(x)});
}

Value Formula::gru(Value from_input, Value from_hidden, Value hidden) {
  if (width(from_input) != 3 * width(hidden) || width(from_hidden) != 3 * width(hidden)) {
    throw ShapeError("formula: a gated recurrent unit of width " + std::to_string(width(hidden)) +
                     " wants three times as many columns from input and hidden vector");
  }
  return append(
      {.op = Operator::kGru, .inputs = {from_input, from_hidden, hidden}, .width = width(hidden)});
}

Value Formula::part(Value x, std::int64_t first, std::int64_t count) {
  if (first < 0 || count < 1 || first + count > width(x)) {
    throw ShapeError("formula: columns " + std::to_string(first) + " to " +
                     std::to_string(first + count) + " of " + std::to_string(width(x)));
  }
  return append(
      {.op = Operator::kPart, .inputs = {x}, .width = count, .first = first, .count = count});
}

Value Formula::mean_square(Value x) {
  return append({.op = Operator::kMeanSquare, .inputs = {x}, .width = 1});
}
Value Formula::norm(Value x) { return append({.op = Operator::kNorm, .inputs = {x}, .width = 1}); }
Value Formula::largest(Value x) {
  return append({.op = Operator::kLargest, .inputs = {x}, .width = 1});
}

}  // namespace forethink
