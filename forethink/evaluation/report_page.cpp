// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/report_page.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "forethink/evaluation/report_format.h"

namespace forethink::report_page {
namespace {

std::string number_text(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

/// A bar from 0 to 100 %, with whiskers from `low` to `high` if there is an interval.
std::string success_bar(const std::string& fill, double share, double low, double high) {
  std::string content = svg_rect("track", 0, 4, 100, 10) + svg_rect(fill, 0, 4, share * 100.0, 10);
  if (high > low) {
    content += svg_line("whisker", low * 100, 9, high * 100, 9) +
               svg_line("whisker", low * 100, 4.5, low * 100, 13.5) +
               svg_line("whisker", high * 100, 4.5, high * 100, 13.5);
  }
  return svg_scale(content);
}

}  // namespace

void Page::open(const std::string& id, const std::string& link, const std::string& heading) {
  navigation += "<li><a href=\"#" + id + "\">" + link + "</a></li>";
  body += "<section id=\"" + id + "\" aria-labelledby=\"" + id + "-heading\">\n<h2 id=\"" + id +
          "-heading\">" + heading + "</h2>\n";
}

void Page::close() { body += "</section>\n"; }

void Page::caption_table(const std::string& text) { caption("Table", ++tables, text); }

void Page::caption_figure(const std::string& text) { caption("Figure", ++figures, text); }

void Page::caption(const char* kind, int number, const std::string& text) {
  body += "<p class=\"caption\"><b>" + std::string(kind) + " " + std::to_string(number) + ".</b> " +
          text + "</p>\n";
}

void Page::place_charts(const std::string& id, const std::vector<Chart>& drawn, bool wide) {
  charts[id] = charts_to_json(drawn);
  body += "<div class=\"charts" + std::string(wide ? " wide" : "") + "\" data-charts=\"" +
          escape_html(id) + "\"></div>\n";
}

std::string element(const std::string& tag, const std::string& css, const std::string& html) {
  return "<" + tag + (css.empty() ? "" : " class=\"" + css + "\"") + ">" + html + "</" + tag + ">";
}

std::string svg_rect(const std::string& css, double x, double y, double width, double height) {
  return "<rect class=\"" + css + "\" x=\"" + number_text(x) + "\" y=\"" + number_text(y) +
         "\" width=\"" + number_text(std::max(width, 0.0)) + "\" height=\"" + number_text(height) +
         "\"/>";
}

std::string svg_line(const std::string& css, double x1, double y1, double x2, double y2) {
  return "<line class=\"" + css + "\" x1=\"" + number_text(x1) + "\" y1=\"" + number_text(y1) +
         "\" x2=\"" + number_text(x2) + "\" y2=\"" + number_text(y2) + "\"/>";
}

std::string svg_scale(const std::string& content) {
  return "<svg class=\"scale\" viewBox=\"0 0 100 18\" preserveAspectRatio=\"none\" "
         "aria-hidden=\"true\">" +
         content + "</svg>";
}

std::string number_cell(const char* label, const std::string& text) {
  if (text.empty()) return "<td class=\"number none\"></td>";
  return "<td class=\"number\" data-label=\"" + std::string(label) + "\">" + text + "</td>";
}

std::string success_cell(const char* label, const std::string& fill, double share, double low,
                         double high) {
  std::string reading = format_percent(share);
  if (high > low) {
    const std::string full = format_interval(share, low, high);
    reading += element("small", "", full.substr(full.find('[')));
  }
  return "<td class=\"success\" data-label=\"" + std::string(label) + "\"><div class=\"measure\">" +
         success_bar(fill, share, low, high) + "<div class=\"reading\">" + reading +
         "</div></div></td>";
}

std::string fact(const std::string& label, const std::string& value) {
  return "<div><dt>" + label + "</dt><dd>" + value + "</dd></div>";
}

std::string swatch_class(std::size_t index) {
  std::string css = "k";
  css += std::to_string(index % 8 + 1);
  return css;
}

}  // namespace forethink::report_page
