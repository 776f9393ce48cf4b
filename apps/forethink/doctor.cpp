// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// `forethink doctor`: is this machine sound? Prints a block that can be pasted into a report.
#include <torch/torch.h>
#include <torch/version.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#include "apps/forethink/commands.h"
#include "apps/forethink/machine.h"
#include "forethink/core/clock.h"
#include "forethink/core/files.h"
#include "forethink/core/random.h"
#include "forethink/kernels/instruction_set.h"
#include "forethink/nn/precision.h"

namespace forethink {
namespace {

constexpr double kMatmulTolerance = 1e-4;  // Relative; float32 sums of up to 512 products.
constexpr int kShapes = 64;

// Largest relative error of float32 matrix products over random shapes, against float64: some
// BLAS builds have been wrong on some processors without a word.
double matmul_error() {
  RandomStream rng(1, "doctor");
  double worst = 0.0;
  for (int i = 0; i < kShapes; ++i) {
    const Tensor sizes = rng.integers({3}, 1, 513);
    const auto* size = sizes.data_ptr<std::int64_t>();
    const Tensor a = rng.normal({size[0], size[1]}), b = rng.normal({size[1], size[2]});
    const Tensor exact = a.to(at::kDouble).matmul(b.to(at::kDouble));
    const double error = (a.matmul(b).to(at::kDouble) - exact).abs().max().item<double>();
    worst = std::max(worst, error / exact.abs().max().item<double>());
  }
  return worst;
}

double matmul_gflops(at::ScalarType dtype) {
  RandomStream rng(2, "doctor");
  const Tensor a = rng.normal({1024, 512}).to(dtype), w = rng.normal({512, 512}).to(dtype);
  double best_s = 1e9;
  for (int i = 0; i < 10; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const Tensor product = at::linear(a, w);
    best_s = std::min(best_s, seconds_since(start));
  }
  return 2.0 * 1024 * 512 * 512 / best_s / 1e9;
}

// Milliseconds to write a small file so that it survives a power cut.
double durable_write_ms() {
  const auto path =
      std::filesystem::temp_directory_path() / ("forethink-doctor-" + std::to_string(::getpid()));
  const auto start = std::chrono::steady_clock::now();
  write_file(path, std::string(1 << 16, 'x'));
  const double ms = 1e3 * seconds_since(start);
  std::filesystem::remove(path);
  return ms;
}

int doctor() {
  const double error = matmul_error();
  const bool sound = error < kMatmulTolerance;
  std::printf("processor        %s, %d threads\n", processor_name().c_str(), at::get_num_threads());
  std::printf("PyTorch          %s\n", TORCH_VERSION);
  std::printf("matrix products  %s (largest relative error %.1e over %d shapes)\n",
              sound ? "correct" : "WRONG", error, kShapes);
  std::printf("float32          %.0f GFLOP/s\n", matmul_gflops(at::kFloat));
  std::printf("bfloat16         %.0f GFLOP/s, %s\n", matmul_gflops(at::kBFloat16),
              bf16_pays() ? "used for training" : "not used: this processor has no bf16 units");
  std::string sets;
  for (const InstructionSet set : instruction_sets()) {
    sets += (sets.empty() ? "" : ", ") + name_of(set);
  }
  std::printf("rollouts         %s, %s (present: %s)\n", name_of(best_instruction_set()).c_str(),
              has_bf16(best_instruction_set()) ? "bfloat16" : "float32", sets.c_str());
  std::printf("durable write    %.1f ms for 64 KiB\n", durable_write_ms());
  if (!sound) {
    std::fputs(
        "This BLAS gives wrong products on this processor. Install another PyTorch, or set "
        "FORETHINK_TORCH_ROOT to one.\n",
        stderr);
  }
  return sound ? kOk : 1;
}

}  // namespace

Command add_doctor(CLI::App&) { return doctor; }

}  // namespace forethink
