// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Files that survive a crash: written whole or not at all, and on disk before anyone relies on
// them.
//
// A file or a folder is made under another name, synced, and then renamed. After a failed write or
// sync nothing is tried again on the same file: Linux may have dropped the unwritten pages, and a
// second sync would report success.
//
// Role:    core; checkpoints, run folders, recordings.
// Source:  Pillai et al., All File Systems Are Not Created Equal, 2014.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>

#include "forethink/core/checksum.h"

namespace forethink {

/// What a file holds.
struct FileDigest {
  std::uint64_t bytes = 0;
  std::string sha256;  ///< 64 lowercase hex digits.
};

/// A new file that is written from front to back. All errors are IoErrors that name the file and
/// the reason of the system ("No space left on device").
class FileWriter {
 public:
  /// Creates `path`, or empties it.
  explicit FileWriter(const std::filesystem::path& path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void write(std::string_view bytes);

  /// Syncs and closes. Only then is the file safe.
  FileDigest finish();

 private:
  std::filesystem::path path_;
  int file_;
  std::uint64_t bytes_ = 0;
  Sha256 hash_;
};

/// The whole file. @throws IoError if it cannot be read or is longer than `bytes_max`.
std::string read_file(const std::filesystem::path& path,
                      std::uint64_t bytes_max = std::numeric_limits<std::uint64_t>::max());

/// Replaces `path` in one step: a reader, and a crash, sees the old text or the new, never a part.
void write_file(const std::filesystem::path& path, std::string_view text);

/// Makes the names in a folder durable: what was created, renamed or removed there.
void sync_folder(const std::filesystem::path& folder);

/// Puts the folder `from` in the place of `to`, which may exist, in one durable step. What `to`
/// held is then in `from`, or `from` is gone if there was nothing. Both must have the same parent.
void exchange_folder(const std::filesystem::path& from, const std::filesystem::path& to);

/// A lock that one process at a time can hold; the system frees it when the process ends.
class FileLock {
 public:
  /// @throws IoError naming the process that holds the lock.
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int file_;
};

}  // namespace forethink
