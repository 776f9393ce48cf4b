// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The header of a safetensors file: which tensor lies where. Trusts nothing in the file.
//
// A file is: 8 bytes N, little-endian | N bytes of JSON, padded with spaces | the tensors' bytes,
// which lie end to end, row-major, without holes. The JSON is {name: {"dtype", "shape",
// "data_offsets": [begin, end]}} and an optional "__metadata__" of strings.
//
// Role:    core; knows no torch, so that it can be fuzzed and sanitized in seconds.
// Source:  the safetensors format description, version 0.8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace forethink {

/// One tensor of a file.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;  ///< As the format spells it: "F32", "BF16", "I64", "BOOL" ...
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  ///< Bytes from the start of the data; end is behind the last byte.
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< In the order of the data.
  std::map<std::string, std::string> metadata;
  std::uint64_t data_begin = 0;  ///< Bytes from the start of the file.
};

/// What a file may hold at most. The format itself allows headers of 100 MB and any rank.
struct SafetensorsLimits {
  std::uint64_t header_bytes = 16 << 20;
  std::size_t entries = 1'000'000;
  std::size_t rank = 8;
  std::size_t name_bytes = 512;
};

/// Bytes of one element, 0 if the format has no such type (or one of less than a byte).
std::uint64_t safetensors_dtype_bytes(std::string_view dtype);

/// Reads and checks a header: every size fits, every byte of the data belongs to one tensor.
///
/// @param file        The file, or at least its header.
/// @param file_bytes  Length of the whole file.
/// @throws DataError  with what is wrong and at which byte.
SafetensorsHeader parse_safetensors_header(std::string_view file, std::uint64_t file_bytes,
                                           const SafetensorsLimits& limits = {});

/// The bytes before the data. Fills `begin`, `end` and `data_begin` from the dtypes and shapes.
/// @throws DataError if the result is not one that parse_safetensors_header accepts.
std::string format_safetensors_header(SafetensorsHeader& header);

}  // namespace forethink
