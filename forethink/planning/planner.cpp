// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/planning/planner.h"

#include "forethink/core/settings.h"

namespace forethink {
namespace {

struct Entry {
  const char* name;
  Plan (*run)(const Energy&, const PlanStart&, RandomStream&, const PlannerOptions&);
};

using Options = const PlannerOptions&;
using Start = const PlanStart&;

constexpr Entry kPlanners[] = {
    {"cem",
     [](const Energy& e, Start s, RandomStream& r, Options o) { return cem(e, s, r, o.cem); }},
    {"icem",
     [](const Energy& e, Start s, RandomStream& r, Options o) { return icem(e, s, r, o.icem); }},
    {"mppi",
     [](const Energy& e, Start s, RandomStream& r, Options o) { return mppi(e, s, r, o.mppi); }},
    {"gradient", [](const Energy& e, Start s, RandomStream& r,
                    Options o) { return gradient(e, s, r, o.gradient); }},
    {"refined", [](const Energy& e, Start s, RandomStream& r,
                   Options o) { return refined(e, s, r, o.refined); }},
    {"random",
     [](const Energy& e, Start s, RandomStream& r, Options) { return random_plan(e, s, r); }},
};

const Entry* find_planner(const std::string& name) {
  for (const Entry& entry : kPlanners) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

// Throws ConfigError with the known names and the nearest of them.
const Entry& expect_planner(const std::string& name) {
  const Entry* entry = find_planner(name);
  if (entry != nullptr) return *entry;
  std::string rule = "one of";
  for (const std::string& known : planner_names()) rule += " " + known;
  const std::string nearest = nearest_name(name, planner_names());
  if (!nearest.empty()) rule += " (did you mean " + nearest + "?)";
  throw ConfigError("planner.name = " + name + ", must be " + rule);
}

}  // namespace

void PlannerOptions::validate() const {
  expect_planner(name);
  cem.validate();
  icem.validate();
  mppi.validate();
  gradient.validate();
  refined.validate();
}

std::vector<std::string> planner_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kPlanners) names.emplace_back(entry.name);
  return names;
}

Plan plan(const Energy& energy, const PlanStart& start, RandomStream& rng,
          const PlannerOptions& options) {
  return expect_planner(options.name).run(energy, start, rng, options);
}

}  // namespace forethink
