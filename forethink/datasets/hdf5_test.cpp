// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/datasets/hdf5.h"

#include <gtest/gtest.h>
#include <hdf5.h>
#include <torch/torch.h>
#include <unistd.h>

#include <fstream>
#include <limits>

#include "forethink/core/error.h"
#include "forethink/core/random.h"
#include "tests/conformance/dataset_conformance.h"

namespace forethink {
namespace {

namespace fs = std::filesystem;

// A folder of its own for each test, gone afterwards.
class Hdf5Test : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              ("forethink_hdf5_" + std::to_string(::getpid()) + "_" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path file(const std::string& name) const { return folder_ / name; }

  fs::path folder_;
};

// Two episodes, every type that files hold.
Trajectories sample(std::int64_t steps = 12) {
  RandomStream rng(5, "hdf5_test");
  const std::int64_t rows = 2 * steps;
  Trajectories data;
  data.columns["action"] = rng.normal({rows, 2});
  data.columns["image"] = rng.integers({rows, 4, 4, 3}, 0, 256).to(torch::kByte);
  data.columns["state"] = rng.normal({rows, 3}).to(torch::kDouble);
  data.columns["reward"] = rng.normal({rows});
  data.columns["contact"] = rng.uniform({rows, 1}) > 0.5;
  data.columns["sound"] = rng.integers({rows, 5}, -30000, 30000).to(torch::kShort);
  data.columns["touch"] = rng.integers({rows}, -100, 100).to(torch::kChar);
  data.columns["clock"] = rng.integers({rows}, 0, 1000000).to(torch::kInt);
  data.columns["stamp"] = rng.integers({rows}, 0, std::int64_t{1} << 60);
  data.ep_len = torch::tensor({steps - 3, steps + 3});
  data.ep_offset = torch::tensor({std::int64_t{0}, steps - 3});
  return data;
}

void expect_equal(const Trajectories& a, const Trajectories& b) {
  ASSERT_EQ(a.columns.size(), b.columns.size());
  for (const auto& [name, column] : a.columns) {
    ASSERT_TRUE(b.columns.contains(name)) << name;
    EXPECT_EQ(b.columns.at(name).scalar_type(), column.scalar_type()) << name;
    EXPECT_TRUE(torch::equal(b.columns.at(name), column)) << name;
  }
  EXPECT_TRUE(torch::equal(a.ep_len, b.ep_len));
  EXPECT_TRUE(torch::equal(a.ep_offset, b.ep_offset));
}

std::string bytes_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void put(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// The message of the Error that reading throws.
std::string refusal(const fs::path& path) {
  try {
    read_hdf5(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

// Writes files as another program might: one data set per call, contiguous, the oldest format.
class Foreign {
 public:
  explicit Foreign(const fs::path& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {}
  ~Foreign() { H5Fclose(file_); }

  template <class T>
  Foreign& add(const char* name, hid_t type, std::vector<hsize_t> dims,
               const std::vector<T>& values, hid_t memory) {
    const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
    const hid_t column =
        H5Dcreate2(file_, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (!values.empty()) H5Dwrite(column, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(column);
    H5Sclose(space);
    return *this;
  }
  Foreign& doubles(const char* name, std::vector<hsize_t> dims, const std::vector<double>& values) {
    return add(name, H5T_IEEE_F64LE, std::move(dims), values, H5T_NATIVE_DOUBLE);
  }
  Foreign& integers(const char* name, const std::vector<int>& values) {
    return add(name, H5T_STD_I32LE, {values.size()}, values, H5T_NATIVE_INT);
  }
  hid_t id() const { return file_; }

 private:
  hid_t file_;
};

TEST_F(Hdf5Test, ReadsBackWhatItWroteBitForBit) {
  const Trajectories data = sample();
  write_hdf5(file("a.h5"), data);
  const Trajectories back = read_hdf5(file("a.h5"));
  expect_equal(data, back);
  expect_dataset_conforms(back, {.length = 3, .skip = 2});
  // Nothing else is left in the folder.
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(Hdf5Test, ReadsBackManyChunks) {
  const Trajectories data = sample(20000);  // An action chunk holds 8192 rows.
  write_hdf5(file("a.h5"), {.columns = {{"action", data.columns.at("action")},
                                        {"stamp", data.columns.at("stamp")}},
                            .ep_offset = data.ep_offset,
                            .ep_len = data.ep_len});
  const Trajectories back = read_hdf5(file("a.h5"));
  EXPECT_TRUE(torch::equal(back.columns.at("action"), data.columns.at("action")));
  EXPECT_TRUE(torch::equal(back.columns.at("stamp"), data.columns.at("stamp")));
}

TEST_F(Hdf5Test, KeepsMetadataAndReplacesAnEarlierFile) {
  put(file("a.h5"), "an earlier file");
  write_hdf5(file("a.h5"), sample(), {.metadata = {{"environment", "four_rooms"}, {"note", ""}}});
  Hdf5Contents contents;
  read_hdf5(file("a.h5"), &contents);
  EXPECT_EQ(contents.metadata.at("environment"), "four_rooms");
  EXPECT_EQ(contents.metadata.at("note"), "");
  EXPECT_TRUE(contents.skipped.empty());
}

TEST_F(Hdf5Test, StoresWhatIsRenderedIfAsked) {
  Trajectories data = sample(1500);  // More rows than are rendered at a time.
  data.columns.erase("image");
  data.render = [](const Tensor& states) { return Observation{{"image", states * 2}}; };
  write_hdf5(file("states.h5"), data);
  EXPECT_FALSE(read_hdf5(file("states.h5")).columns.contains("image"));
  write_hdf5(file("images.h5"), data, {.store_rendered = true});
  EXPECT_TRUE(
      torch::equal(read_hdf5(file("images.h5")).columns.at("image"), data.columns.at("state") * 2));
}

TEST_F(Hdf5Test, KeepsStableWorldmodelsLayout) {
  write_hdf5(file("a.h5"), sample());
  const hid_t opened =
      H5Fopen(file("a.h5").c_str(), H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, H5P_DEFAULT);
  ASSERT_GE(opened, 0);  // Its reader opens files this way.
  const hid_t length = H5Dopen2(opened, "ep_len", H5P_DEFAULT);
  const hid_t offset = H5Dopen2(opened, "ep_offset", H5P_DEFAULT);
  const hid_t image = H5Dopen2(opened, "image", H5P_DEFAULT);
  const hid_t plan = H5Dget_create_plist(image);
  hsize_t chunk[4] = {};
  EXPECT_EQ(H5Pget_chunk(plan, 4, chunk), 4);
  EXPECT_EQ(std::vector<hsize_t>(chunk, chunk + 4), (std::vector<hsize_t>{1, 4, 4, 3}));
  const hid_t length_type = H5Dget_type(length);
  const hid_t offset_type = H5Dget_type(offset);
  EXPECT_GT(H5Tequal(length_type, H5T_STD_I32LE), 0);
  EXPECT_GT(H5Tequal(offset_type, H5T_STD_I64LE), 0);
  for (const hid_t id : {length_type, offset_type}) H5Tclose(id);
  for (const hid_t id : {length, offset, image}) H5Dclose(id);
  H5Pclose(plan);
  H5Fclose(opened);
}

TEST_F(Hdf5Test, RefusesToWriteWhatIsNotValid) {
  Trajectories data = sample();
  data.columns["image"] = data.columns["image"].to(torch::kHalf);
  EXPECT_THROW(write_hdf5(file("a.h5"), data), DataError);
  data = sample();
  data.columns["a/b"] = data.columns["reward"];
  EXPECT_THROW(write_hdf5(file("a.h5"), data), DataError);
  data = sample();
  data.columns["action"][0][0] = std::nan("");
  EXPECT_THROW(write_hdf5(file("a.h5"), data), DataError);
  EXPECT_THROW(
      write_hdf5(file("a.h5"), sample(), {.metadata = {{"long", std::string(70000, 'x')}}}),
      DataError);
  EXPECT_TRUE(fs::is_empty(folder_));
  EXPECT_THROW(write_hdf5(file("no/such/folder/a.h5"), sample()), IoError);
}

TEST_F(Hdf5Test, KeepsTheEarlierFileIfWritingFails) {
  write_hdf5(file("a.h5"), sample());
  const std::string before = bytes_of(file("a.h5"));
  Trajectories data = sample();
  data.columns["zz"] = data.columns["image"].to(torch::kHalf);  // Fails at the last column.
  EXPECT_THROW(write_hdf5(file("a.h5"), data), DataError);
  EXPECT_EQ(bytes_of(file("a.h5")), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(Hdf5Test, RefusesFilesOfOtherKinds) {
  EXPECT_THROW(read_hdf5(file("none.h5")), IoError);
  EXPECT_THROW(read_hdf5(folder_), IoError);
  put(file("empty.h5"), "");
  EXPECT_SAYS(refusal(file("empty.h5")), "empty.h5': it is not an HDF5 file");
  put(file("text.h5"), "time,x,y\n0,1,2\n");
  EXPECT_SAYS(refusal(file("text.h5")), "it is not an HDF5 file");
  put(file("signature.h5"), "\x89HDF\r\n\x1a\n");
  EXPECT_SAYS(refusal(file("signature.h5")), "truncated or damaged");
}

TEST_F(Hdf5Test, RefusesAFileCutAnywhere) {
  write_hdf5(file("a.h5"), sample());
  const std::string whole = bytes_of(file("a.h5"));
  for (std::size_t length = 0; length < whole.size(); length += 1 + whole.size() / 150) {
    put(file("cut.h5"), whole.substr(0, length));
    EXPECT_THROW(read_hdf5(file("cut.h5")), DataError) << length << " of " << whole.size();
  }
  put(file("cut.h5"), whole.substr(0, whole.size() - 1));
  EXPECT_THROW(read_hdf5(file("cut.h5")), DataError);
}

// A changed byte is noticed, or it lies where nothing is stored.
TEST_F(Hdf5Test, NoticesChangedBytes) {
  const Trajectories data = sample();
  write_hdf5(file("a.h5"), data);
  const std::string whole = bytes_of(file("a.h5"));
  int refused = 0;
  int tried = 0;
  for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 250, ++tried) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x5a);
    put(file("changed.h5"), changed);
    try {
      expect_equal(data, read_hdf5(file("changed.h5")));
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, tried / 4);
}

// The oldest format has no checksums, so damage may go unnoticed; but it never ends the program.
TEST_F(Hdf5Test, SurvivesDamageToFilesWithoutChecksums) {
  {
    Foreign foreign(file("f.h5"));
    foreign.integers("ep_len", {3}).integers("ep_offset", {0}).doubles("action", {3}, {1, 2, 3});
  }
  const std::string whole = bytes_of(file("f.h5"));
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 50) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0xff);
    put(file("changed.h5"), changed);
    try {
      read_hdf5(file("changed.h5"));
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
}

TEST_F(Hdf5Test, RefusesDamagedHeaders) {
  write_hdf5(file("a.h5"), sample());
  const std::string whole = bytes_of(file("a.h5"));
  for (std::size_t at = 8; at < 60; ++at) {
    for (const char value : {'\0', '\x7f', '\xff'}) {
      std::string changed = whole;
      if (changed[at] == value) continue;
      changed[at] = value;
      put(file("changed.h5"), changed);
      EXPECT_THROW(read_hdf5(file("changed.h5")), DataError) << "byte " << at;
    }
  }
}

TEST_F(Hdf5Test, ReadsForeignColumnsAndListsTheOthers) {
  {
    Foreign foreign(file("f.h5"));
    foreign.integers("ep_len", {2, 3}).integers("ep_offset", {0, 2});
    const double none = std::nan("");
    foreign.doubles("action", {5}, {0.5, none, 1.5, 2.5, none});  // One number, none at an end.
    foreign.doubles("proprio", {5, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    foreign.add<int>("pixels", H5T_STD_U8LE, {5, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 255},
                     H5T_NATIVE_INT);
    foreign.add<int>("port", H5T_STD_U16BE, {5}, {1, 2, 3, 4, 65535}, H5T_NATIVE_INT);
    foreign.add<int>("seed", H5T_STD_U64LE, {5}, {1, 2, 3, 4, 5}, H5T_NATIVE_INT);
    const hid_t text_type = H5Tcopy(H5T_C_S1);
    H5Tset_size(text_type, 4);
    foreign.add<char>("task", text_type, {5}, std::vector<char>(20, 'a'), text_type);
    H5Tclose(text_type);
    H5Gclose(H5Gcreate2(foreign.id(), "extra", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Lcreate_soft("/proprio", foreign.id(), "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("/etc/passwd", "/x", foreign.id(), "outside", H5P_DEFAULT, H5P_DEFAULT);
  }
  Hdf5Contents contents;
  const Trajectories data = read_hdf5(file("f.h5"), &contents);
  EXPECT_TRUE(torch::equal(data.columns.at("action"),
                           torch::tensor({0.5F, 0.0F, 1.5F, 2.5F, 0.0F}).view({5, 1})));
  EXPECT_EQ(data.columns.at("proprio").scalar_type(), torch::kDouble);
  EXPECT_EQ(data.columns.at("proprio")[4][1].item<double>(), 10.0);
  EXPECT_EQ(data.columns.at("pixels").scalar_type(), torch::kByte);
  EXPECT_EQ(data.columns.at("pixels")[4][0][1].item<int>(), 255);
  EXPECT_EQ(data.columns.at("port")[4].item<int>(), 65535);
  EXPECT_EQ(data.columns.size(), 4U);
  EXPECT_EQ(
      contents.skipped,
      (std::vector<std::string>{"extra: a group, not a column", "outside: a link",
                                "seed: an unsigned 64-bit integer", "soft: a link", "task: text"}));
  EXPECT_NO_THROW(data.validate());
}

TEST_F(Hdf5Test, RefusesMalformedFilesByColumn) {
  const auto refusal_with = [&](const std::vector<int>& length, const std::vector<int>& offset,
                                const std::vector<double>& action) {
    {
      Foreign foreign(file("f.h5"));
      if (!length.empty()) foreign.integers("ep_len", length);
      if (!offset.empty()) foreign.integers("ep_offset", offset);
      if (!action.empty()) foreign.doubles("action", {action.size()}, action);
    }
    return refusal(file("f.h5"));
  };
  const std::vector<double> action{1, 2, 3, 4, 5};
  EXPECT_EQ(refusal_with({2, 3}, {0, 2}, action), "nothing was thrown");
  EXPECT_SAYS(refusal_with({}, {0, 2}, action), "f.h5', column 'ep_len': it is missing");
  EXPECT_SAYS(refusal_with({2, 3}, {}, action), "column 'ep_offset': it is missing");
  EXPECT_SAYS(refusal_with({2, 3}, {0, 2}, {}), "column 'action': it is missing");
  EXPECT_SAYS(refusal_with({2, 3}, {0, 9}, action), "f.h5': episode 1");
  EXPECT_SAYS(refusal_with({2, 3}, {0, -2}, action), "f.h5': episode 1");
  EXPECT_SAYS(refusal_with({2, 4}, {0, 2}, action), "f.h5': episode 1");
  EXPECT_SAYS(refusal_with({2}, {0, 2}, action), "'ep_offset' has 2 episodes");
  EXPECT_SAYS(refusal_with({2, 2, 1}, {0, 2}, action), "'ep_offset' has 2 episodes");
  EXPECT_SAYS(refusal_with({2, 3}, {0, 2}, {1, 2, std::nan(""), 4, 5}), "not finite in 1 of 5");
  EXPECT_SAYS(refusal_with({2, 3}, {0, 2}, {1, 2, 1e300, 4, 5}), "not finite");  // Not a float32.
}

TEST_F(Hdf5Test, RefusesWrongTypesAndLengthsByColumn) {
  {
    Foreign foreign(file("f.h5"));
    foreign.doubles("ep_len", {1}, {3})
        .integers("ep_offset", {0})
        .doubles("action", {3}, {1, 2, 3});
  }
  EXPECT_SAYS(refusal(file("f.h5")), "column 'ep_len': it must hold integers");
  {
    Foreign foreign(file("f.h5"));
    foreign.integers("ep_len", {3}).integers("ep_offset", {0}).doubles("action", {3}, {1, 2, 3});
    foreign.doubles("image", {2}, {1, 2});
  }
  EXPECT_SAYS(refusal(file("f.h5")), "column 'image' has 2 rows, but column 'action' has 3");
  {
    Foreign foreign(file("f.h5"));
    const hid_t text_type = H5Tcopy(H5T_C_S1);
    foreign.integers("ep_len", {3}).integers("ep_offset", {0});
    foreign.add<char>("action", text_type, {3}, {'a', 'b', 'c'}, text_type);
    H5Tclose(text_type);
  }
  EXPECT_SAYS(refusal(file("f.h5")),
              "column 'action': it must hold numbers [rows, A], but is text");
}

// As a converter may leave them: nothing recorded, frames of another recording, a file cut by hand.
TEST_F(Hdf5Test, RefusesDataThatDoNotBelongTogether) {
  {
    Foreign foreign(file("f.h5"));
    foreign.integers("ep_len", {}).integers("ep_offset", {}).doubles("action", {0, 2}, {});
  }
  EXPECT_SAYS(refusal(file("f.h5")), "f.h5', column 'ep_len': it is empty, [0]");
  {
    Foreign foreign(file("f.h5"));
    foreign.integers("ep_len", {3}).integers("ep_offset", {0}).doubles("action", {0, 2}, {});
  }
  EXPECT_SAYS(refusal(file("f.h5")), "f.h5', column 'action': it is empty, [0, 2]");
  {
    Foreign foreign(file("f.h5"));
    foreign.integers("ep_len", {2, 2}).integers("ep_offset", {0, 2});
    foreign.doubles("action", {4}, {1, 2, 3, 4});
    foreign.add<int>("pixels", H5T_STD_U8LE, {5, 1, 2}, std::vector<int>(10, 7), H5T_NATIVE_INT);
  }
  EXPECT_SAYS(refusal(file("f.h5")),
              "f.h5': column 'pixels' has 5 rows, but column 'action' has 4");
  {
    Foreign foreign(file("f.h5"));
    foreign.integers("ep_len", {2, 3}).integers("ep_offset", {0, 2});
    foreign.doubles("action", {5}, {1, 2, 3, 4, 5}).integers("ep_idx", {0, 0, 0, 1, 1});
  }
  EXPECT_SAYS(refusal(file("f.h5")), "f.h5': column 'ep_idx' changes in row 3");
}

// A few hundred bytes that claim terabytes.
TEST_F(Hdf5Test, AllocatesNothingThatTheFileDoesNotHold) {
  {
    Foreign foreign(file("f.h5"));
    foreign.integers("ep_len", {3}).integers("ep_offset", {0}).doubles("action", {3}, {1, 2, 3});
    foreign.doubles("image", {1ULL << 40, 3}, {});
  }
  EXPECT_SAYS(refusal(file("f.h5")), "column 'image': it claims 26388279066624 bytes");
  {
    Foreign foreign(file("f.h5"));
    foreign.doubles("ep_len", {1ULL << 40}, {});
  }
  EXPECT_SAYS(refusal(file("f.h5")), "column 'ep_len': it claims");
}

TEST_F(Hdf5Test, RefusesValuesThatLieInAnotherFile) {
  {
    Foreign foreign(file("f.h5"));
    foreign.integers("ep_len", {3}).integers("ep_offset", {0}).doubles("action", {3}, {1, 2, 3});
    const hsize_t dims[1] = {3};
    const hid_t space = H5Screate_simple(1, dims, nullptr);
    const hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(plan, "/etc/passwd", 0, 3);
    H5Dclose(
        H5Dcreate2(foreign.id(), "image", H5T_STD_U8LE, space, H5P_DEFAULT, plan, H5P_DEFAULT));
    H5Pclose(plan);
    H5Sclose(space);
  }
  EXPECT_SAYS(refusal(file("f.h5")), "column 'image': its values lie in another file");
}

}  // namespace
}  // namespace forethink
