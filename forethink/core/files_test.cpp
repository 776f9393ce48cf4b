// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/files.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "forethink/core/error.h"
#include "forethink/core/test_folder.h"

namespace forethink {
namespace {

namespace fs = std::filesystem;

TEST(Files, WriteReadAndDigest) {
  const TestFolder folder;
  FileWriter writer(folder.path() / "a");
  writer.write("ab");
  writer.write("c");
  const FileDigest digest = writer.finish();
  EXPECT_EQ(digest.bytes, 3U);
  EXPECT_EQ(digest.sha256, sha256("abc"));
  EXPECT_EQ(read_file(folder.path() / "a"), "abc");
}

TEST(Files, WriteFileReplacesAndLeavesNothingElse) {
  const TestFolder folder;
  write_file(folder.path() / "a", "first, longer");
  write_file(folder.path() / "a", "second");
  EXPECT_EQ(read_file(folder.path() / "a"), "second");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(Files, SayWhichFileAndWhy) {
  const TestFolder folder;
  const std::string missing = (folder.path() / "missing").string();
  EXPECT_EQ(error_text<IoError>([&] { read_file(missing); }),
            "cannot read " + missing + ": No such file or directory");
  write_file(folder.path() / "long", "12345");
  EXPECT_EQ(error_text<IoError>([&] { read_file(folder.path() / "long", 4); }),
            (folder.path() / "long").string() + " has 5 bytes, at most 4 are read");
  EXPECT_THROW(write_file(folder.path() / "no/such/folder", "x"), IoError);
  EXPECT_EQ(error_text<IoError>([&] { read_file(folder.path()); }),
            "cannot read " + folder.path().string() + ": Is a directory");
}

TEST(Files, AFullDiskIsAnIoError) {
  FileWriter writer("/dev/full");
  EXPECT_EQ(error_text<IoError>([&] { writer.write("x"); }),
            "cannot write /dev/full: No space left on device");
}

TEST(Files, ExchangeFolderMovesOrSwaps) {
  const TestFolder folder;
  const auto make = [&](const std::string& name, const std::string& text) {
    fs::create_directory(folder.path() / name);
    write_file(folder.path() / name / "file", text);
    return folder.path() / name;
  };
  const fs::path to = folder.path() / "to";
  exchange_folder(make("from", "1"), to);
  EXPECT_EQ(read_file(to / "file"), "1");
  EXPECT_FALSE(fs::exists(folder.path() / "from"));
  exchange_folder(make("from", "2"), to);
  EXPECT_EQ(read_file(to / "file"), "2");
  EXPECT_EQ(read_file(folder.path() / "from/file"), "1");
}

TEST(Files, OneLockAtATime) {
  const TestFolder folder;
  const fs::path path = folder.path() / ".lock";
  {
    const FileLock lock(path);
    EXPECT_EQ(error_text<IoError>([&] { FileLock second(path); }),
              folder.path().string() + " is in use by process " + std::to_string(getpid()) +
                  "; stop it first, or choose another folder");
  }
  EXPECT_NO_THROW(FileLock again(path));
}

TEST(Files, TheLockOfAKilledProcessIsFree) {
  const TestFolder folder;
  const fs::path path = folder.path() / ".lock";
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const FileLock lock(path);
    const bool told = write(ready[1], "x", 1) == 1;
    while (told) pause();
    _exit(1);
  }
  char sign = 0;
  ASSERT_EQ(read(ready[0], &sign, 1), 1);
  EXPECT_EQ(error_text<IoError>([&] { FileLock second(path); }),
            folder.path().string() + " is in use by process " + std::to_string(child) +
                "; stop it first, or choose another folder");
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(FileLock again(path));
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace forethink
