// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/cost/intrinsic_cost.h"

#include <sys/mman.h>
#include <torch/torch.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <new>
#include <system_error>

#include "forethink/core/checksum.h"
#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

constexpr DriveConstants kHardWired{.energy_comfort = 0.7,
                                    .water_comfort = 0.7,
                                    .integrity_whole = 1.0,
                                    .cold_below = 0.4,
                                    .hot_above = 0.6,
                                    .action_limit = 1.0,
                                    .margin = 0.1};
constexpr const char* kStampKey = "intrinsic_cost";
constexpr std::int64_t kQuestions = 256;

// The constants on a page of their own, which is then made read-only.
std::shared_ptr<const DriveConstants> seal(const DriveConstants& constants) {
  const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* page = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {
    throw IoError("intrinsic cost: no memory to seal: " + std::system_category().message(errno));
  }
  const auto* sealed = new (page) DriveConstants(constants);
  const auto unmap = [page, bytes](const DriveConstants*) { ::munmap(page, bytes); };
  std::shared_ptr<const DriveConstants> owner(sealed, unmap);
  if (::mprotect(page, bytes, PROT_READ) != 0) {
    throw IoError("intrinsic cost: its memory cannot be made read-only: " +
                  std::system_category().message(errno));
  }
  return owner;
}

Tensor column(const Tensor& vitals, Vital which) {
  return vitals.select(-1, static_cast<std::int64_t>(which));
}

// (offset + slope x)+, which is how every vital enters.
struct Ramp {
  double slope;
  double offset;

  Tensor operator()(const Tensor& x) const { return torch::relu(offset + slope * x); }
  Value describe(Formula& formula, Value x) const {
    return formula.activate(formula.scale(x, slope, offset), Activation::kRelu);
  }
};

// 0 from `comfort` on, 1 at zero.
Ramp below(double comfort) { return {-1.0 / comfort, 1.0}; }
// 0 up to `comfort`, 1 at one.
Ramp above(double comfort) { return {1.0 / (1.0 - comfort), -comfort / (1.0 - comfort)}; }

struct OfOneVital {
  Vital vital;
  Ramp ramp;
  bool squared;
};

// Every drive but the rules.
OfOneVital need(Drive which, const DriveConstants& c) {
  switch (which) {
    case Drive::kHunger:
      return {Vital::kEnergy, below(c.energy_comfort), true};
    case Drive::kThirst:
      return {Vital::kWater, below(c.water_comfort), true};
    case Drive::kPain:
      return {Vital::kIntegrity, below(c.integrity_whole), false};
    case Drive::kCold:
      return {Vital::kTemperature, below(c.cold_below), true};
    case Drive::kHeat:
      return {Vital::kTemperature, above(c.hot_above), true};
    case Drive::kEffort:
    case Drive::kRules:
      break;
  }
  return {Vital::kEffort, {1.0, 0.0}, false};
}

struct Guard {
  Vital vital;
  Ramp ramp;
};

// The ends of scales at which the body dies.
std::vector<Guard> guards(const DriveConstants& c) {
  return {{Vital::kEnergy, below(c.margin)},
          {Vital::kWater, below(c.margin)},
          {Vital::kIntegrity, below(c.margin)},
          {Vital::kTemperature, below(c.margin)},
          {Vital::kTemperature, above(1.0 - c.margin)}};
}

void expect_inputs(const Tensor& vitals, const Tensor& actions) {
  if (!vitals.defined() || vitals.dim() < 1 || vitals.size(-1) != kVitals) {
    throw ShapeError("vitals must be [..., " + std::to_string(kVitals) + "]");
  }
  if (!vitals.is_floating_point()) throw ShapeError("vitals must be of a floating-point type");
  if (!actions.defined()) return;
  const auto leading = vitals.sizes().slice(0, vitals.dim() - 1);
  if (actions.dim() != vitals.dim() || actions.sizes().slice(0, actions.dim() - 1) != leading) {
    throw ShapeError("actions must be [..., A] with the leading sizes of the vitals");
  }
}

Tensor rules(const DriveConstants& c, const Tensor& vitals, const Tensor& actions) {
  Tensor energy;
  for (const Guard& guard : guards(c)) {
    const Tensor part = guard.ramp(column(vitals, guard.vital));
    energy = energy.defined() ? energy + part : part;
  }
  if (!actions.defined()) return energy;
  const double limit = c.action_limit * c.action_limit;
  return energy + torch::relu(actions.square().sum(-1) - limit).square();
}

Tensor energy_of(Drive which, const DriveConstants& c, const Tensor& vitals,
                 const Tensor& actions) {
  if (which == Drive::kRules) return rules(c, vitals, actions);
  const OfOneVital part = need(which, c);
  const Tensor energy = part.ramp(column(vitals, part.vital));
  return part.squared ? energy.square() : energy;
}

// Vitals and actions in eighths from -1/4 to 5/4 and -1 to 7/8, by a fixed rule: inside and outside
// of every ramp, without a random number that another version might draw differently.
Tensor questions(std::int64_t columns, std::int64_t levels, double lowest) {
  const Tensor row = at::arange(kQuestions, at::kLong).unsqueeze(1);  // [256, 1]
  const Tensor stride = 2 * at::arange(columns, at::kLong) + 3;       // odd, one per column
  const Tensor level = (row * stride + row.div(16, "floor")).remainder(levels);
  return level.to(at::kDouble) / 8.0 + lowest;
}

void append_number(std::string& text, double value) {
  char digits[32];
  // Adding zero turns -0 into 0.
  std::snprintf(digits, sizeof digits, " %.6g", value + 0.0);
  text += digits;
}

}  // namespace

const std::vector<std::string>& vital_names() {
  static const std::vector<std::string> names{"energy", "water", "integrity", "temperature",
                                              "effort"};
  return names;
}

const std::vector<std::string>& drive_names() {
  static const std::vector<std::string> names{"hunger", "thirst", "pain", "cold",
                                              "heat",   "effort", "rules"};
  return names;
}

Drive parse_drive(std::string_view name) {
  const std::vector<std::string>& names = drive_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<Drive>(found - names.begin());
  std::string rule = "one of";
  for (const std::string& known : names) rule += " " + known;
  const std::string nearest = nearest_name(name, names);
  if (!nearest.empty()) rule += " (did you mean " + nearest + "?)";
  throw ConfigError("drive = " + std::string(name) + ", must be " + rule);
}

IntrinsicCost::IntrinsicCost() : sealed_(seal(kHardWired)) {}

Tensor IntrinsicCost::operator()(const Tensor& vitals, const Tensor& actions) const {
  expect_inputs(vitals, actions);
  std::vector<Tensor> energies;
  for (std::int64_t i = 0; i < kDrives; ++i) {
    energies.push_back(energy_of(static_cast<Drive>(i), *sealed_, vitals, actions));
  }
  return at::stack(energies, -1);
}

Tensor IntrinsicCost::drive(Drive which, const Tensor& vitals, const Tensor& actions) const {
  expect_inputs(vitals, actions);
  return energy_of(which, *sealed_, vitals, actions);
}

Value IntrinsicCost::describe(Formula& formula, Drive which, Value vitals, Value actions) const {
  const auto ramp_of = [&](Vital vital, const Ramp& ramp) {
    return ramp.describe(formula, formula.part(vitals, static_cast<std::int64_t>(vital), 1));
  };
  if (which != Drive::kRules) {
    const OfOneVital part = need(which, *sealed_);
    const Value energy = ramp_of(part.vital, part.ramp);
    return part.squared ? formula.mean_square(energy) : energy;
  }
  const double limit = sealed_->action_limit * sealed_->action_limit;
  const Value length = formula.scale(formula.mean_square(actions),
                                     static_cast<double>(formula.width(actions)), -limit);
  Value energy = formula.mean_square(formula.activate(length, Activation::kRelu));
  for (const Guard& guard : guards(*sealed_)) {
    energy = formula.add(energy, ramp_of(guard.vital, guard.ramp));
  }
  return energy;
}

std::string IntrinsicCost::specification() const {
  std::string text = "forethink intrinsic cost\nvitals";
  for (const std::string& name : vital_names()) text += " " + name;
  text += "\ndrives";
  for (const std::string& name : drive_names()) text += " " + name;
  text += "\nconstants";
  const DriveConstants& c = *sealed_;
  for (const double value : {c.energy_comfort, c.water_comfort, c.integrity_whole, c.cold_below,
                             c.hot_above, c.action_limit, c.margin}) {
    append_number(text, value);
  }
  const at::NoGradGuard no_grad;
  const Tensor answers = (*this)(questions(kVitals, 13, -0.25), questions(2, 16, -1.0));
  const auto answer = answers.accessor<double, 2>();
  for (std::int64_t i = 0; i < kQuestions; ++i) {
    text += "\n";
    for (std::int64_t j = 0; j < kDrives; ++j) append_number(text, answer[i][j]);
  }
  return text + "\n";
}

std::string IntrinsicCost::digest() const { return sha256(specification()); }

Tensor honesty_gap(const IntrinsicCost& intrinsic, const Tensor& predicted, const Tensor& observed,
                   const Tensor& actions) {
  if (predicted.defined() && observed.defined() && predicted.sizes() != observed.sizes()) {
    throw ShapeError("honesty gap: predicted and observed vitals differ in shape");
  }
  return (intrinsic(predicted, actions) - intrinsic(observed, actions)).abs();
}

void stamp(const IntrinsicCost& intrinsic, Checkpoint& checkpoint) {
  checkpoint.metadata[kStampKey] = intrinsic.digest();
}

void check_stamp(const IntrinsicCost& intrinsic, const Checkpoint& checkpoint) {
  const std::string ours = intrinsic.digest();
  const auto found = checkpoint.metadata.find(kStampKey);
  if (found == checkpoint.metadata.end()) {
    throw CheckpointError(
        "the checkpoint does not say which intrinsic cost it was trained with; train it again");
  }
  if (found->second != ours) {
    throw CheckpointError("the checkpoint was trained with another intrinsic cost, digest " +
                          found->second + ", than this program's, " + ours +
                          "; take the program that made it, or train it again");
  }
}

}  // namespace forethink
