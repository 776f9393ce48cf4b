// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// The kernels that go backwards, in vector code that is compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "forethink/kernels/kernels_backward.cpp"
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include <hwy/foreach_target.h>  // Includes this file again for each target.
// foreach_target first.
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "forethink/kernels/kernels.h"
#include "forethink/kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace forethink::kernels {
namespace HWY_NAMESPACE {
namespace {

// Adds x to columns of a gradient, if it is wanted. Nothing may be added behind the last column:
// the next value may begin there.
void accumulate(const Table& table, std::int64_t row, std::int64_t column, std::int64_t width,
                const Vector x) {
  if (!table.data) return;
  const Floats f;
  float* to = table.data + row * table.stride + column;
  const Vector more = first_lanes(width - column, x, hn::Zero(f));
  hn::StoreU(hn::Add(hn::LoadU(f, to), more), f, to);
}

// The same for columns of a part that begins at `first`.
void accumulate_part(Table table, std::int64_t first, std::int64_t row, std::int64_t column,
                     std::int64_t width, const Vector x) {
  if (!table.data) return;
  table.data += first;
  accumulate(table, row, column, width, x);
}

template <class F>
void each_vector(const BackwardJob& job, const F& function) {
  for (std::int64_t r = 0; r < job.rows; ++r) {
    for (std::int64_t j = 0; j < job.width; j += kLanes) function(r, j, load(job.by_out, r, j));
  }
}

// f'(x).
HWY_INLINE Vector slope(Activation kind, const Vector x) {
  const Floats f;
  const Vector one = hn::Set(f, 1.0F);
  switch (kind) {
    case Activation::kRelu:
      return hn::IfThenElseZero(hn::Gt(x, hn::Zero(f)), one);
    case Activation::kGelu: {
      // Phi(x) + x phi(x).
      const Vector density =
          hn::Mul(hn::Set(f, 0.39894228F), exp_of(hn::Mul(hn::Mul(x, x), hn::Set(f, -0.5F))));
      return hn::MulAdd(x, density, normal_share(x));
    }
    case Activation::kMish: {
      // t + x (1 - t^2) sigmoid(x), t = tanh(softplus(x)).
      const Vector t = tanh_of_softplus(x);
      return hn::MulAdd(hn::Mul(x, hn::NegMulAdd(t, t, one)), sigmoid(x), t);
    }
    case Activation::kSoftplus:
      return sigmoid(x);
    case Activation::kExp:
      return exp_of(x);
    case Activation::kSymexp:
      return exp_of(hn::Abs(x));
    case Activation::kTanh: {
      const Vector t = tanh_of(x);
      return hn::NegMulAdd(t, t, one);
    }
    case Activation::kSilu:
      break;
  }
  const Vector s = sigmoid(x);
  return hn::Mul(s, hn::MulAdd(x, hn::Sub(one, s), one));
}

// A loop of its own for each of the usual activations.
template <Activation kind>
void activate_as(const BackwardJob& job) {
  each_vector(job, [&](std::int64_t r, std::int64_t j, const Vector g) {
    accumulate(job.by_x, r, j, job.width, hn::Mul(g, slope(kind, load(job.x, r, j))));
  });
}

void activate(const BackwardJob& job) {
  switch (job.activation) {
    case Activation::kRelu:
      return activate_as<Activation::kRelu>(job);
    case Activation::kGelu:
      return activate_as<Activation::kGelu>(job);
    case Activation::kMish:
      return activate_as<Activation::kMish>(job);
    case Activation::kSilu:
      return activate_as<Activation::kSilu>(job);
    default:
      each_vector(job, [&](std::int64_t r, std::int64_t j, const Vector g) {
        accumulate(job.by_x, r, j, job.width, hn::Mul(g, slope(job.activation, load(job.x, r, j))));
      });
  }
}

void add(const BackwardJob& job) {
  each_vector(job, [&](std::int64_t r, std::int64_t j, const Vector g) {
    accumulate(job.by_x, r, j, job.width, g);
    accumulate(job.by_y, r, j, job.width, g);
  });
}

void subtract(const BackwardJob& job) {
  each_vector(job, [&](std::int64_t r, std::int64_t j, const Vector g) {
    accumulate(job.by_x, r, j, job.width, g);
    accumulate(job.by_y, r, j, job.width, hn::Neg(g));
  });
}

// To the greater; where both are equal, half to each.
void maximum(const BackwardJob& job) {
  const Floats f;
  each_vector(job, [&](std::int64_t r, std::int64_t j, const Vector g) {
    const Vector x = load(job.x, r, j);
    const Vector y = load(job.y, r, j);
    const Vector half = hn::IfThenElse(hn::Eq(x, y), hn::Set(f, 0.5F), hn::Set(f, 1.0F));
    const Vector share = hn::Mul(g, half);
    accumulate(job.by_x, r, j, job.width, hn::IfThenElseZero(hn::Ge(x, y), share));
    accumulate(job.by_y, r, j, job.width, hn::IfThenElseZero(hn::Ge(y, x), share));
  });
}

void multiply(const BackwardJob& job) {
  each_vector(job, [&](std::int64_t r, std::int64_t j, const Vector g) {
    accumulate(job.by_x, r, j, job.width, hn::Mul(g, load(job.y, r, j)));
    accumulate(job.by_y, r, j, job.width, hn::Mul(g, load(job.x, r, j)));
  });
}

void scale(const BackwardJob& job) {
  const Vector factor = hn::Set(Floats(), job.constant);
  each_vector(job, [&](std::int64_t r, std::int64_t j, const Vector g) {
    accumulate(job.by_x, r, j, job.width, hn::Mul(g, factor));
  });
}

void film(const BackwardJob& job) {
  const Vector one = hn::Set(Floats(), 1.0F);
  each_vector(job, [&](std::int64_t r, std::int64_t j, const Vector g) {
    const Vector gamma = load(job.y, r, j);
    accumulate(job.by_x, r, j, job.width, hn::Mul(g, hn::Add(one, gamma)));
    accumulate(job.by_y, r, j, job.width, hn::Mul(g, load(job.x, r, j)));
    accumulate_part(job.by_y, job.width, r, j, job.width, g);
  });
}

void gru(const BackwardJob& job) {
  const std::int64_t D = job.width;
  const Vector one = hn::Set(Floats(), 1.0F);
  each_vector(job, [&](std::int64_t r, std::int64_t j, const Vector g) {
    const Vector reset = sigmoid(hn::Add(load(job.x, r, j), load(job.y, r, j)));
    const Vector update = sigmoid(hn::Add(load(job.x, r, D + j), load(job.y, r, D + j)));
    const Vector from_hidden = load(job.y, r, 2 * D + j);
    const Vector proposal = tanh_of(hn::MulAdd(reset, from_hidden, load(job.x, r, 2 * D + j)));
    const Vector by_proposal =
        hn::Mul(hn::Mul(g, hn::Sub(one, update)), hn::NegMulAdd(proposal, proposal, one));
    const Vector by_reset =
        hn::Mul(hn::Mul(by_proposal, from_hidden), hn::Mul(reset, hn::Sub(one, reset)));
    const Vector by_update = hn::Mul(hn::Mul(g, hn::Sub(load(job.z, r, j), proposal)),
                                     hn::Mul(update, hn::Sub(one, update)));
    accumulate(job.by_x, r, j, D, by_reset);
    accumulate_part(job.by_x, D, r, j, D, by_update);
    accumulate_part(job.by_x, 2 * D, r, j, D, by_proposal);
    accumulate(job.by_y, r, j, D, by_reset);
    accumulate_part(job.by_y, D, r, j, D, by_update);
    accumulate_part(job.by_y, 2 * D, r, j, D, hn::Mul(by_proposal, reset));
    accumulate(job.by_z, r, j, D, hn::Mul(g, update));
  });
}

// With x^ = (x - mean) / deviation and g the gradient by x^:
// (g - mean(g) - x^ mean(g x^)) / deviation.
void layer_norm(const BackwardJob& job) {
  const Floats f;
  const Vector zero = hn::Zero(f);
  const Vector share = hn::Set(f, 1.0F / static_cast<float>(job.width));
  const auto mean_of = [&](const auto& term) {
    Vector sum = zero;
    for (std::int64_t j = 0; j < job.width; j += kLanes) {
      sum = hn::Add(sum, first_lanes(job.width - j, term(j), zero));
    }
    return hn::Mul(hn::SumOfLanes(f, sum), share);
  };
  for (std::int64_t r = 0; r < job.rows; ++r) {
    const Vector mean = mean_of([&](std::int64_t j) { return load(job.x, r, j); });
    const Vector variance = mean_of([&](std::int64_t j) {
      const Vector away = hn::Sub(load(job.x, r, j), mean);
      return hn::Mul(away, away);
    });
    const Vector inverse =
        hn::Div(hn::Set(f, 1.0F), hn::Sqrt(hn::Add(variance, hn::Set(f, job.constant))));
    const auto normed = [&](std::int64_t j) {
      return hn::Mul(hn::Sub(load(job.x, r, j), mean), inverse);
    };
    const auto gradient = [&](std::int64_t j) {
      const Vector g = load(job.by_out, r, j);
      return job.gain ? hn::Mul(g, hn::LoadU(f, job.gain + j)) : g;
    };
    const Vector mean_gradient = mean_of(gradient);
    const Vector along = mean_of([&](std::int64_t j) { return hn::Mul(gradient(j), normed(j)); });
    for (std::int64_t j = 0; j < job.width; j += kLanes) {
      const Vector rest = hn::NegMulAdd(normed(j), along, hn::Sub(gradient(j), mean_gradient));
      accumulate(job.by_x, r, j, job.width, hn::Mul(rest, inverse));
    }
  }
}

// Calls function(row) for the factor of x in the gradient by x of one number a row.
template <class F>
void along_x(const BackwardJob& job, const F& factor) {
  for (std::int64_t r = 0; r < job.rows; ++r) {
    const Vector times = hn::Set(Floats(), factor(r) * job.by_out.data[r * job.by_out.stride]);
    for (std::int64_t j = 0; j < job.width; j += kLanes) {
      accumulate(job.by_x, r, j, job.width, hn::Mul(times, load(job.x, r, j)));
    }
  }
}

void mean_square(const BackwardJob& job) {
  along_x(job, [&](std::int64_t) { return 2.0F / static_cast<float>(job.width); });
}

// Zero at zero, where the norm has no slope.
void norm(const BackwardJob& job) {
  const Floats f;
  along_x(job, [&](std::int64_t r) {
    Vector sum = hn::Zero(f);
    for (std::int64_t j = 0; j < job.width; j += kLanes) {
      const Vector x = first_lanes(job.width - j, load(job.x, r, j), hn::Zero(f));
      sum = hn::MulAdd(x, x, sum);
    }
    const float length = hn::GetLane(hn::Sqrt(hn::SumOfLanes(f, sum)));
    return length > 0.0F ? 1.0F / length : 0.0F;
  });
}

// To the largest; where several are, in equal shares.
void largest(const BackwardJob& job) {
  for (std::int64_t r = 0; r < job.rows; ++r) {
    const float* x = job.x.data + r * job.x.stride;
    float most = x[0];
    float count = 0.0F;
    for (std::int64_t j = 0; j < job.width; ++j) most = x[j] > most ? x[j] : most;
    for (std::int64_t j = 0; j < job.width; ++j) count += x[j] == most ? 1.0F : 0.0F;
    const float share = job.by_out.data[r * job.by_out.stride] / count;
    for (std::int64_t j = 0; job.by_x.data && j < job.width; ++j) {
      if (x[j] == most) job.by_x.data[r * job.by_x.stride + j] += share;
    }
  }
}

// With p = softmax(x) and g the gradient by what is made of it, linear in p: p_j (g_j - sum_k p_k
// g_k). `g` gives one number for each column.
template <class F>
void through_softmax(const float* x, std::int64_t count, const F& g, float* by_x) {
  float most = x[0];
  for (std::int64_t j = 1; j < count; ++j) most = std::max(most, x[j]);
  float sum = 0.0F;
  float mean = 0.0F;
  for (std::int64_t j = 0; j < count; ++j) {
    const float e = std::exp(x[j] - most);
    sum += e;
    mean += e * g(j);
  }
  mean /= sum;
  for (std::int64_t j = 0; j < count; ++j) {
    by_x[j] += std::exp(x[j] - most) / sum * (g(j) - mean);
  }
}

void sim_norm(const BackwardJob& job) {
  if (!job.by_x.data) return;
  for (std::int64_t r = 0; r < job.rows; ++r) {
    for (std::int64_t begin = 0; begin < job.width; begin += job.group) {
      const float* g = job.by_out.data + r * job.by_out.stride + begin;
      through_softmax(
          job.x.data + r * job.x.stride + begin, job.group, [&](std::int64_t j) { return g[j]; },
          job.by_x.data + r * job.by_x.stride + begin);
    }
  }
}

void expectation(const BackwardJob& job) {
  if (!job.by_x.data) return;
  for (std::int64_t r = 0; r < job.rows; ++r) {
    const float g = job.by_out.data[r * job.by_out.stride];
    through_softmax(
        job.x.data + r * job.x.stride, job.width, [&](std::int64_t j) { return g * job.gain[j]; },
        job.by_x.data + r * job.by_x.stride);
  }
}

// With p the shares, g the gradient by the result and b_i = p_i (g . v_i - sum_k p_k g . v_k):
// by v_i  p_i g,  by q  sum_i b_i k_i / sqrt(width),  by k_i  b_i q / sqrt(width).
void attend(const AttendBackwardJob& job) {
  const Floats f;
  const AttendJob& given = job.forward;
  const std::int64_t width = given.head_width;
  const float scale = 1.0F / std::sqrt(static_cast<float>(width));
  for (std::int64_t r = 0; r < given.rows; ++r) {
    for (std::int64_t first = 0; first < given.heads * width; first += width) {
      float shares[AttendJob::kKeysMax];
      attention_shares(given, r, first, shares);
      float along[AttendJob::kKeysMax];
      float mean = 0.0F;
      for (int i = 0; i < given.keys; ++i) {
        along[i] = dot(job.by_out, given.value[i], r, first, width);
        mean += shares[i] * along[i];
      }
      for (int i = 0; i < given.keys; ++i) {
        const Vector share = hn::Set(f, shares[i]);
        const Vector by_score = hn::Set(f, scale * shares[i] * (along[i] - mean));
        for (std::int64_t j = 0; j < width; j += kLanes) {
          const std::int64_t at = first + j;
          accumulate(job.by_value[i], r, at, first + width,
                     hn::Mul(share, load(job.by_out, r, at)));
          accumulate(job.by_q, r, at, first + width, hn::Mul(by_score, load(given.key[i], r, at)));
          accumulate(job.by_key[i], r, at, first + width, hn::Mul(by_score, load(given.q, r, at)));
        }
      }
    }
  }
}

}  // namespace

BackwardKernels backward_kernels() {
  return {.activate = activate,
          .layer_norm = layer_norm,
          .add = add,
          .subtract = subtract,
          .maximum = maximum,
          .multiply = multiply,
          .scale = scale,
          .film = film,
          .gru = gru,
          .mean_square = mean_square,
          .norm = norm,
          .largest = largest,
          .sim_norm = sim_norm,
          .expectation = expectation,
          .attend = attend};
}

}  // namespace HWY_NAMESPACE
}  // namespace forethink::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace forethink::kernels {

const BackwardKernels& backward_kernels_of(InstructionSet set) {
#if defined(__x86_64__)
  if (set == InstructionSet::kAvx2) {
    static const BackwardKernels avx2 = N_AVX2::backward_kernels();
    return avx2;
  }
  if (set != InstructionSet::kPortable) {
    static const BackwardKernels avx512 = N_AVX3::backward_kernels();
    return avx512;
  }
#endif
  static const BackwardKernels portable = HWY_NAMESPACE::backward_kernels();
  return portable;
}

}  // namespace forethink::kernels

#endif  // HWY_ONCE
