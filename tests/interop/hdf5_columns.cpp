// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What `write_hdf5` is given and what `read_hdf5` returns, for a program that is not ours to
// compare:
//
//   hdf5_columns write FILE FOLDER   records an environment, with images and one column of each
//   type,
//                                    writes FILE, and puts the same columns as raw bytes into
//                                    FOLDER
//   hdf5_columns read FILE FOLDER    puts what it reads from FILE into FOLDER, and says on standard
//                                    output, a line each, which columns it skipped and why
//
// FOLDER gets columns.json (each column's type and shape) and one NAME.bin each, rows first, in the
// machine's byte order.
//
// Role:    tests; nothing that it writes is a measurement.
#include <torch/types.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "forethink/core/random.h"
#include "forethink/datasets/hdf5.h"
#include "forethink/environments/recording.h"
#include "forethink/environments/registry.h"

namespace {

using forethink::RandomStream;
using forethink::Tensor;
using forethink::Trajectories;

constexpr std::int64_t kEpisodes = 3;
constexpr std::int64_t kSteps = 14;

// numpy's name of an element type.
std::string numpy_name(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return "uint8";
    case at::kChar:
      return "int8";
    case at::kShort:
      return "int16";
    case at::kInt:
      return "int32";
    case at::kLong:
      return "int64";
    case at::kFloat:
      return "float32";
    case at::kDouble:
      return "float64";
    case at::kBool:
      return "bool";
    default:
      return "unknown";
  }
}

void put(const std::filesystem::path& folder, const std::string& name, const Tensor& values,
         nlohmann::json& index) {
  const Tensor whole = values.contiguous();
  index[name] = {{"dtype", numpy_name(whole.scalar_type())}, {"shape", whole.sizes().vec()}};
  std::ofstream(folder / (name + ".bin"), std::ios::binary)
      .write(static_cast<const char*>(whole.const_data_ptr()),
             static_cast<std::streamsize>(whole.nbytes()));
}

void put_all(const std::filesystem::path& folder, const Trajectories& data) {
  std::filesystem::create_directories(folder);
  nlohmann::json index;
  for (const auto& [name, values] : data.columns) put(folder, name, values, index);
  put(folder, "ep_len", data.ep_len, index);
  put(folder, "ep_offset", data.ep_offset, index);
  std::ofstream(folder / "columns.json") << index.dump(1) << "\n";
}

// A recorded environment, cut into episodes of unequal length, and a column of every type.
Trajectories sample(const forethink::Environment& environment,
                    const forethink::EnvironmentOptions& options) {
  const forethink::Recording recording =
      forethink::record_environment(options, {.episodes = kEpisodes, .steps = kSteps, .seed = 4});
  const std::int64_t rows = kEpisodes * kSteps;
  RandomStream rng(5, "hdf5_columns");
  Trajectories data;
  data.columns["state"] = recording.states.flatten(0, 1);
  data.columns["action"] = recording.actions.flatten(0, 1);
  data.columns["proprio"] = rng.normal({rows, 3}).to(at::kDouble);
  data.columns["contact"] = rng.uniform({rows, 1}) > 0.5;
  data.columns["sound"] = rng.integers({rows, 5}, -30000, 30000).to(at::kShort);
  data.columns["touch"] = rng.integers({rows}, -100, 100).to(at::kChar);
  data.columns["clock"] = rng.integers({rows}, 0, 1000000).to(at::kInt);
  data.columns["stamp"] = rng.integers({rows}, 0, std::int64_t{1} << 60);
  data.ep_len = at::full({kEpisodes}, kSteps, at::kLong);
  data.ep_len[0] -= 4;
  data.ep_len[2] += 4;
  data.ep_offset = data.ep_len.cumsum(0) - data.ep_len;
  data.render = [&environment](const Tensor& states) { return environment.render(states); };
  return data;
}

void write(const std::filesystem::path& file, const std::filesystem::path& folder) {
  const forethink::EnvironmentOptions options;
  const auto environment = forethink::make_environment(options);
  Trajectories data = sample(*environment, options);
  forethink::write_hdf5(file, data,
                        {.store_rendered = true, .metadata = {{"environment", "four_rooms"}}});
  for (const auto& [name, values] : data.render(data.columns["state"])) data.columns[name] = values;
  put_all(folder, data);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc == 4 ? argv[1] : "";
  if (command != "write" && command != "read") {
    std::fprintf(stderr, "usage: hdf5_columns write|read FILE FOLDER\n");
    return 1;
  }
  try {
    if (command == "write") {
      write(argv[2], argv[3]);
    } else {
      forethink::Hdf5Contents contents;
      put_all(argv[3], forethink::read_hdf5(argv[2], &contents));
      for (const std::string& line : contents.skipped) std::printf("%s\n", line.c_str());
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hdf5_columns: %s\n", error.what());
    return 1;
  }
  return 0;
}
