// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/cost.h"

#include <torch/torch.h>

#include <cmath>
#include <sstream>
#include <utility>

#include "forethink/core/error.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

void expect_imagined(const Imagined& imagined) {
  expect_shape("imagined.states", imagined.states, {kAny, kAny, kAny, kAny});
  const auto sizes = imagined.states.sizes();
  expect_shape("imagined.actions", imagined.actions, {sizes[0], sizes[1], sizes[2] - 1, kAny});
  expect_shape("imagined.tasks", imagined.tasks, {sizes[0]});
}

// One term's unweighted energy; a term that returns another shape would broadcast unnoticed.
Tensor term_energy(const CostTerm& term, const Imagined& imagined) {
  Tensor energy = term.energy(imagined);  // [B, S]
  expect_shape("energy of cost term '" + term.name() + "'", energy,
               {imagined.states.size(0), imagined.states.size(1)});
  return energy;
}

}  // namespace

StepEnergy CostTerm::describe(Formula&, const StepValues&, std::int64_t) const {
  throw NotCompiled("the cost term '" + name() + "' has no formula");
}

void Cost::add(std::shared_ptr<const CostTerm> term, double weight) {
  if (!term) throw ConfigError("cost: a term is null");
  const std::string name = term->name();
  if (!(weight >= 0.0) || !std::isfinite(weight)) {
    std::ostringstream text;
    text << "cost." << name << ".weight = " << weight << ", must satisfy 0 <= weight < infinity";
    throw ConfigError(text.str());
  }
  for (const Weighted& present : terms_) {
    if (present.term->name() == name) {
      throw ConfigError("cost: a term named '" + name + "' is already there");
    }
  }
  terms_.push_back({std::move(term), weight});
}

Tensor Cost::operator()(const Imagined& imagined) const {
  expect_imagined(imagined);
  Tensor total = at::zeros({imagined.states.size(0), imagined.states.size(1)},
                           imagined.states.options());  // [B, S]
  for (const auto& [term, weight] : terms_) {
    // Energy times weight zero is not skipped for speed alone: a term that is switched off may be
    // infinite, and 0 * infinity is not a number.
    if (weight > 0.0) total = total + weight * term_energy(*term, imagined);
  }
  return total;
}

std::vector<std::pair<std::string, Tensor>> Cost::breakdown(const Imagined& imagined) const {
  expect_imagined(imagined);
  std::vector<std::pair<std::string, Tensor>> parts;
  for (const auto& [term, weight] : terms_) {
    const Tensor energy = term_energy(*term, imagined);  // [B, S]
    parts.emplace_back(term->name(), weight > 0.0 ? weight * energy : at::zeros_like(energy));
  }
  return parts;
}

}  // namespace forethink
