// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/rollout/compiled_rollout.h"

#include <torch/torch.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

#include "forethink/core/error.h"
#include "forethink/core/random.h"
#include "forethink/core/settings.h"
#include "forethink/rollout/compiled_parts.h"

namespace forethink {

using rollout::CompiledTerm;
using rollout::Described;
using rollout::DescribedTerm;
using rollout::Program;
using rollout::Programs;

namespace {

// Candidates that go together: enough to make use of weights that are read once for all of them,
// few enough for all that they need to stay in the second cache.
constexpr std::int64_t kBlock = 96;
constexpr std::int64_t kBlockBackward = 32;      // All steps of a block are kept.
constexpr std::int64_t kBlockLookingBack = 160;  // Such models are large: measured with LeWM.

std::int64_t tasks_of(const Formula& formula) {
  std::int64_t tasks = 0;
  for (const Operation& operation : formula.operations()) {
    if (operation.op != Operator::kOfTask) continue;
    const std::int64_t rows = operation.weight.size(0);
    tasks = tasks == 0 ? rows : std::min(tasks, rows);
  }
  return tasks;
}

}  // namespace

void RolloutOptions::validate() const {
  expect_setting(precision == "auto" || precision == "float32" || precision == "bfloat16",
                 "rollout.precision", precision, "one of auto, float32, bfloat16");
  parse_instruction_set("rollout.instruction_set", instruction_set);
}

CompiledRollout::CompiledRollout(const WorldModel& model, const Cost& cost, const PlanShape& shape,
                                 const RolloutOptions& options)
    : shape_(shape),
      state_dim_(model.state_dim()),
      instruction_set_(parse_instruction_set("rollout.instruction_set", options.instruction_set)),
      precision_(parse_precision("rollout.precision", options.precision, instruction_set_)) {
  options.validate();
  expect_setting(shape.horizon >= 1, "rollout.horizon", shape.horizon, "horizon >= 1");
  expect_setting(shape.hold >= 1, "rollout.hold", shape.hold, "hold >= 1");
  action_dim_ = shape.action_dim(model);
  auto described = std::make_unique<Described>();
  described->s = described->steps.input(state_dim_);
  std::vector<Value> blocks;
  for (std::int64_t h = 0; h < shape.horizon; ++h) {
    described->actions.push_back(described->steps.input(action_dim_));
    blocks.push_back(described->steps.repeat(described->actions.back(), shape.hold));
  }
  described->states = model.describe_rollout(described->steps, described->s, blocks);
  described->whole = !described->states.empty();
  if (!described->whole) {
    described->actions.resize(1);
    described->states = {model.describe(described->steps, described->s, blocks.front())};
  }
  for (const auto& [term, weight] : cost.terms()) {
    if (weight == 0.0) continue;
    DescribedTerm part{.weight = weight};
    part.inputs = {.before = part.formula.input(state_dim_),
                   .state = part.formula.input(state_dim_),
                   .action = part.formula.input(action_dim_),
                   .previous_action = part.formula.input(action_dim_)};
    try {
      part.rule = term->describe(part.formula, part.inputs, shape.horizon);
    } catch (const NotCompiled& reason) {
      plain_terms_.add(term, weight);
      not_compiled_.emplace_back(reason.what());
      continue;
    }
    const std::int64_t tasks = tasks_of(part.formula);
    if (tasks > 0) tasks_ = tasks_ == 0 ? tasks : std::min(tasks_, tasks);
    described->terms.push_back(std::move(part));
  }
  described_ = std::move(described);
  forward_ = compile(/*backward=*/false);
  if (options.check) check(model, cost);
}

CompiledRollout::~CompiledRollout() = default;

std::unique_ptr<const Programs> CompiledRollout::compile(bool backward) const {
  const bool whole = described_->whole;
  const rollout::Target target{.precision = precision_,
                               .instruction_set = instruction_set_,
                               .rows = backward ? kBlockBackward
                                       : whole  ? kBlockLookingBack
                                                : kBlock,
                               .backward = backward};
  auto programs = std::make_unique<Programs>();
  programs->rows = target.rows;
  programs->backward = backward;
  programs->whole = whole;
  std::vector<Value> inputs{described_->s};
  inputs.insert(inputs.end(), described_->actions.begin(), described_->actions.end());
  programs->steps =
      std::make_unique<Program>(described_->steps, inputs, described_->states, target);
  for (const DescribedTerm& term : described_->terms) {
    const StepValues& in = term.inputs;
    programs->terms.push_back(
        {.program = Program(term.formula, {in.before, in.state, in.action, in.previous_action},
                            {term.rule.energy}, target),
         .rule = term.rule,
         .weight = static_cast<float>(term.weight)});
  }
  return programs;
}

const Programs& CompiledRollout::backward() const {
  std::call_once(backward_once_, [&] { backward_ = compile(/*backward=*/true); });
  return *backward_;
}

std::vector<std::unique_ptr<rollout::Workspace>> CompiledRollout::workspaces(bool backward,
                                                                             int count) const {
  std::vector<std::unique_ptr<rollout::Workspace>> taken;
  {
    const std::lock_guard lock(spare_mutex_);
    auto& spare = spare_[backward ? 1 : 0];
    while (!spare.empty() && static_cast<int>(taken.size()) < count) {
      taken.push_back(std::move(spare.back()));
      spare.pop_back();
    }
  }
  const Programs& programs = backward ? this->backward() : forward();
  while (static_cast<int>(taken.size()) < count) {
    taken.push_back(std::make_unique<rollout::Workspace>(programs, *this));
  }
  return taken;
}

void CompiledRollout::give_back(bool backward,
                                std::vector<std::unique_ptr<rollout::Workspace>> used) const {
  const std::lock_guard lock(spare_mutex_);
  auto& spare = spare_[backward ? 1 : 0];
  for (auto& workspace : used) spare.push_back(std::move(workspace));
}

std::int64_t CompiledRollout::flops_per_sequence() const {
  std::int64_t total = (forward_->whole ? 1 : shape_.horizon) * forward_->steps->flops();
  for (const CompiledTerm& term : forward_->terms) {
    for (std::int64_t h = 1; h <= shape_.horizon; ++h) {
      if (term.looks_at(h, shape_.horizon)) total += term.program.flops();
    }
  }
  return total;
}

// The plain path on a few candidates from states of the usual size.
void CompiledRollout::check(const WorldModel& model, const Cost& cost) const {
  constexpr std::int64_t kStates = 3;
  constexpr std::int64_t kSamples = 5;
  RandomStream rng(0, "rollout check");
  const at::NoGradGuard no_grad;
  const Tensor states = rng.normal({kStates, state_dim_});
  const Tensor tasks = at::arange(kStates).remainder(std::max<std::int64_t>(tasks_, 1));
  const double size = std::min(1.0, shape_.norm);
  const Tensor plans = rng.normal({kStates, kSamples, shape_.horizon, action_dim_}) * size;
  const CompiledEnergy energy(*this, states, tasks, {});
  const Tensor plain = cost({imagine_plans(model, states, plans, shape_), plans, tasks});
  rollout::expect_agreement("rollout", energy(plans), plain, precision_);
}

namespace rollout {

void expect_agreement(const std::string& what, const Tensor& ours, const Tensor& plain,
                      Precision precision) {
  const double scale = plain.abs().mean().item<double>() + 1e-6;
  const double error = (ours - plain).abs().max().item<double>() / scale;
  const double tolerance = precision == Precision::kFloat32 ? 1e-3 : 0.1;
  if (error <= tolerance) return;  // Not so if either is not a number.
  std::ostringstream text;
  text << "the compiled " << what << " differs from the plain path by " << error
       << " of the mean size; at most " << tolerance << " is allowed";
  throw NotCompiled(text.str());
}

}  // namespace rollout
std::unique_ptr<const CompiledRollout> try_to_compile(const WorldModel& model, const Cost& cost,
                                                      const PlanShape& shape,
                                                      const RolloutOptions& options,
                                                      std::vector<std::string>& not_compiled) {
  if (!options.compile) return nullptr;
  try {
    auto rollout = std::make_unique<const CompiledRollout>(model, cost, shape, options);
    not_compiled.insert(not_compiled.end(), rollout->not_compiled().begin(),
                        rollout->not_compiled().end());
    return rollout;
  } catch (const NotCompiled& reason) {
    not_compiled.emplace_back(reason.what());
    return nullptr;
  }
}

}  // namespace forethink
