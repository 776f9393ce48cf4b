// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The report's page while it grows, and the pieces of HTML that its sections share.
//
// Role:    evaluation; private help of report.cpp and report_lives.cpp.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "forethink/evaluation/report_charts.h"

namespace forethink::report_page {

/// Stands where a table has nothing to say.
inline constexpr const char* kNothing = "\u2013";

/// The page while it grows: its sections, the links to them, numbered captions, charts.
struct Page {
  std::string body;
  std::string navigation;
  int tables = 0;
  int figures = 0;
  nlohmann::json charts = nlohmann::json::object();

  void open(const std::string& id, const std::string& link, const std::string& heading);
  void close();

  /// `text` is HTML.
  void caption_table(const std::string& text);
  void caption_figure(const std::string& text);
  void caption(const char* kind, int number, const std::string& text);

  /// A place that the page's script fills with `drawn`.
  void place_charts(const std::string& id, const std::vector<Chart>& drawn, bool wide = false);
};

/// <tag class="css">html</tag>.
std::string element(const std::string& tag, const std::string& css, const std::string& html);

std::string svg_rect(const std::string& css, double x, double y, double width, double height);
std::string svg_line(const std::string& css, double x1, double y1, double x2, double y2);
/// A drawing 100 wide and 18 high that is stretched to its cell.
std::string svg_scale(const std::string& content);

/// A cell of numbers that names its column where a narrow page has no head; empty if `text` is.
std::string number_cell(const char* label, const std::string& text);

/// A share as a bar with the whiskers of its interval, if there is one, and as text.
std::string success_cell(const char* label, const std::string& fill, double share, double low,
                         double high);

/// A number under its label in a list of facts; both are HTML.
std::string fact(const std::string& label, const std::string& value);

/// The class of colour `index` of a legend.
std::string swatch_class(std::size_t index);

}  // namespace forethink::report_page
