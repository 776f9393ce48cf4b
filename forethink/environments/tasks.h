// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Task lists: the starts and goals that a reported figure was measured on, frozen in a file.
//
// The file is JSON for people to read, one task a line, and carries the SHA-256 of its content, so
// that a list that was edited, cut off or swapped is refused, and a report can name what it used.
// The digest covers the JSON value without its "sha256" member, keys sorted, without white space.
//
// Role:    what evaluation runs on, for any environment.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "forethink/environments/environment.h"

namespace forethink {

/// P tasks: go from a start to a goal within a number of steps.
struct TaskList {
  std::string name;
  std::string environment;                ///< Name of the environment they belong to.
  std::string recipe;                     ///< How they were made, in words.
  std::vector<std::string> state_fields;  ///< V names, as in EnvironmentSpec.
  std::int64_t steps = 0;                 ///< Budget of an episode, environment steps; >= 1.
  Tensor starts;                          ///< [P, V] float.
  Tensor goals;                           ///< [P, V] float.
  std::string sha256;                     ///< Of the content, as it was made or read.

  std::int64_t size() const { return starts.size(0); }
};

/// The digest of the content of `tasks` (everything but `sha256`).
/// @throws DataError  if shapes disagree or a value is not finite.
std::string task_list_digest(const TaskList& tasks);

/// Writes `tasks` with its digest, every float so that it reads back the same.
/// @throws DataError as above, IoError if the file cannot be written.
void write_task_list(const TaskList& tasks, const std::filesystem::path& path);

/// Reads a list and checks it.
/// @throws IoError    if the file cannot be read.
/// @throws DataError  naming the file and what is wrong: not JSON or cut off, another format, a
///                    missing or malformed member, or content that does not match its digest.
TaskList read_task_list(const std::filesystem::path& path);

/// Checks that `tasks` are for an environment with this `spec`.
/// @throws DataError  naming both environments, or the state fields that differ.
void expect_tasks_for(const TaskList& tasks, const EnvironmentSpec& spec);

}  // namespace forethink
