// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Checkpoints: tensors and a few words in a folder that is complete or not there.
//
//   step-1200/tensors.safetensors   the tensors
//             manifest.json         step, metadata, size and SHA-256 of the tensors, and of itself
//
// A checkpoint is written under a side name, synced, renamed, and only then are older ones removed:
// whenever the process is killed or the disk is full, the last complete checkpoint loads. There is
// no file that points at the newest; the highest step whose manifest is sound is the newest.
//
// Role:    core; training, critics and the intrinsic cost keep their state here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "forethink/core/types.h"

namespace torch::nn {
class Module;
}

namespace forethink {

struct Checkpoint {
  std::int64_t step = 0;
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// The newest checkpoint that is sound.
struct LatestCheckpoint : Checkpoint {
  std::filesystem::path path;
  std::vector<std::string> refused;  ///< Newer ones that were passed over: path and reason.
};

/// Writes `checkpoint` as the folder `path`, in one step in the place of what was there: a model
/// folder, for example models/four_rooms/world_model. One writer at a time per parent folder.
/// @throws IoError    if the disk refuses; what was at `path` is then untouched.
/// @throws DataError  if a tensor or a name cannot be written; names it.
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Writes folder/step-N, then removes all but the newest `keep` of the steps up to N.
/// Later steps stay: whoever goes back on purpose removes them, or they are found again.
void save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint,
                     std::int64_t keep = 3);

/// Reads a checkpoint or model folder and verifies every byte of it.
/// @throws CheckpointError  saying what is wrong, where, and how to mend it.
Checkpoint load_checkpoint(const std::filesystem::path& path);

/// The checkpoint of the highest step in `folder` that verifies, or nothing if there are none.
/// @throws CheckpointError  if there are some but none verifies: to begin anew is the user's
/// choice.
std::optional<LatestCheckpoint> load_latest_checkpoint(const std::filesystem::path& folder);

/// The entry `name`. @throws CheckpointError if it is missing or not of shape `sizes`; kAny (see
/// shape.h) matches every size.
const Tensor& require_tensor(const std::map<std::string, Tensor>& tensors, const std::string& name,
                             std::initializer_list<std::int64_t> sizes);

/// Copies every parameter and buffer into `tensors`, under `prefix` + its name.
void module_to_tensors(const torch::nn::Module& module, const std::string& prefix,
                       std::map<std::string, Tensor>& tensors);

/// Copies back what module_to_tensors wrote; all or nothing.
/// @throws CheckpointError  naming an entry that is missing, extra, or of another shape or type.
void tensors_to_module(const std::map<std::string, Tensor>& tensors, const std::string& prefix,
                       torch::nn::Module& module);

}  // namespace forethink
