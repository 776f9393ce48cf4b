// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Going backwards through a program: the chain rule, instruction by instruction from the last.
#include <algorithm>
#include <array>
#include <cstring>

#include "forethink/rollout/program.h"

namespace forethink::rollout {

// Where the gradient by a value is summed up: given from outside for inputs, else in `memory`.
Table Program::gradient_of(std::int64_t value, const Table* input_gradients,
                           std::byte* memory) const {
  const Place& place = places_[value];
  if (place.home == Place::Home::kInput) {
    const Table& given = input_gradients[place.index];
    return given.data ? given.columns(place.first) : Table{};
  }
  Table table{.stride = place.stride};
  table.data = reinterpret_cast<float*>(memory + place.gradient) + place.first;
  if (place.gradient_twin >= 0) {
    table.twin = reinterpret_cast<Bf16*>(memory + place.gradient_twin) + place.first;
  }
  return table;
}

// y = sum_i W_i x_i: the gradient by x_i grows by W_i^T times that by y.
void Program::multiply_back(const Instruction& step, std::int64_t rows, const Table& by_out,
                            const Table* input_gradients, std::byte* memory) const {
  if (step.transposed.front()->precision == Precision::kBfloat16) {
    kernels_->scale({.rows = rows,
                     .width = step.width,
                     .x = by_out,
                     .out = by_out,
                     .constant = 1.0F});  // Fills the twin.
  }
  for (std::size_t i = 0; i < step.inputs.size(); ++i) {
    Table by_input = gradient_of(step.inputs[i], input_gradients, memory);
    if (!by_input.data) continue;
    by_input.twin = nullptr;
    // Behind the last column nothing changes: the packed columns there are zero.
    multiply(*step.transposed[i], &by_out, rows,
             {.add = by_input.data, .add_stride = by_input.stride, .y = by_input});
  }
}

void Program::backward(std::int64_t rows, const Table* inputs, const Table* outputs,
                       const Table* output_gradients, const Table* input_gradients,
                       std::byte* scratch, std::byte* more_scratch) const {
  std::memset(more_scratch, 0, static_cast<std::size_t>(gradient_bytes_));
  const auto by = [&](std::int64_t value) {
    return gradient_of(value, input_gradients, more_scratch);
  };
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    const Table to = by(outputs_[i]);
    const Table& from = output_gradients[i];
    for (std::int64_t r = 0; r < rows; ++r) {
      std::copy_n(from.data + r * from.stride, places_[outputs_[i]].width, to.data + r * to.stride);
    }
  }
  const Memory memory{inputs, outputs, scratch};
  for (std::size_t left = instructions_.size(); left > 0; --left) {
    const Instruction& step = instructions_[left - 1];
    const Table by_out = by(step.out);
    if (step.op == Operator::kLinear) {
      multiply_back(step, rows, by_out, input_gradients, more_scratch);
      continue;
    }
    std::array<Table, kInputsMax> in;
    std::array<Table, kInputsMax> by_in;
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
      in[i] = table_of(step.inputs[i], memory);
      by_in[i] = by(step.inputs[i]);
    }
    if (step.op == Operator::kAttend) {
      kernels::AttendBackwardJob job{
          .forward = attend_job(step, rows, in.data(), {}), .by_out = by_out, .by_q = by_in[0]};
      for (int i = 0; i < job.forward.keys; ++i) {
        job.by_key[i] = by_in[1 + i];
        job.by_value[i] = by_in[1 + job.forward.keys + i];
      }
      backward_kernels_->attend(job);
      continue;
    }
    const kernels::BackwardJob job{.rows = rows,
                                   .width = step.width,
                                   .x = in[0],
                                   .y = in[1],
                                   .z = in[2],
                                   .by_out = by_out,
                                   .by_x = by_in[0],
                                   .by_y = by_in[1],
                                   .by_z = by_in[2],
                                   .gain = reinterpret_cast<const float*>(step.gain.data()),
                                   .constant = step.constant,
                                   .group = step.group,
                                   .activation = step.activation.value_or(Activation::kRelu)};
    switch (step.op) {
      case Operator::kOfTask:
        break;
      case Operator::kActivate:
        backward_kernels_->activate(job);
        break;
      case Operator::kLayerNorm:
        backward_kernels_->layer_norm(job);
        break;
      case Operator::kAdd:
        backward_kernels_->add(job);
        break;
      case Operator::kSubtract:
        backward_kernels_->subtract(job);
        break;
      case Operator::kMaximum:
        backward_kernels_->maximum(job);
        break;
      case Operator::kMultiply:
        backward_kernels_->multiply(job);
        break;
      case Operator::kSimNorm:
        backward_kernels_->sim_norm(job);
        break;
      case Operator::kExpectation:
        backward_kernels_->expectation(job);
        break;
      case Operator::kFilm:
        backward_kernels_->film(job);
        break;
      case Operator::kGru:
        backward_kernels_->gru(job);
        break;
      case Operator::kMeanSquare:
        backward_kernels_->mean_square(job);
        break;
      case Operator::kNorm:
        backward_kernels_->norm(job);
        break;
      case Operator::kLargest:
        backward_kernels_->largest(job);
        break;
      default:  // kScale
        backward_kernels_->scale(job);
    }
  }
}

}  // namespace forethink::rollout
