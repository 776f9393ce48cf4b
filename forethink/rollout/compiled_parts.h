// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What a compiled rollout is made of: formulas, programs, and the memory that a thread runs them
// in.
//
// Role:    rollout; internal to compiled_rollout.cpp and compiled_energy.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "forethink/rollout/compiled_rollout.h"
#include "forethink/rollout/program.h"

namespace forethink::rollout {

/// A cost term as a formula.
struct DescribedTerm {
  Formula formula;
  StepValues inputs;
  StepEnergy rule;
  double weight = 0.0;
};

/// A cost term as a program: state before, state, action and the action before -> energy.
struct CompiledTerm {
  Program program;
  StepEnergy rule;
  float weight = 0.0F;

  /// Whether step h of 1 .. H is in the window that is summed or searched for its minimum.
  bool joins(std::int64_t h, std::int64_t horizon) const { return h > horizon - rule.last_steps; }
  bool looks_at(std::int64_t h, std::int64_t horizon) const {
    return joins(h, horizon) || rule.mean_weight > 0.0 || (h == horizon && rule.final_weight > 0.0);
  }
};

/// Memory in pieces that begin at a cache line.
class Pieces {
 public:
  Table table(std::int64_t rows, std::int64_t width, bool twin);
  template <class T>
  T* take(std::int64_t count) {
    blocks_.emplace_back(kernels::round_up(count * static_cast<std::int64_t>(sizeof(T)), 64));
    return reinterpret_cast<T*>(blocks_.back().data());
  }

 private:
  std::vector<AlignedBytes> blocks_;
};

struct Described {
  // One step, or, of a model that looks back, all of them.
  Formula steps;
  Value s;
  std::vector<Value> actions;
  std::vector<Value> states;
  bool whole = false;
  std::vector<DescribedTerm> terms;
};

struct Programs {
  std::int64_t rows = 0;  // Candidates that go together.
  bool backward = false;
  bool whole = false;
  std::unique_ptr<const Program> steps;  // (s, a) -> s', or (s[0], a[0] .. a[H-1]) -> s[1] .. s[H].
  std::vector<CompiledTerm> terms;
};

// To go backwards, or where steps look back, all states of a block are kept; else two take turns.
struct Workspace {
  struct Term {
    Table energy;                          // e[h] in column 0.
    float* least = nullptr;                // Of the window so far.
    std::int64_t* least_step = nullptr;    // Where that was.
    std::vector<std::byte*> scratch = {};  // Of each step that is kept.
  };

  Workspace(const Programs& programs, const CompiledRollout& rollout);

  Table& state(std::int64_t h) { return states[h % states.size()]; }
  Table& by_state(std::int64_t h) { return by_states[h % by_states.size()]; }
  std::byte* step_scratch(std::int64_t h) { return scratch[h % scratch.size()]; }

  Pieces pieces;
  std::vector<Table> states;
  std::vector<Table> whole_inputs;  // s[0] and the actions, if all steps are one program.
  std::vector<Table> plans;         // Actions of each step, as planned,
  std::vector<Table> actions;       // and as the effectors will make them.
  std::vector<std::byte*> scratch;
  std::vector<Term> terms;
  std::int64_t* tasks = nullptr;
  float* totals = nullptr;

  // Gradients of the total energy.
  std::vector<Table> by_states;
  std::vector<Table> by_action;
  std::vector<Table> by_plan;
  std::vector<Table> by_whole_inputs;
  Table by_energy;
  std::byte* gradient_scratch = nullptr;
};

/// A wrong number must not pass in silence.
/// @throws NotCompiled if `ours` differs from `plain` by more than rounding would explain, or
/// either
///                     is not finite.
void expect_agreement(const std::string& what, const Tensor& ours, const Tensor& plain,
                      Precision precision);

}  // namespace forethink::rollout
