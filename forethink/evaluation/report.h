// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Report: a run as one page that needs no network and nothing beside it.
//
// The result, the table of planners, the settings and the way to repeat them are plain HTML, so
// that they can be read without a script; films and curves are drawn by the page's own script
// (forethink/evaluation/report/) with uPlot. The page forbids itself every other script and every
// connection, and text from a run can neither end its place in the page nor run.
//
// Role:    evaluation; what a run leaves for people.
#pragma once

#include <filesystem>
#include <string>

#include "forethink/evaluation/report_data.h"

namespace forethink {

/// The page, as UTF-8 HTML. Sections without data are left out.
/// @throws ConfigError or ShapeError if a film or a life breaks its rules.
std::string make_report(const ReportData& data);

/// Reads a run folder and writes `report.html` into it; returns the path.
/// @throws IoError if there is nothing to report or it cannot be written, DataError naming the file
/// and field that is malformed.
std::filesystem::path write_report(const std::filesystem::path& run_folder);

}  // namespace forethink
