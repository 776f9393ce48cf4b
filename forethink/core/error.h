// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The errors that the library throws. Each says what is wrong, where, and how to mend it.
//
// Role:    core; every layer throws these, only `main` and the bindings catch them.
#pragma once

#include <stdexcept>
#include <string>

namespace forethink {

/// Base of everything the library throws on purpose: the caller or the input is wrong.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A setting breaks its rule, or names something that does not exist. Exit code 2.
class ConfigError : public Error {
 public:
  using Error::Error;
};

/// A tensor has another shape or type than the function takes. Exit code 2.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// The file system refused: missing, unreadable, full. Exit code 2.
class IoError : public Error {
 public:
  using Error::Error;
};

/// Data from outside (recordings, task lists) is malformed or does not fit. Exit code 4.
class DataError : public Error {
 public:
  using Error::Error;
};

/// A checkpoint is missing, damaged or belongs to another model. Exit code 5.
class CheckpointError : public Error {
 public:
  using Error::Error;
};

}  // namespace forethink
