// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Base64: bytes as text, for pictures in JSON and digests in the page's security policy.
//
// Role:    evaluation; private help of film_picture.cpp and report.cpp.
// Source:  RFC 4648, section 4.
#pragma once

#include <string>
#include <string_view>

#include "forethink/evaluation/report_json.h"

namespace forethink {

/// Base64 with padding.
std::string to_base64(std::string_view bytes);

/// The inverse. @throws DataError through `fields`, naming `field`, if `text` is not base64.
std::string from_base64(std::string_view text, const JsonFields& fields, const std::string& field);

}  // namespace forethink
