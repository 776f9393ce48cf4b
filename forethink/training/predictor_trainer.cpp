// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/predictor_trainer.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "forethink/core/checkpoint.h"
#include "forethink/core/settings.h"
#include "forethink/nn/precision.h"
#include "forethink/training/losses/felt.h"
#include "forethink/world_model/discrete_latent.h"

namespace forethink {
namespace {

constexpr std::int64_t kChunk = 4096;  // Frames encoded, or windows scored, at once.
constexpr std::int64_t kDiagnosisWindows = 4096;
constexpr std::int64_t kFeltWindows = 4096;  // Looked at to know how readings change.
constexpr double kBeyondLimit = 1.1;         // The limit should not be the edge of what is known.

// Every `spacing`-th window of the training episodes, and the hastened ones whose pushes the agent
// could (nearly) make.
WindowBatch training_windows(const Trajectories& cached, const Tensor& episodes, std::int64_t skip,
                             double action_limit, const PredictorTrainerOptions& options) {
  options.validate();
  std::vector<Tensor> rows, actions;
  for (std::int64_t more = 0; more <= options.hasten; ++more) {
    const Windows recorded(cached, episodes, {.length = options.rollout + 1, .skip = skip + more});
    WindowBatch batch = recorded.get(at::arange(0, recorded.size(), options.spacing, at::kLong));
    if (more > 0) {
      batch.actions = hasten_actions(batch.actions, skip + more, skip);
      const Tensor can = batch.actions.abs().amax({1, 2}).le(kBeyondLimit * action_limit);
      const Tensor kept = can.nonzero().flatten();
      batch = {batch.rows.index_select(0, kept), batch.actions.index_select(0, kept)};
    }
    rows.push_back(batch.rows);
    actions.push_back(batch.actions);
  }
  return {at::cat(rows), at::cat(actions)};
}

}  // namespace

Trajectories encode_trajectories(const Trajectories& data, const Perception& perception,
                                 const std::vector<std::string>& felt) {
  Trajectories cached;
  cached.columns = data.columns;
  cached.ep_offset = data.ep_offset;
  cached.ep_len = data.ep_len;
  std::vector<Tensor> states;
  std::map<std::string, std::vector<Tensor>> readings;
  for (const Tensor& rows : at::arange(data.rows(), at::kLong).split(kChunk)) {
    const Observation x = data.observe(rows);
    states.push_back(perception.estimate(x).to(at::kFloat));
    for (const std::string& sensor : felt) readings[sensor].push_back(x.at(sensor));
  }
  cached.columns["embedding"] = at::cat(states);
  for (const auto& [sensor, parts] : readings) cached.columns[sensor] = at::cat(parts);
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
  expect_setting(std::isfinite(felt_weight) && felt_weight >= 0, "predictor.felt_weight",
                 felt_weight, "felt_weight >= 0");
  expect_setting(hasten >= 0, "predictor.hasten", hasten, "hasten >= 0");
  expect_setting(spacing >= 1, "predictor.spacing", spacing, "spacing >= 1");
}

Tensor hasten_actions(const Tensor& actions, std::int64_t from, std::int64_t to) {
  if (from < 1 || to < 1 || actions.dim() == 0 || actions.size(-1) % from != 0) {
    throw ShapeError("actions must end in a multiple of " + std::to_string(from) +
                     " numbers, and are hastened to at least 1 step");
  }
  const Tensor steps = actions.unflatten(-1, {from, -1});  // [.., from, A]
  // How much of recorded step i falls into new step j, both as intervals of time.
  const double length = static_cast<double>(from) / static_cast<double>(to);
  const Tensor begin = at::arange(to, at::kDouble).unsqueeze(1) * length;  // [to, 1]
  const Tensor i = at::arange(from, at::kDouble);                          // [from]
  const Tensor overlap = at::minimum(begin + length, i + 1.0) - at::maximum(begin, i);
  return at::matmul(overlap.clamp_min(0.0).to(actions.scalar_type()), steps).flatten(-2);
}

PredictorTrainer::PredictorTrainer(std::shared_ptr<Jepa> jepa, const Trajectories& cached,
                                   const Split& split, std::int64_t skip, double action_limit,
                                   const PredictorTrainerOptions& options, std::uint64_t seed,
                                   ExtraDiagnosis extra)
    : jepa_(std::move(jepa)),
      cached_(cached),
      train_(training_windows(cached, split.train, skip, action_limit, options)),
      validation_(cached, split.validation, {.length = options.rollout + 1, .skip = skip}),
      options_(options),
      rng_(seed, "predictor_trainer"),
      optimizer_(jepa_->predictor()->parameters(), options.optimizer),
      extra_(std::move(extra)) {
  if (jepa_->felt_dim() > 0) {
    const std::int64_t every = std::max<std::int64_t>(1, train_.rows.size(0) / kFeltWindows);
    const Tensor seen = states(train_.rows.slice(0, 0, train_.rows.size(0), every));
    felt_changes_ = felt_changes(seen.slice(2, jepa_->encoder_x()->dim()));
  }
  recorded_ = score_all_windows();
}

WindowBatch PredictorTrainer::windows(const Tensor& picks) const {
  return {train_.rows.index_select(0, picks), train_.actions.index_select(0, picks)};
}

Tensor PredictorTrainer::score_all_windows() {
  const at::NoGradGuard no_grad;
  jepa_->predictor()->eval();
  std::vector<Tensor> scores;
  for (const Tensor& picks : at::arange(train_.rows.size(0), at::kLong).split(kChunk)) {
    scores.push_back(errors(windows(picks)));
  }
  return at::cat(scores);
}

Tensor PredictorTrainer::pick_windows() {
  const auto hard = static_cast<std::int64_t>(
      std::llround(options_.hard_share * static_cast<double>(options_.batch)));
  const std::int64_t known = recorded_.size(0);
  Tensor fresh = rng_.integers({options_.batch - hard}, 0, known);
  if (hard == 0) return fresh;
  const Tensor candidates = rng_.integers({hard * options_.hard_pool}, 0, known);
  const Tensor worst = std::get<1>(recorded_.index_select(0, candidates).topk(hard));
  return at::cat({fresh, candidates.index_select(0, worst)});
}

Tensor PredictorTrainer::states(const Tensor& rows) const {
  return cached_.columns.at("embedding")
      .index_select(0, rows.flatten())
      .view({rows.size(0), rows.size(1), -1});
}

Tensor PredictorTrainer::errors(const WindowBatch& batch) {
  const Tensor s = states(batch.rows);
  const Bf16Scope precision(options_.bf16 && bf16_pays());
  const Tensor imagined =  // [B, T, D]
      jepa_->has_discrete_latent()
          ? imagine_knowing(*jepa_, s.select(1, 0), batch.actions, s.slice(1, 1)).states
          : imagine(*jepa_, s.select(1, 0), batch.actions);
  const Tensor ahead = imagined.slice(1, 1).to(at::kFloat), came = s.slice(1, 1);
  const std::int64_t D = jepa_->encoder_x()->dim();
  Tensor encoded = (ahead - came).slice(2, 0, D).square().mean({1, 2});
  if (jepa_->felt_dim() == 0) return encoded;
  return encoded + options_.felt_weight *
                       felt_error(ahead.slice(2, D), came.slice(2, D), felt_changes_).mean(1);
}

Measurements PredictorTrainer::advance() {
  jepa_->predictor()->train();
  const Tensor picks = pick_windows();
  const WindowBatch batch = windows(picks);
  optimizer_.zero_grad();
  const Tensor error = errors(batch);
  const Tensor loss = error.mean();
  Measurements parts;
  const double share = learning_rate_share(options_.optimizer, step_, options_.steps);
  if (!commit_step(optimizer_, loss, share, parts)) return parts;
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
  optimizer_.save("optimizer.", tensors);
  tensors["trainer.recorded"] = recorded_.clone();
  tensors["trainer.counters"] =
      at::tensor({step_, static_cast<std::int64_t>(rng_.draws())}, at::kLong);
  return tensors;
}

void PredictorTrainer::restore(const std::map<std::string, Tensor>& tensors) {
  tensors_to_module(tensors, "predictor.", *jepa_->predictor());
  optimizer_.load("optimizer.", tensors);
  recorded_ = require_tensor(tensors, "trainer.recorded", {recorded_.size(0)}).clone();
  const Tensor counters = require_tensor(tensors, "trainer.counters", {2});
  step_ = counters[0].item<std::int64_t>();
  rng_ = RandomStream::restore(rng_.key(),
                               static_cast<std::uint64_t>(counters[1].item<std::int64_t>()));
}

}  // namespace forethink
