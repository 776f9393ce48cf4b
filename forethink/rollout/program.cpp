// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/rollout/program.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <set>

#include "forethink/rollout/program_builder.h"

namespace forethink::rollout {
Program::Program(const Formula& formula, const std::vector<Value>& inputs,
                 const std::vector<Value>& outputs, const Target& target)
    : target_(target),
      kernels_(&kernels::kernels_of(target.instruction_set)),
      backward_kernels_(&kernels::backward_kernels_of(target.instruction_set)) {
  ProgramBuilder(*this, formula, inputs, outputs).build();
}

void Program::begin() const {
  if (const auto begin = tiles_of(target_.precision).begin) begin();
}

void Program::end() const {
  if (const auto end = tiles_of(target_.precision).end) end();
}

Table Program::table_of(std::int64_t value, const Memory& memory) const {
  const Place& place = places_[value];
  switch (place.home) {
    case Place::Home::kInput:
      return memory.inputs[place.index].columns(place.first);
    case Place::Home::kOutput:
      return memory.outputs[place.index].columns(place.first);
    default:
      break;
  }
  Table table{.stride = place.stride};
  if (place.data >= 0) {
    table.data = reinterpret_cast<float*>(memory.scratch + place.data) + place.first;
  }
  if (place.twin >= 0) {
    table.twin = reinterpret_cast<Bf16*>(memory.scratch + place.twin) + place.first;
  }
  return table;
}

void Program::multiply(const PackedMatrix& weights, const Table* inputs, std::int64_t rows,
                       const Finish& rest) const {
  const bool half = weights.precision == Precision::kBfloat16;
  const TileKernel& kernel = tiles_of(weights.precision);
  const std::int64_t number = weights.number_bytes();
  const int count = static_cast<int>(weights.parts());
  alignas(kernels::kCacheLine) std::array<float, kernels::kTileRows * kernels::kPanel> tile;
  std::array<kernels::ProductPart, kInputsMax> parts;
  for (std::int64_t column = 0; column < weights.columns; column += kernel.panel) {
    const std::int64_t columns = std::min(kernel.panel, weights.columns - column);
    for (std::int64_t row = 0; row < rows; row += kernel.rows) {
      for (int i = 0; i < count; ++i) {
        const void* x = half ? static_cast<const void*>(inputs[i].twin + row * inputs[i].stride)
                             : inputs[i].data + row * inputs[i].stride;
        parts[i] = {.x = x,
                    .row_bytes = inputs[i].stride * number,
                    .weights = weights.panel(kernel, i, column),
                    .depth = weights.depth[i]};
      }
      const std::int64_t tile_rows = std::min(kernel.rows, rows - row);
      kernel.multiply(parts.data(), count, tile_rows, columns, tile.data());
      Finish finish = rest;
      finish.rows = tile_rows;
      finish.columns = columns;
      finish.x = tile.data();
      finish.x_stride = columns;
      if (rest.bias) finish.bias = rest.bias + column;
      if (rest.add) finish.add = rest.add + row * rest.add_stride + column;
      if (rest.y.data) finish.y.data = rest.y.data + row * rest.y.stride + column;
      if (rest.y.twin) finish.y.twin = rest.y.twin + row * rest.y.stride + column;
      finish.last = column + columns == weights.columns;
      kernels_->finish(finish);
    }
  }
}

// q, then the keys, then the values.
kernels::AttendJob Program::attend_job(const Instruction& step, std::int64_t rows,
                                       const Table* inputs, const Table& out) {
  kernels::AttendJob job{.rows = rows,
                         .heads = step.group,
                         .head_width = step.width / step.group,
                         .keys = static_cast<int>(step.inputs.size() / 2),
                         .q = inputs[0],
                         .out = out};
  for (int i = 0; i < job.keys; ++i) {
    job.key[i] = inputs[1 + i];
    job.value[i] = inputs[1 + job.keys + i];
  }
  return job;
}

void Program::run_step(const Instruction& step, std::int64_t rows, const Memory& memory,
                       const std::int64_t* tasks) const {
  const Table out = table_of(step.out, memory);
  std::array<Table, kInputsMax> inputs;
  for (std::size_t i = 0; i < step.inputs.size(); ++i) inputs[i] = table_of(step.inputs[i], memory);
  if (step.op == Operator::kLinear) {
    Finish finish{.bias = reinterpret_cast<const float*>(step.shift.data()), .y = out};
    if (step.add) {
      const Table added = table_of(*step.add, memory);
      finish.add = added.data;
      finish.add_stride = added.stride;
    }
    finish.bend = step.activation.has_value();
    finish.activation = step.activation.value_or(Activation::kRelu);
    multiply(*step.weights, inputs.data(), rows, finish);
    return;
  }
  if (step.op == Operator::kAttend) {
    kernels_->attend(attend_job(step, rows, inputs.data(), out));
    return;
  }
  kernels::RowsJob job{.rows = rows,
                       .width = step.width,
                       .x = inputs[0],
                       .y = inputs[1],
                       .z = inputs[2],
                       .out = out,
                       .gain = reinterpret_cast<const float*>(step.gain.data()),
                       .shift = reinterpret_cast<const float*>(step.shift.data()),
                       .constant = step.constant,
                       .offset = step.offset,
                       .group = step.group,
                       .bend = step.activation.has_value(),
                       .activation = step.activation.value_or(Activation::kRelu)};
  switch (step.op) {
    case Operator::kOfTask: {
      const auto* table = step.table.const_data_ptr<float>();
      for (std::int64_t r = 0; r < rows; ++r) {
        std::copy_n(table + tasks[r] * step.width, step.width, out.data + r * out.stride);
      }
      job.x = {.data = out.data, .stride = out.stride};
      if (out.twin) kernels_->scale(job);
      break;
    }
    case Operator::kLayerNorm:
      kernels_->layer_norm(job);
      break;
    case Operator::kAdd:
      kernels_->add(job);
      break;
    case Operator::kSubtract:
      kernels_->subtract(job);
      break;
    case Operator::kMaximum:
      kernels_->maximum(job);
      break;
    case Operator::kMultiply:
      kernels_->multiply(job);
      break;
    case Operator::kSimNorm:
      kernels_->sim_norm(job);
      break;
    case Operator::kExpectation:
      kernels_->expectation(job);
      break;
    case Operator::kFilm:
      kernels_->film(job);
      break;
    case Operator::kGru:
      kernels_->gru(job);
      break;
    case Operator::kMeanSquare:
      kernels_->mean_square(job);
      break;
    case Operator::kNorm:
      kernels_->norm(job);
      break;
    case Operator::kLargest:
      kernels_->largest(job);
      break;
    default:  // kScale and kActivate.
      kernels_->scale(job);
  }
}

void Program::run(std::int64_t rows, const Table* inputs, const Table* outputs,
                  const std::int64_t* tasks, std::byte* scratch) const {
  const Memory memory{inputs, outputs, scratch};
  for (const Instruction& step : instructions_) run_step(step, rows, memory, tasks);
}

}  // namespace forethink::rollout
