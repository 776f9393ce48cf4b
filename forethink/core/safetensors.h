// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Tensors in files: safetensors, which every tool reads and which cannot hold code.
//
// Role:    core; checkpoints lie on it.
// Source:  the safetensors format description, version 0.8.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "forethink/core/files.h"
#include "forethink/core/types.h"

namespace forethink {

/// What a safetensors file holds. Types: float64, float32, float16, bfloat16, int64, int32, uint8,
/// bool. Equal contents make equal bytes.
struct TensorFile {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// Writes and syncs a new file at `path`. A caller who replaces a file renames (see files.h).
/// @throws IoError    if the disk refuses.
/// @throws DataError  if a tensor's type, rank or name cannot be written; names the tensor.
FileDigest save_tensors(const std::filesystem::path& path, const TensorFile& file);

/// Reads a whole file.
/// @throws IoError if it cannot be read, DataError (naming the file) if it is malformed.
TensorFile load_tensors(const std::filesystem::path& path);

/// The tensors of a file whose bytes are `bytes`; they own their memory.
/// @throws DataError if the bytes are malformed or hold a type not named above.
TensorFile decode_tensors(std::string_view bytes);

}  // namespace forethink
