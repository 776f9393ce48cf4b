// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Numbers and words for people: 99.3 %, 1.0 k, 12 ms, "Effective rank"; and text made safe for
// HTML.
//
// Role:    evaluation; used by the report and by whatever prints results.
#pragma once

#include <string>
#include <string_view>

namespace forethink {

/// A share in [0, 1] as "99.3 %"; exactly all or nothing as "100 %", "0 %". The space does not
/// break. A share that only rounds to all or nothing keeps its decimal ("100.0 %" is 0.9997).
std::string format_percent(double share);

/// "99.3 % [97.6, 99.8]".
std::string format_interval(double share, double low, double high);

/// A count: "950", "1.0 k", "12 k", "5.4 M".
std::string format_count(double count);

/// A duration: "12 ms", "0.54 s", "8.2 s", "1 min 15 s", "1 h 2 min".
std::string format_duration(double seconds);

/// A plain number with about three digits: "0.0123", "3.14", "128", "1.2e-07".
std::string format_number(double value);

/// "rollout_error_8" as "Rollout error 8", "position_error_units" as "Position error, units".
std::string format_name(std::string_view identifier);

/// "icem, critic_roadmap" as "iCEM, critic roadmap".
std::string format_planner(std::string_view name);

/// Text that stands for itself in HTML, also inside a quoted attribute.
std::string escape_html(std::string_view text);

/// JSON that may stand inside a <script> element: no "<", ">" or "&" is left in it.
std::string escape_json_for_script(std::string_view json);

}  // namespace forethink
