// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Running what was compiled: blocks of candidates, from the present states to their energies.
#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"
#include "forethink/rollout/compiled_parts.h"
#include "forethink/rollout/compiled_rollout.h"

namespace forethink {

using rollout::CompiledTerm;
using rollout::Programs;
using rollout::Table;
using rollout::Workspace;

namespace {

// How often the energy of step h counts, its minimum apart.
float factor_of(const CompiledTerm& term, std::int64_t h, std::int64_t horizon) {
  const StepEnergy& rule = term.rule;
  const bool summed = term.joins(h, horizon) && rule.join == StepEnergy::Join::kSum;
  const double share = (summed ? std::pow(rule.discount, static_cast<double>(h - 1)) : 0.0) +
                       rule.mean_weight / static_cast<double>(horizon) +
                       (h == horizon ? rule.final_weight : 0.0);
  return static_cast<float>(share) * term.weight;
}

// Adds what the energies of step h bring to the totals.
void add_energy(const CompiledTerm& term, Workspace::Term& memory, std::int64_t h,
                std::int64_t horizon, std::int64_t rows, float* totals) {
  const bool searched = term.joins(h, horizon) && term.rule.join == StepEnergy::Join::kMin;
  const float factor = factor_of(term, h, horizon);
  for (std::int64_t r = 0; r < rows; ++r) {
    const float e = memory.energy.data[r * memory.energy.stride];
    totals[r] += factor * e;
    if (!searched) continue;
    const bool first = h == 1 || !term.joins(h - 1, horizon);
    // A NaN must not be passed over: the plain path's minimum is NaN, too.
    if (first || e < memory.least[r] || std::isnan(e)) {
      memory.least[r] = e;
      memory.least_step[r] = h;
    }
    if (h == horizon) totals[r] += term.weight * memory.least[r];
  }
}

// The derivative of the total by the energy of step h, for each row.
void by_energy(const CompiledTerm& term, const Workspace::Term& memory, std::int64_t h,
               std::int64_t horizon, std::int64_t rows, const Table& out) {
  const bool searched = term.joins(h, horizon) && term.rule.join == StepEnergy::Join::kMin;
  const float always = factor_of(term, h, horizon);
  for (std::int64_t r = 0; r < rows; ++r) {
    const bool least = searched && memory.least_step[r] == h;
    out.data[r * out.stride] = always + (least ? term.weight : 0.0F);
  }
}

// A tensor that is the caller's memory.
Tensor view(const float* data, at::IntArrayRef sizes) {
  return at::from_blob(const_cast<float*>(data), sizes, at::kFloat);
}

void clear(const Table& table, std::int64_t rows) {
  std::fill_n(table.data, rows * table.stride, 0.0F);
}

// The gradient by a plan's action from that by the same shortened to `norm`: with u the direction
// and l the length, a -> norm a / l has the derivative norm / l (1 - u u^T).
void through_shortening(const float* plan, const float* by_action, std::int64_t size, float norm,
                        float* gradient) {
  float squares = 0.0F;
  float along = 0.0F;
  for (std::int64_t j = 0; j < size; ++j) {
    squares += plan[j] * plan[j];
    along += plan[j] * by_action[j];
  }
  const float length = std::sqrt(squares);
  const bool shortened = length > norm;
  for (std::int64_t j = 0; j < size; ++j) {
    const float across = by_action[j] - plan[j] * along / squares;
    gradient[j] = shortened ? norm / length * across : by_action[j];
  }
}

}  // namespace

namespace rollout {

Table Pieces::table(std::int64_t rows, std::int64_t width, bool twin) {
  Table table{.stride = kernels::round_up(width, kernels::kPadding)};
  table.data = take<float>(rows * table.stride);
  if (twin) table.twin = take<Bf16>(rows * table.stride);
  return table;
}

Workspace::Workspace(const Programs& programs, const CompiledRollout& rollout) {
  const std::int64_t rows = programs.rows;
  const std::int64_t H = rollout.shape().horizon;
  const std::int64_t kept = programs.backward ? H : 1;
  const std::int64_t kept_steps = programs.whole ? 1 : kept;
  const std::int64_t kept_states = programs.backward || programs.whole ? H : 1;
  const bool half = rollout.precision() == Precision::kBfloat16;
  for (std::int64_t h = 0; h < kept_states + 1; ++h) {
    states.push_back(pieces.table(rows, rollout.state_dim(), half));
  }
  for (std::int64_t h = 0; h < H; ++h) {
    plans.push_back(pieces.table(rows, rollout.action_dim(), half));
    actions.push_back(pieces.table(rows, rollout.action_dim(), half));
  }
  if (programs.whole) {
    whole_inputs = {states.front()};
    whole_inputs.insert(whole_inputs.end(), actions.begin(), actions.end());
  }
  std::int64_t scratch_bytes = programs.steps->scratch_bytes();
  std::int64_t gradient_bytes = programs.steps->gradient_bytes();
  for (const CompiledTerm& term : programs.terms) {
    scratch_bytes = std::max(scratch_bytes, term.program.scratch_bytes());
    gradient_bytes = std::max(gradient_bytes, term.program.gradient_bytes());
  }
  for (std::int64_t h = 0; h < kept_steps; ++h) {
    scratch.push_back(pieces.take<std::byte>(scratch_bytes));
  }
  for (const CompiledTerm& term : programs.terms) {
    Term memory{.energy = pieces.table(rows, 1, false),
                .least = pieces.take<float>(rows),
                .least_step = pieces.take<std::int64_t>(rows)};
    // Without gradients nothing is kept, and all programs may use the same memory.
    for (std::int64_t h = 0; h < kept; ++h) {
      memory.scratch.push_back(programs.backward
                                   ? pieces.take<std::byte>(term.program.scratch_bytes())
                                   : scratch.front());
    }
    terms.push_back(std::move(memory));
  }
  tasks = pieces.take<std::int64_t>(rows);
  totals = pieces.take<float>(rows);
  if (!programs.backward) return;
  for (std::int64_t h = 0; h < (programs.whole ? H + 1 : 2); ++h) {
    by_states.push_back(pieces.table(rows, rollout.state_dim(), false));
  }
  for (std::int64_t h = 0; h < H; ++h) {
    by_action.push_back(pieces.table(rows, rollout.action_dim(), false));
    by_plan.push_back(pieces.table(rows, rollout.action_dim(), false));
  }
  if (programs.whole) {
    by_whole_inputs = {Table{}};  // The present state is given.
    by_whole_inputs.insert(by_whole_inputs.end(), by_action.begin(), by_action.end());
  }
  by_energy = pieces.table(rows, 1, false);
  gradient_scratch = pieces.take<std::byte>(gradient_bytes);
}

}  // namespace rollout

// Candidates of all problems, one behind the other, and where their energies go.
struct CompiledEnergy::Candidates {
  const float* actions;              // [B * S, H, A]
  std::int64_t total;                // B * S
  std::int64_t samples;              // S
  float* energies;                   // [B * S]
  float* gradients = nullptr;        // [B * S, H, A] if wanted.
  float* states = nullptr;           // [B * S, H+1, D] if wanted.
  const float* by_states = nullptr;  // The same: derivatives that others have found.
};

CompiledEnergy::CompiledEnergy(const CompiledRollout& rollout, const Tensor& states,
                               const Tensor& tasks, ActionBounds bounds)
    : rollout_(rollout), bounds_(bounds) {
  expect_shape("states", states, {kAny, rollout.state_dim()});
  expect_shape("tasks", tasks, {states.size(0)});
  expect_dtype("tasks", tasks, at::kLong);
  states_ = states.detach().to(at::kFloat).contiguous();
  tasks_ = tasks.contiguous();
  if (rollout.tasks() > 0 && tasks_.numel() > 0) {
    const auto least = tasks_.min().item<std::int64_t>();
    const auto most = tasks_.max().item<std::int64_t>();
    if (least < 0 || most >= rollout.tasks()) {
      throw ShapeError("tasks are from " + std::to_string(least) + " to " + std::to_string(most) +
                       ", must be rows of the goal table, 0 to " +
                       std::to_string(rollout.tasks() - 1));
    }
  }
  threads_ = rollout.workspaces(/*backward=*/false, at::get_num_threads());
}

CompiledEnergy::~CompiledEnergy() {
  rollout_.give_back(/*backward=*/false, std::move(threads_));
  rollout_.give_back(/*backward=*/true, std::move(threads_backward_));
}

// The plain path's part: energies [B, S] from the states that were imagined.
Tensor CompiledEnergy::judge(const Tensor& states, const Tensor& actions) const {
  return rollout_.plain_terms()({states, actions, tasks_});
}

// The programs that go backwards, and memory for them.
const Programs& CompiledEnergy::ready_backward() const {
  const Programs& programs = rollout_.backward();
  if (threads_backward_.empty()) {
    threads_backward_ = rollout_.workspaces(/*backward=*/true, at::get_num_threads());
  }
  return programs;
}

void CompiledEnergy::score(const float* actions, std::int64_t samples, float* energies) const {
  Candidates candidates{
      .actions = actions, .total = problems() * samples, .samples = samples, .energies = energies};
  if (!has_plain_terms()) return run(rollout_.forward(), candidates);
  const at::NoGradGuard no_grad;
  const Tensor states = run_for_states(candidates);
  view(energies, {problems(), samples})
      .add_(judge(states, view(actions, {problems(), samples, horizon(), action_dim()})));
}

void CompiledEnergy::score_with_gradient(const float* actions, std::int64_t samples,
                                         float* energies, float* gradients) const {
  const Programs& programs = ready_backward();
  Candidates candidates{
      .actions = actions, .total = problems() * samples, .samples = samples, .energies = energies};
  if (!has_plain_terms()) {
    candidates.gradients = gradients;
    return run(programs, candidates);
  }
  // First forwards, for the states; the plain terms' gradients by them; then backwards.
  const std::int64_t B = problems(), H = horizon(), A = action_dim();
  const Tensor states = run_for_states(candidates).requires_grad_();
  const Tensor plans = view(actions, {B, samples, H, A}).clone().requires_grad_();
  Tensor plain;
  std::vector<Tensor> by;
  {
    const at::AutoGradMode recorded(true);
    plain = judge(states, plans);
    by = torch::autograd::grad({plain.sum()}, {states, plans}, {}, std::nullopt, false,
                               /*allow_unused=*/true);
  }
  const Tensor by_states = by[0].defined() ? by[0].contiguous() : Tensor();
  if (by_states.defined()) candidates.by_states = by_states.const_data_ptr<float>();
  candidates.gradients = gradients;
  run(programs, candidates);
  view(energies, {B, samples}).add_(plain.detach());
  if (by[1].defined()) view(gradients, {B, samples, H, A}).add_(by[1]);
}

// Energies of the compiled terms, and the states [B, S, H+1, D] that were imagined.
Tensor CompiledEnergy::run_for_states(Candidates candidates) const {
  const Tensor states =
      at::empty({problems(), candidates.samples, horizon() + 1, rollout_.state_dim()}, at::kFloat);
  candidates.states = states.mutable_data_ptr<float>();
  run(rollout_.forward(), candidates);
  return states;
}

namespace {

// Lets autograd know the gradient, which is computed along with the energies.
struct WithGradient : torch::autograd::Function<WithGradient> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& actions,
                        const CompiledEnergy* energy) {
    const Tensor plans = actions.detach().to(at::kFloat).contiguous();
    Tensor energies = at::empty({plans.size(0), plans.size(1)});
    const Tensor gradients = at::empty_like(plans);
    energy->score_with_gradient(plans.const_data_ptr<float>(), plans.size(1),
                                energies.mutable_data_ptr<float>(),
                                gradients.mutable_data_ptr<float>());
    context->save_for_backward({gradients});
    return energies;
  }
  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      const torch::autograd::variable_list& by_energies) {
    const Tensor gradients = context->get_saved_variables()[0];  // [B, S, H, A]
    return {by_energies[0].unsqueeze(2).unsqueeze(3) * gradients, Tensor()};
  }
};

}  // namespace

Tensor CompiledEnergy::operator()(const Tensor& actions) const {
  expect_shape("actions", actions, {problems(), kAny, horizon(), action_dim()});
  if (at::GradMode::is_enabled() && actions.requires_grad()) {
    return WithGradient::apply(actions, this);
  }
  const Tensor plans = actions.detach().to(at::kFloat).contiguous();
  Tensor energies = at::empty({problems(), plans.size(1)});
  score(plans.const_data_ptr<float>(), plans.size(1), energies.mutable_data_ptr<float>());
  return energies;
}

void CompiledEnergy::run(const Programs& programs, const Candidates& candidates) const {
  // Equal shares for all threads: one that waits costs more than a tile that is not full. No
  // candidate's energy depends on which others share its block.
  const std::int64_t threads = at::get_num_threads();
  const std::int64_t share = (candidates.total + threads - 1) / threads;
  const std::int64_t blocks_each =
      std::max<std::int64_t>(1, (share + programs.rows - 1) / programs.rows);
  const std::int64_t block = (share + blocks_each - 1) / blocks_each;
  const std::int64_t blocks = block == 0 ? 0 : (candidates.total + block - 1) / block;
  auto& workspaces = programs.backward ? threads_backward_ : threads_;
  at::parallel_for(0, blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    Workspace& work = *workspaces[at::get_thread_num()];
    programs.steps->begin();
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i * block;
      score_block(programs, work, candidates, first, std::min(block, candidates.total - first));
    }
    programs.steps->end();
  });
}

// Row r of the block is candidate first + r: its present state, its task, and its actions.
void CompiledEnergy::load_block(Workspace& work, const Candidates& candidates, std::int64_t first,
                                std::int64_t rows) const {
  const std::int64_t D = rollout_.state_dim(), H = horizon(), A = action_dim();
  const auto norm = static_cast<float>(rollout_.shape().norm);
  const kernels::Kernels& vector_code = kernels::kernels_of(rollout_.instruction_set());
  const auto* states = states_.const_data_ptr<float>();
  const auto* tasks = tasks_.const_data_ptr<std::int64_t>();
  const auto round = [&](const Table& table, std::int64_t width) {
    if (!table.twin) return;
    vector_code.scale({.rows = rows, .width = width, .x = table, .out = table, .constant = 1.0F});
  };
  Table& s = work.state(0);
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t problem = (first + r) / candidates.samples;
    std::copy_n(states + problem * D, D, s.data + r * s.stride);
    work.tasks[r] = tasks[problem];
  }
  round(s, D);
  for (std::int64_t h = 0; h < H; ++h) {
    const Table& plan = work.plans[h];
    const Table& a = work.actions[h];
    for (std::int64_t r = 0; r < rows; ++r) {
      const float* from = candidates.actions + ((first + r) * H + h) * A;
      std::copy_n(from, A, plan.data + r * plan.stride);
      float* to = a.data + r * a.stride;
      float squares = 0.0F;
      for (std::int64_t j = 0; j < A; ++j) squares += from[j] * from[j];
      const float length = std::sqrt(squares);
      const float factor = length > norm ? norm / length : 1.0F;
      for (std::int64_t j = 0; j < A; ++j) to[j] = factor * from[j];
    }
    round(plan, A);
    round(a, A);
  }
}

void CompiledEnergy::keep_states(const Table& states, std::int64_t h, const Candidates& candidates,
                                 std::int64_t first, std::int64_t rows) const {
  const std::int64_t D = rollout_.state_dim(), H = horizon();
  for (std::int64_t r = 0; r < rows; ++r) {
    std::copy_n(states.data + r * states.stride, D,
                candidates.states + ((first + r) * (H + 1) + h) * D);
  }
}

void CompiledEnergy::score_block(const Programs& programs, Workspace& work,
                                 const Candidates& candidates, std::int64_t first,
                                 std::int64_t rows) const {
  const std::int64_t H = horizon();
  load_block(work, candidates, first, rows);
  std::fill_n(work.totals, rows, 0.0F);
  if (candidates.states) keep_states(work.state(0), 0, candidates, first, rows);
  if (programs.whole) {
    programs.steps->run(rows, work.whole_inputs.data(), &work.state(1), work.tasks,
                        work.step_scratch(0));
  }
  for (std::int64_t h = 1; h <= H; ++h) {
    if (!programs.whole) {
      const Table inputs[] = {work.state(h - 1), work.actions[h - 1]};
      programs.steps->run(rows, inputs, &work.state(h), work.tasks, work.step_scratch(h - 1));
    }
    if (candidates.states) keep_states(work.state(h), h, candidates, first, rows);
    const Table step[] = {work.state(h - 1), work.state(h), work.plans[h - 1],
                          work.plans[h > 1 ? h - 2 : 0]};
    for (std::size_t i = 0; i < programs.terms.size(); ++i) {
      const CompiledTerm& term = programs.terms[i];
      if (!term.looks_at(h, H)) continue;
      auto& memory = work.terms[i];
      term.program.run(rows, step, &memory.energy, work.tasks,
                       memory.scratch[(h - 1) % memory.scratch.size()]);
      add_energy(term, memory, h, H, rows, work.totals);
    }
  }
  std::copy_n(work.totals, rows, candidates.energies + first);
  if (candidates.gradients) gradients_of_block(programs, work, candidates, first, rows);
}

void CompiledEnergy::gradients_of_block(const Programs& programs, Workspace& work,
                                        const Candidates& candidates, std::int64_t first,
                                        std::int64_t rows) const {
  const std::int64_t H = horizon(), A = action_dim(), D = rollout_.state_dim();
  for (std::int64_t h = 0; h < H; ++h) {
    clear(work.by_action[h], rows);
    clear(work.by_plan[h], rows);
  }
  for (const Table& by_state : work.by_states) clear(by_state, rows);
  for (std::int64_t h = H; h >= 1; --h) {
    const Table& by_state = work.by_state(h);
    const Table by_before = h > 1 ? work.by_state(h - 1) : Table{};  // The present is given.
    const std::int64_t before = h > 1 ? h - 2 : 0;
    const Table step[] = {work.state(h - 1), work.state(h), work.plans[h - 1], work.plans[before]};
    const Table by_step[] = {by_before, by_state, work.by_plan[h - 1], work.by_plan[before]};
    if (candidates.by_states) {
      for (std::int64_t r = 0; r < rows; ++r) {
        const float* from = candidates.by_states + ((first + r) * (H + 1) + h) * D;
        for (std::int64_t j = 0; j < D; ++j) by_state.data[r * by_state.stride + j] += from[j];
      }
    }
    for (std::size_t i = 0; i < programs.terms.size(); ++i) {
      const CompiledTerm& term = programs.terms[i];
      if (!term.looks_at(h, H)) continue;
      const auto& memory = work.terms[i];
      by_energy(term, memory, h, H, rows, work.by_energy);
      term.program.backward(rows, step, &memory.energy, &work.by_energy, by_step,
                            memory.scratch[h - 1], work.gradient_scratch);
    }
    if (programs.whole) continue;
    const Table inputs[] = {work.state(h - 1), work.actions[h - 1]};
    const Table by_inputs[] = {by_before, work.by_action[h - 1]};
    programs.steps->backward(rows, inputs, &work.state(h), &by_state, by_inputs,
                             work.step_scratch(h - 1), work.gradient_scratch);
    clear(by_state, rows);  // Its memory is that of h - 2, too.
  }
  if (programs.whole) {
    programs.steps->backward(rows, work.whole_inputs.data(), &work.state(1), &work.by_state(1),
                             work.by_whole_inputs.data(), work.step_scratch(0),
                             work.gradient_scratch);
  }
  const auto norm = static_cast<float>(rollout_.shape().norm);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t h = 0; h < H; ++h) {
      const float* plan = work.plans[h].data + r * work.plans[h].stride;
      const float* by_action = work.by_action[h].data + r * work.by_action[h].stride;
      const float* by_plan = work.by_plan[h].data + r * work.by_plan[h].stride;
      float* gradient = candidates.gradients + ((first + r) * H + h) * A;
      through_shortening(plan, by_action, A, norm, gradient);
      for (std::int64_t j = 0; j < A; ++j) gradient[j] += by_plan[j];
    }
  }
}

}  // namespace forethink
