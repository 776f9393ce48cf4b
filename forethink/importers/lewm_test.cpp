// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/importers/lewm.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/safetensors.h"

namespace forethink {
namespace {

// Weights of a small model and what the authors' code made of them:
//   python3 bench/peers/planners/lewm.py export --tiny --repo stable-worldmodel
//       --out tests/parity/lewm
std::map<std::string, Tensor> lewm_recorded(const std::string& name) {
  return load_tensors(FORETHINK_SOURCE_DIR "/tests/parity/lewm/" + name + ".safetensors").tensors;
}

constexpr LewmOptions kRecorded{.heads = 2};

TEST(Lewm, RollsOutAsItsAuthorsDo) {
  const auto reference = lewm_recorded("reference");
  const Lewm model(lewm_recorded("weights"), kRecorded);
  const at::NoGradGuard no_grad;
  const Tensor& actions = reference.at("actions");  // [N, H, A]
  const std::int64_t N = actions.size(0), H = actions.size(1);
  const Tensor states = imagine(model, reference.at("start.1").expand({N, -1}), actions);
  const Tensor& theirs = reference.at("latents.1");
  EXPECT_LT((states.narrow(1, 1, H) - theirs).abs().max().item<double>(),
            1e-5 * theirs.abs().max().item<double>());
  // The window slides at the end: another past, another future.
  const Tensor late = imagine(model, states.select(1, 3), actions.narrow(1, 3, 1));
  EXPECT_GT((late.select(1, 1) - states.select(1, 4)).abs().max().item<double>(), 1e-3);
}

TEST(Lewm, RefusesWeightsThatDoNotFit) {
  const auto message = [](const std::map<std::string, Tensor>& tensors,
                          const LewmOptions& options) -> std::string {
    try {
      const Lewm model(tensors, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  auto missing = lewm_recorded("weights");
  missing.erase("pred_proj.net.1.running_var");
  EXPECT_EQ(message(missing, kRecorded), "lewm: the tensor pred_proj.net.1.running_var is missing");
  EXPECT_NE(message(lewm_recorded("weights"), {.heads = 7}).find("attn.to_qkv.weight has 48 rows"),
            std::string::npos);
  EXPECT_EQ(message(lewm_recorded("weights"), {.heads = 0}),
            "lewm.heads = 0, must satisfy heads >= 1");
}

}  // namespace
}  // namespace forethink
