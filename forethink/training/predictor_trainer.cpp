// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/predictor_trainer.h"

#include <torch/torch.h>

#include <cmath>

#include "forethink/core/checkpoint.h"
#include "forethink/core/settings.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

constexpr std::int64_t kChunk = 4096;  // Frames encoded, or windows scored, at once.
constexpr std::int64_t kDiagnosisWindows = 4096;

}  // namespace

Trajectories encode_trajectories(const Trajectories& data, const Perception& perception) {
  Trajectories cached;
  cached.columns = data.columns;
  cached.ep_offset = data.ep_offset;
  cached.ep_len = data.ep_len;
  std::vector<Tensor> states;
  for (const Tensor& rows : at::arange(data.rows(), at::kLong).split(kChunk)) {
    states.push_back(perception.estimate(data.observe(rows)).to(at::kFloat));
  }
  cached.columns["embedding"] = at::cat(states);
  return cached;
}

Trajectories thin_trajectories(const Trajectories& data, std::int64_t skip) {
  std::vector<Tensor> rows;
  for (std::int64_t e = 0; e < data.episodes(); ++e) {
    const std::int64_t first = data.ep_offset[e].item<std::int64_t>();
    rows.push_back(at::arange(first, first + data.ep_len[e].item<std::int64_t>(), skip, at::kLong));
  }
  Trajectories thin;
  const Tensor all = at::cat(rows);
  for (const auto& [name, column] : data.columns) thin.columns[name] = column.index_select(0, all);
  thin.ep_len = (data.ep_len + (skip - 1)).floor_divide(skip);
  thin.ep_offset = thin.ep_len.cumsum(0) - thin.ep_len;
  return thin;
}

void PredictorTrainerOptions::validate() const {
  optimizer.validate("predictor.optimizer");
  loop.validate();
  expect_setting(steps >= 1, "predictor.steps", steps, "steps >= 1");
  expect_setting(batch >= 2, "predictor.batch", batch, "batch >= 2");
  expect_setting(rollout >= 1, "predictor.rollout", rollout, "rollout >= 1");
  expect_setting(hard_share >= 0 && hard_share <= 1, "predictor.hard_share", hard_share,
                 "0 <= hard_share <= 1");
  expect_setting(hard_pool >= 1, "predictor.hard_pool", hard_pool, "hard_pool >= 1");
  expect_setting(split_weight >= 0 && std::isfinite(split_weight), "predictor.split_weight",
                 split_weight, "0 <= split_weight < infinity");
  expect_setting(split_from > 0 && split_from <= 1, "predictor.split_from", split_from,
                 "0 < split_from <= 1");
  expect_setting(slow_rate >= 0 && slow_rate <= 1, "predictor.slow_rate", slow_rate,
                 "0 <= slow_rate <= 1");
  expect_setting(spacing >= 1, "predictor.spacing", spacing, "spacing >= 1");
}

PredictorTrainer::PredictorTrainer(std::shared_ptr<Jepa> jepa, const Trajectories& cached,
                                   const Split& split, std::int64_t skip,
                                   const PredictorTrainerOptions& options, std::uint64_t seed,
                                   ExtraDiagnosis extra, const SplitPushes& pushes)
    : jepa_(std::move(jepa)),
      cached_(cached),
      train_(cached, split.train, {.length = options.rollout + 1, .skip = skip}),
      validation_(cached, split.validation, {.length = options.rollout + 1, .skip = skip}),
      skip_(skip),
      options_(options),
      rng_(seed, "predictor_trainer"),
      optimizer_(jepa_->predictor()->parameters(), options.optimizer),
      extra_(std::move(extra)) {
  options_.validate();
  if (options_.split_weight > 0) {
    if (!pushes.slow) throw ConfigError("predictor.split_weight > 0 needs a slow predictor");
    pushes_ = pushes;
    std::map<std::string, Tensor> weights;
    module_to_tensors(*jepa_->predictor(), "", weights);
    tensors_to_module(weights, "", *pushes_.slow);
  }
  recorded_ = score_all_windows();
}

std::int64_t PredictorTrainer::used() const {
  return std::max<std::int64_t>(1, train_.size() / options_.spacing);
}

WindowBatch PredictorTrainer::windows(const Tensor& picks) const {
  return train_.get(picks * options_.spacing);
}

Tensor PredictorTrainer::score_all_windows() {
  const at::NoGradGuard no_grad;
  jepa_->predictor()->eval();
  std::vector<Tensor> scores;
  for (const Tensor& picks : at::arange(used(), at::kLong).split(kChunk)) {
    scores.push_back(errors(windows(picks)));
  }
  return at::cat(scores);
}

Tensor PredictorTrainer::pick_windows() {
  const auto hard = static_cast<std::int64_t>(
      std::llround(options_.hard_share * static_cast<double>(options_.batch)));
  const Tensor fresh = rng_.integers({options_.batch - hard}, 0, used());
  if (hard == 0) return fresh;
  const Tensor candidates = rng_.integers({hard * options_.hard_pool}, 0, used());
  const Tensor worst = std::get<1>(recorded_.index_select(0, candidates).topk(hard));
  return at::cat({fresh, candidates.index_select(0, worst)});
}

Tensor PredictorTrainer::errors(const WindowBatch& batch) {
  const std::int64_t B = batch.rows.size(0), T = batch.rows.size(1);
  const Tensor s =
      cached_.columns.at("embedding").index_select(0, batch.rows.flatten()).view({B, T, -1});
  const Bf16Scope precision(options_.bf16 && bf16_pays());
  const Tensor imagined = imagine(*jepa_, s.select(1, 0), batch.actions);  // [B, T, D]
  return (imagined.slice(1, 1).to(at::kFloat) - s.slice(1, 1)).square().mean({1, 2});
}

// One push from each window's last state.
Tensor PredictorTrainer::split_loss(const WindowBatch& batch) {
  const std::int64_t B = batch.rows.size(0), A = batch.actions.size(2) / skip_;
  const Tensor s = cached_.columns.at("embedding")
                       .index_select(0, batch.rows.select(1, batch.rows.size(1) - 1));  // [B, D]
  const Tensor direction = rng_.normal({B, A});
  const Tensor strength = pushes_.action_limit * rng_.uniform({B, 1}, options_.split_from, 1.0);
  const Tensor push =
      (strength * direction / direction.abs().amax(1, /*keepdim=*/true)).repeat({1, skip_});
  const Bf16Scope precision(options_.bf16 && bf16_pays());
  Tensor by_halves;
  {
    const at::NoGradGuard no_grad;
    const Tensor half = 0.5 * push;
    by_halves = pushes_.slow->forward(pushes_.slow->forward(s, half, {}), half, {}).to(at::kFloat);
  }
  const Tensor at_once = jepa_->predictor()->forward(s, push, {}).to(at::kFloat);
  return (at_once - by_halves).square().mean();
}

Measurements PredictorTrainer::advance() {
  jepa_->predictor()->train();
  const Tensor picks = pick_windows();
  const WindowBatch batch = windows(picks);
  optimizer_.zero_grad();
  const Tensor error = errors(batch);
  Tensor loss = error.mean();
  Measurements parts{{"prediction", loss.item<double>()}};
  if (options_.split_weight > 0) {
    const Tensor split = split_loss(batch);
    parts["split"] = split.item<double>();
    loss = loss + options_.split_weight * split;
  }
  parts["loss"] = loss.item<double>();
  if (!std::isfinite(parts["loss"])) {
    parts["not_finite"] = 1;
    return parts;
  }
  loss.backward();
  parts["gradient_norm"] =
      optimizer_.step(learning_rate_share(options_.optimizer, step_, options_.steps));
  if (!std::isfinite(parts["gradient_norm"])) {
    parts["not_finite"] = 1;
    return parts;
  }
  if (pushes_.slow) {
    const at::NoGradGuard no_grad;
    at::_foreach_lerp_(pushes_.slow->parameters(), jepa_->predictor()->parameters(),
                       options_.slow_rate);
  }
  recorded_.index_copy_(0, picks, error.detach());
  ++step_;
  return parts;
}

Measurements PredictorTrainer::diagnose() {
  const at::NoGradGuard no_grad;
  jepa_->predictor()->eval();
  RandomStream picks(0, "diagnosis");
  const Tensor error =
      errors(validation_.get(picks.integers({kDiagnosisWindows}, 0, validation_.size())));
  Measurements measured{{"validation_error", error.mean().item<double>()},
                        {"validation_error_worst_percent",
                         std::get<0>(error.topk(kDiagnosisWindows / 100)).mean().item<double>()}};
  if (extra_) measured.merge(extra_());
  return measured;
}

std::map<std::string, Tensor> PredictorTrainer::state() const {
  std::map<std::string, Tensor> tensors;
  module_to_tensors(*jepa_->predictor(), "predictor.", tensors);
  if (pushes_.slow) module_to_tensors(*pushes_.slow, "slow.", tensors);
  optimizer_.save("optimizer.", tensors);
  tensors["trainer.recorded"] = recorded_.clone();
  tensors["trainer.counters"] =
      at::tensor({step_, static_cast<std::int64_t>(rng_.draws())}, at::kLong);
  return tensors;
}

void PredictorTrainer::restore(const std::map<std::string, Tensor>& tensors) {
  tensors_to_module(tensors, "predictor.", *jepa_->predictor());
  if (pushes_.slow) tensors_to_module(tensors, "slow.", *pushes_.slow);
  optimizer_.load("optimizer.", tensors);
  recorded_ = require_tensor(tensors, "trainer.recorded", {used()}).clone();
  const Tensor counters = require_tensor(tensors, "trainer.counters", {2});
  step_ = counters[0].item<std::int64_t>();
  rng_ = RandomStream::restore(rng_.key(),
                               static_cast<std::uint64_t>(counters[1].item<std::int64_t>()));
}

}  // namespace forethink
