// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Every criterion against other implementations of it: values and gradients that
// record_criteria.py recorded (README.md has the factors).

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "forethink/training/losses/barlow_twins.h"
#include "forethink/training/losses/coding_rate.h"
#include "forethink/training/losses/covariance.h"
#include "forethink/training/losses/info_nce.h"
#include "forethink/training/losses/inverse_dynamics.h"
#include "forethink/training/losses/sigreg.h"
#include "forethink/training/losses/straightening.h"
#include "forethink/training/losses/time_similarity.h"
#include "forethink/training/losses/variance.h"
#include "forethink/training/losses/vicreg.h"

namespace forethink {
namespace {

constexpr const char* kRecord = FORETHINK_SOURCE_DIR "/tests/reference/criteria.json";
// float64 keeps 16 digits; a criterion sums some hundred terms that may cancel.
constexpr double kTolerance = 1e-10;

using Tensors = std::map<std::string, Tensor>;

Tensor tensor_of(const nlohmann::json& json) {
  return at::tensor(json.at("values").get<std::vector<double>>(), at::kDouble)
      .view(json.at("shape").get<std::vector<std::int64_t>>());
}

Tensors tensors_of(const nlohmann::json& json) {
  Tensors tensors;
  for (const auto& [name, tensor] : json.items()) tensors[name] = tensor_of(tensor);
  return tensors;
}

// Their head reads [s, s'] and ours [s, 4 (s' - s)]: W_1 s + W_2 s' = (W_1 + W_2) s + W_2 (s' - s).
Tensor inverse_dynamics_of(const Tensor& states, const Tensors& fixed) {
  const std::int64_t D = states.size(2), hidden = fixed.at("head.0").size(0);
  InverseDynamicsHead head(D, fixed.at("actions").size(2),
                           {.widths = {hidden, hidden}, .activation = "relu"});
  head.to(at::kDouble);
  const auto parameters = head.parameters();
  {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      Tensor values = fixed.at("head." + std::to_string(i));
      if (i == 0) {
        const Tensor now = values.narrow(1, 0, D), next = values.narrow(1, D, D);
        values = at::cat({now + next, next / 4.0}, 1);
      }
      parameters[i].copy_(values);
    }
  }
  return inverse_dynamics_loss(head, states, fixed.at("actions"));
}

Tensor ours(const nlohmann::json& recorded, const Tensors& in) {
  const std::string criterion = recorded.at("criterion");
  const Tensor& x = in.at("x");
  const Tensors fixed = tensors_of(recorded.at("fixed"));
  const auto option = [&](const char* name) {
    return recorded.at("options").at(name).get<double>();
  };
  if (criterion == "vicreg") {
    return vicreg_loss(x, in.at("y"),
                       {option("invariance"), option("variance"), option("covariance")});
  }
  if (criterion == "variance") return variance_loss(x, option("floor"));
  if (criterion == "covariance") return covariance_loss(x);
  if (criterion == "barlow_twins") {
    return barlow_twins_loss(x, in.at("y"), option("off_diagonal"));
  }
  if (criterion == "coding_rate") return coding_rate_loss(x, option("precision"));
  if (criterion == "info_nce") return info_nce_loss(x, in.at("y"), option("temperature"));
  if (criterion == "sigreg") return sigreg_loss(x, fixed.at("directions"));
  if (criterion == "straightening") return straightening_loss(x);
  if (criterion == "time_similarity") return time_similarity_loss(x);
  if (criterion == "inverse_dynamics") return inverse_dynamics_of(x, fixed);
  throw std::out_of_range(criterion);
}

TEST(EveryCriterion, EqualsOtherImplementationsInValueAndGradient) {
  const nlohmann::json record = nlohmann::json::parse(std::ifstream(kRecord));
  std::map<std::string, int> seen;
  for (const nlohmann::json& recorded : record.at("cases")) {
    const std::string criterion = recorded.at("criterion");
    SCOPED_TRACE(criterion + " of " + recorded.at("peer").get<std::string>());
    ++seen[criterion];
    Tensors in = tensors_of(recorded.at("inputs"));
    for (auto& [name, tensor] : in) tensor.requires_grad_(true);
    const double factor = recorded.at("factor");

    const Tensor value = ours(recorded, in);
    const double wanted =
        factor * recorded.at("value").get<double>() + recorded.at("offset").get<double>();
    EXPECT_NEAR(value.item<double>(), wanted, kTolerance * std::max(1.0, std::abs(wanted)));

    value.backward();
    for (const auto& [name, gradient] : tensors_of(recorded.at("gradients"))) {
      const double size = factor * gradient.abs().max().item<double>();
      EXPECT_GT(size, 1e-4) << name << " hardly matters";
      const Tensor difference = in.at(name).grad() - factor * gradient;
      EXPECT_LT(difference.abs().max().item<double>(), kTolerance * size) << name;
    }
  }
  EXPECT_EQ(seen.size(), 10U);
}

}  // namespace
}  // namespace forethink
