// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// NamedTensors: takes the tensors of a checkpoint by their names and checks them at the door.
//
// Role:    importers; internal.
#pragma once

#include <initializer_list>
#include <map>
#include <string>

#include "forethink/core/types.h"

namespace forethink {

class NamedTensors {
 public:
  /// @param model    What errors begin with.   @param tensors  Borrowed.
  NamedTensors(std::string model, const std::map<std::string, Tensor>& tensors);

  bool has(const std::string& name) const { return tensors_.count(name) != 0; }

  /// float32, contiguous. A size of kAny may be any.
  /// @throws DataError naming a tensor that is missing, of another shape or not finite.
  Tensor take(const std::string& name, std::initializer_list<std::int64_t> shape) const;

 private:
  std::string model_;
  const std::map<std::string, Tensor>& tensors_;
};

}  // namespace forethink
