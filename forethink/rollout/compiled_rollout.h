// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Compiled rollouts: a world model and a cost, packed for the processor at hand, as an Energy.
//
// Planning rolls a predictor out for many candidates many times. Here each core takes whole
// candidates through the whole horizon, some dozen at a time, so that what is imagined stays in its
// caches; weights were packed once; nothing is allocated and no lock is taken on the way.
//
//   for each block of candidates:
//     s = s[0]
//     for h = 1 .. H:   s = Pred(s, a[h-1]);   e_i = term_i(s, a[h-1])   where term i looks at h
//     energy = sum_i u_i join_i(e_i)
//
// Role:    rollout; the fast form of the actor's imagined energy (figure 4).
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "forethink/cost/cost.h"
#include "forethink/planning/energy.h"
#include "forethink/rollout/program.h"
#include "forethink/world_model/world_model.h"

namespace forethink {

namespace rollout {
struct Described;  // The model and the cost as formulas.
struct Programs;   // The same compiled, to go forwards only or backwards as well.
struct Workspace;  // What one thread needs to run them.
}  // namespace rollout

/// Settings of `CompiledRollout`.
struct RolloutOptions {
  bool compile = true;                   ///< Else planners use the plain path.
  std::string precision = "auto";        ///< Of products: "auto" (bfloat16 where the processor has
                                         ///< it), "float32" or "bfloat16".
  std::string instruction_set = "auto";  ///< As `instruction_sets()` names them.
  bool check = true;                     ///< Compare with the plain path when compiling.

  /// Throws ConfigError with the field, its value and the rule it breaks.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("compile", self.compile);
    visit("precision", self.precision);
    visit("instruction_set", self.instruction_set);
    visit("check", self.check);
  }
};

/// A world model and a cost, compiled. A cost term without a formula is judged by the plain path,
/// on states that the compiled model imagined. Immutable once made; may be shared between threads.
class CompiledRollout {
 public:
  /// @throws NotCompiled  naming the part of the model that has no formula, or if the plain path
  ///                      gives another answer (weights that are not finite give none).
  /// @throws ConfigError  if `options` break a rule or name what this processor does not have.
  /// @throws ShapeError   if the model does not take blocks of hold x A.
  CompiledRollout(const WorldModel& model, const Cost& cost, const PlanShape& shape,
                  const RolloutOptions& options = {});
  ~CompiledRollout();

  const PlanShape& shape() const { return shape_; }
  std::int64_t state_dim() const { return state_dim_; }
  std::int64_t action_dim() const { return action_dim_; }  ///< A of a plan.
  InstructionSet instruction_set() const { return instruction_set_; }
  Precision precision() const { return precision_; }
  /// Floating point operations of the products of one candidate.
  std::int64_t flops_per_sequence() const;

  std::int64_t tasks() const { return tasks_; }  ///< Rows of the goal table; 0 without one.
  /// Terms that are judged by the plain path, and why.
  const Cost& plain_terms() const { return plain_terms_; }
  const std::vector<std::string>& not_compiled() const { return not_compiled_; }

 private:
  friend class CompiledEnergy;

  const rollout::Programs& forward() const { return *forward_; }
  const rollout::Programs& backward() const;  // Compiled when it is first asked for.
  // Memory for so many threads, from the last plan if there was one; to be given back.
  std::vector<std::unique_ptr<rollout::Workspace>> workspaces(bool backward, int count) const;
  void give_back(bool backward, std::vector<std::unique_ptr<rollout::Workspace>> used) const;
  std::unique_ptr<const rollout::Programs> compile(bool backward) const;
  void check(const WorldModel& model, const Cost& cost) const;

  PlanShape shape_;
  std::int64_t state_dim_ = 0;
  std::int64_t action_dim_ = 0;
  std::int64_t tasks_ = 0;
  InstructionSet instruction_set_;
  Precision precision_;
  Cost plain_terms_;
  std::vector<std::string> not_compiled_;
  std::unique_ptr<const rollout::Described> described_;
  std::unique_ptr<const rollout::Programs> forward_;
  mutable std::once_flag backward_once_;
  mutable std::unique_ptr<const rollout::Programs> backward_;
  mutable std::mutex spare_mutex_;
  mutable std::vector<std::unique_ptr<rollout::Workspace>> spare_[2];  // Forwards, backwards.
};

/// The compiled rollout, or null where `options` want none or it cannot be compiled; then, and for
/// terms left to the plain path, the reasons are added to `not_compiled`.
std::unique_ptr<const CompiledRollout> try_to_compile(const WorldModel& model, const Cost& cost,
                                                      const PlanShape& shape,
                                                      const RolloutOptions& options,
                                                      std::vector<std::string>& not_compiled);

/// A compiled rollout from some present states, as planners want it. One thread uses it at a time.
class CompiledEnergy final : public Energy {
 public:
  /// @param rollout  Borrowed.
  /// @param states   [B, D] present states.   @param tasks  [B] int64, rows of the goal table.
  /// @throws ShapeError if they are not that.
  CompiledEnergy(const CompiledRollout& rollout, const Tensor& states, const Tensor& tasks,
                 ActionBounds bounds);
  ~CompiledEnergy() override;

  Tensor operator()(const Tensor& actions) const override;
  /// These take no memory, unless there are terms that the plain path judges.
  void score(const float* actions, std::int64_t samples, float* energies) const override;
  void score_with_gradient(const float* actions, std::int64_t samples, float* energies,
                           float* gradients) const override;

  std::int64_t problems() const override { return states_.size(0); }
  std::int64_t horizon() const override { return rollout_.shape().horizon; }
  std::int64_t action_dim() const override { return rollout_.action_dim(); }
  ActionBounds bounds() const override { return bounds_; }
  Tensor problem_ids() const override { return tasks_; }

 private:
  struct Candidates;
  Tensor judge(const Tensor& states, const Tensor& actions) const;
  bool has_plain_terms() const { return !rollout_.plain_terms().terms().empty(); }
  const rollout::Programs& ready_backward() const;
  Tensor run_for_states(Candidates candidates) const;
  void run(const rollout::Programs& programs, const Candidates& candidates) const;
  void load_block(rollout::Workspace& work, const Candidates& candidates, std::int64_t first,
                  std::int64_t rows) const;
  void keep_states(const rollout::Table& states, std::int64_t h, const Candidates& candidates,
                   std::int64_t first, std::int64_t rows) const;
  void score_block(const rollout::Programs& programs, rollout::Workspace& work,
                   const Candidates& candidates, std::int64_t first, std::int64_t rows) const;
  void gradients_of_block(const rollout::Programs& programs, rollout::Workspace& work,
                          const Candidates& candidates, std::int64_t first,
                          std::int64_t rows) const;

  const CompiledRollout& rollout_;
  Tensor states_;  // [B, D]
  Tensor tasks_;   // [B]
  ActionBounds bounds_;
  // Of each thread; backwards once they are asked for.
  mutable std::vector<std::unique_ptr<rollout::Workspace>> threads_;
  mutable std::vector<std::unique_ptr<rollout::Workspace>> threads_backward_;
};

}  // namespace forethink
