// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/safetensors_header.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <set>
#include <tuple>

#include "forethink/core/error.h"

namespace forethink {
namespace {

constexpr std::size_t kLengthBytes = 8;  // The field N.
constexpr std::string_view kMetadata = "__metadata__";

// What stands behind a backslash in JSON, and what it means there.
constexpr std::string_view kEscapes = "\"\\/bfnrt";
constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";

[[noreturn]] void refuse(const std::string& reason) {
  throw DataError("not a valid safetensors file: " + reason);
}

// The length of the UTF-8 character that `text` begins with, 0 if it is none: overlong forms,
// surrogates and numbers above 0x10ffff are none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80U) return 1;
  if (lead >= 0xc2U && lead <= 0xdfU) return continues(1) ? 2 : 0;
  if (lead >= 0xe0U && lead <= 0xefU) {
    const bool overlong = lead == 0xe0U && byte(1) < 0xa0U;
    const bool surrogate = lead == 0xedU && byte(1) > 0x9fU;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xf0U && lead <= 0xf4U) {
    const bool overlong = lead == 0xf0U && byte(1) < 0x90U;
    const bool beyond = lead == 0xf4U && byte(1) > 0x8fU;
    return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

void append_utf8(std::uint32_t code, std::string& text) {
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80U) {
    put(code);
  } else if (code < 0x800U) {
    put(0xc0U | (code >> 6));
    put(0x80U | (code & 0x3fU));
  } else if (code < 0x10000U) {
    put(0xe0U | (code >> 12));
    put(0x80U | ((code >> 6) & 0x3fU));
    put(0x80U | (code & 0x3fU));
  } else {
    put(0xf0U | (code >> 18));
    put(0x80U | ((code >> 12) & 0x3fU));
    put(0x80U | ((code >> 6) & 0x3fU));
    put(0x80U | (code & 0x3fU));
  }
}

// Exactly the JSON that a header may hold. It never looks back and never recurses.
class Reader {
 public:
  Reader(std::string_view text, const SafetensorsLimits& limits) : text_(text), limits_(limits) {}

  SafetensorsHeader header() {
    SafetensorsHeader header;
    if (peek() != '{') fail("the header does not begin with '{'");
    bool has_metadata = false;
    members([&](std::string name) {
      if (name == kMetadata) {
        if (has_metadata) fail("\"__metadata__\" stands there twice");
        has_metadata = true;
        header.metadata = metadata();
        return;
      }
      if (header.entries.size() >= limits_.entries) fail("there are too many tensors");
      if (name.size() > limits_.name_bytes) fail("a name is too long");
      header.entries.push_back(entry(std::move(name)));
    });
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (at_ < text_.size()) fail("something follows the header");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    refuse(reason + " (byte " + std::to_string(kLengthBytes + at_) + ")");
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }

  // The next sign after space, if it is `sign`.
  bool take(char sign) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != sign) return false;
    ++at_;
    return true;
  }

  void expect(char sign) {
    if (!take(sign)) fail(std::string("expected '") + sign + "'");
  }

  // {"name": ..., "name": ...}; `read` reads what stands behind each colon.
  template <class Read>
  void members(Read&& read) {
    expect('{');
    if (take('}')) return;
    do {
      std::string name = string();
      expect(':');
      read(std::move(name));
    } while (take(','));
    expect('}');
  }

  std::vector<std::uint64_t> integers(std::size_t count_max) {
    std::vector<std::uint64_t> values;
    expect('[');
    if (take(']')) return values;
    do {
      if (values.size() >= count_max) {
        fail("a list has more than " + std::to_string(count_max) + " numbers");
      }
      values.push_back(integer());
    } while (take(','));
    expect(']');
    return values;
  }

  // A whole number of at most 63 bits: what both an offset and a size may be.
  std::uint64_t integer() {
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    skip_space();
    const std::size_t first = at_;
    std::uint64_t value = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      const auto digit = static_cast<std::uint64_t>(peek() - '0');
      if (value > (kMax - digit) / 10) fail("a number is too large");
      value = 10 * value + digit;
    }
    if (at_ == first) fail("expected a whole number");
    if (at_ - first > 1 && text_[first] == '0') fail("a number begins with 0");
    return value;
  }

  std::uint32_t hex4() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char digit = peek();
      value *= 16;
      if (digit >= '0' && digit <= '9') {
        value += static_cast<std::uint32_t>(digit - '0');
      } else if (digit >= 'a' && digit <= 'f') {
        value += static_cast<std::uint32_t>(digit - 'a' + 10);
      } else if (digit >= 'A' && digit <= 'F') {
        value += static_cast<std::uint32_t>(digit - 'A' + 10);
      } else {
        fail("expected four hex digits");
      }
    }
    return value;
  }

  void escape(std::string& text) {
    const char sign = peek();
    ++at_;
    if (const std::size_t i = kEscapes.find(sign); i != kEscapes.npos) {
      text += kMeanings[i];
      return;
    }
    if (sign != 'u') fail("an unknown escape in a string");
    std::uint32_t code = hex4();
    if (code >= 0xd800U && code <= 0xdbffU) {  // The first half of a pair.
      if (text_.substr(at_, 2) != "\\u") fail("half of a surrogate pair");
      at_ += 2;
      const std::uint32_t low = hex4();
      if (low < 0xdc00U || low > 0xdfffU) fail("half of a surrogate pair");
      code = 0x10000U + ((code - 0xd800U) << 10) + (low - 0xdc00U);
    } else if (code >= 0xdc00U && code <= 0xdfffU) {
      fail("half of a surrogate pair");
    }
    append_utf8(code, text);
  }

  std::string string() {
    expect('"');
    std::string text;
    while (true) {
      if (at_ >= text_.size()) fail("a string does not end");
      const char sign = text_[at_];
      if (sign == '"') break;
      if (static_cast<unsigned char>(sign) < 0x20) fail("a control character in a string");
      if (sign == '\\') {
        ++at_;
        escape(text);
        continue;
      }
      const std::size_t length = utf8_length(text_.substr(at_));
      if (length == 0) fail("a string is not UTF-8");
      text += text_.substr(at_, length);
      at_ += length;
    }
    ++at_;
    return text;
  }

  std::map<std::string, std::string> metadata() {
    std::map<std::string, std::string> values;
    members([&](std::string name) {
      std::string value = string();
      if (!values.emplace(std::move(name), std::move(value)).second) {
        fail("a name of \"__metadata__\" stands there twice");
      }
    });
    return values;
  }

  SafetensorsEntry entry(std::string name) {
    SafetensorsEntry entry;
    entry.name = std::move(name);
    bool has_dtype = false;
    bool has_shape = false;
    bool has_offsets = false;
    members([&](const std::string& field) {
      bool& has = field == "dtype" ? has_dtype : field == "shape" ? has_shape : has_offsets;
      if (field != "dtype" && field != "shape" && field != "data_offsets") {
        fail("tensor \"" + entry.name + "\" has an unknown field \"" + field + "\"");
      }
      if (has) fail("tensor \"" + entry.name + "\" has \"" + field + "\" twice");
      has = true;
      if (field == "dtype") {
        entry.dtype = string();
      } else if (field == "shape") {
        const auto sizes = integers(limits_.rank);
        entry.shape.assign(sizes.begin(), sizes.end());
      } else {
        const auto offsets = integers(2);
        if (offsets.size() != 2) fail("\"data_offsets\" must be two numbers");
        entry.begin = offsets[0];
        entry.end = offsets[1];
      }
    });
    if (!has_dtype || !has_shape || !has_offsets) {
      fail("tensor \"" + entry.name + "\" must have dtype, shape and data_offsets");
    }
    return entry;
  }

  std::string_view text_;
  const SafetensorsLimits& limits_;
  std::size_t at_ = 0;
};

// dtype size x shape, or a DataError if that is no 63-bit number.
std::uint64_t bytes_of(const SafetensorsEntry& entry) {
  std::uint64_t bytes = safetensors_dtype_bytes(entry.dtype);
  if (bytes == 0) refuse("tensor \"" + entry.name + "\" has unknown dtype \"" + entry.dtype + "\"");
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  bool is_empty = false;
  for (const std::int64_t size : entry.shape) {
    is_empty = is_empty || size == 0;
    // Sizes beside a 0 count too: whoever allocates such a tensor computes strides from them.
    const auto factor = std::max<std::uint64_t>(static_cast<std::uint64_t>(size), 1);
    if (bytes > kMax / factor) refuse("tensor \"" + entry.name + "\" is too large");
    bytes *= factor;
  }
  return is_empty ? 0 : bytes;
}

void check_layout(SafetensorsHeader& header, std::uint64_t data_bytes) {
  std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  std::uint64_t next = 0;
  std::set<std::string_view> names;
  for (const SafetensorsEntry& entry : header.entries) {
    if (!names.insert(entry.name).second) {
      refuse("tensor \"" + entry.name + "\" stands there twice");
    }
    if (entry.begin != next) {
      refuse("tensor \"" + entry.name + "\" begins at byte " + std::to_string(entry.begin) +
             " of the data, must begin at " + std::to_string(next) +
             (entry.begin > next ? " (a hole)" : " (an overlap)"));
    }
    const std::uint64_t bytes = bytes_of(entry);
    if (entry.end < entry.begin || entry.end - entry.begin != bytes) {
      refuse("tensor \"" + entry.name + "\" has data_offsets " + std::to_string(entry.begin) +
             " to " + std::to_string(entry.end) + ", its shape needs " + std::to_string(bytes) +
             " bytes");
    }
    next = entry.end;
  }
  if (next != data_bytes) {
    refuse("the tensors need " + std::to_string(next) + " bytes of data, the file has " +
           std::to_string(data_bytes));
  }
}

// As the reference writer quotes, so that equal tensors make equal files.
void append_quoted(std::string_view value, std::string& text) {
  text += '"';
  for (const char letter : value) {
    const std::size_t i = kMeanings.find(letter);
    if (i != kMeanings.npos && letter != '/') {
      text += {'\\', kEscapes[i]};
    } else if (static_cast<unsigned char>(letter) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned char>(letter));
      text += escape;
    } else {
      text += letter;
    }
  }
  text += '"';
}

void append_entry(const SafetensorsEntry& entry, std::string& text) {
  append_quoted(entry.name, text);
  text += ":{\"dtype\":\"" + entry.dtype + "\",\"shape\":[";
  for (std::size_t i = 0; i < entry.shape.size(); ++i) {
    if (i > 0) text += ',';
    text += std::to_string(entry.shape[i]);
  }
  text +=
      "],\"data_offsets\":[" + std::to_string(entry.begin) + "," + std::to_string(entry.end) + "]}";
}

}  // namespace

std::uint64_t safetensors_dtype_bytes(std::string_view dtype) {
  constexpr std::pair<std::string_view, std::uint64_t> kTypes[] = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1},
      {"U16", 2},  {"I16", 2}, {"F16", 2}, {"BF16", 2},    {"U32", 4},     {"I32", 4},
      {"F32", 4},  {"U64", 8}, {"I64", 8}, {"F64", 8},     {"C64", 8}};
  for (const auto& [name, bytes] : kTypes) {
    if (name == dtype) return bytes;
  }
  return 0;
}

SafetensorsHeader parse_safetensors_header(std::string_view file, std::uint64_t file_bytes,
                                           const SafetensorsLimits& limits) {
  if (file.size() < kLengthBytes || file_bytes < kLengthBytes) {
    refuse("it has fewer than 8 bytes");
  }
  std::uint64_t length = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;) {
    length = (length << 8) | static_cast<unsigned char>(file[i]);
  }
  if (length > limits.header_bytes) {
    refuse("its header has " + std::to_string(length) + " bytes, at most " +
           std::to_string(limits.header_bytes) + " are read");
  }
  if (length > file.size() - kLengthBytes || length > file_bytes - kLengthBytes) {
    refuse("its header of " + std::to_string(length) + " bytes goes beyond the end");
  }
  SafetensorsHeader header =
      Reader(file.substr(kLengthBytes, static_cast<std::size_t>(length)), limits).header();
  header.data_begin = kLengthBytes + length;
  check_layout(header, file_bytes - header.data_begin);
  return header;
}

std::string format_safetensors_header(SafetensorsHeader& header) {
  std::uint64_t next = 0;
  std::string text = "{";
  if (!header.metadata.empty()) {
    append_quoted(kMetadata, text);
    text += ":{";
    const char* separator = "";
    for (const auto& [name, value] : header.metadata) {
      text += separator;
      append_quoted(name, text);
      text += ':';
      append_quoted(value, text);
      separator = ",";
    }
    text += header.entries.empty() ? "}" : "},";
  }
  const char* separator = "";
  for (SafetensorsEntry& entry : header.entries) {
    entry.begin = next;
    entry.end = next + bytes_of(entry);
    next = entry.end;
    text += separator;
    append_entry(entry, text);
    separator = ",";
  }
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');  // So that the data begin at a multiple of 8.

  std::string bytes;
  for (int shift = 0; shift < 64; shift += 8) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(text.size()) >> shift);
  }
  bytes += text;
  // What is written is read first: a name that is not UTF-8 or a rank of 9 is refused here.
  header = parse_safetensors_header(bytes, bytes.size() + next);
  return bytes;
}

}  // namespace forethink
