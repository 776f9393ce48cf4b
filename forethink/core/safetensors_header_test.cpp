// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/safetensors_header.h"

#include <gtest/gtest.h>

#include "forethink/core/error.h"
#include "forethink/core/test_folder.h"

namespace forethink {
namespace {

const std::string kOpen = "{";
constexpr std::string_view kRefused = "not a valid safetensors file: ";

// A file of this header and as many zero bytes of data.
std::string make_file(const std::string& json, std::size_t data_bytes) {
  std::string file;
  for (int shift = 0; shift < 64; shift += 8) {
    file += static_cast<char>(static_cast<std::uint64_t>(json.size()) >> shift);
  }
  return file + json + std::string(data_bytes, '\0');
}

SafetensorsHeader parse(const std::string& json, std::size_t data_bytes) {
  const std::string file = make_file(json, data_bytes);
  return parse_safetensors_header(file, file.size());
}

std::string refusal(const std::string& json, std::size_t data_bytes) {
  const std::string text = error_text<DataError>([&] { parse(json, data_bytes); });
  return text.starts_with(kRefused) ? text.substr(kRefused.size()) : text;
}

std::string entry(const std::string& name, const std::string& shape, const std::string& offsets,
                  const std::string& dtype = "F32") {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

TEST(SafetensorsHeader, ReadsEntriesInTheOrderOfTheData) {
  const auto header = parse(kOpen + entry("b", "[2,3]", "[4,28]") + " , \n" +
                                entry("a", "[]", "[0,4]") + ",\"__metadata__\":{\"k\":\"v\"}}  ",
                            28);
  ASSERT_EQ(header.entries.size(), 2U);
  EXPECT_EQ(header.entries[0].name, "a");
  EXPECT_TRUE(header.entries[0].shape.empty());
  EXPECT_EQ(header.entries[1].name, "b");
  EXPECT_EQ(header.entries[1].shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(header.entries[1].begin, 4U);
  EXPECT_EQ(header.entries[1].end, 28U);
  EXPECT_EQ(header.metadata.at("k"), "v");
}

TEST(SafetensorsHeader, EmptyFilesAndTensorsAreLegal) {
  EXPECT_TRUE(parse("{}", 0).entries.empty());
  EXPECT_EQ(parse(kOpen + entry("a", "[0,3]", "[0,0]") + "}", 0).entries.size(), 1U);
}

TEST(SafetensorsHeader, ReadsEscapes) {
  const auto header = parse(R"({"__metadata__":{"\u00e9\ud83d\ude00\"\\\/\n":"\t\u0041é"}})", 0);
  EXPECT_EQ(header.metadata.begin()->first, "\u00e9\U0001f600\"\\/\n");
  EXPECT_EQ(header.metadata.begin()->second, "\tA\u00e9");
}

TEST(SafetensorsHeader, RefusesAWrongLayout) {
  EXPECT_EQ(refusal(kOpen + entry("a", "[1]", "[4,8]") + "}", 8),
            "tensor \"a\" begins at byte 4 of the data, must begin at 0 (a hole)");
  EXPECT_EQ(refusal(kOpen + entry("a", "[2]", "[0,8]") + "," + entry("b", "[1]", "[4,8]") + "}", 8),
            "tensor \"b\" begins at byte 4 of the data, must begin at 8 (an overlap)");
  EXPECT_EQ(refusal(kOpen + entry("a", "[2]", "[0,4]") + "}", 4),
            "tensor \"a\" has data_offsets 0 to 4, its shape needs 8 bytes");
  EXPECT_EQ(refusal(kOpen + entry("a", "[0]", "[4,0]") + "}", 0),
            "tensor \"a\" begins at byte 4 of the data, must begin at 0 (a hole)");
  EXPECT_EQ(refusal(kOpen + entry("a", "[1]", "[0,4]") + "}", 5),
            "the tensors need 4 bytes of data, the file has 5");
  EXPECT_EQ(refusal(kOpen + entry("a", "[1]", "[0,4]") + "}", 3),
            "the tensors need 4 bytes of data, the file has 3");
  EXPECT_EQ(refusal(kOpen + entry("a", "[1]", "[0,4]") + "," + entry("a", "[1]", "[4,8]") + "}", 8),
            "tensor \"a\" stands there twice");
}

TEST(SafetensorsHeader, RefusesSizesThatOverflow) {
  EXPECT_EQ(refusal(kOpen + entry("a", "[4294967296,4294967296]", "[0,0]") + "}", 0),
            "tensor \"a\" is too large");
  EXPECT_EQ(refusal(kOpen + entry("a", "[0,4294967296,4294967296]", "[0,0]") + "}", 0),
            "tensor \"a\" is too large");
  EXPECT_TRUE(refusal(kOpen + entry("a", "[9223372036854775808]", "[0,0]") + "}", 0)
                  .starts_with("a number is too large"));
}

TEST(SafetensorsHeader, RefusesWrongFields) {
  EXPECT_EQ(refusal(kOpen + entry("a", "[1]", "[0,4]", "F31") + "}", 4),
            "tensor \"a\" has unknown dtype \"F31\"");
  EXPECT_TRUE(refusal("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4)
                  .starts_with("tensor \"a\" must have dtype, shape and data_offsets"));
  EXPECT_TRUE(refusal("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0)
                  .starts_with("tensor \"a\" has \"dtype\" twice"));
  EXPECT_TRUE(
      refusal("{\"a\":{\"size\":1}}", 0).starts_with("tensor \"a\" has an unknown field \"size\""));
  EXPECT_TRUE(refusal(kOpen + entry("a", "[1,1,1,1,1,1,1,1,1]", "[0,4]") + "}", 4)
                  .starts_with("a list has more than 8 numbers"));
  EXPECT_TRUE(refusal(kOpen + entry("a", "[1]", "[0]") + "}", 4)
                  .starts_with("\"data_offsets\" must be two numbers"));
  EXPECT_TRUE(refusal("{\"__metadata__\":{},\"__metadata__\":{}}", 0)
                  .starts_with("\"__metadata__\" stands there twice"));
  EXPECT_TRUE(refusal("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0)
                  .starts_with("a name of \"__metadata__\" stands there twice"));
  EXPECT_TRUE(refusal("{\"__metadata__\":{\"a\":1}}", 0).starts_with("expected '\"'"));
}

TEST(SafetensorsHeader, RefusesWhatIsNotItsJson) {
  for (const std::string json : {"",
                                 " {}",
                                 "[]",
                                 "{",
                                 "{}{}",
                                 "{}\n",
                                 "{\"a\"}",
                                 "{,}",
                                 "{\"a\":1}",
                                 "{\"\\x\":1}",
                                 "{\"\\ud800\":1}",
                                 "{\"\\udc00\":1}",
                                 "{\"\\ud800\\u0041\":1}",
                                 "{\"\\u00g0\":1}",
                                 "{\"\x01\":1}",
                                 "{\"\xff\":1}",
                                 "{\"\xc0\x80\":1}",
                                 "{\"\xed\xa0\x80\":1}",
                                 "{\"\xf4\x90\x80\x80\":1}",
                                 "{\"\xe2\x82\":1}"}) {
    EXPECT_THROW(parse(json, 0), DataError) << json;
  }
  for (const std::string shape : {"[-1]", "[1.0]", "[01]", "[1,]", "[,1]", "1", "[ ]x", "[1e0]"}) {
    EXPECT_THROW(parse(kOpen + entry("a", shape, "[0,4]") + "}", 4), DataError) << shape;
  }
}

TEST(SafetensorsHeader, RefusesAWrongLength) {
  const auto text = [](const std::string& file, std::uint64_t bytes) {
    return error_text<DataError>([&] { parse_safetensors_header(file, bytes); });
  };
  EXPECT_EQ(text("1234567", 7), std::string(kRefused) + "it has fewer than 8 bytes");
  EXPECT_EQ(text(std::string("\x03\0\0\0\0\0\0\0{}", 10), 10),
            std::string(kRefused) + "its header of 3 bytes goes beyond the end");
  EXPECT_EQ(text(std::string(8, '\xff'), 8),
            std::string(kRefused) +
                "its header has 18446744073709551615 bytes, at most 16777216 are read");
}

TEST(SafetensorsHeader, CutAnywhereIsRefused) {
  const std::string file =
      make_file(kOpen + entry("a", "[2]", "[0,8]") + ",\"__metadata__\":{\"k\":\"v\"}}", 8);
  for (std::size_t cut = 0; cut < file.size(); ++cut) {
    EXPECT_THROW(parse_safetensors_header(std::string_view(file).substr(0, cut), cut), DataError);
  }
}

TEST(SafetensorsHeader, WritesWhatItReads) {
  SafetensorsHeader header;
  header.metadata = {{"a \"b\"", "line\nbreak \u00e9"}};
  header.entries = {{"x", "F64", {2, 3}, 0, 0}, {"y\\", "U8", {}, 0, 0}};
  const std::string bytes = format_safetensors_header(header);
  EXPECT_EQ(bytes.size() % 8, 0U);
  const auto back = parse_safetensors_header(bytes, bytes.size() + 49);
  EXPECT_EQ(back.metadata, header.metadata);
  ASSERT_EQ(back.entries.size(), 2U);
  EXPECT_EQ(back.entries[0].end, 48U);
  EXPECT_EQ(back.entries[1].name, "y\\");
  EXPECT_EQ(back.data_begin, bytes.size());

  SafetensorsHeader bad;
  bad.entries = {{"\xff", "U8", {}, 0, 0}};
  EXPECT_THROW(format_safetensors_header(bad), DataError);
}

}  // namespace
}  // namespace forethink
