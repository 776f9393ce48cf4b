// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <optional>
#include <sstream>
#include <type_traits>

// Some malformed files break what toml++ 3.3 asserts of itself, as `a = [1, }` does. Built for
// release it would go on; here such a file is refused.
struct TomlAssertion {};
[[noreturn]] static void refuse_broken_assertion() { throw TomlAssertion(); }

#define TOML_HEADER_ONLY 1
#define TOML_MAX_NESTED_VALUES 16  // Deeper lists and tables are refused.
#include <toml++/impl/preprocessor.h>
#undef TOML_ASSERT
#undef TOML_ASSERT_ASSUME
#define TOML_ASSERT(expr) ((expr) ? void() : refuse_broken_assertion())
#define TOML_ASSERT_ASSUME(expr) TOML_ASSERT(expr)
#include <toml++/toml.h>

namespace forethink {
namespace {

constexpr std::size_t kFileBytesMax = 1 << 20;  // Far above any settings file that a person writes.
constexpr int kDotsMax = 16;                    // In one name; deeper ones are refused.
constexpr std::string_view kCommandLine = "command line";

std::string format_value(double value) {
  char digits[32];
  // The fewest digits that read back as the same number; 0.0003 rather than 3e-04.
  const auto end =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general).ptr;
  std::string text(digits, end);
  // "1" would be read back as an integer; "inf" and "nan" are words of TOML.
  const bool is_whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return is_whole ? text + ".0" : text;
}

std::string format_value(bool value) { return value ? "true" : "false"; }

std::string format_value(std::int64_t value) { return std::to_string(value); }

std::string format_value(std::string_view value) {
  std::string text = "\"";
  for (const char letter : value) {
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
      text += {'\\', letter};
    } else if (byte < 0x20 || byte == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      text += escape;
    } else {
      text += letter;
    }
  }
  return text + '"';
}

std::string format_value(const std::string& value) { return format_value(std::string_view(value)); }

template <class T>
std::string format_value(const std::vector<T>& values) {
  std::string text = "[";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += ", ";
    text += format_value(values[i]);
  }
  return text + "]";
}

// How a value of each type is called in a message.
std::string_view kind(const SettingValue& value) {
  constexpr std::string_view kKinds[] = {
      "a boolean",          "an integer",        "a decimal number", "a string",
      "a list of integers", "a list of numbers", "a list of strings"};
  return kKinds[value.index()];
}

// "source:3: " for messages.
std::string place_of(const SettingsTable& table, const std::string& key) {
  const auto place = table.places.find(key);
  const std::string& text = place == table.places.end() ? table.source : place->second;
  return text.empty() ? "" : text + ": ";
}

bool is_bare_key(std::string_view key) {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !key.empty() && std::all_of(key.begin(), key.end(), is_part);
}

// The value of one TOML node that is no table. Throws ConfigError whose text follows "<key> ".
SettingValue to_value(const toml::node& node) {
  if (const auto* value = node.as_boolean()) return value->get();
  if (const auto* value = node.as_integer()) return value->get();
  if (const auto* value = node.as_floating_point()) return value->get();
  if (const auto* value = node.as_string()) return value->get();
  const toml::array* list = node.as_array();
  if (list == nullptr) throw ConfigError("is a date or time, write it as a string");

  const auto all_are = [&](auto&& fits) { return std::all_of(list->begin(), list->end(), fits); };
  if (all_are([](const toml::node& item) { return item.is_integer(); })) {
    std::vector<std::int64_t> values;
    for (const toml::node& item : *list) values.push_back(item.as_integer()->get());
    return values;
  }
  if (all_are([](const toml::node& item) { return item.is_number(); })) {
    std::vector<double> values;
    for (const toml::node& item : *list) values.push_back(*item.value<double>());
    return values;
  }
  if (all_are([](const toml::node& item) { return item.is_string(); })) {
    std::vector<std::string> values;
    for (const toml::node& item : *list) values.push_back(item.as_string()->get());
    return values;
  }
  throw ConfigError("is a mixed list, must hold only numbers or only strings");
}

// Behind the string that begins at text[at]: '...', "...", or three such quotes over many lines.
std::size_t skip_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::size_t width = text.substr(at, 3) == std::string(3, quote) ? 3 : 1;
  for (at += width; at < text.size(); ++at) {
    if (width == 1 && text[at] == '\n') return at;  // Malformed; the parser will say so.
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text.substr(at, width) == std::string(width, quote)) {
      // Three quotes may follow upon one or two that belong to the text.
      for (at += width; width == 3 && at < text.size() && text[at] == quote;) ++at;
      return at;
    }
  }
  return text.size();
}

// `line` begins with '[', but no name or ']' follows upon that or "[[".
bool is_header_without_name(std::string_view line) {
  std::size_t at = line.find_first_not_of(" \t", 1);
  if (at != line.npos && line[at] == '[') at = line.find_first_not_of(" \t", at + 1);
  return at != line.npos && !is_bare_key(line.substr(at, 1)) &&
         std::string_view("\"']").find(line[at]) == std::string_view::npos;
}

// The letter at the start of `text` and its bytes; no bytes if that is not UTF-8 (an overlong form,
// a surrogate, more than U+10FFFF).
struct Letter {
  std::uint32_t code = 0;
  std::size_t bytes = 0;
};

Letter first_letter(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const std::size_t bytes = byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
  if (byte(0) < 0xc0 || byte(0) > 0xf7 || text.size() < bytes) return {};
  std::uint32_t code = byte(0) & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLeast[bytes] || code > 0x10ffff || is_surrogate) return {};
  return {code, bytes};
}

// The same string of TOML, quotes included, in ASCII: every other letter escaped, which only a
// string in double quotes may hold. Throws ConfigError with the reason.
std::string string_in_ascii(std::string_view text) {
  const auto is_ascii = [](char sign) { return static_cast<unsigned char>(sign) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return std::string(text);
  const char quote = text.front();
  const std::size_t width = text.starts_with(std::string(3, quote)) ? 3 : 1;
  if (text.size() < 2 * width || !text.ends_with(std::string(width, quote))) {
    throw ConfigError("a string does not close");
  }
  std::string ascii(width, '"');
  const std::size_t closes = text.size() - width;
  std::size_t at = width;
  while (at < closes) {
    const Letter letter = first_letter(text.substr(at));
    if (letter.bytes == 0) throw ConfigError("a string is not UTF-8");
    if (letter.bytes > 1) {
      char escape[16];
      std::snprintf(escape, sizeof escape, "\\U%08x", letter.code);
      ascii += escape;
    } else if (text[at] == '\\' && quote == '"') {
      if (!is_ascii(text[at + 1])) throw ConfigError("a string has an unknown escape sequence");
      ascii += {'\\', text[++at]};
    } else if (quote == '\'' && (text[at] == '\\' || text[at] == '"')) {
      ascii += {'\\', text[at]};
    } else {
      ascii += text[at];
    }
    at += letter.bytes;
  }
  if (at != closes) throw ConfigError("a string does not close");  // Its last quote is escaped.
  return ascii + std::string(width, '"');
}

// The same settings in what toml++ 3.3 bears. It builds and destroys the tables of a key `a.b.c` by
// recursion, so that a key of a million dots ends the stack. It asserts that a header has a name.
// And its test for spaces beyond ASCII, which it asks wherever it guesses the type of a value, has
// no defined result for many letters, so that it is given ASCII only. Throws ConfigError.
std::string prepare_for_parsing(std::string_view text, const std::string& source) {
  int dots = 0;
  std::size_t line = 1;
  bool line_begins = true;
  const auto refuse = [&](const std::string& reason) {
    throw ConfigError(source + ":" + std::to_string(line) + ": " + reason);
  };
  std::string prepared;
  prepared.reserve(text.size());
  for (std::size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0; at < text.size();) {
    const char sign = text[at];
    if (line_begins && sign == '[' && is_header_without_name(text.substr(at))) {
      refuse("a section needs a name of letters, digits, \"_\" or \"-\"");
    }
    line_begins = sign == '\n' || (line_begins && (sign == ' ' || sign == '\t'));
    if (sign == '"' || sign == '\'') {
      const std::size_t end = skip_string(text, at);
      const std::string_view inside = text.substr(at, end - at);
      try {
        prepared += string_in_ascii(inside);
      } catch (const ConfigError& error) {
        refuse(error.what());
      }
      line += static_cast<std::size_t>(std::count(inside.begin(), inside.end(), '\n'));
      at = end;
      continue;
    }
    if (sign == '#') {  // A comment says nothing.
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (static_cast<unsigned char>(sign) >= 0x80) refuse("a letter that needs quotes around it");
    if (sign == '.' && ++dots > kDotsMax) {
      refuse("a name has more than " + std::to_string(kDotsMax) + " dots");
    }
    if (sign == '\n') ++line;
    if (std::string_view("\n=,[]{}").find(sign) != std::string_view::npos) dots = 0;
    prepared += sign;
    ++at;
  }
  return prepared;
}

// Adds the leaves of `section` under `prefix` to `table`.
void flatten(const toml::table& section, const std::string& prefix, SettingsTable& table) {
  for (const auto& [name, node] : section) {
    const std::string place = table.source + ":" + std::to_string(node.source().begin.line);
    // A dot inside a quoted name would make two different keys look the same once flattened.
    if (!is_bare_key(name.str())) {
      throw ConfigError(place + ": " + format_value(name.str()) +
                        " is no setting name, must be letters, digits, \"_\" or \"-\"");
    }
    const std::string key = prefix + std::string(name.str());
    if (const toml::table* inner = node.as_table()) {
      flatten(*inner, key + ".", table);
      continue;
    }
    try {
      table.values.insert_or_assign(key, to_value(node));
    } catch (const ConfigError& error) {
      throw ConfigError(place + ": " + key + " " + error.what());
    }
    table.places[key] = place;
  }
}

// The value of an override in TOML syntax, or nothing if it is a bare word.
std::optional<SettingValue> parse_override_value(std::string_view text) {
  std::string prepared;
  try {
    prepared = prepare_for_parsing(text, "");
  } catch (const ConfigError&) {
    return std::nullopt;  // A bare word, for example a path with many dots.
  }
  try {
    const toml::table parsed = toml::parse("value = " + prepared);
    const toml::node* node = parsed.get("value");
    // A date (2026-01-31) is a bare word here; a table has no place behind "key=".
    if (node == nullptr || parsed.size() != 1 || node->is_table()) return std::nullopt;
    if (!node->is_value() && !node->is_array()) return std::nullopt;
    if (node->is_date() || node->is_time() || node->is_date_time()) return std::nullopt;
    return to_value(*node);
  } catch (const toml::parse_error&) {
    return std::nullopt;
  } catch (const TomlAssertion&) {
    return std::nullopt;
  }
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Letters to insert, delete, replace or swap with a neighbour to turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string_view last_part(std::string_view key) { return key.substr(key.rfind('.') + 1); }

// What to say about a key that no setting has.
std::string explain_unknown(const std::string& key, const std::vector<std::string>& known) {
  const auto inside = std::find_if(known.begin(), known.end(), [&](const std::string& name) {
    return name.starts_with(key + ".");
  });
  if (inside != known.end()) {
    return key + " is a section, must hold settings such as \"" + *inside + "\"";
  }
  std::string nearest = nearest_name(key, known);
  if (nearest.empty()) {  // The right name in the wrong section, or in none.
    const auto same = std::find_if(known.begin(), known.end(), [&](const std::string& name) {
      return last_part(name) == last_part(key);
    });
    if (same != known.end()) nearest = *same;
  }
  std::string text = "unknown setting \"" + key + "\"";
  if (!nearest.empty()) text += "; did you mean \"" + nearest + "\"?";
  return text;
}

// The held type is `T`, or converts to it without loss of meaning.
template <class T>
std::optional<T> convert(const SettingValue& value) {
  if (const T* same = std::get_if<T>(&value)) return *same;
  if constexpr (std::is_same_v<T, double>) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  }
  if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&value)) {
    if constexpr (std::is_same_v<T, std::vector<double>>) return T(whole->begin(), whole->end());
    if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      if (whole->empty()) return T();  // "[]" is an empty list of anything.
    }
  }
  return std::nullopt;
}

template <class T>
void assign(const SettingsTable& table, const std::string& key, T& field, std::string_view wanted) {
  const auto found = table.values.find(key);
  if (found == table.values.end()) return;
  std::optional<T> value = convert<T>(found->second);
  if (!value) {
    throw ConfigError(place_of(table, key) + key + " is " + std::string(kind(found->second)) +
                      ", must be " + std::string(wanted));
  }
  field = std::move(*value);
}

}  // namespace

SettingsTable parse_settings(std::string_view toml, std::string_view source) {
  SettingsTable table;
  table.source = source;
  const std::string prepared = prepare_for_parsing(toml, table.source);
  try {
    flatten(toml::parse(prepared, source), "", table);
  } catch (const toml::parse_error& error) {
    throw ConfigError(table.source + ":" + std::to_string(error.source().begin.line) + ": " +
                      std::string(error.description()));
  } catch (const TomlAssertion&) {
    throw ConfigError(table.source + ": is malformed, perhaps a list that does not close");
  }
  return table;
}

SettingsTable read_settings(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kFileBytesMax + 1, '\0');
  if (!file || (file.read(text.data(), static_cast<std::streamsize>(text.size())), file.bad())) {
    throw IoError("cannot read settings file " + path.string());
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileBytesMax) {
    throw ConfigError(path.string() + " is longer than " + std::to_string(kFileBytesMax) +
                      " bytes, is this a settings file?");
  }
  return parse_settings(text, path.string());
}

void override_setting(SettingsTable& table, std::string_view assignment) {
  const auto refuse = [&](std::string_view reason) {
    throw ConfigError(std::string(kCommandLine) + ": " + format_value(assignment) + " " +
                      std::string(reason));
  };
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) refuse("has no \"=\", must be section.key=value");
  const std::string key(trim(assignment.substr(0, equals)));
  const std::string_view text = trim(assignment.substr(equals + 1));
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('.', begin), key.size());
    if (!is_bare_key(std::string_view(key).substr(begin, end - begin))) {
      refuse("has a malformed name, must be section.key=value");
    }
    begin = end + 1;
  }
  if (std::count(key.begin(), key.end(), '.') > kDotsMax) {
    refuse("has a name of more than " + std::to_string(kDotsMax) + " dots");
  }
  if (text.empty()) refuse("has no value; an empty string is written \"\"");
  if (text.find_first_of("\r\n") != std::string_view::npos) refuse("spans several lines");

  std::optional<SettingValue> value;
  try {
    value = parse_override_value(text);
  } catch (const ConfigError& error) {
    refuse(error.what());
  }
  if (!value) {
    if (std::string_view("\"'[{").find(text.front()) != std::string_view::npos) {
      refuse("has a malformed value: a string, list or quote that does not close");
    }
    value = parse_override_value(format_value(text));
    if (!value) refuse("is not UTF-8");
  }
  table.values.insert_or_assign(key, std::move(*value));
  table.places.insert_or_assign(key, std::string(kCommandLine));
}

std::string format_setting(const SettingValue& value) {
  return std::visit([](const auto& held) { return format_value(held); }, value);
}

std::string format_settings(const std::vector<std::pair<std::string, SettingValue>>& values) {
  // A section may be opened only once, and what stands before the first belongs to the root.
  std::vector<std::pair<std::string, std::string>> sections{{"", ""}};
  for (const auto& [key, value] : values) {
    const std::size_t dot = key.rfind('.');
    const std::string name = dot == std::string::npos ? "" : key.substr(0, dot);
    auto section = std::find_if(sections.begin(), sections.end(),
                                [&](const auto& each) { return each.first == name; });
    if (section == sections.end()) {
      section = sections.insert(section, {name, "[" + name + "]\n"});
    }
    section->second += std::string(last_part(key)) + " = " + format_setting(value) + "\n";
  }
  std::string text;
  for (const auto& [name, lines] : sections) {
    if (lines.empty()) continue;
    if (!text.empty()) text += "\n";
    text += lines;
  }
  return text;
}

std::string nearest_name(std::string_view word, const std::vector<std::string>& known) {
  std::size_t limit = std::clamp<std::size_t>(word.size() / 3, 1, 3);
  std::string nearest;
  for (const std::string& name : known) {
    const std::size_t lengths =
        std::max(name.size(), word.size()) - std::min(name.size(), word.size());
    if (lengths > limit) continue;
    const std::size_t distance = edit_distance(word, name);
    if (distance < limit || (distance == limit && nearest.empty())) {
      nearest = name;
      limit = distance;
    }
  }
  return nearest;
}

namespace {

[[noreturn]] void refuse_setting(std::string_view field, const std::string& value,
                                 std::string_view rule) {
  throw ConfigError(std::string(field) + " = " + value + ", must satisfy " + std::string(rule));
}

}  // namespace

void expect_setting(bool holds, std::string_view field, double value, std::string_view rule) {
  if (holds) return;
  char text[32];  // %g, not TOML: "2", not "2.0", is what the user typed.
  std::snprintf(text, sizeof text, "%.9g", value);
  refuse_setting(field, text, rule);
}

void expect_setting(bool holds, std::string_view field, std::int64_t value, std::string_view rule) {
  if (!holds) refuse_setting(field, format_value(value), rule);
}

void expect_setting(bool holds, std::string_view field, std::string_view value,
                    std::string_view rule) {
  if (!holds) refuse_setting(field, format_value(value), rule);
}

namespace detail {

void assign_setting(const SettingsTable& table, const std::string& key, bool& field) {
  assign(table, key, field, "a boolean");
}

void assign_setting(const SettingsTable& table, const std::string& key, std::int64_t& field) {
  assign(table, key, field, "an integer");
}

void assign_setting(const SettingsTable& table, const std::string& key, double& field) {
  assign(table, key, field, "a number");
}

void assign_setting(const SettingsTable& table, const std::string& key, std::string& field) {
  assign(table, key, field, "a string");
}

void assign_setting(const SettingsTable& table, const std::string& key,
                    std::vector<std::int64_t>& field) {
  assign(table, key, field, "a list of integers");
}

void assign_setting(const SettingsTable& table, const std::string& key,
                    std::vector<double>& field) {
  assign(table, key, field, "a list of numbers");
}

void assign_setting(const SettingsTable& table, const std::string& key,
                    std::vector<std::string>& field) {
  assign(table, key, field, "a list of strings");
}

void refuse_unknown_settings(const SettingsTable& table, const std::vector<std::string>& known) {
  std::string message;
  for (const auto& [key, value] : table.values) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    if (!message.empty()) message += "\n";
    message += place_of(table, key) + explain_unknown(key, known);
  }
  if (!message.empty()) throw ConfigError(message);
}

}  // namespace detail
}  // namespace forethink
