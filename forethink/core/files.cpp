// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "forethink/core/error.h"

namespace forethink {
namespace {

[[noreturn]] void refuse(std::string_view action, const std::filesystem::path& path, int reason) {
  throw IoError("cannot " + std::string(action) + " " + path.string() + ": " +
                std::generic_category().message(reason));
}

// Calls `action` until no signal interrupts it.
template <class Action>
auto retry(Action&& action) {
  auto result = action();
  while (result < 0 && errno == EINTR) result = action();
  return result;
}

// A file descriptor that is closed at the end of the scope.
class Descriptor {
 public:
  explicit Descriptor(int file) : file_(file) {}
  ~Descriptor() {
    if (file_ >= 0) ::close(file_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return file_; }

 private:
  int file_;
};

int open_file(const std::filesystem::path& path, int flags) {
  constexpr mode_t kMode = 0666;  // The user's umask takes away what it wants.
  return retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC, kMode); });
}

}  // namespace

FileWriter::FileWriter(const std::filesystem::path& path)
    : path_(path), file_(open_file(path, O_WRONLY | O_CREAT | O_TRUNC)) {
  if (file_ < 0) refuse("create", path_, errno);
}

FileWriter::~FileWriter() {
  if (file_ >= 0) ::close(file_);
}

void FileWriter::write(std::string_view bytes) {
  bytes_ += bytes.size();
  hash_.update(bytes);
  while (!bytes.empty()) {
    const ssize_t written = retry([&] { return ::write(file_, bytes.data(), bytes.size()); });
    if (written < 0) refuse("write", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

FileDigest FileWriter::finish() {
  if (retry([&] { return ::fsync(file_); }) != 0) refuse("write", path_, errno);
  // Some network file systems report a full disk only here.
  if (::close(std::exchange(file_, -1)) != 0 && errno != EINTR) refuse("write", path_, errno);
  return {bytes_, hash_.hex()};
}

std::string read_file(const std::filesystem::path& path, std::uint64_t bytes_max) {
  const Descriptor file(open_file(path, O_RDONLY));
  if (file.get() < 0) refuse("read", path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) refuse("read", path, errno);
  const auto bytes = static_cast<std::uint64_t>(status.st_size);
  if (bytes > bytes_max) {
    throw IoError(path.string() + " has " + std::to_string(bytes) + " bytes, at most " +
                  std::to_string(bytes_max) + " are read");
  }
  std::string text(bytes, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t count =
        retry([&] { return ::read(file.get(), text.data() + filled, text.size() - filled); });
    if (count < 0) refuse("read", path, errno);
    if (count == 0) break;  // Shortened meanwhile.
    filled += static_cast<std::size_t>(count);
  }
  text.resize(filled);
  return text;
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::path temporary = path;
  temporary += ".tmp-" + std::to_string(::getpid());
  try {
    FileWriter writer(temporary);
    writer.write(text);
    writer.finish();
    if (std::rename(temporary.c_str(), path.c_str()) != 0) refuse("write", path, errno);
  } catch (const IoError&) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(path.parent_path());
}

void sync_folder(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder.empty() ? "." : folder;
  const Descriptor file(open_file(path, O_RDONLY | O_DIRECTORY));
  if (file.get() < 0 || retry([&] { return ::fsync(file.get()); }) != 0) {
    refuse("sync folder", path, errno);
  }
}

void exchange_folder(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (!std::filesystem::exists(to)) {
    if (std::rename(from.c_str(), to.c_str()) != 0) refuse("create", to, errno);
  } else if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) != 0) {
    // A file system that cannot exchange (NFS): between these renames a crash leaves `to` missing
    // and the old folder under its side name.
    if (errno != EINVAL && errno != ENOSYS) refuse("replace", to, errno);
    std::filesystem::path old = from;
    old += ".old";
    if (std::rename(to.c_str(), old.c_str()) != 0 || std::rename(from.c_str(), to.c_str()) != 0 ||
        std::rename(old.c_str(), from.c_str()) != 0) {
      refuse("replace", to, errno);
    }
  }
  sync_folder(to.parent_path());
}

FileLock::FileLock(const std::filesystem::path& path) : file_(open_file(path, O_RDWR | O_CREAT)) {
  if (file_ < 0) refuse("create", path, errno);
  if (retry([&] { return ::flock(file_, LOCK_EX | LOCK_NB); }) != 0) {
    const int reason = errno;
    ::close(file_);
    if (reason != EWOULDBLOCK) refuse("lock", path, reason);
    std::string holder = read_file(path, 64);
    if (holder.empty()) holder = "another process";
    throw IoError(path.parent_path().string() + " is in use by " + holder +
                  "; stop it first, or choose another folder");
  }
  // For the message above only; the lock itself is the system's.
  const std::string holder = "process " + std::to_string(::getpid());
  if (::ftruncate(file_, 0) != 0 || ::pwrite(file_, holder.data(), holder.size(), 0) < 0) {
    const int reason = errno;
    ::close(file_);
    refuse("lock", path, reason);
  }
}

// The file stays: removing it would let a third process lock a new one beside a waiting second.
FileLock::~FileLock() { ::close(file_); }

}  // namespace forethink
