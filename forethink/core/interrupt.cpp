// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/interrupt.h"

#include <atomic>
#include <csignal>

namespace forethink {
namespace {

// Global because a signal belongs to the process; nothing but the handler ever writes it.
std::atomic<bool> stop_wanted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler must not take a lock");

extern "C" void note_interrupt(int) {
  stop_wanted.store(true);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = note_interrupt;
  action.sa_flags = SA_RESTART;  // Reads and writes under way go on; the loops stop between steps.
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return stop_wanted.load(std::memory_order_relaxed); }

}  // namespace forethink
