// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Planners' loops allocate nothing: a long search takes memory as often as a short one.
#include <ATen/Parallel.h>
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/planning/analytic_energies.h"
#include "forethink/planning/planner.h"
#include "tests/conformance/counted_allocations.h"

namespace forethink {
namespace {

// Counts what tensors hold, too: their numbers do not come from `new`.
class CountingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t size) override {
    ++counted_allocations;
    return plain_->allocate(size);
  }
  c10::DeleterFnPtr raw_deleter() const override { return plain_->raw_deleter(); }
  void copy_data(void* to, const void* from, std::size_t count) const override {
    plain_->copy_data(to, from, count);
  }
  c10::Allocator& plain() const { return *plain_; }

 private:
  c10::Allocator* plain_ = c10::GetCPUAllocator();
};

// A bowl around 0.3 that is scored in place.
class QuietBowl final : public AnalyticEnergy {
 public:
  QuietBowl(std::int64_t problems, std::int64_t horizon)
      : AnalyticEnergy(at::arange(problems), horizon, 2) {}
  Tensor operator()(const Tensor& actions) const override {
    return (actions - 0.3).square().sum({2, 3});
  }
  void score(const float* actions, std::int64_t samples, float* energies) const override {
    const std::int64_t size = horizon() * action_dim();
    for (std::int64_t i = 0; i < problems() * samples; ++i) {
      energies[i] = 0.0F;
      for (std::int64_t j = 0; j < size; ++j) {
        const float off = actions[i * size + j] - 0.3F;
        energies[i] += off * off;
      }
    }
  }
  void score_with_gradient(const float* actions, std::int64_t samples, float* energies,
                           float* gradients) const override {
    score(actions, samples, energies);
    const std::int64_t count = problems() * samples * horizon() * action_dim();
    for (std::int64_t i = 0; i < count; ++i) gradients[i] = 2.0F * (actions[i] - 0.3F);
  }
};

std::int64_t allocations_of(const Energy& energy, const std::string& name, std::int64_t iterations,
                            PlannerOptions options = {}) {
  options.name = name;
  options.cem.iterations = iterations;
  options.icem.iterations = iterations;
  options.mppi.iterations = iterations;
  options.gradient.iterations = iterations;
  options.gradient.patience = iterations;
  options.gradient.tolerance = 0.0;
  options.refined.sampling.iterations = iterations;
  options.refined.iterations = iterations;
  options.refined.patience = iterations;
  options.refined.tolerance = 0.0;
  RandomStream rng(1, "allocations");
  // As after a plan.
  const PlanStart start{.elites = at::zeros({energy.problems(), 2, energy.horizon(), 2})};
  const std::int64_t before = allocations_so_far();
  const Plan found = plan(energy, start, rng, options);
  const std::int64_t taken = allocations_so_far() - before;
  EXPECT_GE(found.iterations, iterations) << name;
  return taken;
}

// Counts while it lives, with so many threads.
class Counted {
 public:
  explicit Counted(int threads) {
    c10::SetCPUAllocator(&counting_);
    at::set_num_threads(threads);
  }
  ~Counted() {
    at::set_num_threads(threads_);
    c10::SetCPUAllocator(&counting_.plain());
  }

 private:
  CountingAllocator counting_;
  const int threads_ = at::get_num_threads();
};

TEST(Search, CountsWhatTensorsHold) {
  const Counted counted(1);
  const std::int64_t before = allocations_so_far();
  c10::GetCPUAllocator()->allocate(64);
  EXPECT_EQ(allocations_so_far(), before + 1);
}

TEST(Search, AllocatesNothingInTheLoopsOfPlanners) {
  const QuietBowl quiet(/*problems=*/40, /*horizon=*/4);
  const Bowl loud(at::arange(40), /*horizon=*/4, /*action_dim=*/2);
  PlannerOptions with_elites;
  with_elites.mppi.elites = 8;
  for (const int threads : {1, 2}) {
    const Counted counted(threads);
    for (const std::string& name : planner_names()) {
      if (name == "random") continue;  // Has no loop.
      allocations_of(quiet, name, 2);  // Threads begin their lives with some memory.
      EXPECT_EQ(allocations_of(quiet, name, 2), allocations_of(quiet, name, 12))
          << name << ", " << threads;
      // An energy of tensors does: the count sees it.
      EXPECT_LT(allocations_of(loud, name, 2), allocations_of(loud, name, 12)) << name;
    }
    EXPECT_EQ(allocations_of(quiet, "mppi", 2, with_elites),
              allocations_of(quiet, "mppi", 12, with_elites))
        << threads;
  }
}

TEST(Search, AllocatesNothingWhereThreadsShareTheProblems) {
  // Few samples of long sequences: so large that every loop over problems is dealt out.
  const QuietBowl quiet(/*problems=*/320, /*horizon=*/52);
  PlannerOptions options;
  options.cem.samples = 16;
  options.icem.samples = 16;
  options.mppi.samples = 16;
  options.mppi.elites = 8;
  options.refined.sampling.samples = 16;
  const Counted counted(2);
  for (const std::string& name : planner_names()) {
    if (name == "random") continue;
    allocations_of(quiet, name, 2, options);
    EXPECT_EQ(allocations_of(quiet, name, 2, options), allocations_of(quiet, name, 4, options))
        << name;
  }
}

}  // namespace
}  // namespace forethink
