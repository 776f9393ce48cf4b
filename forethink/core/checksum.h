// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Checksums: CRC-32C against accidents in small records, SHA-256 as the identity of files.
//
// Role:    core; checkpoints, event files and the digest of the intrinsic cost.
// Source:  Castagnoli, Braeuer & Herrmann, Optimization of Cyclic Redundancy-Check Codes, 1993.
//          NIST, Secure Hash Standard (FIPS 180-4), 2015.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace forethink {

/// CRC-32C (Castagnoli) of `bytes`.
std::uint32_t crc32c(std::string_view bytes);

/// SHA-256 of bytes that arrive in pieces.
class Sha256 {
 public:
  void update(std::string_view bytes);

  /// The digest of all bytes so far as 64 lowercase hex digits. More bytes may follow.
  std::string hex() const;

 private:
  static constexpr std::size_t kBlock = 64;
  void absorb(const unsigned char* block);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, kBlock> pending_{};  // Bytes that do not fill a block yet.
  std::uint64_t length_ = 0;                     // Bytes in all.
};

/// SHA-256 of `bytes` as 64 lowercase hex digits.
std::string sha256(std::string_view bytes);

}  // namespace forethink
