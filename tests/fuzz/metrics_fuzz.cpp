// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Any text is a metrics.jsonl: refused with a DataError, or read so that each line makes an event.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "forethink/core/error.h"
#include "forethink/core/metrics.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace forethink;
  try {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    for (const MetricLine& line : parse_metric_lines(text, "fuzz")) {
      const std::string event = detail::scalars_event(line);
      if (detail::event_record(event).size() != event.size() + 16) std::abort();
    }
  } catch (const DataError&) {
  }
  return 0;
}
