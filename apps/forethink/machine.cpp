// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "apps/forethink/machine.h"

#include <torch/torch.h>
#include <torch/version.h>

#include <fstream>

#include "forethink/nn/precision.h"

namespace forethink {

std::string processor_name() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string machine_name() {
  return processor_name() + ", " + std::to_string(at::get_num_threads()) + " threads, " +
         (bf16_pays() ? "bf16" : "f32") + ", PyTorch " + TORCH_VERSION;
}

std::string commit_name() { return FORETHINK_COMMIT; }

std::filesystem::path source_folder() { return FORETHINK_SOURCE_DIR; }

}  // namespace forethink
