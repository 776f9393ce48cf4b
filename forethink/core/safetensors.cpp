// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/safetensors.h"

#include <torch/torch.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/safetensors_header.h"

namespace forethink {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr std::pair<at::ScalarType, const char*> kTypes[] = {
    {at::kDouble, "F64"}, {at::kFloat, "F32"}, {at::kHalf, "F16"}, {at::kBFloat16, "BF16"},
    {at::kLong, "I64"},   {at::kInt, "I32"},   {at::kByte, "U8"},  {at::kBool, "BOOL"}};

std::string dtype_of(const std::string& name, const Tensor& tensor) {
  if (!tensor.defined()) throw DataError("tensor \"" + name + "\" is undefined, cannot save it");
  for (const auto& [type, text] : kTypes) {
    if (type == tensor.scalar_type()) return text;
  }
  throw DataError("tensor \"" + name + "\" has type " + at::toString(tensor.scalar_type()) +
                  ", which is not saved; use float64/32/16, bfloat16, int64/32, uint8 or bool");
}

at::ScalarType type_of(const SafetensorsEntry& entry) {
  for (const auto& [type, text] : kTypes) {
    if (text == entry.dtype) return type;
  }
  throw DataError("tensor \"" + entry.name + "\" has dtype " + entry.dtype + ", which is not read");
}

}  // namespace

FileDigest save_tensors(const std::filesystem::path& path, const TensorFile& file) {
  SafetensorsHeader header;
  header.metadata = file.metadata;
  for (const auto& [name, tensor] : file.tensors) {
    SafetensorsEntry entry;
    entry.name = name;
    entry.dtype = dtype_of(name, tensor);
    entry.shape = tensor.sizes().vec();
    header.entries.push_back(std::move(entry));
  }
  // Wide types first: then every tensor lies at a multiple of its own element size.
  std::stable_sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
    return safetensors_dtype_bytes(a.dtype) > safetensors_dtype_bytes(b.dtype);
  });
  const std::string front = format_safetensors_header(header);

  FileWriter writer(path);
  writer.write(front);
  for (const SafetensorsEntry& entry : header.entries) {
    const Tensor tensor = file.tensors.at(entry.name).detach().to(at::kCPU).contiguous();
    writer.write({static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()});
  }
  return writer.finish();
}

TensorFile load_tensors(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  try {
    return decode_tensors(bytes);
  } catch (const DataError& error) {
    throw DataError(path.string() + ": " + error.what());
  }
}

TensorFile decode_tensors(std::string_view bytes) {
  SafetensorsHeader header = parse_safetensors_header(bytes, bytes.size());
  TensorFile file;
  file.metadata = std::move(header.metadata);
  for (const SafetensorsEntry& entry : header.entries) {
    Tensor tensor = at::empty(entry.shape, at::TensorOptions().dtype(type_of(entry)));
    const std::string_view data =
        bytes.substr(header.data_begin + entry.begin, entry.end - entry.begin);
    if (tensor.scalar_type() == at::kBool &&
        std::any_of(data.begin(), data.end(), [](char byte) { return byte != 0 && byte != 1; })) {
      // A bool of another value is undefined behaviour wherever it is read.
      throw DataError("tensor \"" + entry.name + "\" has a BOOL that is neither 0 nor 1");
    }
    if (!data.empty()) std::memcpy(tensor.mutable_data_ptr(), data.data(), data.size());
    file.tensors.emplace(entry.name, std::move(tensor));
  }
  return file;
}

}  // namespace forethink
