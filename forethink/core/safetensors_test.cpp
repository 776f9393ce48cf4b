// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/safetensors.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/random.h"
#include "forethink/core/test_folder.h"

namespace forethink {
namespace {

// Bytes made by the reference writer, safetensors 0.8.0 for Python:
//   save({"b": float32 [1.5, -2], "a": int64 [[1, 2], [3, -4]], "flag": bool [1, 0, 1],
//         "s": float64 0.25, "empty": float16 [0, 3]}, metadata={"who": 'réference "x"\n'})
const std::string kReference =
    std::string("\x50\x01\0\0\0\0\0\0", 8) +
    "{\"__metadata__\":{\"who\":\"r\u00e9ference \\\"x\\\"\\n\"},"
    "\"a\":{\"dtype\":\"I64\",\"shape\":[2,2],\"data_offsets\":[0,32]},"
    "\"s\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[32,40]},"
    "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[40,48]},"
    "\"empty\":{\"dtype\":\"F16\",\"shape\":[0,3],\"data_offsets\":[48,48]},"
    "\"flag\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[48,51]}}      " +
    std::string(
        "\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"
        "\x03\x00\x00\x00\x00\x00\x00\x00\xfc\xff\xff\xff\xff\xff\xff\xff"
        "\x00\x00\x00\x00\x00\x00\xd0\x3f\x00\x00\xc0\x3f\x00\x00\x00\xc0"
        "\x01\x00\x01",
        51);

TEST(Safetensors, ReadsAFileOfTheReferenceWriter) {
  const TensorFile file = decode_tensors(kReference);
  ASSERT_EQ(file.tensors.size(), 5U);
  EXPECT_TRUE(file.tensors.at("a").equal(torch::tensor({{1, 2}, {3, -4}})));
  EXPECT_TRUE(file.tensors.at("b").equal(torch::tensor({1.5F, -2.0F})));
  EXPECT_TRUE(file.tensors.at("s").equal(torch::scalar_tensor(0.25, at::kDouble)));
  EXPECT_TRUE(file.tensors.at("empty").equal(torch::zeros({0, 3}, at::kHalf)));
  EXPECT_TRUE(file.tensors.at("flag").equal(torch::tensor({true, false, true})));
  EXPECT_EQ(file.metadata.at("who"), "r\u00e9ference \"x\"\n");
}

TEST(Safetensors, WritesTheBytesOfTheReferenceWriter) {
  const TestFolder folder;
  const FileDigest digest = save_tensors(folder.path() / "a", decode_tensors(kReference));
  // Both order by element size, then name.
  EXPECT_EQ(read_file(folder.path() / "a"), kReference);
  EXPECT_EQ(digest.bytes, kReference.size());
  EXPECT_EQ(digest.sha256, sha256(kReference));
}

TEST(Safetensors, EveryTypeComesBack) {
  const TestFolder folder;
  RandomStream stream(1, "safetensors");
  TensorFile file;
  const Tensor numbers = stream.integers({3, 4, 5}, 0, 2);
  for (const at::ScalarType type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong,
                                    at::kInt, at::kByte, at::kBool}) {
    file.tensors[at::toString(type)] = numbers.to(type);
  }
  file.tensors["turned"] = stream.normal({4, 6}).t();  // Not contiguous.
  file.tensors["view"] = stream.normal({10}).slice(0, 3, 7);
  file.tensors["learnt"] = stream.normal({2}).requires_grad_();
  save_tensors(folder.path() / "a", file);
  const TensorFile back = load_tensors(folder.path() / "a");
  ASSERT_EQ(back.tensors.size(), file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    EXPECT_EQ(back.tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(back.tensors.at(name).equal(tensor)) << name;
  }
}

TEST(Safetensors, NamesTheTensorThatCannotBeSaved) {
  const TestFolder folder;
  const auto text = [&](const Tensor& tensor) {
    return error_text<DataError>([&] { save_tensors(folder.path() / "a", {{{"w", tensor}}, {}}); });
  };
  EXPECT_EQ(text(Tensor()), "tensor \"w\" is undefined, cannot save it");
  EXPECT_TRUE(text(torch::zeros({1}, at::kComplexFloat))
                  .starts_with("tensor \"w\" has type ComplexFloat, which is not saved"));
}

TEST(Safetensors, RefusesATypeThatIsNotReadAndABoolThatIsNone) {
  std::string file = kReference;
  file.replace(file.find("I64"), 3, "U64");
  EXPECT_EQ(error_text<DataError>([&] { decode_tensors(file); }),
            "tensor \"a\" has dtype U64, which is not read");
  file = kReference;
  file.back() = '\x02';
  EXPECT_EQ(error_text<DataError>([&] { decode_tensors(file); }),
            "tensor \"flag\" has a BOOL that is neither 0 nor 1");
}

TEST(Safetensors, AMalformedFileIsNamed) {
  const TestFolder folder;
  const auto path = folder.path() / "a";
  write_file(path, "1234");
  EXPECT_EQ(error_text<DataError>([&] { load_tensors(path); }),
            path.string() + ": not a valid safetensors file: it has fewer than 8 bytes");
}

}  // namespace
}  // namespace forethink
