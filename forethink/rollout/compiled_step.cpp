// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/rollout/compiled_step.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>

#include "forethink/core/random.h"
#include "forethink/core/shape.h"
#include "forethink/rollout/compiled_parts.h"

namespace forethink {

using rollout::Table;

namespace {

constexpr std::int64_t kRows = 96;  // That go together, as in compiled rollouts.

}  // namespace

struct CompiledStep::Memory {
  rollout::Pieces pieces;
  Table inputs[2];  // s, a.
  Table next;
  std::byte* scratch;
};

CompiledStep::CompiledStep(const WorldModel& model, const RolloutOptions& options)
    : state_dim_(model.state_dim()),
      action_dim_(model.action_dim()),
      instruction_set_(parse_instruction_set("rollout.instruction_set", options.instruction_set)),
      precision_(parse_precision("rollout.precision", options.precision, instruction_set_)) {
  Formula formula;
  const Value s = formula.input(state_dim_);
  const Value a = formula.input(action_dim_);
  if (!model.describe_rollout(formula, s, {a}).empty()) {
    throw NotCompiled("a model that looks back has no single step");
  }
  const Value next = model.describe(formula, s, a);
  program_ = std::make_unique<const rollout::Program>(
      formula, std::vector<Value>{s, a}, std::vector<Value>{next},
      rollout::Target{.precision = precision_, .instruction_set = instruction_set_, .rows = kRows});
  const bool half = precision_ == Precision::kBfloat16;
  for (int i = 0; i < at::get_num_threads(); ++i) {
    auto memory = std::make_unique<Memory>();
    memory->inputs[0] = memory->pieces.table(kRows, state_dim_, half);
    memory->inputs[1] = memory->pieces.table(kRows, action_dim_, half);
    memory->next = memory->pieces.table(kRows, state_dim_, false);
    memory->scratch = memory->pieces.take<std::byte>(program_->scratch_bytes());
    threads_.push_back(std::move(memory));
  }
  if (!options.check) return;
  constexpr std::int64_t kChecked = 7;
  RandomStream rng(0, "step check");
  const at::NoGradGuard no_grad;
  const Tensor states = rng.normal({kChecked, state_dim_});
  const Tensor actions = rng.normal({kChecked, action_dim_});
  const Tensor plain = imagine(model, states, actions.unsqueeze(1)).select(1, 1);
  rollout::expect_agreement("step", (*this)(states, actions), plain, precision_);
}

CompiledStep::~CompiledStep() = default;

Tensor CompiledStep::operator()(const Tensor& states, const Tensor& actions) const {
  expect_shape("states", states, {kAny, state_dim_});
  expect_shape("actions", actions, {states.size(0), action_dim_});
  const Tensor s = states.detach().to(at::kFloat).contiguous();
  const Tensor a = actions.detach().to(at::kFloat).contiguous();
  Tensor next = at::empty_like(s);
  step(s.const_data_ptr<float>(), a.const_data_ptr<float>(), s.size(0),
       next.mutable_data_ptr<float>());
  return next;
}

void CompiledStep::step(const float* states, const float* actions, std::int64_t count,
                        float* next) const {
  const kernels::Kernels& vector_code = kernels::kernels_of(instruction_set_);
  const auto threads = static_cast<std::int64_t>(threads_.size());
  const std::int64_t block =
      std::clamp<std::int64_t>((count + threads - 1) / threads, std::int64_t{1}, kRows);
  const std::int64_t blocks = (count + block - 1) / block;
  const auto load = [&](const float* from, std::int64_t width, std::int64_t rows, const Table& to) {
    for (std::int64_t r = 0; r < rows; ++r) {
      std::copy_n(from + r * width, width, to.data + r * to.stride);
    }
    if (!to.twin) return;
    vector_code.scale({.rows = rows, .width = width, .x = to, .out = to, .constant = 1.0F});
  };
  at::parallel_for(0, blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    Memory& memory = *threads_[at::get_thread_num()];
    program_->begin();
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i * block;
      const std::int64_t rows = std::min(block, count - first);
      load(states + first * state_dim_, state_dim_, rows, memory.inputs[0]);
      load(actions + first * action_dim_, action_dim_, rows, memory.inputs[1]);
      program_->run(rows, memory.inputs, &memory.next, nullptr, memory.scratch);
      for (std::int64_t r = 0; r < rows; ++r) {
        std::copy_n(memory.next.data + r * memory.next.stride, state_dim_,
                    next + (first + r) * state_dim_);
      }
    }
    program_->end();
  });
}

}  // namespace forethink
