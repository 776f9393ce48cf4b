// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/evaluation/life_camera.h"

#include <torch/torch.h>

#include <cmath>
#include <limits>

#include "forethink/cost/drive_energy.h"

namespace forethink {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

// The vital at the end of its scale, or "".
std::string cause_of_death(const Tensor& vitals) {
  for (const Vital vital :
       {Vital::kEnergy, Vital::kWater, Vital::kIntegrity, Vital::kTemperature}) {
    const auto v = static_cast<std::int64_t>(vital);
    const double value = vitals[v].item<double>();
    const bool too_hot = vital == Vital::kTemperature && value >= 1.0;
    if (value <= 0.0 || too_hot) return vital_names()[static_cast<std::size_t>(v)];
  }
  return "";
}

}  // namespace

LifeCamera::LifeCamera(std::vector<std::int64_t> lives, double scale, const Environment& world)
    : lives_(std::move(lives)),
      scale_(scale),
      world_(world),
      truth_(world.state()),
      moments_(lives_.size()) {}

void LifeCamera::looked(const Look& look, const ShortTermMemory&) {
  const torch::NoGradGuard no_grad;
  const VitalsSlice vitals = VitalsSlice::last_of(look.state.size(1));
  std::vector<std::pair<std::string, Tensor>> terms;
  if (look.energy) {
    terms = look.energy->cost().breakdown(look.energy->imagine(look.plan->actions.unsqueeze(1)));
  }
  for (std::size_t i = 0; i < lives_.size(); ++i) {
    const Tensor found = look.active.eq(lives_[i]).nonzero();
    if (found.numel() == 0) continue;
    const auto row = found.item<std::int64_t>();
    Moment& moment = moments_[i].emplace_back();
    moment.step = static_cast<double>(look.step);
    moment.truth = truth_[lives_[i]].clone();
    moment.vitals = vitals.of(look.state)[row].clone();
    if (look.predicted.defined()) moment.predicted = vitals.of(look.predicted)[row].clone();
    moment.recollection = look.recollection[row].clone();
    for (const auto& [name, energy] : terms) {
      moment.terms.emplace_back(name, energy[row].sum().item<double>());
    }
  }
}

void LifeCamera::stepped(std::int64_t, const Tensor&, const Environment& world) {
  truth_ = world.state();
}

LifeStory LifeCamera::tell(std::size_t told, const std::string& agent, const LivesResult& result,
                           const LifeFilm& film) const {
  const std::vector<Moment>& moments = moments_[told];
  LifeStory story;
  story.agent = agent;
  story.world = lives_[told];
  story.alive = result.alive[story.world].item<bool>();
  story.steps = result.steps[story.world].item<std::int64_t>();
  for (std::size_t v = 0; v < kVitals; ++v) {
    story.vitals.push_back({vital_names()[v], {}});
    story.predicted_vitals.push_back({vital_names()[v], {}});
  }
  for (const std::string& need : place_needs()) story.ways.push_back({need, {}, {}, {}});
  std::vector<Tensor> truths;
  bool any_prediction = false;
  for (std::size_t t = 0; t < moments.size(); ++t) {
    const Moment& now = moments[t];
    story.step.push_back(now.step);
    truths.push_back(now.truth);
    const Tensor before = t > 0 ? moments[t - 1].predicted : Tensor();
    any_prediction = any_prediction || before.defined();
    for (std::size_t v = 0; v < kVitals; ++v) {
      const auto at = static_cast<std::int64_t>(v);
      story.vitals[v].values.push_back(now.vitals[at].item<double>());
      story.predicted_vitals[v].values.push_back(before.defined() ? before[at].item<double>()
                                                                  : kNothing);
    }
    for (std::size_t k = 0; k < now.terms.size(); ++k) {
      if (k == story.energy_terms.size()) {
        story.energy_terms.push_back({now.terms[k].first, std::vector<double>(t, kNothing)});
      }
      story.energy_terms[k].values.push_back(now.terms[k].second);
    }
    if (now.terms.empty()) {
      for (LifeSeries& term : story.energy_terms) term.values.push_back(kNothing);
    }
    for (std::size_t j = 0; j < story.ways.size(); ++j) {
      const auto at = static_cast<std::int64_t>(3 * j);
      RememberedWay& way = story.ways[j];
      way.x.push_back(scale_ * now.recollection[at].item<double>());
      way.y.push_back(scale_ * now.recollection[at + 1].item<double>());
      way.worth.push_back(1.0 - now.recollection[at + 2].item<double>());
    }
  }
  if (!any_prediction) story.predicted_vitals.clear();
  if (!story.alive) {
    const Tensor last = truth_.slice(0, story.world, story.world + 1);
    story.cause = cause_of_death(world_.render(last).at("vitals")[0]);
  }
  if (film && !truths.empty()) {
    story.frames = film(at::stack(truths));
    story.frame_step = story.step;
  }
  return story;
}

std::vector<LifeStory> LifeCamera::stories(const std::string& agent, const LivesResult& result,
                                           const LifeFilm& film) const {
  std::vector<LifeStory> told;
  for (std::size_t i = 0; i < lives_.size(); ++i) told.push_back(tell(i, agent, result, film));
  return told;
}

}  // namespace forethink
