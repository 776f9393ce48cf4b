// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The files of forethink/evaluation/report/ as strings. Their definitions are generated when the
// project is built (cmake/EmbedFiles.cmake).
//
// Role:    evaluation; the raw material of report.cpp.
#pragma once

#include <string_view>

namespace forethink::report_parts {

/// One file: its text and the SHA-256 of that text in hexadecimal.
struct Part {
  std::string_view text;
  std::string_view sha256;
};

extern const Part report_html;
extern const Part report_css;
extern const Part report_js;
extern const Part lives_js;
extern const Part theme_js;
extern const Part uPlot_iife_min_js;
extern const Part uPlot_min_css;
extern const Part LICENSE;

}  // namespace forethink::report_parts
