// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/datasets/hdf5.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <torch/torch.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>
#include <system_error>

#include "forethink/core/error.h"

namespace forethink {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kChunkBytes = 64 * 1024;     // Of a column that is not an image.
constexpr std::int64_t kRenderRows = 1024;          // Rows drawn and written at a time.
constexpr std::size_t kTextBytes = 64 * 1024;       // Longest metadata text.
constexpr hsize_t kMaxLinks = 4096;                 // Columns looked at in a file.
constexpr std::int64_t kMaxEpisodes = 100'000'000;  // Beyond what any memory would serve.
// Deflate cannot compress further than 1032:1; other filters rarely do.
constexpr std::uint64_t kMaxExpansion = 1100;

// An HDF5 object that closes itself.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle(hid_t id, Close closer) : id_(id), close_(closer) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle(Handle&& other) noexcept : id_(other.id_), close_(other.close_) { other.id_ = -1; }
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  hid_t id() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

  // Closes now and tells whether that worked: for a file, data may be written only then.
  bool close() {
    const hid_t id = id_;
    id_ = -1;
    return close_(id) >= 0;
  }

 private:
  hid_t id_;
  Close close_;
};

// The library prints a stack of errors unless told not to; ours say what the reader needs. After a
// failure it stays quiet: it cannot let go of some damaged files, and would say so when the program
// ends.
class QuietErrors {
 public:
  QuietErrors() {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
  ~QuietErrors() {
    if (std::uncaught_exceptions() == exceptions_) H5Eset_auto2(H5E_DEFAULT, function_, data_);
  }

 private:
  int exceptions_ = std::uncaught_exceptions();
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

[[noreturn]] void refuse(const fs::path& path, const std::string& column, const std::string& why) {
  throw DataError("'" + path.string() + "', column '" + column + "': " + why);
}

std::string text(const std::vector<hsize_t>& dims) {
  std::string out = "[";
  for (std::size_t i = 0; i < dims.size(); ++i) out += (i ? ", " : "") + std::to_string(dims[i]);
  return out + "]";
}

// ------------------------------------------------------------------------------------------ types

// The type of memory of a tensor's elements; nothing if files cannot hold it.
std::optional<hid_t> memory_type(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return H5T_NATIVE_UINT8;
    case at::kChar:
      return H5T_NATIVE_INT8;
    case at::kShort:
      return H5T_NATIVE_INT16;
    case at::kInt:
      return H5T_NATIVE_INT32;
    case at::kLong:
      return H5T_NATIVE_INT64;
    case at::kFloat:
      return H5T_NATIVE_FLOAT;
    case at::kDouble:
      return H5T_NATIVE_DOUBLE;
    case at::kBool:
      return H5T_NATIVE_INT8;
    default:
      return std::nullopt;
  }
}

// How h5py stores bool: an enumeration of int8.
Handle make_bool_type() {
  Handle type(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
  const std::int8_t no = 0;
  const std::int8_t yes = 1;
  H5Tenum_insert(type.id(), "FALSE", &no);
  H5Tenum_insert(type.id(), "TRUE", &yes);
  return type;
}

bool is_bool_type(hid_t type) {
  if (H5Tget_class(type) != H5T_ENUM || H5Tget_size(type) != 1 || H5Tget_nmembers(type) != 2) {
    return false;
  }
  const std::unique_ptr<char, herr_t (*)(void*)> first(H5Tget_member_name(type, 0), H5free_memory);
  const std::unique_ptr<char, herr_t (*)(void*)> second(H5Tget_member_name(type, 1), H5free_memory);
  return first && second && std::strcmp(first.get(), "FALSE") == 0 &&
         std::strcmp(second.get(), "TRUE") == 0;
}

// The element type that a column of this type in a file gets in memory; nothing if it is skipped.
std::optional<at::ScalarType> tensor_type(hid_t type) {
  const std::size_t bytes = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER: {
      const bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
      if (bytes == 1) return is_signed ? at::kChar : at::kByte;
      if (bytes == 2) return is_signed ? at::kShort : at::kInt;
      if (bytes == 4) return is_signed ? at::kInt : at::kLong;
      if (bytes == 8 && is_signed) return at::kLong;
      return std::nullopt;
    }
    case H5T_FLOAT:
      if (bytes == 8) return at::kDouble;
      return bytes <= 4 ? std::optional(at::kFloat) : std::nullopt;
    case H5T_ENUM:
      return is_bool_type(type) ? std::optional(at::kBool) : std::nullopt;
    default:
      return std::nullopt;
  }
}

const char* class_name(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_STRING:
      return "text";
    case H5T_COMPOUND:
      return "a record";
    case H5T_VLEN:
      return "of varying length";
    case H5T_REFERENCE:
      return "a reference";
    case H5T_INTEGER:
      return "an unsigned 64-bit integer";
    default:
      return "of a type without a tensor type";
  }
}

// ---------------------------------------------------------------------------------------- writing

[[noreturn]] void refuse_write(const fs::path& path, const std::string& what) {
  const int code = errno;
  throw IoError("'" + path.string() + "': cannot write " + what +
                (code != 0 ? " (" + std::system_category().message(code) + ")" : std::string()) +
                "; is the folder there, writable, and the disk not full?");
}

// A data set [0, ...row] that grows along its rows. Images are read one row at a time, so a row is
// a chunk; for small rows that would cost more for the index than for the data.
Handle make_column(hid_t file, const std::string& name, hid_t file_type, at::IntArrayRef row,
                   std::int64_t rows_per_chunk) {
  std::vector<hsize_t> dims{0};
  std::vector<hsize_t> limit{H5S_UNLIMITED};
  std::vector<hsize_t> chunk{static_cast<hsize_t>(rows_per_chunk)};
  for (const std::int64_t size : row) {
    dims.push_back(static_cast<hsize_t>(size));
    limit.push_back(static_cast<hsize_t>(size));
    chunk.push_back(static_cast<hsize_t>(size));
  }
  const Handle space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), limit.data()),
                     H5Sclose);
  const Handle plan(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_chunk(plan.id(), static_cast<int>(chunk.size()), chunk.data());
  H5Pset_fletcher32(plan.id());
  return Handle(
      H5Dcreate2(file, name.c_str(), file_type, space.id(), H5P_DEFAULT, plan.id(), H5P_DEFAULT),
      H5Dclose);
}

// Writes values [n, ...] to rows first .. first+n-1 of a column, which grows as needed.
bool write_rows(const Handle& column, const Tensor& values, std::int64_t first) {
  std::vector<hsize_t> count;
  for (const std::int64_t size : values.sizes()) count.push_back(static_cast<hsize_t>(size));
  std::vector<hsize_t> extent = count;
  extent[0] += static_cast<hsize_t>(first);
  std::vector<hsize_t> start(count.size(), 0);
  start[0] = static_cast<hsize_t>(first);
  if (H5Dset_extent(column.id(), extent.data()) < 0) return false;
  const Handle in_file(H5Dget_space(column.id()), H5Sclose);
  const Handle in_memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr),
                         H5Sclose);
  const bool is_bool = values.scalar_type() == at::kBool;
  const Handle bool_type = make_bool_type();
  return H5Sselect_hyperslab(in_file.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(),
                             nullptr) >= 0 &&
         H5Dwrite(column.id(), is_bool ? bool_type.id() : *memory_type(values.scalar_type()),
                  in_memory.id(), in_file.id(), H5P_DEFAULT, values.const_data_ptr()) >= 0;
}

// Makes a column like `values` and fills it with `rows` rows that `part(begin, end)` gives.
void write_column(hid_t file, const fs::path& path, const std::string& name, const Tensor& like,
                  std::int64_t rows, std::int64_t rows_at_once,
                  const std::function<Tensor(std::int64_t, std::int64_t)>& part) {
  if (!memory_type(like.scalar_type())) {
    throw DataError("column '" + name + "' is " + at::toString(like.scalar_type()) +
                    ", files hold uint8, int8 .. int64, float32, float64 and bool");
  }
  const at::IntArrayRef row = like.sizes().slice(1);
  const std::int64_t row_bytes =
      c10::multiply_integers(row) * static_cast<std::int64_t>(like.element_size());
  if (row_bytes < 1) throw DataError("column '" + name + "' has rows without elements");
  if (name.empty() || name.find('/') != std::string::npos || name == ".") {
    throw DataError("column '" + name + "' has a name that files cannot hold");
  }
  const Handle bool_type = make_bool_type();
  const bool is_bool = like.scalar_type() == at::kBool;
  const std::int64_t rows_per_chunk =
      row.size() >= 2 ? 1 : std::clamp<std::int64_t>(kChunkBytes / row_bytes, 1, rows);
  const Handle column = make_column(
      file, name, is_bool ? bool_type.id() : *memory_type(like.scalar_type()), row, rows_per_chunk);
  if (!column) refuse_write(path, "column '" + name + "'");
  for (std::int64_t begin = 0; begin < rows; begin += rows_at_once) {
    const std::int64_t end = std::min(rows, begin + rows_at_once);
    if (!write_rows(column, part(begin, end).cpu().contiguous(), begin)) {
      refuse_write(path, "column '" + name + "'");
    }
  }
}

void write_stored(hid_t file, const fs::path& path, const std::string& name, const Tensor& values) {
  write_column(file, path, name, values, values.size(0), values.size(0),
               [&](std::int64_t, std::int64_t) { return values; });
}

// The sensors that `render` draws, a slab of rows at a time: all rows at once may not fit in
// memory.
void write_rendered(hid_t file, const fs::path& path, const Trajectories& data) {
  const Tensor& state = data.columns.at("state");
  for (const auto& [name, first] : data.render(state.slice(0, 0, 1))) {
    if (data.columns.contains(name)) continue;
    write_column(file, path, name, first, state.size(0), kRenderRows,
                 [&, sensor = name](std::int64_t begin, std::int64_t end) {
                   return data.render(state.slice(0, begin, end)).at(sensor);
                 });
  }
}

void write_metadata(hid_t file, const fs::path& path,
                    const std::map<std::string, std::string>& metadata) {
  for (const auto& [name, value] : metadata) {
    if (name.empty() || value.size() >= kTextBytes || value.find('\0') != std::string::npos) {
      throw DataError("metadata '" + name + "' has " + std::to_string(value.size()) +
                      " bytes, must be text of less than " + std::to_string(kTextBytes));
    }
    const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type.id(), value.size() + 1);
    H5Tset_cset(type.id(), H5T_CSET_UTF8);
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle attribute(
        H5Acreate2(file, name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (!attribute || H5Awrite(attribute.id(), type.id(), value.c_str()) < 0) {
      refuse_write(path, "metadata '" + name + "'");
    }
  }
}

// A renamed file must be on the disk before its name is, or a power cut leaves an empty one.
void sync_file(const fs::path& file, const fs::path& path) {
  const int descriptor = ::open(file.c_str(), O_RDONLY);
  if (descriptor < 0) refuse_write(path, "the file");
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!synced) refuse_write(path, "the file");
}

void write_whole(const fs::path& temporary, const fs::path& path, const Trajectories& data,
                 const Hdf5WriteOptions& options) {
  errno = 0;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  // The newest format of 1.10 checksums its structure, and can be read while it is appended to.
  H5Pset_libver_bounds(access.id(), H5F_LIBVER_V110, H5F_LIBVER_V110);
  Handle file(H5Fcreate(temporary.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), H5Fclose);
  if (!file) refuse_write(path, "the file");
  for (const auto& [name, values] : data.columns) write_stored(file.id(), path, name, values);
  if (options.store_rendered && data.render) write_rendered(file.id(), path, data);
  write_stored(file.id(), path, "ep_len", data.ep_len.to(at::kInt));
  write_stored(file.id(), path, "ep_offset", data.ep_offset);
  write_metadata(file.id(), path, options.metadata);
  if (H5Fflush(file.id(), H5F_SCOPE_GLOBAL) < 0 || !file.close()) refuse_write(path, "the file");
  sync_file(temporary, path);
}

// ---------------------------------------------------------------------------------------- reading

struct ColumnInfo {
  std::vector<hsize_t> dims;
  at::ScalarType type = at::kFloat;
};

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::uint64_t>::max()
                                                : product;
}

// Compares the size that a column claims with the bytes that the file holds for it.
void check_size(const fs::path& path, const std::string& name, hid_t column, hid_t file_type,
                const std::vector<hsize_t>& dims) {
  const Handle plan(H5Dget_create_plist(column), H5Pclose);
  const H5D_layout_t layout = plan ? H5Pget_layout(plan.id()) : H5D_LAYOUT_ERROR;
  if (layout != H5D_CHUNKED && layout != H5D_CONTIGUOUS && layout != H5D_COMPACT) {
    refuse(path, name, "its values lie in another file, or its layout is damaged; copy them in");
  }
  if (H5Pget_external_count(plan.id()) != 0) {
    refuse(path, name, "its values lie in another file; copy them in");
  }
  const int filters = H5Pget_nfilters(plan.id());
  bool compressed = false;
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    unsigned config = 0;
    std::size_t values = 0;
    std::array<char, 64> filter_name{};
    const H5Z_filter_t filter =
        H5Pget_filter2(plan.id(), static_cast<unsigned>(i), &flags, &values, nullptr,
                       filter_name.size(), filter_name.data(), &config);
    if (filter < 0 || H5Zfilter_avail(filter) <= 0) {
      refuse(path, name,
             "it is compressed by filter " + std::to_string(filter) + " '" +
                 std::string(filter_name.data()) +
                 "', which is not installed; repack it with h5repack -f GZIP=4");
    }
    compressed |= filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32;
  }
  std::uint64_t bytes = H5Tget_size(file_type);
  for (const hsize_t size : dims) bytes = multiply(bytes, size);
  const std::uint64_t stored = H5Dget_storage_size(column);
  const std::uint64_t possible = compressed ? multiply(stored, kMaxExpansion) : stored;
  if (bytes > possible || stored > fs::file_size(path)) {
    refuse(path, name,
           "it claims " + std::to_string(bytes) + " bytes as " + text(dims) +
               ", but the file holds " + std::to_string(stored) +
               " for it; the file is truncated or damaged, record or copy it again");
  }
}

// Shape and type of a column; nothing, and the reason in `why`, if it is not numeric.
std::optional<ColumnInfo> inspect(const fs::path& path, const std::string& name, hid_t column,
                                  std::string& why) {
  const Handle type(H5Dget_type(column), H5Tclose);
  const Handle space(H5Dget_space(column), H5Sclose);
  if (!type || !space) refuse(path, name, "its type or shape is damaged");
  const auto element = tensor_type(type.id());
  if (!element) {
    why = class_name(type.id());
    return std::nullopt;
  }
  const int axes = H5Sget_simple_extent_type(space.id()) == H5S_SIMPLE
                       ? H5Sget_simple_extent_ndims(space.id())
                       : 0;
  if (axes < 1) {
    why = "a single value, not one a row";
    return std::nullopt;
  }
  ColumnInfo info{.dims = std::vector<hsize_t>(static_cast<std::size_t>(axes)), .type = *element};
  if (H5Sget_simple_extent_dims(space.id(), info.dims.data(), nullptr) < 0) {
    refuse(path, name, "its shape is damaged");
  }
  for (const hsize_t size : info.dims) {
    if (size == 0) refuse(path, name, "it is empty, " + text(info.dims));
  }
  check_size(path, name, column, type.id(), info.dims);
  return info;
}

Tensor read_values(const fs::path& path, const std::string& name, hid_t column,
                   const ColumnInfo& info) {
  std::vector<std::int64_t> sizes;
  for (const hsize_t size : info.dims) sizes.push_back(static_cast<std::int64_t>(size));
  Tensor values;
  try {
    values = at::empty(sizes, info.type);
  } catch (const std::exception&) {
    refuse(path, name, "there is no memory for " + text(info.dims));
  }
  if (H5Dread(column, *memory_type(info.type), H5S_ALL, H5S_ALL, H5P_DEFAULT,
              values.mutable_data_ptr()) < 0) {
    refuse(path, name, "its values are damaged; record or copy it again");
  }
  if (info.type == at::kBool) {
    // Any byte but 0 and 1 is not a bool; reading one as such would be undefined.
    const Tensor bytes =
        at::from_blob(values.mutable_data_ptr(), sizes, at::TensorOptions().dtype(at::kByte));
    bytes.clamp_max_(1);
  }
  return values;
}

Tensor read_episode_column(const fs::path& path, hid_t file, const std::string& name) {
  const Handle column(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!column) {
    refuse(
        path, name,
        "it is missing or damaged; a file of trajectories holds ep_len and ep_offset [episodes]");
  }
  std::string why;
  const auto info = inspect(path, name, column.id(), why);
  if (!info || !at::isIntegralType(info->type, /*includeBool=*/false) || info->dims.size() != 1) {
    refuse(path, name, "it must hold integers [episodes]" + (why.empty() ? "" : ", but is " + why));
  }
  if (info->dims[0] > static_cast<hsize_t>(kMaxEpisodes)) {
    refuse(path, name, "it names more than " + std::to_string(kMaxEpisodes) + " episodes");
  }
  return read_values(path, name, column.id(), *info).to(at::kLong);
}

// Whether the library's last error was a version of the format that it does not know.
bool is_newer_format() {
  bool newer = false;
  const auto look = [](unsigned, const H5E_error2_t* error, void* found) -> herr_t {
    if (error->desc != nullptr && std::strstr(error->desc, "version number") != nullptr) {
      *static_cast<bool*>(found) = true;
    }
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, look, &newer);
  return newer;
}

// The data set that a link in the file names; nothing, and the reason in `why`, if it is none.
std::optional<Handle> open_column(hid_t file, const std::string& name, std::string& why) {
  H5L_info_t link{};
  if (H5Lget_info(file, name.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD) {
    why = "a link";  // It may lead to any file of this machine, so it is not followed.
    return std::nullopt;
  }
  const Handle object(H5Oopen(file, name.c_str(), H5P_DEFAULT), H5Oclose);
  if (!object) {
    why = is_newer_format() ? "of a newer format than " H5_VERS_INFO " reads" : "damaged";
    return std::nullopt;
  }
  if (H5Iget_type(object.id()) != H5I_DATASET) {
    why = "a group, not a column";
    return std::nullopt;
  }
  Handle column(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!column) {
    why = "damaged";
    return std::nullopt;
  }
  return column;
}

std::vector<std::string> link_names(const fs::path& path, hid_t file) {
  H5G_info_t group{};
  if (H5Gget_info(file, &group) < 0 || group.nlinks > kMaxLinks) {
    throw DataError("'" + path.string() + "': its list of columns is damaged or too long");
  }
  std::vector<std::string> names;
  for (hsize_t i = 0; i < group.nlinks; ++i) {
    const ssize_t length =
        H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    if (length < 0 || static_cast<std::size_t>(length) > kTextBytes) {
      throw DataError("'" + path.string() + "': its list of columns is damaged");
    }
    std::string name(static_cast<std::size_t>(length) + 1, '\0');
    H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(),
                       H5P_DEFAULT);
    name.resize(static_cast<std::size_t>(length));
    names.push_back(name);
  }
  return names;
}

std::map<std::string, std::string> read_metadata(hid_t file) {
  std::map<std::string, std::string> metadata;
  H5O_info_t object{};
  if (H5Oget_info2(file, &object, H5O_INFO_NUM_ATTRS) < 0) return metadata;
  for (hsize_t i = 0; i < std::min<hsize_t>(object.num_attrs, kMaxLinks); ++i) {
    const Handle attribute(
        H5Aopen_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose);
    if (!attribute) continue;
    const Handle type(H5Aget_type(attribute.id()), H5Tclose);
    const Handle space(H5Aget_space(attribute.id()), H5Sclose);
    // Text of varying length would be allocated by the library from a size in the file.
    if (!type || !space || H5Tget_class(type.id()) != H5T_STRING ||
        H5Tis_variable_str(type.id()) != 0 || H5Tget_size(type.id()) > kTextBytes ||
        H5Sget_simple_extent_npoints(space.id()) != 1) {
      continue;
    }
    std::array<char, 256> name{};
    if (H5Aget_name(attribute.id(), name.size(), name.data()) <= 0) continue;
    std::string value(H5Tget_size(type.id()), '\0');
    if (H5Aread(attribute.id(), type.id(), value.data()) < 0) continue;
    value.resize(std::strlen(value.c_str()));
    metadata[name.data()] = value;
  }
  return metadata;
}

// Some tools leave a NaN where an episode ends, since no action was taken there.
void clear_last_actions(Trajectories& data) {
  if (data.ep_offset.sizes() != data.ep_len.sizes()) return;  // validate_columns says so.
  const Tensor last = data.ep_offset + data.ep_len - 1;
  const std::int64_t rows = data.columns.at("action").size(0);
  if (last.min().item<std::int64_t>() < 0 || last.max().item<std::int64_t>() >= rows) {
    return;
  }
  Tensor& action = data.columns.at("action");
  const Tensor ends = action.index_select(0, last);
  action.index_copy_(0, last, at::where(at::isfinite(ends), ends, at::zeros_like(ends)));
}

// What the first bytes say.
struct Beginning {
  bool is_hdf5 = false;
  bool is_checksummed = false;  // Version 2 and later: a damaged structure is noticed.
};

Beginning read_beginning(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream || fs::is_directory(path)) {
    throw IoError("'" + path.string() + "': cannot read it; does the file exist?");
  }
  std::array<char, 9> start{};  // The signature, and the version of what follows.
  stream.read(start.data(), start.size());
  constexpr std::array<char, 8> kSignature{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
  const bool is_hdf5 = std::equal(kSignature.begin(), kSignature.end(), start.begin());
  return {.is_hdf5 = is_hdf5, .is_checksummed = is_hdf5 && start[8] >= 2};
}

Handle open_file(const fs::path& path) {
  const bool signature = read_beginning(path).is_hdf5;
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!file) {
    throw DataError("'" + path.string() + "': " +
                    (signature ? "the HDF5 file is truncated or damaged; record or copy it again"
                               : "it is not an HDF5 file"));
  }
  return file;
}

Trajectories read_file(const fs::path& path, Hdf5Contents* contents) {
  const Handle file = open_file(path);
  Trajectories data;
  data.ep_len = read_episode_column(path, file.id(), "ep_len");
  data.ep_offset = read_episode_column(path, file.id(), "ep_offset");
  Hdf5Contents found{.metadata = read_metadata(file.id()), .skipped = {}};
  for (const std::string& name : link_names(path, file.id())) {
    if (name == "ep_len" || name == "ep_offset") continue;
    std::string why;
    const auto column = open_column(file.id(), name, why);
    if (!column && why == "damaged") refuse(path, name, "it is damaged; record or copy it again");
    const auto info = column ? inspect(path, name, column->id(), why) : std::nullopt;
    if (info) {
      data.columns[name] = read_values(path, name, column->id(), *info);
    } else if (name == "action") {
      refuse(path, name, "it must hold numbers [rows, A], but is " + why);
    } else {
      found.skipped.push_back(name + ": " + why);
    }
  }
  if (!data.columns.contains("action")) refuse(path, "action", "it is missing");
  Tensor& action = data.columns["action"];
  action = action.to(at::kFloat);
  if (action.dim() == 1) action = action.unsqueeze(1);
  clear_last_actions(data);
  try {
    data.validate_columns();
  } catch (const DataError& error) {
    throw DataError("'" + path.string() + "': " + error.what());
  }
  if (contents != nullptr) *contents = std::move(found);
  return data;
}

// Reads the file in a child process and reports if that dies. The library divides by zero or reads
// beyond its memory on some damaged files of the format without checksums, and a damaged recording
// must not end a training run.
void rehearse(const fs::path& path) {
  const pid_t child = ::fork();
  if (child < 0) return;  // No process to spare: the rehearsal is a precaution.
  if (child == 0) {
    const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    try {
      read_file(path, nullptr);
    } catch (...) {  // The parent meets the same error and says it.
    }
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw DataError(
        "'" + path.string() +
        "': the HDF5 file is damaged, it makes the HDF5 library fail; record or copy it "
        "again");
  }
}

}  // namespace

void write_hdf5(const fs::path& path, const Trajectories& data, const Hdf5WriteOptions& options) {
  data.validate_columns();
  const QuietErrors quiet;
  const fs::path temporary = path.string() + ".part-" + std::to_string(::getpid());
  try {
    write_whole(temporary, path, data, options);
    errno = 0;
    std::error_code failed;
    fs::rename(temporary, path, failed);
    if (failed) refuse_write(path, "the file");
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
}

Trajectories read_hdf5(const fs::path& path, Hdf5Contents* contents) {
  const QuietErrors quiet;
  if (!read_beginning(path).is_checksummed) rehearse(path);
  return read_file(path, contents);
}

}  // namespace forethink
