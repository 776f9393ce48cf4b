// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Any bytes are a safetensors file: refused with a DataError, or read so that every byte of the
// data belongs to one tensor and the header can be written again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "forethink/core/error.h"
#include "forethink/core/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace forethink;
  const std::string_view file(reinterpret_cast<const char*>(bytes), size);
  SafetensorsHeader header;
  try {
    header = parse_safetensors_header(file, file.size());
  } catch (const DataError&) {
    return 0;
  }
  std::uint64_t next = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    if (entry.begin != next || entry.end < entry.begin || entry.shape.size() > 8) std::abort();
    next = entry.end;
  }
  if (header.data_begin + next != size) std::abort();

  SafetensorsHeader again = header;
  const std::string written = format_safetensors_header(again);
  if (again.metadata != header.metadata) std::abort();
  if (again.entries.size() != header.entries.size()) std::abort();
  if (written.size() != again.data_begin) std::abort();
  return 0;
}
