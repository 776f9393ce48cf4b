// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Formula: what a network computes, written down as a list of operations.
//
// A module describes itself by adding its operations to a formula, in the order in which its
// `forward` runs them. A compiled rollout packs the weights it finds there and runs the list
// without tensors. Whoever adds a kind of network adds its `describe`; one that cannot be written
// in these operations throws NotCompiled and runs through `forward` as before.
//
// Every value is a table [rows, width] of float32; rows are candidates and do not see each other.
//
// Role:    nn; the seam between networks as torch modules and networks as packed programs.
#pragma once

#include <utility>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/types.h"
#include "forethink/kernels/activation.h"

namespace forethink {

/// A network, or a part of it, has no formula; the text names it and says why.
class NotCompiled : public Error {
 public:
  using Error::Error;
};

/// One value of a formula.
struct Value {
  std::int64_t id = -1;
};

/// What an operation makes of its inputs x, y, ... ; each row by itself.
enum class Operator {
  kInput,        ///< Given from outside.
  kOfTask,       ///< Row of the table `weight` [P, width] that belongs to the row's task.
  kRepeat,       ///< [x, x, ... x], `count` times. Folded into the products that take it.
  kLinear,       ///< weight [x, y, ...] + bias.
  kLayerNorm,    ///< (x - mean) / sqrt(var + constant), times weight plus bias if there are any.
  kActivate,     ///< `activation` of x.
  kAdd,          ///< x + y.
  kSubtract,     ///< x - y.
  kMaximum,      ///< max(x, y).
  kMultiply,     ///< x * y.
  kScale,        ///< constant * x + offset, plus bias if there is one.
  kFilm,         ///< x * (1 + gamma) + beta, with y = [gamma, beta].
  kGru,          ///< A gated recurrent unit: x from the input, y from the hidden vector, and that.
  kPart,         ///< `count` columns of x from column `first`.
  kMeanSquare,   ///< mean_j x_j^2, [rows, 1].
  kNorm,         ///< sqrt(sum_j x_j^2), [rows, 1].
  kLargest,      ///< max_j x_j, [rows, 1].
  kSimNorm,      ///< softmax of each `count` columns that follow each other.
  kAttend,       ///< Attention of `count` heads: x asks, then keys, then as many values.
  kExpectation,  ///< sum_j softmax(x)_j weight_j, [rows, 1].
};

/// One line of a formula.
struct Operation {
  Operator op = Operator::kInput;
  std::vector<Value> inputs = {};
  std::int64_t width = 0;  ///< Of the result.
  Tensor weight = {};      ///< float32, contiguous, detached; as `bias`.
  Tensor bias = {};
  Activation activation = Activation::kRelu;
  double constant = 0.0;
  double offset = 0.0;
  std::int64_t first = 0;
  std::int64_t count = 0;
  bool exact = false;  ///< kLinear: float32 whatever the precision of the others.
};

class Formula {
 public:
  Value input(std::int64_t width);
  /// @param table  [P, width], one row for each task.
  Value of_task(const Tensor& table);
  Value repeat(Value x, std::int64_t times);
  /// @param inputs  Side by side they are as wide as `weight` [N, K] has columns.
  /// @param bias    [N], or undefined.
  Value linear(const std::vector<Value>& inputs, const Tensor& weight, const Tensor& bias);
  /// The same, in float32 even where other products run in bfloat16.
  Value exact_linear(Value x, const Tensor& weight, const Tensor& bias);
  /// @param gain, shift  [width], or both undefined.
  Value layer_norm(Value x, const Tensor& gain, const Tensor& shift, double epsilon);
  Value activate(Value x, Activation activation);
  Value add(Value x, Value y);
  Value subtract(Value x, Value y);
  Value maximum(Value x, Value y);
  Value multiply(Value x, Value y);
  Value scale(Value x, double factor, double offset = 0.0);
  /// x + vector [width].
  Value shift(Value x, const Tensor& vector);
  /// @param modulation  [gamma, beta], twice as wide as x.
  Value film(Value x, Value modulation);
  /// h' = (1 - u) n + u h with [r, u, n] of widths D each:  r = sigmoid(i_r + h_r), u = sigmoid(i_u
  /// + h_u), n = tanh(i_n + r h_n).
  Value gru(Value from_input, Value from_hidden, Value hidden);
  Value part(Value x, std::int64_t first, std::int64_t count);
  Value mean_square(Value x);
  Value norm(Value x);
  Value largest(Value x);
  /// @param group  Divides the width of x.
  Value sim_norm(Value x, std::int64_t group);
  /// For each of `heads` parts of the columns: sum_i p_i v_i, p = softmax_i(q . k_i / sqrt(width of
  /// the part)). At most three keys, of the width of q, and a value for each.
  Value attend(Value q, const std::vector<Value>& keys, const std::vector<Value>& values,
               std::int64_t heads);
  /// @param values  [width], one for each column.
  Value expectation(Value x, const Tensor& values);

  const std::vector<Operation>& operations() const { return operations_; }
  const Operation& operator[](Value x) const { return operations_[x.id]; }
  std::int64_t width(Value x) const { return operations_[x.id].width; }

 private:
  Value append(Operation operation);
  Tensor constant(const Tensor& tensor);
  Value elementwise(Operator op, Value x, Value y);

  std::vector<Operation> operations_;
  // What was copied, and the copy: a weight that is used twice is packed once.
  std::vector<std::pair<Tensor, Tensor>> constants_;
};

}  // namespace forethink
