// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// HDF5 files of trajectories: what the field's tools read and write.
//
// The layout is stable-worldmodel's: one flat data set per column, whose first axis runs over all
// steps of all episodes; `ep_len` [E] int32 and `ep_offset` [E] int64; images [rows, Y, X, C] with
// one row a chunk. Every axis of rows can be extended, so its tools can append to our files.
//
// Files from elsewhere are read without trust: no size in a file is believed before it is compared
// with the bytes that the file has, links out of the file are not followed, and what we write
// carries checksums of data and structure, so that a damaged byte is noticed.
//
// Role:    datasets; how recordings are kept and exchanged.
// Source:  The HDF Group, HDF5 File Format Specification 3.0; stable-worldmodel 0.1.1 (layout).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "forethink/datasets/trajectories.h"

namespace forethink {

/// Settings of `write_hdf5`.
struct Hdf5WriteOptions {
  /// Also store what `render` draws, so that tools without our renderer can use the file. 64-pixel
  /// images take 12 KiB a row.
  bool store_rendered = false;
  /// Kept as attributes of the file: environment, seed, commit ... ; text of at most 64 KiB each.
  std::map<std::string, std::string> metadata = {};
};

/// Writes all columns of `data`. The file appears under its name only when it is whole: it is
/// written beside it, synced and renamed, and an earlier file of that name survives a failure.
///
/// @throws DataError  if `data` are not valid (see Trajectories::validate_columns), or a column has
///                    a type that files cannot hold (uint8, int8 .. int64, float32, float64, bool).
/// @throws IoError    if the file cannot be written, for example on a full disk.
void write_hdf5(const std::filesystem::path& path, const Trajectories& data,
                const Hdf5WriteOptions& options = {});

/// What else `read_hdf5` found.
struct Hdf5Contents {
  std::map<std::string, std::string> metadata;  ///< Attributes of the file that are fixed text.
  std::vector<std::string> skipped;             ///< "name: why" of each column not read.
};

/// Reads a file in the layout above, written by us or by others.
///
/// Numeric and boolean columns keep their types, except: actions become float32 [rows, A] whatever
/// they were; unsigned 16 and 32-bit integers become the next larger signed type; 16-bit floats
/// become float32. Text, groups, links and other types are skipped, and what the HDF5 library
/// cannot read: truths written in the formats of HDF5 1.12 and later, by one of 1.10. An action
/// that is not a number in the last row of an episode, where some tools mark that there is none,
/// becomes 0. `render` is not set; call `validate` when it is.
///
/// A file of the oldest HDF5 format, which has no checksums, is first read in a child process: the
/// HDF5 library itself may crash on a damaged one.
///
/// @param contents  Filled if not null.
/// @throws IoError    if the file does not exist or may not be read.
/// @throws DataError  naming file and column, if the file is truncated, damaged or of another kind,
///                    or its columns disagree.
Trajectories read_hdf5(const std::filesystem::path& path, Hdf5Contents* contents = nullptr);

}  // namespace forethink
