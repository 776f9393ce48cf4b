// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/jepa_trainer.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "forethink/core/checkpoint.h"
#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/nn/init.h"
#include "forethink/nn/precision.h"
#include "forethink/training/diagnostics.h"
#include "forethink/training/losses/barlow_twins.h"
#include "forethink/training/losses/coding_rate.h"
#include "forethink/training/losses/covariance.h"
#include "forethink/training/losses/felt.h"
#include "forethink/training/losses/info_nce.h"
#include "forethink/training/losses/inverse_dynamics.h"
#include "forethink/training/losses/prediction.h"
#include "forethink/training/losses/sigreg.h"
#include "forethink/training/losses/straightening.h"
#include "forethink/training/losses/time_similarity.h"
#include "forethink/training/losses/variance.h"
#include "forethink/training/losses/vicreg.h"
#include "forethink/world_model/discrete_latent.h"
#include "forethink/world_model/fixed_predictor.h"

namespace forethink {
namespace {

constexpr std::int64_t kDiagnosisWindows = 16;
constexpr std::int64_t kDiagnosisRollout = 64;  // Model steps, as far as the episodes are long.
constexpr std::int64_t kFeltWindows = 1024;     // Looked at to know how readings change.
constexpr std::int64_t kAlarmsToStop = 3;
constexpr double kWarmUp = 0.25;  // Share of the run in which a collapse verdict does not count.

std::vector<Tensor> join(std::vector<Tensor> a, const std::vector<Tensor>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// What was imagined K steps ahead from every start of a window that leaves room for it, and what
// came of it: [B * starts, K, D] each.
struct Rollout {
  Tensor imagined;
  Tensor actual;
  Tensor codes;  // [B * starts, K] chosen, if the latent is discrete.
};

// x, y [B, T, D], actions [B, T-1, A].
Rollout roll_out(const Jepa& jepa, const Tensor& x, const Tensor& y, const Tensor& actions,
                 std::int64_t K) {
  const std::int64_t starts = x.size(1) - K, D = x.size(2), A = actions.size(2);
  const auto windows = [&](const Tensor& steps, std::int64_t width) {  // -> [B*starts, K, width]
    std::vector<Tensor> ahead;  // Not unfold(), whose way back takes three times as long.
    for (std::int64_t k = 0; k < K; ++k) ahead.push_back(steps.slice(1, k, k + starts));
    return torch::stack(ahead, 2).view({-1, K, width});
  };
  const Tensor s = x.slice(1, 0, starts).reshape({-1, D});
  const Tensor actual = windows(y.slice(1, 1), D);
  if (!jepa.has_discrete_latent()) {
    return {imagine(jepa, s, windows(actions, A)).slice(1, 1), actual, {}};
  }
  const CodedRollout coded = imagine_knowing(jepa, s, windows(actions, A), actual);
  return {coded.states.slice(1, 1), actual, coded.chosen};
}

// InfoNCE tells windows apart, not the starts within one.
Tensor tell_windows_apart(const Rollout& rollout, std::int64_t windows) {
  const std::int64_t D = rollout.actual.size(2);
  return info_nce_loss(rollout.imagined.reshape({windows, -1, D}),
                       rollout.actual.reshape({windows, -1, D}));
}

// The longest validation windows that the episodes allow, for rollout errors far ahead.
WindowOptions diagnosis_windows(const Trajectories& data, const WindowOptions& window) {
  const std::int64_t longest = data.ep_len.min().item<std::int64_t>();
  WindowOptions wide = window;
  wide.length =
      std::max(window.length, std::min(kDiagnosisRollout + 1, (longest - 1) / window.skip + 1));
  return wide;
}

std::string where(std::string_view criterion) {
  return " where jepa.weights." + std::string(criterion) + " > 0";
}

// Criteria that tell inputs apart need two windows: the states of one are nearly alike, however
// many they are. Straightening compares two steps, which take three states.
void expect_enough(const JepaTrainerOptions& options) {
  constexpr std::string_view kOverTheBatch[] = {"variance", "covariance",   "sigreg", "coding_rate",
                                                "lasting",  "barlow_twins", "vicreg", "info_nce"};
  JepaLossWeights::fields(options.weights, [&](std::string_view name, double weight) {
    if (weight == 0) return;
    const bool over_the_batch = std::ranges::find(kOverTheBatch, name) != std::end(kOverTheBatch);
    expect_setting(!over_the_batch || options.batch >= 2, "jepa.batch", options.batch,
                   "batch >= 2" + where(name));
  });
  expect_setting(options.weights.straightening == 0 || options.window.length >= 3,
                 "jepa.window.length", options.window.length,
                 "length >= 3" + where("straightening"));
}

JepaTrainerOptions checked(const JepaTrainerOptions& options) {
  options.validate();
  return options;
}

const Tensor& not_empty(const char* side, const Tensor& episodes) {
  if (!episodes.defined() || episodes.numel() == 0) {
    throw DataError(std::string("jepa: ") + side + " has no episodes to watch");
  }
  return episodes;
}

// A predictor that does not look at its action cannot be blamed for it.
CollapseLimits limits_for(const Predictor& predictor) {
  CollapseLimits limits;
  if (dynamic_cast<const IdentityPredictor*>(&predictor)) limits.action_sensitivity = 1.0;
  return limits;
}

}  // namespace

void JepaLossWeights::validate() const {
  fields(*this, [](std::string_view name, double weight) {
    expect_setting(std::isfinite(weight) && weight >= 0, "jepa.weights." + std::string(name),
                   weight, "weight >= 0");
  });
}

void JepaTrainerOptions::validate() const {
  weights.validate();
  window.validate();
  optimizer.validate("jepa.optimizer");
  loop.validate();
  expect_setting(steps >= 1, "jepa.steps", steps, "steps >= 1");
  expect_setting(batch >= 1, "jepa.batch", batch, "batch >= 1");
  expect_setting(rollout >= 1 && rollout < window.length, "jepa.rollout", rollout,
                 "1 <= rollout < window.length");
  expect_setting(inverse_dynamics_span >= 1 && inverse_dynamics_span < window.length,
                 "jepa.inverse_dynamics_span", inverse_dynamics_span,
                 "1 <= inverse_dynamics_span < window.length");
  sigreg.validate("jepa.sigreg");
  vicreg.validate("jepa.vicreg");
  expect_enough(*this);
}

JepaTrainer::JepaTrainer(std::shared_ptr<Jepa> jepa, const Trajectories& data, const Split& split,
                         const JepaSensors& sensors, const JepaTrainerOptions& options,
                         std::uint64_t seed, ExtraDiagnosis extra)
    : options_(checked(options)),
      jepa_(std::move(jepa)),
      inverse_dynamics_(std::make_shared<InverseDynamicsHead>(
          jepa_->encoder_y()->dim(), options.inverse_dynamics_span * jepa_->action_dim())),
      data_(data),
      train_(data, not_empty("split.train", split.train), options.window),
      validation_(data, not_empty("split.validation", split.validation),
                  diagnosis_windows(data, options.window)),
      sensors_{
          .x = sensors.x, .y = sensors.y.empty() ? sensors.x : sensors.y, .felt = sensors.felt},
      rng_(seed, "jepa_trainer"),
      optimizer_({}, options.optimizer),
      extra_(std::move(extra)) {
  check_subject();
  if (jepa_->felt_dim() > 0) {
    RandomStream picks(0, "felt");
    const WindowBatch seen = train_.get(picks.integers({kFeltWindows}, 0, train_.size()));
    const Tensor rows = seen.rows.slice(1, 0, options.rollout + 1);
    felt_changes_ =
        felt_changes(felt(data_.observe(rows.flatten())).view({rows.size(0), rows.size(1), -1}));
  }
  RandomStream init(seed, "inverse_dynamics_head");
  initialise(*inverse_dynamics_, init);
  optimizer_ = AdamW(join(jepa_->parameters(), inverse_dynamics_->parameters()), options.optimizer);
}

// That the criteria, the recordings and the JEPA suit each other.
void JepaTrainer::check_subject() const {
  const std::pair<const char*, double> of_pairs[] = {{"covariance", options_.weights.covariance},
                                                     {"vicreg", options_.weights.vicreg}};
  for (const auto& [criterion, weight] : of_pairs) {
    expect_setting(weight == 0 || jepa_->encoder_x()->dim() >= 2, "jepa.state_dim",
                   jepa_->encoder_x()->dim(), "state_dim >= 2" + where(criterion));
  }
  const Observation first = data_.observe(at::zeros({1}, at::kLong));
  for (const std::string& sensor : {sensors_.x, sensors_.y}) {
    expect_setting(first.contains(sensor), "jepa.sensor", sensor, "a sensor of the recordings");
  }
  for (const std::string& sensor : sensors_.felt) {
    expect_setting(first.contains(sensor) && first.at(sensor).dim() == 2 &&
                       first.at(sensor).is_floating_point(),
                   "jepa.felt", sensor, "a sensor of the recordings that reads numbers");
  }
  const std::int64_t numbers = sensors_.felt.empty() ? 0 : felt(first).size(1);
  expect_setting(numbers == jepa_->felt_dim(), "jepa.felt", numbers,
                 "the " + std::to_string(jepa_->felt_dim()) + " numbers that the states end with");
  expect_setting(sensors_.x == sensors_.y || !jepa_->shares_encoder(), "jepa.sensor of y",
                 sensors_.y, "that of x (\"" + sensors_.x + "\") where x and y share an encoder");
}

Tensor JepaTrainer::felt(const Observation& readings) const {
  std::vector<Tensor> numbers;
  for (const std::string& sensor : sensors_.felt) numbers.push_back(readings.at(sensor));
  return at::cat(numbers, 1).to(at::kFloat);
}

JepaTrainer::Encoded JepaTrainer::encode(const WindowBatch& batch) {
  const std::int64_t B = batch.rows.size(0), T = batch.rows.size(1);
  const Observation readings = data_.observe(batch.rows.flatten());  // [B*T, ...] each
  const auto state = [&](const Tensor& encoded) {
    if (sensors_.felt.empty()) return encoded.view({B, T, -1});
    return at::cat({encoded, felt(readings).to(encoded.scalar_type())}, 1).view({B, T, -1});
  };
  const Tensor y = state(jepa_->encode_y(readings.at(sensors_.y)));
  if (jepa_->shares_encoder()) return {y, y};
  return {state(jepa_->encode_x(readings.at(sensors_.x))), y};
}

Tensor JepaTrainer::loss(const WindowBatch& batch, Measurements& parts) {
  const JepaLossWeights& w = options_.weights;
  const Bf16Scope precision(options_.bf16 && bf16_pays());
  const auto [whole_x, whole_y] = encode(batch);
  const std::int64_t D = jepa_->encoder_x()->dim(), J = jepa_->felt_dim();
  const auto encoded_part = [&](const Tensor& states) {
    return J == 0 ? states : states.slice(-1, 0, D);
  };
  const Tensor x = encoded_part(whole_x), y = encoded_part(whole_y);

  Tensor total = at::zeros({});
  const auto add = [&](const char* name, double weight, const std::function<Tensor()>& criterion) {
    if (weight == 0) return;
    const Tensor value = criterion();
    parts[name] = value.item<double>();
    total = total + weight * value;
  };
  // The prediction weight grows: a strong one early drives the states to whatever is slow.
  const double progress = static_cast<double>(step_) / static_cast<double>(options_.steps);
  const double ramp = 0.5 + 0.5 * std::min(1.0, 2.0 * progress);
  Rollout rollout;
  Rollout whole;  // With what is felt.
  if ((J > 0 && w.felt > 0) || w.prediction > 0 || w.barlow_twins > 0 || w.vicreg > 0 ||
      w.info_nce > 0) {
    whole = roll_out(*jepa_, whole_x, whole_y, batch.actions, options_.rollout);
    rollout = {encoded_part(whole.imagined), encoded_part(whole.actual), whole.codes};
  }
  if (rollout.codes.defined()) {
    parts["latent_perplexity"] = code_usage(rollout.codes, jepa_->latent_dim()).perplexity;
  }
  add("prediction", w.prediction * ramp,
      [&] { return prediction_loss(rollout.imagined, rollout.actual); });
  add("felt", J > 0 ? w.felt : 0.0, [&] {
    return felt_error(whole.imagined.slice(-1, D).to(at::kFloat),
                      whole.actual.slice(-1, D).to(at::kFloat), felt_changes_)
        .mean();
  });
  add("barlow_twins", w.barlow_twins,
      [&] { return barlow_twins_loss(rollout.imagined, rollout.actual); });
  add("vicreg", w.vicreg,
      [&] { return vicreg_loss(rollout.imagined, rollout.actual, options_.vicreg); });
  add("info_nce", w.info_nce, [&] { return tell_windows_apart(rollout, x.size(0)); });
  add("inverse_dynamics", w.inverse_dynamics,
      [&] { return inverse_dynamics_loss(*inverse_dynamics_, y, batch.actions); });
  for (const Tensor& s :
       jepa_->shares_encoder() ? std::vector<Tensor>{y} : std::vector<Tensor>{x, y}) {
    add("variance", w.variance, [&] { return variance_loss(s); });
    add("covariance", w.covariance, [&] { return covariance_loss(s); });
    add("time_similarity", w.time_similarity, [&] { return time_similarity_loss(s); });
    add("sigreg", w.sigreg, [&] { return sigreg_loss(s, rng_, options_.sigreg); });
    add("coding_rate", w.coding_rate, [&] { return coding_rate_loss(s); });
    add("lasting", w.lasting, [&] { return coding_rate_loss(s.mean(1)); });
    add("straightening", w.straightening, [&] { return straightening_loss(s); });
  }
  return total;
}

Measurements JepaTrainer::advance() {
  jepa_->train();
  const Tensor picks = rng_.integers({options_.batch}, 0, train_.size());
  Measurements parts;
  optimizer_.zero_grad();
  const Tensor total = loss(train_.get(picks), parts);
  const double share = learning_rate_share(options_.optimizer, step_, options_.steps);
  if (!commit_step(optimizer_, total, share, parts)) return parts;
  ++step_;
  return parts;
}

Measurements JepaTrainer::diagnose() {
  const at::NoGradGuard no_grad;
  jepa_->eval();
  RandomStream picks(0, "diagnosis");  // The same windows every time.
  const WindowBatch batch =
      validation_.get(picks.integers({kDiagnosisWindows}, 0, validation_.size()));
  const Encoded encoded = [&] {
    const Bf16Scope precision(options_.bf16 && bf16_pays());
    return encode(batch);
  }();
  Diagnosis diagnosis = diagnose_states(*jepa_, encoded.x.to(at::kFloat), encoded.y.to(at::kFloat),
                                        batch.actions, picks);
  const CollapseVerdict verdict = judge_collapse(diagnosis, limits_for(*jepa_->predictor()));
  const bool counts = static_cast<double>(step_) >= kWarmUp * static_cast<double>(options_.steps);
  alarms_ = verdict.collapsed && counts ? alarms_ + 1 : 0;
  verdict_ = alarms_ >= kAlarmsToStop ? verdict.cause : "";
  Measurements measured = diagnosis.measurements();
  measured["collapse_alarm"] = verdict.collapsed ? 1 : 0;
  if (extra_) measured.merge(extra_());
  return measured;
}

std::map<std::string, Tensor> JepaTrainer::state() const {
  std::map<std::string, Tensor> tensors;
  module_to_tensors(*jepa_, "jepa.", tensors);
  module_to_tensors(*inverse_dynamics_, "inverse_dynamics.", tensors);
  optimizer_.save("optimizer.", tensors);
  tensors["trainer.counters"] =
      at::tensor({step_, static_cast<std::int64_t>(rng_.draws()), alarms_}, at::kLong);
  return tensors;
}

void JepaTrainer::restore(const std::map<std::string, Tensor>& tensors) {
  tensors_to_module(tensors, "jepa.", *jepa_);
  tensors_to_module(tensors, "inverse_dynamics.", *inverse_dynamics_);
  optimizer_.load("optimizer.", tensors);
  const Tensor counters = require_tensor(tensors, "trainer.counters", {3});
  step_ = counters[0].item<std::int64_t>();
  rng_ = RandomStream::restore(rng_.key(),
                               static_cast<std::uint64_t>(counters[1].item<std::int64_t>()));
  alarms_ = counters[2].item<std::int64_t>();
}

}  // namespace forethink
