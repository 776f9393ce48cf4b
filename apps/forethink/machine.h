// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// What a figure was measured on: the processor, the commit, the source folder.
//
// Role:    apps.
#pragma once

#include <filesystem>
#include <string>

namespace forethink {

std::string processor_name();           ///< "AMD EPYC", from the system; "unknown" if it is silent.
std::string machine_name();             ///< Processor, threads, instruction set used, PyTorch.
std::string commit_name();              ///< Of the sources this program was configured from.
std::filesystem::path source_folder();  ///< Where those sources were; may no longer exist.

}  // namespace forethink
