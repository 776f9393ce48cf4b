// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The report's sections on agents that live by drives: who survives at what cost, lives told in
// full, and whether what the agent foresaw came true.
//
// Role:    evaluation; private help of report.cpp.
#pragma once

#include <string>

#include "forethink/evaluation/lives.h"
#include "forethink/evaluation/report_page.h"

namespace forethink::report_page {

/// What the first agent survives and pays, as HTML. There must be an agent.
std::string lives_headline(const LivesReport& report);

/// Adds the sections; those without data are left out. Stories are drawn by the page's script from
/// their JSON (life_to_json), in the order of `report`.
void add_lives(Page& page, const LivesReport& report);

}  // namespace forethink::report_page
