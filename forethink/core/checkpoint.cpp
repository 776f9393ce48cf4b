// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/checkpoint.h"

#include <signal.h>
#include <torch/torch.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <utility>

#include "forethink/core/error.h"
#include "forethink/core/files.h"
#include "forethink/core/safetensors.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kTensorsFile = "tensors.safetensors";
constexpr const char* kManifestFile = "manifest.json";
constexpr const char* kFormat = "forethink checkpoint";
constexpr int kVersion = 1;
constexpr std::uint64_t kManifestBytesMax = 16 << 20;
constexpr std::string_view kStepPrefix = "step-";
constexpr std::string_view kSideMark = ".tmp-";

// The manifest ends with the digest of all its bytes before this line.
constexpr std::string_view kSealBegin = "  \"sha256_of_the_lines_above\": \"";
constexpr std::string_view kSealEnd = "\"\n}\n";

std::string to_manifest(const Checkpoint& checkpoint, const FileDigest& tensors) {
  Json json;
  json["format"] = kFormat;
  json["version"] = kVersion;
  json["step"] = checkpoint.step;
  json["metadata"] = checkpoint.metadata;
  json["files"][kTensorsFile] = {{"bytes", tensors.bytes}, {"sha256", tensors.sha256}};
  std::string text;
  try {
    text = json.dump(2);
  } catch (const Json::type_error&) {
    throw DataError("the metadata of a checkpoint must be UTF-8");
  }
  text.resize(text.size() - 2);  // The last "\n}".
  text += ",\n";
  return text + std::string(kSealBegin) + sha256(text) + std::string(kSealEnd);
}

struct Manifest {
  std::int64_t step;
  std::map<std::string, std::string> metadata;
  FileDigest tensors;
};

// Throws std::exception with what is wrong with the text.
Manifest parse_manifest(const std::string& text) {
  constexpr std::size_t kSealBytes = kSealBegin.size() + 64 + kSealEnd.size();
  const std::size_t body = text.size() - std::min(text.size(), kSealBytes);
  const std::string_view above = std::string_view(text).substr(0, body);
  if (text.substr(body) != std::string(kSealBegin) + sha256(above) + std::string(kSealEnd)) {
    throw DataError("the checksum at its end does not fit");
  }
  const Json json = Json::parse(text);
  if (json.at("format") != kFormat) throw DataError("it is of another program");
  if (json.at("version") != kVersion) {
    throw DataError("it has version " + json.at("version").dump() + ", this program reads " +
                    std::to_string(kVersion));
  }
  const Json& tensors = json.at("files").at(kTensorsFile);
  return {json.at("step").get<std::int64_t>(),
          json.at("metadata").get<std::map<std::string, std::string>>(),
          {tensors.at("bytes").get<std::uint64_t>(), tensors.at("sha256").get<std::string>()}};
}

[[noreturn]] void refuse(const fs::path& file, const std::string& reason) {
  throw CheckpointError(file.string() + ": " + reason +
                        "; remove or replace the folder, or take another checkpoint");
}

std::string read_part(const fs::path& file, std::uint64_t bytes_max) {
  try {
    return read_file(file, bytes_max);
  } catch (const IoError& error) {
    throw CheckpointError(std::string(error.what()) +
                          "; the checkpoint is incomplete, take another one");
  }
}

Manifest load_manifest(const fs::path& folder) {
  const fs::path file = folder / kManifestFile;
  try {
    return parse_manifest(read_part(file, kManifestBytesMax));
  } catch (const DataError& error) {
    refuse(file, error.what());
  } catch (const Json::exception& error) {
    refuse(file, error.what());
  }
}

// N of "step-N", or nothing.
std::optional<std::int64_t> step_of(const fs::path& folder) {
  const std::string name = folder.filename().string();
  std::int64_t step = 0;
  const char* first = name.data() + kStepPrefix.size();
  const char* last = name.data() + name.size();
  if (!name.starts_with(kStepPrefix) || first == last) return std::nullopt;
  const auto [end, error] = std::from_chars(first, last, step);
  return error == std::errc() && end == last ? std::optional(step) : std::nullopt;
}

// The checkpoints in `folder`, newest first.
std::vector<fs::path> list_checkpoints(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (step_of(entry.path()) && entry.is_directory()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end(),
            [](const fs::path& a, const fs::path& b) { return *step_of(a) > *step_of(b); });
  return paths;
}

fs::path side_name(const fs::path& path) {
  return path.parent_path() /
         (path.filename().string() + std::string(kSideMark) + std::to_string(::getpid()));
}

// `name` is the side name of a process that is gone, or of this one at an earlier failure.
bool is_leftover(std::string_view name) {
  const std::size_t mark = name.rfind(kSideMark);
  if (mark == std::string_view::npos) return false;
  pid_t process = 0;
  const char* last = name.data() + name.size();
  const auto [end, error] = std::from_chars(name.data() + mark + kSideMark.size(), last, process);
  if (error != std::errc() || end != last || process <= 0) return false;
  return process == ::getpid() || (::kill(process, 0) != 0 && errno == ESRCH);
}

// What cannot be removed is left for the next time: the new checkpoint is safe, and that is what
// the caller asked for.
void remove_leftovers(const fs::path& folder, std::string_view prefix) {
  std::error_code ignored;
  std::vector<fs::path> leftovers;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && is_leftover(name)) leftovers.push_back(entry.path());
  }
  for (const fs::path& path : leftovers) fs::remove_all(path, ignored);
}

void prune(const fs::path& folder, std::int64_t newest, std::int64_t keep) {
  std::error_code ignored;
  std::int64_t kept = 0;
  for (const fs::path& path : list_checkpoints(folder)) {
    if (*step_of(path) > newest || kept++ < keep) continue;
    // First out of sight in one step: a checkpoint of which half is removed must not look whole.
    fs::rename(path, side_name(path), ignored);
  }
  remove_leftovers(folder, kStepPrefix);
}

std::string in_brackets(at::IntArrayRef sizes) {
  std::ostringstream text;
  text << sizes;
  return text.str();
}

const Tensor& find_tensor(const std::map<std::string, Tensor>& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  if (found != tensors.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [each, tensor] : tensors) known.push_back(each);
  const std::string nearest = nearest_name(name, known);
  throw CheckpointError("the checkpoint has no tensor \"" + name + "\"" +
                        (nearest.empty() ? "" : " (but \"" + nearest + "\")") +
                        "; it belongs to another model");
}

// Parameters and buffers by name. The tensors share memory with the module.
std::map<std::string, Tensor> named_tensors(const torch::nn::Module& module,
                                            const std::string& prefix) {
  std::map<std::string, Tensor> tensors;
  for (const auto& item : module.named_parameters()) tensors[prefix + item.key()] = item.value();
  for (const auto& item : module.named_buffers()) tensors[prefix + item.key()] = item.value();
  return tensors;
}

}  // namespace

void write_checkpoint(const fs::path& path, const Checkpoint& checkpoint) {
  const fs::path target = fs::absolute(path).lexically_normal();
  const fs::path folder = target.has_filename() ? target : target.parent_path();
  const fs::path side = side_name(folder);
  std::error_code ignored;
  try {
    fs::remove_all(side);
    fs::create_directories(side);
    const FileDigest tensors = save_tensors(side / kTensorsFile, {checkpoint.tensors, {}});
    FileWriter manifest(side / kManifestFile);
    manifest.write(to_manifest(checkpoint, tensors));
    manifest.finish();
    sync_folder(side);
    exchange_folder(side, folder);
    // What the exchange took away, and what killed processes left.
    remove_leftovers(folder.parent_path(), folder.filename().string() + std::string(kSideMark));
  } catch (const fs::filesystem_error& error) {
    fs::remove_all(side, ignored);
    throw IoError("cannot write checkpoint " + folder.string() + ": " + error.code().message());
  } catch (const Error&) {
    fs::remove_all(side, ignored);
    throw;
  }
}

void save_checkpoint(const fs::path& folder, const Checkpoint& checkpoint, std::int64_t keep) {
  expect_setting(checkpoint.step >= 0, "checkpoint.step", checkpoint.step, "step >= 0");
  expect_setting(keep >= 1, "keep", keep, "keep >= 1");
  write_checkpoint(folder / (std::string(kStepPrefix) + std::to_string(checkpoint.step)),
                   checkpoint);
  prune(folder, checkpoint.step, keep);
}

Checkpoint load_checkpoint(const fs::path& path) {
  Manifest manifest = load_manifest(path);
  const fs::path file = path / kTensorsFile;
  const std::string bytes = read_part(file, manifest.tensors.bytes);
  if (bytes.size() != manifest.tensors.bytes) {
    refuse(file, "it has " + std::to_string(bytes.size()) + " bytes, the manifest says " +
                     std::to_string(manifest.tensors.bytes));
  }
  if (sha256(bytes) != manifest.tensors.sha256)
    refuse(file, "its SHA-256 does not fit the manifest");
  try {
    return {manifest.step, decode_tensors(bytes).tensors, std::move(manifest.metadata)};
  } catch (const DataError& error) {
    refuse(file, error.what());
  }
}

std::optional<LatestCheckpoint> load_latest_checkpoint(const fs::path& folder) {
  LatestCheckpoint latest;
  for (const fs::path& path : list_checkpoints(folder)) {
    try {
      static_cast<Checkpoint&>(latest) = load_checkpoint(path);
      if (latest.step != *step_of(path)) {
        refuse(path, "it holds step " + std::to_string(latest.step));
      }
      latest.path = path;
      return latest;
    } catch (const CheckpointError& error) {
      latest.refused.emplace_back(error.what());
    }
  }
  if (latest.refused.empty()) return std::nullopt;
  std::string reasons;
  for (const std::string& reason : latest.refused) reasons += "\n  " + reason;
  throw CheckpointError("no checkpoint in " + folder.string() +
                        " is sound; remove them to begin anew:" + reasons);
}

const Tensor& require_tensor(const std::map<std::string, Tensor>& tensors, const std::string& name,
                             std::initializer_list<std::int64_t> sizes) {
  const Tensor& tensor = find_tensor(tensors, name);
  try {
    expect_shape("checkpoint tensor \"" + name + "\"", tensor, sizes);
  } catch (const ShapeError& error) {
    throw CheckpointError(std::string(error.what()) + "; it belongs to another model");
  }
  return tensor;
}

void module_to_tensors(const torch::nn::Module& module, const std::string& prefix,
                       std::map<std::string, Tensor>& tensors) {
  for (const auto& [name, tensor] : named_tensors(module, prefix)) {
    tensors[name] = tensor.detach().to(at::kCPU).clone();
  }
}

void tensors_to_module(const std::map<std::string, Tensor>& tensors, const std::string& prefix,
                       torch::nn::Module& module) {
  const std::map<std::string, Tensor> targets = named_tensors(module, prefix);
  for (const auto& [name, target] : targets) {
    const Tensor& source = find_tensor(tensors, name);
    if (source.sizes() != target.sizes() || source.scalar_type() != target.scalar_type()) {
      throw CheckpointError("checkpoint tensor \"" + name + "\" is " +
                            at::toString(source.scalar_type()) + " " + in_brackets(source.sizes()) +
                            ", the model needs " + at::toString(target.scalar_type()) + " " +
                            in_brackets(target.sizes()));
    }
  }
  for (auto entry = tensors.lower_bound(prefix);
       entry != tensors.end() && entry->first.starts_with(prefix); ++entry) {
    if (!targets.contains(entry->first)) {
      throw CheckpointError("the checkpoint has a tensor \"" + entry->first +
                            "\" that the model does not have; it belongs to another model");
    }
  }
  const torch::NoGradGuard no_grad;
  for (const auto& [name, target] : targets) Tensor(target).copy_(tensors.at(name));
}

}  // namespace forethink
