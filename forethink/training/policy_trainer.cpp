// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/policy_trainer.h"

#include <torch/torch.h>

#include <utility>

#include "forethink/core/checkpoint.h"
#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/nn/module.h"

namespace forethink {
namespace {

void expect_deeds(const char* name, const Deeds& deeds, const Policy& policy) {
  const auto fits = [&](const Tensor& t, std::int64_t width) {
    return t.defined() && t.dim() == 2 && t.size(0) == deeds.states.size(0) && t.size(0) > 0 &&
           t.size(1) == width && t.isfinite().all().item<bool>();
  };
  if (!deeds.states.defined() || !fits(deeds.states, policy.state_dim()) ||
      !fits(deeds.actions, policy.action_dim())) {
    throw DataError(std::string("policy trainer: ") + name + " must be states [N, " +
                    std::to_string(policy.state_dim()) + "] and actions [N, " +
                    std::to_string(policy.action_dim()) + "], N >= 1, finite");
  }
}

}  // namespace

void PolicyTrainerOptions::validate() const {
  expect_setting(steps >= 1, "policy.steps", steps, "steps >= 1");
  expect_setting(batch >= 1, "policy.batch", batch, "batch >= 1");
  optimizer.validate("policy.optimizer");
  loop.validate();
}

PolicyTrainer::PolicyTrainer(std::shared_ptr<Policy> policy, Deeds deeds, Deeds validation,
                             const PolicyTrainerOptions& options, std::uint64_t seed)
    : policy_(std::move(policy)),
      deeds_(std::move(deeds)),
      validation_(std::move(validation)),
      options_((options.validate(), options)),
      rng_(seed, "policy_trainer"),
      optimizer_(policy_->parameters(), options.optimizer) {
  expect_deeds("deeds", deeds_, *policy_);
  expect_deeds("validation", validation_, *policy_);
}

Measurements PolicyTrainer::advance() {
  policy_->train();
  const Tensor rows = rng_.integers({options_.batch}, 0, deeds_.states.size(0));
  optimizer_.zero_grad();
  const Tensor done = deeds_.actions.index_select(0, rows);
  const Tensor loss =
      (policy_->forward(deeds_.states.index_select(0, rows)) - done).square().mean();
  Measurements measured;
  const double share = learning_rate_share(options_.optimizer, step_, options_.steps);
  if (!commit_step(optimizer_, loss, share, measured)) return measured;
  ++step_;
  return measured;
}

Measurements PolicyTrainer::diagnose() {
  const at::NoGradGuard no_grad;
  policy_->eval();
  const Tensor& done = validation_.actions;
  const double error = (policy_->forward(validation_.states) - done).square().mean().item<double>();
  const double variance = (done - done.mean(0)).square().mean().item<double>();
  return {{"validation_error", error}, {"explained", variance > 0 ? 1.0 - error / variance : 0.0}};
}

std::map<std::string, Tensor> PolicyTrainer::state() const {
  std::map<std::string, Tensor> tensors;
  module_to_tensors(*policy_, "policy.", tensors);
  optimizer_.save("optimizer.", tensors);
  tensors["trainer.counters"] =
      at::tensor({step_, static_cast<std::int64_t>(rng_.draws())}, at::kLong);
  return tensors;
}

void PolicyTrainer::restore(const std::map<std::string, Tensor>& tensors) {
  tensors_to_module(tensors, "policy.", *policy_);
  optimizer_.load("optimizer.", tensors);
  const Tensor counters = require_tensor(tensors, "trainer.counters", {2});
  step_ = counters[0].item<std::int64_t>();
  rng_ = RandomStream::restore(rng_.key(),
                               static_cast<std::uint64_t>(counters[1].item<std::int64_t>()));
}

}  // namespace forethink
