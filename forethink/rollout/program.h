// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Program: a formula, packed for the processor at hand.
//
// Weights are copied once into the order in which the kernels read them. What follows a product (an
// addition, an activation) is done while its tile is in the nearest cache. Values share memory as
// soon as they are no longer needed. Running takes no lock and no memory but the scratch it is
// given, so each thread runs the same program on rows of its own.
//
//   run:       outputs = formula(inputs)
//   backward:  gradients of the inputs from those of the outputs, by the chain rule, backwards
//
// A program that shall go backwards keeps every value and does not fuse what it needs apart.
//
// Role:    rollout; one network, or the energy of one state, compiled.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "forethink/kernels/aligned_bytes.h"
#include "forethink/kernels/kernels.h"
#include "forethink/kernels/packed_matrix.h"
#include "forethink/nn/formula.h"

namespace forethink::rollout {

using kernels::AlignedBytes;
using kernels::BackwardKernels;
using kernels::Bf16;
using kernels::Finish;
using kernels::Kernels;
using kernels::PackedMatrix;
using kernels::Table;
using kernels::TileKernel;

constexpr int kInputsMax = 8;  // Of an operation.

/// What a program is made for.
struct Target {
  Precision precision = Precision::kFloat32;
  InstructionSet instruction_set = InstructionSet::kPortable;
  std::int64_t rows = 96;  ///< Most rows of a run; a multiple of kernels::kTileRows.
  bool backward = false;
};

class Program {
 public:
  /// @param inputs   Values of kind `kInput`, in the order in which `run` gets their tables.
  /// @param outputs  In the order of the tables that `run` fills.
  /// @throws NotCompiled if `target` wants to go backwards through an operation that cannot.
  Program(const Formula& formula, const std::vector<Value>& inputs,
          const std::vector<Value>& outputs, const Target& target);

  /// Runs some rows, at most `target.rows`.
  ///
  /// @param inputs   Tables as wide as the inputs, with twins where the precision is bfloat16.
  /// @param outputs  Their data is written, and their twin if they have one.
  /// @param tasks    For each row the row of the tables of `kOfTask`; may be null without any.
  /// @param scratch  `scratch_bytes()` of aligned memory, of this thread alone.
  void run(std::int64_t rows, const Table* inputs, const Table* outputs, const std::int64_t* tasks,
           std::byte* scratch) const;

  /// After a `run` of a program that goes backwards: adds to the gradients of the inputs.
  ///
  /// @param inputs            What `run` was given, `outputs` and `scratch` as it left them.
  /// @param output_gradients  One table for each output, only read.
  /// @param input_gradients   One for each input, added to; without data where not wanted.
  /// @param more_scratch      `gradient_bytes()` of aligned memory.
  void backward(std::int64_t rows, const Table* inputs, const Table* outputs,
                const Table* output_gradients, const Table* input_gradients, std::byte* scratch,
                std::byte* more_scratch) const;

  /// Around the runs of a thread: some instruction sets have to be switched on and off.
  void begin() const;
  void end() const;

  std::int64_t scratch_bytes() const { return scratch_bytes_; }
  std::int64_t gradient_bytes() const { return gradient_bytes_; }
  /// Floating point operations of one row's products.
  std::int64_t flops() const { return flops_; }

 private:
  // Where a value lives: in a table given from outside, or in the scratch.
  struct Place {
    enum class Home { kNone, kInput, kOutput, kScratch };
    Home home = Home::kNone;
    std::int64_t index = 0;  // Of the input or output.
    std::int64_t data = -1;  // Offsets in the scratch, in bytes; -1: not kept.
    std::int64_t twin = -1;
    std::int64_t gradient = -1;  // In the second scratch, as its twin.
    std::int64_t gradient_twin = -1;
    std::int64_t first = 0;  // Column, where the value is a part of another.
    std::int64_t stride = 0;
    std::int64_t width = 0;
  };
  struct Instruction {
    Operator op = Operator::kInput;
    std::vector<std::int64_t> inputs = {};  // Values.
    std::int64_t out = 0;
    std::int64_t width = 0;  // That the kernel runs over.
    std::optional<std::int64_t> add = {};
    std::optional<Activation> activation = {};
    std::shared_ptr<const PackedMatrix> weights = {};
    std::vector<std::shared_ptr<const PackedMatrix>> transposed =
        {};  // Of each input, to go backwards.
    AlignedBytes gain = {};
    AlignedBytes shift = {};
    Tensor table = {};
    float constant = 0.0F;
    float offset = 0.0F;
    std::int64_t group = 1;
  };
  struct Memory {
    const Table* inputs;
    const Table* outputs;
    std::byte* scratch;
  };
  friend class ProgramBuilder;

  Table table_of(std::int64_t value, const Memory& memory) const;
  Table gradient_of(std::int64_t value, const Table* input_gradients, std::byte* memory) const;
  void multiply_back(const Instruction& step, std::int64_t rows, const Table& by_out,
                     const Table* input_gradients, std::byte* memory) const;
  static kernels::AttendJob attend_job(const Instruction& step, std::int64_t rows,
                                       const Table* inputs, const Table& out);
  void run_step(const Instruction& step, std::int64_t rows, const Memory& memory,
                const std::int64_t* tasks) const;
  const TileKernel& tiles_of(Precision precision) const {
    return precision == Precision::kBfloat16 ? kernels_->bfloat16 : kernels_->float32;
  }
  void multiply(const PackedMatrix& weights, const Table* inputs, std::int64_t rows,
                const Finish& finish) const;

  Target target_;
  const Kernels* kernels_;
  const BackwardKernels* backward_kernels_;
  std::vector<Place> places_;  // Of each value.
  std::vector<Instruction> instructions_;
  std::vector<std::int64_t> outputs_;
  std::int64_t scratch_bytes_ = 0;
  std::int64_t gradient_bytes_ = 0;
  std::int64_t flops_ = 0;
};

}  // namespace forethink::rollout
