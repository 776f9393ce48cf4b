// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Ctrl-C: the first asks long loops to stop cleanly, the second kills at once.
//
// Role:    core; `main` calls catch_interrupts, loops poll interrupted() between two steps.
#pragma once

namespace forethink {

/// From now on the first SIGINT or SIGTERM only sets a flag; any later one ends the process.
void catch_interrupts();

/// True once the user has asked to stop.
bool interrupted();

}  // namespace forethink
