// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Calibration: does what a critic foretells come true?
//
// A critic may rank states rightly and be off by a factor, or be right on average and rank nothing;
// bins show the first, the rank correlation the second.
//
// Role:    cost; diagnoses of critics, and what reports draw of them.
// Source:  Spearman, The Proof and Measurement of Association between Two Things, 1904.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "forethink/core/types.h"

namespace forethink {

/// Spearman's rank correlation of two [N] tensors; twins share their mean rank. 0 where one of them
/// is the same throughout, for it then tells nothing about the other.
double rank_correlation(const Tensor& a, const Tensor& b);

/// Some predictions that lie next to each other in order, and what came of them.
struct CalibrationBin {
  std::int64_t count = 0;
  double predicted = 0.0;       ///< Mean.
  double realised = 0.0;        ///< Mean.
  double standard_error = 0.0;  ///< Of `realised`; 0 for a single one.
};

/// What came true of a critic's predictions, for one drive.
struct DriveCalibration {
  std::string drive;
  std::int64_t count = 0;         ///< Rows with a known future.
  double rank_correlation = 0.0;  ///< 0 where nothing of the drive was felt.
  double mean_error = 0.0;        ///< Mean of |predicted - realised|.
  std::vector<CalibrationBin> bins;
};

/// Sorts by prediction and cuts into `bins` parts of equal size (of at most one more or less);
/// fewer where there are fewer pairs. Twins stay in the order given.
///
/// @param predicted, realised  [N].
/// @throws ShapeError if these are not [N] or not finite, ConfigError if bins < 1.
std::vector<CalibrationBin> calibrate(const Tensor& predicted, const Tensor& realised,
                                      std::int64_t bins);

/// Mean over pairs of |predicted - realised| of their bins; 0 if there are none.
double calibration_error(const std::vector<CalibrationBin>& bins);

}  // namespace forethink
