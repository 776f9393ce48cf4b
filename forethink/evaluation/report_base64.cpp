// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors

#include "forethink/evaluation/report_base64.h"

#include <cstdint>

namespace forethink {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text += k <= count ? kAlphabet[group >> (18 - 6 * k) & 63U] : '=';
  }
  return text;
}

std::string from_base64(std::string_view text, const JsonFields& fields, const std::string& field) {
  if (text.size() % 4 != 0)
    fields.refuse(field, "is not base64: its length is not a multiple of 4");
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t group = 0;
    std::size_t padding = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const char letter = text[i + k];
      const bool pads = letter == '=' && i + 4 == text.size() && k >= 2;
      const std::size_t value = pads ? 0 : kAlphabet.find(letter);
      if (value == std::string_view::npos || (padding > 0 && !pads))
        fields.refuse(field, "is not base64 at character " + std::to_string(i + k));
      padding += pads ? 1 : 0;
      group = group << 6 | static_cast<std::uint32_t>(value);
    }
    for (std::size_t k = 0; k < 3 - padding; ++k)
      bytes += static_cast<char>(group >> (16 - 8 * k) & 255U);
  }
  return bytes;
}

}  // namespace forethink
