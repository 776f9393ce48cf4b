// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/critic_trainer.h"

#include <torch/torch.h>

#include <bit>
#include <cmath>
#include <string>
#include <utility>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"
#include "forethink/nn/precision.h"
#include "forethink/training/critic_pairs.h"

namespace forethink {
namespace {

// A critic of the same shape and weights.
TrainableCritic copy_of(const TrainableCritic& critic) {
  RandomStream unused(0, "slow critic");
  TrainableCritic copy(critic.state_dim(), critic.options(), unused);
  copy.restore(critic.state());
  return copy;
}

void add_all(std::map<std::string, Tensor>& all, const std::string& prefix,
             const std::map<std::string, Tensor>& part) {
  for (const auto& [name, tensor] : part) all[prefix + name] = tensor;
}

std::map<std::string, Tensor> part_of(const std::map<std::string, Tensor>& all,
                                      const std::string& prefix) {
  std::map<std::string, Tensor> part;
  for (const auto& [name, tensor] : all) {
    if (name.starts_with(prefix)) part[name.substr(prefix.size())] = tensor;
  }
  return part;
}

}  // namespace

void CriticTrainerOptions::validate() const {
  expect_setting(steps >= 1, "critic_trainer.steps", steps, "steps >= 1");
  expect_setting(batch >= 4, "critic_trainer.batch", batch, "batch >= 4");
  expect_setting(loss == "distance" || loss == "discount", "critic_trainer.loss", loss,
                 "one of distance, discount");
  expect_setting(huber_scale > 0.0, "critic_trainer.huber_scale", huber_scale, "huber_scale > 0");
  expect_setting(discount > 0.0 && discount < 1.0, "critic_trainer.discount", discount,
                 "0 < discount < 1");
  expect_setting(target_rate > 0.0 && target_rate <= 1.0, "critic_trainer.target_rate", target_rate,
                 "0 < target_rate <= 1");
  optimizer.validate("critic_trainer.optimizer");
  loop.validate();
}

CriticTrainer::CriticTrainer(std::shared_ptr<TrainableCritic> critic,
                             std::shared_ptr<CriticTeacher> teacher,
                             const CriticTrainerOptions& options, std::uint64_t seed)
    : critic_(std::move(critic)),
      teacher_(std::move(teacher)),
      options_(options),
      rng_(seed, "critic trainer"),
      slow_(copy_of(*critic_)),
      optimizer_(critic_->parameters(), options.optimizer) {
  options.validate();
}

// `errors` [B]: of the network that is farthest off, in model steps.
Tensor CriticTrainer::loss(const CriticLesson& lesson, Tensor& errors) const {
  const Tensor d = critic_->distances(lesson.states, lesson.goals);  // [nets, B]
  const Tensor y = lesson.targets.unsqueeze(0).expand_as(d);
  const Tensor weight =
      2.0 * at::where(y.lt(d), lesson.expectile, 1.0 - lesson.expectile).detach();  // [nets, B]
  errors = ((d - y).abs() * weight).detach().amax(0);
  if (options_.loss == "discount") {
    const double rate = std::log(options_.discount);
    return (weight * (at::exp(rate * d) - at::exp(rate * y)).square()).mean();
  }
  const Tensor zero = at::zeros_like(d);
  return (weight * at::huber_loss((d - y) / options_.huber_scale, zero, at::Reduction::None))
      .mean();
}

Measurements CriticTrainer::advance() {
  const double share = static_cast<double>(step_) / static_cast<double>(options_.steps);
  CriticLesson lesson;
  Tensor errors, total;
  optimizer_.zero_grad();
  {
    const Bf16Scope bf16(options_.bf16 && bf16_pays());
    {
      const at::NoGradGuard no_grad;
      lesson = teacher_->draw(options_.batch, share, slow_, rng_);
    }
    total = loss(lesson, errors);
  }
  Measurements measured{{"error", errors.mean().item<double>()},
                        {"target", lesson.targets.mean().item<double>()}};
  const double rate = learning_rate_share(options_.optimizer, step_, options_.steps);
  if (!commit_step(optimizer_, total, rate, measured)) return measured;
  {
    const at::NoGradGuard no_grad;
    at::_foreach_lerp_(slow_.parameters(), critic_->parameters(), options_.target_rate);
  }
  teacher_->record(errors);
  ++step_;
  return measured;
}

std::map<std::string, Tensor> CriticTrainer::state() const {
  std::map<std::string, Tensor> tensors;
  add_all(tensors, "critic.", critic_->state());
  add_all(tensors, "slow.", slow_.state());
  add_all(tensors, "teacher.", teacher_->state());
  optimizer_.save("optimizer.", tensors);
  tensors["counters"] = at::tensor(
      {step_, std::bit_cast<std::int64_t>(rng_.key()), std::bit_cast<std::int64_t>(rng_.draws())},
      at::kLong);
  return tensors;
}

void CriticTrainer::restore(const std::map<std::string, Tensor>& tensors) {
  const Tensor& counters = critic_tensor(tensors, "counters", at::zeros({3}, at::kLong));
  critic_->restore(part_of(tensors, "critic."));
  slow_.restore(part_of(tensors, "slow."));
  teacher_->restore(part_of(tensors, "teacher."));
  optimizer_.load("optimizer.", tensors);
  const auto* values = counters.data_ptr<std::int64_t>();
  step_ = values[0];
  rng_ = RandomStream::restore(std::bit_cast<std::uint64_t>(values[1]),
                               std::bit_cast<std::uint64_t>(values[2]));
}

}  // namespace forethink
