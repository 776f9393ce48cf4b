// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// ProgramBuilder: fuses, packs and places a formula.
//
// Role:    rollout; part of Program, in a file of its own.
#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "forethink/rollout/program.h"

namespace forethink::rollout {

class ProgramBuilder {
 public:
  ProgramBuilder(Program& program, const Formula& formula, const std::vector<Value>& inputs,
                 const std::vector<Value>& outputs);
  void build();

 private:
  using Instruction = Program::Instruction;
  using Place = Program::Place;

  const Operation& operation(std::int64_t value) const { return formula_.operations()[value]; }
  void count_uses();
  bool absorbable(std::int64_t value) const;
  std::int64_t absorber(std::int64_t value) const;  // Who does its work, or nobody: -1.
  Instruction instruction(std::int64_t value);
  Instruction linear(std::int64_t value);
  PackedMatrix packed(const std::vector<Tensor>& parts, Precision precision) const;
  std::shared_ptr<const PackedMatrix> packed_once(const Tensor& weight,
                                                  const std::vector<std::int64_t>& widths,
                                                  const std::vector<Tensor>& parts,
                                                  Precision precision);
  void emit();
  void place_all();
  std::int64_t root(std::int64_t value) const;
  std::int64_t first_column(std::int64_t value) const;

  Program& program_;
  const Formula& formula_;
  const std::vector<Value>& inputs_;
  const std::vector<Value>& outputs_;
  std::vector<std::int64_t> uses_;  // How many operations take a value.
  std::vector<std::int64_t> user_;  // The last of them, or nobody.
  std::vector<bool> is_output_;
  std::map<std::tuple<const void*, std::vector<std::int64_t>, Precision>,
           std::shared_ptr<const PackedMatrix>>
      packed_;
};

}  // namespace forethink::rollout
