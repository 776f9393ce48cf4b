// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/metrics.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "forethink/core/checksum.h"
#include "forethink/core/error.h"
#include "forethink/core/files.h"

namespace forethink {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kLogFile = "metrics.jsonl";
constexpr std::string_view kEventsPrefix = "events.out.tfevents.";
constexpr std::string_view kReserved[] = {"stage", "step", "time"};

double now_s() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

std::string to_json_line(const MetricLine& line) {
  Json json;
  json["stage"] = line.stage;
  json["step"] = line.step;
  json["time"] = std::round(line.time_s * 1e3) / 1e3;
  for (const auto& [name, value] : line.values) json[name] = value;  // NaN and inf become null.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Throws Json::exception or DataError if the text is no line of metrics.
MetricLine parse_line(std::string_view text) {
  const Json json = Json::parse(text);
  MetricLine line;
  line.stage = json.at("stage").get_ref<const std::string&>();
  if (!json.at("step").is_number_integer()) throw DataError("\"step\" is not an integer");
  line.step = json.at("step").get<std::int64_t>();
  if (!json.at("time").is_number()) throw DataError("\"time\" is not a number");
  line.time_s = json.at("time").get<double>();
  for (const auto& [name, value] : json.items()) {
    if (std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved))
      continue;
    if (!value.is_number() && !value.is_null()) {
      throw DataError("\"" + name + "\" is neither a number nor null");
    }
    line.values[name] =
        value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
  }
  return line;
}

// Protocol buffers, as far as scalars need them: a field is (number << 3 | wire type), then a
// variable-length integer (type 0), 8 bytes (1), a length and bytes (2), or 4 bytes (5).
void put_varint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  out += static_cast<char>(value);
}

template <class Integer>
void put_fixed(Integer value, std::string& out) {
  for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i));
}

void put_bytes(char tag, std::string_view bytes, std::string& out) {
  out += tag;
  put_varint(bytes.size(), out);
  out += bytes;
}

void put_wall_time(double time_s, std::string& out) {  // Event.wall_time = 1.
  out += '\x09';
  put_fixed(std::bit_cast<std::uint64_t>(time_s), out);
}

std::uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8U;
}

// One call of the system per record: a killed process leaves whole records.
void append(int file, std::string_view bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      throw IoError("cannot write " + std::string(name) + ": " +
                    std::generic_category().message(errno));
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

int open_to_append(const fs::path& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) {
    throw IoError("cannot open " + path.string() + ": " + std::generic_category().message(errno));
  }
  return file;
}

std::string to_json_lines(const std::vector<MetricLine>& lines) {
  std::string text;
  for (const MetricLine& line : lines) text += to_json_line(line);
  return text;
}

}  // namespace

std::vector<MetricLine> parse_metric_lines(std::string_view text, std::string_view source) {
  std::vector<MetricLine> lines;
  std::int64_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto refuse = [&](const std::exception& error) {
      if (text.empty()) return;  // The last line: torn by a crash.
      throw DataError(std::string(source) + ":" + std::to_string(number) + ": " + error.what());
    };
    try {
      lines.push_back(parse_line(line));
    } catch (const Json::exception& error) {
      refuse(error);
    } catch (const DataError& error) {
      refuse(error);
    }
  }
  return lines;
}

std::vector<MetricLine> read_metric_lines(const fs::path& path) {
  return parse_metric_lines(read_file(path), path.string());
}

MetricsWriter::MetricsWriter(fs::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) throw IoError("cannot create " + folder_.string() + ": " + error.message());
  open();
}

MetricsWriter::~MetricsWriter() { close(); }

void MetricsWriter::close() {
  if (log_ >= 0) ::close(std::exchange(log_, -1));
  if (events_ >= 0) ::close(std::exchange(events_, -1));
}

// The event file is made anew from the log: then both always say the same, whatever was lost.
void MetricsWriter::open() {
  const fs::path log = folder_ / kLogFile;
  std::vector<MetricLine> lines;
  if (fs::exists(log)) {
    const std::string text = read_file(log);
    lines = parse_metric_lines(text, log.string());
    if (const std::string whole = to_json_lines(lines); whole != text) write_file(log, whole);
  }
  std::vector<fs::path> old;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    if (entry.path().filename().string().starts_with(kEventsPrefix)) old.push_back(entry.path());
  }
  for (const fs::path& path : old) {
    std::error_code error;
    if (!fs::remove(path, error)) {
      throw IoError("cannot remove " + path.string() + ": " + error.message());
    }
  }

  log_ = open_to_append(log);
  const double opened_s = now_s();
  const double start_s = lines.empty() ? opened_s : lines.front().time_s;
  // The pid tells a viewer that is running that this is another file.
  const std::string name = std::string(kEventsPrefix) +
                           std::to_string(static_cast<std::int64_t>(opened_s)) + ".forethink." +
                           std::to_string(::getpid());
  events_ = open_to_append(folder_ / name);
  std::string records = detail::event_record(detail::version_event(start_s, "brain.Event:2"));
  for (const MetricLine& line : lines) {
    records += detail::event_record(detail::scalars_event(line));
  }
  append(events_, records, name);
}

void MetricsWriter::write(std::string_view stage, std::int64_t step,
                          const std::map<std::string, double>& values) {
  for (const std::string_view name : kReserved) {
    if (values.contains(std::string(name))) {
      throw ConfigError("metric \"" + std::string(name) + "\" needs another name, it is taken");
    }
  }
  const MetricLine line{std::string(stage), step, now_s(), values};
  append(log_, to_json_line(line), kLogFile);
  append(events_, detail::event_record(detail::scalars_event(line)), "the event file");
}

void MetricsWriter::resume_at(std::string_view stage, std::int64_t step) {
  const fs::path log = folder_ / kLogFile;
  std::vector<MetricLine> lines = read_metric_lines(log);
  const std::size_t dropped = std::erase_if(
      lines, [&](const MetricLine& line) { return line.stage == stage && line.step > step; });
  if (dropped == 0) return;
  close();
  write_file(log, to_json_lines(lines));
  open();
}

namespace detail {

std::string event_record(std::string_view data) {
  std::string record;
  put_fixed(static_cast<std::uint64_t>(data.size()), record);
  put_fixed(masked_crc(record), record);
  record += data;
  put_fixed(masked_crc(data), record);
  return record;
}

std::string version_event(double time_s, std::string_view version) {
  std::string event;
  put_wall_time(time_s, event);
  put_bytes('\x1a', version, event);  // Event.file_version = 3.
  return event;
}

std::string scalars_event(const MetricLine& line) {
  std::string summary;
  for (const auto& [name, number] : line.values) {
    std::string value;
    put_bytes('\x0a', line.stage + "/" + name, value);  // Value.tag = 1.
    value += '\x15';                                    // Value.simple_value = 2.
    put_fixed(std::bit_cast<std::uint32_t>(static_cast<float>(number)), value);
    put_bytes('\x0a', value, summary);  // Summary.value = 1.
  }
  std::string event;
  put_wall_time(line.time_s, event);
  event += '\x10';  // Event.step = 2.
  put_varint(static_cast<std::uint64_t>(line.step), event);
  put_bytes('\x2a', summary, event);  // Event.summary = 5.
  return event;
}

}  // namespace detail
}  // namespace forethink
