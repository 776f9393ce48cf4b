// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Kernels: vector code for small networks, one table of functions for each instruction set.
//
// A product y = f([x1, x2, ...] W + b) runs tile by tile. A tile kernel multiplies a few rows by a
// panel of columns and keeps the sums in registers; `finish` then adds the bias and bends the tile
// while it is still in the nearest cache. Weights are packed in the order in which a tile kernel
// reads them:
//
//   [panel][depth group][column of the panel][of the group]
//
// where a group is one number in float32 and two in bfloat16, the pair that one instruction takes.
//
// Rows are padded to 32 numbers. What lies in the padding is finite and has no meaning; the
// bfloat16 twin of a table is zero there, since products run over it.
//
// Role:    kernels; knows no tensor, no network and no thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "forethink/kernels/activation.h"
#include "forethink/kernels/instruction_set.h"

namespace forethink::kernels {

using Bf16 = std::uint16_t;  // The upper half of a float32.

/// Rows of numbers in memory, and the same in bfloat16 where products take them so.
struct Table {
  float* data = nullptr;
  Bf16* twin = nullptr;
  std::int64_t stride = 0;  // Numbers from one row to the next, in both.

  Table columns(std::int64_t first) const {
    return {data + first, twin ? twin + first : nullptr, stride};
  }
};

constexpr std::int64_t kPadding = 32;      // Widths of tables are multiples of it.
constexpr std::int64_t kVectorWidth = 16;  // Columns are computed in multiples of it.
constexpr std::int64_t kPanel = 64;        // Most columns of a panel.
constexpr std::int64_t kTileRows = 32;     // Most rows of a tile.

constexpr std::int64_t round_up(std::int64_t x, std::int64_t multiple) {
  return (x + multiple - 1) / multiple * multiple;
}

/// One input of a product with its weights.
struct ProductPart {
  const void* x = nullptr;        // First row of the tile, float or Bf16.
  std::int64_t row_bytes = 0;     // From one row to the next.
  const void* weights = nullptr;  // Of the panel.
  std::int64_t depth = 0;         // Groups.
};

/// Multiplies `rows` rows by `columns` (a multiple of kVectorWidth) packed columns and writes the
/// sums over all parts to tile [rows][columns]. It may read rows up to kTileRows.
using MultiplyFunction = void (*)(const ProductPart* parts, int count, std::int64_t rows,
                                  std::int64_t columns, float* tile);

struct TileKernel {
  std::int64_t rows = 0;      // Of a tile, at most.
  std::int64_t panel = 0;     // Columns.
  std::int64_t group = 0;     // Numbers of depth that lie together: 1 in float32, 2 in bfloat16.
  std::int64_t multiple = 0;  // Of which the depth is a multiple, in numbers.
  MultiplyFunction multiply = nullptr;
  void (*begin)() = nullptr;  // Before a thread's first product and after its last, if given.
  void (*end)() = nullptr;
};

/// y = f(x + bias + add), `bias` and `add` where they are given, into y's data and twin where these
/// are given; zero in the twin's padding if `last` says that the row ends here.
struct Finish {
  std::int64_t rows = 0;
  std::int64_t columns = 0;  // Multiple of kVectorWidth.
  const float* x = nullptr;
  std::int64_t x_stride = 0;
  const float* bias = nullptr;
  const float* add = nullptr;
  std::int64_t add_stride = 0;
  bool bend = false;
  Activation activation = Activation::kRelu;
  Table y = {};
  bool last = false;
};

/// What element-wise and row-wise kernels take: `width` columns of each table, for some rows.
struct RowsJob {
  std::int64_t rows = 0;
  std::int64_t width = 0;
  Table x = {};
  Table y = {};
  Table z = {};
  Table out = {};
  const float* gain = nullptr;
  const float* shift = nullptr;
  float constant = 0.0F;
  float offset = 0.0F;
  std::int64_t group = 1;
  bool bend = false;
  Activation activation = Activation::kRelu;
};

/// Attention of one token to a few, each row by itself; see Formula::attend.
struct AttendJob {
  static constexpr int kKeysMax = 3;
  std::int64_t rows = 0;
  std::int64_t heads = 0;
  std::int64_t head_width = 0;
  int keys = 0;
  Table q = {};
  Table key[kKeysMax] = {};
  Table value[kKeysMax] = {};
  Table out = {};
};

/// The same backwards: adds to the gradients by x, y and z (where they have data) what the gradient
/// by the result makes of them. x, y and z are what the forward kernel was given.
struct BackwardJob {
  std::int64_t rows = 0;
  std::int64_t width = 0;
  Table x = {};
  Table y = {};
  Table z = {};
  Table by_out = {};
  Table by_x = {};
  Table by_y = {};
  Table by_z = {};
  const float* gain = nullptr;
  float constant = 0.0F;
  std::int64_t group = 1;
  Activation activation = Activation::kRelu;
};

/// Attention backwards.
struct AttendBackwardJob {
  AttendJob forward = {};  // Its `out` is not read.
  Table by_out = {};
  Table by_q = {};
  Table by_key[AttendJob::kKeysMax] = {};
  Table by_value[AttendJob::kKeysMax] = {};
};

struct BackwardKernels {
  void (*activate)(const BackwardJob&);
  void (*layer_norm)(const BackwardJob&);
  void (*add)(const BackwardJob&);
  void (*subtract)(const BackwardJob&);
  void (*maximum)(const BackwardJob&);
  void (*multiply)(const BackwardJob&);
  void (*scale)(const BackwardJob&);
  void (*film)(const BackwardJob&);
  void (*gru)(const BackwardJob&);
  void (*mean_square)(const BackwardJob&);
  void (*norm)(const BackwardJob&);
  void (*largest)(const BackwardJob&);
  void (*sim_norm)(const BackwardJob&);
  void (*expectation)(const BackwardJob&);
  void (*attend)(const AttendBackwardJob&);
};

/// The vector code of one instruction set. Names are those of `Operator`.
struct Kernels {
  TileKernel float32;
  TileKernel bfloat16;  // `multiply` is null where the processor has no such product.
  void (*finish)(const Finish&);
  void (*layer_norm)(const RowsJob&);
  void (*add)(const RowsJob&);
  void (*subtract)(const RowsJob&);
  void (*maximum)(const RowsJob&);
  void (*multiply)(const RowsJob&);
  void (*scale)(const RowsJob&);  // Also copies, rounds to the twin and bends.
  void (*film)(const RowsJob&);
  void (*gru)(const RowsJob&);
  void (*mean_square)(const RowsJob&);
  void (*norm)(const RowsJob&);
  void (*largest)(const RowsJob&);
  void (*sim_norm)(const RowsJob&);
  void (*expectation)(const RowsJob&);
  void (*attend)(const AttendJob&);
  /// x[j] = from[j] - x[j] of `count` numbers, readable and writable up to kVectorWidth; returns
  /// the least, or infinity if none is a number.
  float (*subtract_from)(const float* from, std::int64_t count, float* x);
};

/// The kernels of an instruction set that this processor has.
const Kernels& kernels_of(InstructionSet set);
const BackwardKernels& backward_kernels_of(InstructionSet set);

/// Rounds to the nearest bfloat16, ties to even; NaN stays NaN.
Bf16 to_bf16(float x);

}  // namespace forethink::kernels
