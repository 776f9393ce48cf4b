// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/interrupt.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace forethink {
namespace {

// The status of a child that catches interrupts, raises each of `signals` and exits with 10 if
// interrupted() is true then, with 11 if not.
template <class... Signals>
int status_after(Signals... signals) {
  const pid_t child = fork();
  if (child == 0) {
    catch_interrupts();
    (std::raise(signals), ...);
    _exit(interrupted() ? 10 : 11);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST(Interrupt, NothingIsInterruptedWithoutASignal) {
  const int status = status_after();
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 11);
}

TEST(Interrupt, TheFirstSignalSetsTheFlag) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const int status = status_after(signal);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 10);
  }
}

TEST(Interrupt, TheSecondSignalKills) {
  int status = status_after(SIGINT, SIGINT);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
  status = status_after(SIGINT, SIGTERM);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

}  // namespace
}  // namespace forethink
