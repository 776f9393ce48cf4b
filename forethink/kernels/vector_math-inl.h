// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Vector arithmetic that the kernels share, compiled once for each instruction set.
//
// Role:    rollout; part of the kernels. Included once for each target, so without #pragma once.
#if defined(FORETHINK_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FORETHINK_VECTOR_MATH_INL_H_
#undef FORETHINK_VECTOR_MATH_INL_H_
#else
#define FORETHINK_VECTOR_MATH_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "forethink/kernels/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace forethink::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;
constexpr std::int64_t kLanes = HWY_LANES(float);
// The first `width` lanes of x, and `otherwise`.
Vector first_lanes(std::int64_t width, const Vector x, const Vector otherwise) {
  const Floats f;
  if (width >= kLanes) return x;
  return hn::IfThenElse(hn::FirstN(f, static_cast<std::size_t>(width)), x, otherwise);
}

Vector load(const Table& table, std::int64_t row, std::int64_t column) {
  return hn::LoadU(Floats(), table.data + row * table.stride + column);
}

// x . y over columns first .. first + width.
HWY_INLINE float dot(const Table& x, const Table& y, std::int64_t row, std::int64_t first,
                     std::int64_t width) {
  const Floats f;
  const Vector zero = hn::Zero(f);
  Vector sum = zero;
  for (std::int64_t j = 0; j < width; j += kLanes) {
    const Vector product = hn::Mul(load(x, row, first + j), load(y, row, first + j));
    sum = hn::Add(sum, first_lanes(width - j, product, zero));
  }
  return hn::GetLane(hn::SumOfLanes(f, sum));
}

// What the head that begins at `first` pays to each key: softmax(q . k / sqrt(width)).
[[maybe_unused]] void attention_shares(const AttendJob& job, std::int64_t row, std::int64_t first,
                                       float* shares) {
  const float scale = 1.0F / std::sqrt(static_cast<float>(job.head_width));
  float most = -std::numeric_limits<float>::infinity();
  for (int i = 0; i < job.keys; ++i) {
    shares[i] = scale * dot(job.q, job.key[i], row, first, job.head_width);
    most = std::max(most, shares[i]);
  }
  float total = 0.0F;
  for (int i = 0; i < job.keys; ++i) {
    shares[i] = std::exp(shares[i] - most);
    total += shares[i];
  }
  for (int i = 0; i < job.keys; ++i) shares[i] /= total;
}

// 1 / x to the last bit or two, for x >= 1 that may be infinite. A division takes as long as a
// dozen other instructions.
HWY_INLINE Vector reciprocal(const Vector x) {
  const Floats f;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  const Vector guess = hn::ApproximateReciprocal(x);  // 12 bits or more.
  // Newton's step would make 0 * infinity of an infinite x.
  const Vector better = hn::Mul(guess, hn::NegMulAdd(x, guess, hn::Set(f, 2.0F)));
  return hn::IfThenElse(hn::Gt(x, hn::Set(f, 1e30F)), guess, better);
#else
  return hn::Div(hn::Set(f, 1.0F), x);
#endif
}

// e^x = 2^n e^r with |r| <= ln(2) / 2, within 2e-7 of itself; held to the range of float.
HWY_INLINE Vector exp_of(const Vector x) {
  const Floats f;
  const hn::RebindToSigned<Floats> i;
  const Vector held = hn::Min(hn::Max(x, hn::Set(f, -87.0F)), hn::Set(f, 88.0F));
  const Vector n = hn::Round(hn::Mul(held, hn::Set(f, 1.44269504F)));
  // ln(2) in two parts, the first of few bits: the product with n is exact.
  const Vector r = hn::NegMulAdd(n, hn::Set(f, -2.12194440e-4F),
                                 hn::NegMulAdd(n, hn::Set(f, 0.693359375F), held));
  Vector p = hn::Set(f, 1.0F / 720.0F);
  p = hn::MulAdd(p, r, hn::Set(f, 1.0F / 120.0F));
  p = hn::MulAdd(p, r, hn::Set(f, 1.0F / 24.0F));
  p = hn::MulAdd(p, r, hn::Set(f, 1.0F / 6.0F));
  p = hn::MulAdd(p, r, hn::Set(f, 0.5F));
  p = hn::MulAdd(p, r, hn::Set(f, 1.0F));
  p = hn::MulAdd(p, r, hn::Set(f, 1.0F));
  // Times 2^n: n is added to the exponent.
  const auto scaled = hn::Add(hn::BitCast(i, p), hn::ShiftLeft<23>(hn::ConvertTo(i, n)));
  // Max and Min drop a NaN.
  return hn::IfThenElse(hn::IsNaN(x), x, hn::BitCast(f, scaled));
}

HWY_INLINE Vector sigmoid(const Vector x) {
  return reciprocal(hn::Add(hn::Set(Floats(), 1.0F), exp_of(hn::Neg(x))));
}

HWY_INLINE Vector tanh_of(const Vector x) {
  // 2 sigmoid(2x) - 1.
  const Floats f;
  const Vector two = hn::Set(f, 2.0F);
  return hn::MulSub(two, sigmoid(hn::Mul(two, x)), hn::Set(f, 1.0F));
}

// Phi(x), the share of a normal distribution below x, with erf by a polynomial times exp(-x^2 / 2)
// whose error is below 1.5e-7 (Abramowitz & Stegun, 7.1.26).
HWY_INLINE Vector normal_share(const Vector x) {
  const Floats f;
  const Vector one = hn::Set(f, 1.0F);
  const Vector z = hn::Abs(hn::Mul(x, hn::Set(f, 0.70710678F)));
  const Vector t = reciprocal(hn::MulAdd(z, hn::Set(f, 0.3275911F), one));
  Vector p = hn::Set(f, 1.061405429F);
  p = hn::MulAdd(p, t, hn::Set(f, -1.453152027F));
  p = hn::MulAdd(p, t, hn::Set(f, 1.421413741F));
  p = hn::MulAdd(p, t, hn::Set(f, -0.284496736F));
  p = hn::MulAdd(p, t, hn::Set(f, 0.254829592F));
  const Vector tail = hn::Mul(hn::Mul(p, t), exp_of(hn::Neg(hn::Mul(z, z))));
  const Vector erf = hn::CopySign(hn::Sub(one, tail), x);
  return hn::Mul(hn::Set(f, 0.5F), hn::Add(one, erf));
}

// tanh(softplus(x)) = n / (n + 2), n = e^x (e^x + 2); beyond 20 it is 1 to the last bit.
HWY_INLINE Vector tanh_of_softplus(const Vector x) {
  const Floats f;
  const Vector two = hn::Set(f, 2.0F);
  const Vector e = exp_of(hn::Min(x, hn::Set(f, 20.0F)));
  const Vector n = hn::Mul(e, hn::Add(e, two));
  return hn::Mul(n, reciprocal(hn::Add(n, two)));
}

// sign(x) (e^|x| - 1). Near zero e^x - 1 would lose its last bits.
Vector symexp(const Vector x) {
  const Floats f;
  return hn::CopySign(hn::Expm1(f, hn::Abs(x)), x);
}

Vector softplus(const Vector x) {
  // As torch: the identity above 20.
  const Floats f;
  const Vector limit = hn::Set(f, 20.0F);
  const Vector soft = hn::Log1p(f, exp_of(hn::Min(x, limit)));
  return hn::IfThenElse(hn::Gt(x, limit), x, soft);
}

[[maybe_unused]] HWY_INLINE Vector bend(Activation kind, const Vector x) {
  const Floats f;
  switch (kind) {
    case Activation::kRelu:
      return hn::Max(x, hn::Zero(f));
    case Activation::kGelu:
      return hn::Mul(x, normal_share(x));
    case Activation::kMish:
      return hn::Mul(x, tanh_of_softplus(x));
    case Activation::kSoftplus:
      return softplus(x);
    case Activation::kTanh:
      return tanh_of(x);
    case Activation::kExp:
      return exp_of(x);
    case Activation::kSymexp:
      return symexp(x);
    case Activation::kSilu:
      break;
  }
  return hn::Mul(x, sigmoid(x));
}

// Calls use(f) with the function that bends. A loop made for one of the usual activations is faster
// than one that asks again for each vector.
template <class F>
[[maybe_unused]] void with_bend(bool bends, Activation kind, const F& use) {
  if (!bends) return use([](const Vector x) { return x; });
  switch (kind) {
    case Activation::kRelu:
      return use([](const Vector x) { return bend(Activation::kRelu, x); });
    case Activation::kGelu:
      return use([](const Vector x) { return bend(Activation::kGelu, x); });
    case Activation::kMish:
      return use([](const Vector x) { return bend(Activation::kMish, x); });
    case Activation::kSilu:
      return use([](const Vector x) { return bend(Activation::kSilu, x); });
    default:
      return use([kind](const Vector x) { return bend(kind, x); });
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace forethink::kernels
HWY_AFTER_NAMESPACE();

#endif  // FORETHINK_VECTOR_MATH_INL_H_
