// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/losses/sigreg.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/core/settings.h"
#include "forethink/core/shape.h"

namespace forethink {
namespace {

constexpr std::int64_t kKnots = 17;
constexpr double kLastKnot = 3.0;
constexpr double kSpacing = kLastKnot / static_cast<double>(kKnots - 1);
constexpr std::int64_t kColumns = 64;  // Columns that one task handles: their sums stay in cache.

struct Knot {
  double t;
  double phi;     // Characteristic function of N(0, 1) at t.
  double weight;  // Of the quadrature.
};

std::array<Knot, kKnots> make_knots() {
  std::array<Knot, kKnots> knots;
  for (std::int64_t k = 0; k < kKnots; ++k) {
    const double t = kSpacing * static_cast<double>(k);
    const double phi = std::exp(-0.5 * t * t);
    const bool is_end = k == 0 || k == kKnots - 1;
    knots[static_cast<std::size_t>(k)] = {t, phi, 2.0 * kSpacing * phi * (is_end ? 0.5 : 1.0)};
  }
  return knots;
}

// Columns [first, first + count) of projections [rows, columns]. cos and sin of t_k y = k (dt y)
// come from those of dt y by turning k times: 17 knots for the price of one cosine and one sine.
template <class Real>
struct Strip {
  const Real* cosine;  // cos(dt y), [rows, columns].
  const Real* sine;    // sin(dt y).
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t first;
  std::int64_t count;
};

// Calls use(k, row, cos, sin) with arrays over the strip's columns, k = 0 .. kKnots-1.
template <class Real, class Use>
void turn(const Strip<Real>& strip, Use&& use) {
  std::array<Real, kColumns> c;
  std::array<Real, kColumns> s;
  for (std::int64_t row = 0; row < strip.rows; ++row) {
    const Real* c1 = strip.cosine + row * strip.columns + strip.first;
    const Real* s1 = strip.sine + row * strip.columns + strip.first;
    c.fill(Real(1));
    s.fill(Real(0));
    use(0, row, c.data(), s.data());
    for (std::int64_t k = 1; k < kKnots; ++k) {
      for (std::int64_t i = 0; i < strip.count; ++i) {
        const Real turned = c[i] * c1[i] - s[i] * s1[i];
        s[i] = s[i] * c1[i] + c[i] * s1[i];
        c[i] = turned;
      }
      use(k, row, c.data(), s.data());
    }
  }
}

// Errors of the characteristic functions: mean cos(t_k y) - phi_k and mean sin(t_k y), each
// [kKnots, columns]. The sum over rows is in their order, whatever the number of threads.
template <class Real>
void characteristic_errors(const Strip<Real>& strip, Real* real_part, Real* imaginary_part) {
  static const auto knots = make_knots();
  const Real share = Real(1) / static_cast<Real>(strip.rows);
  std::vector<Real> sums(static_cast<std::size_t>(2 * kKnots * kColumns), Real(0));
  turn(strip, [&](std::int64_t k, std::int64_t, const Real* c, const Real* s) {
    Real* cosines = sums.data() + 2 * k * kColumns;
    Real* sines = cosines + kColumns;
    for (std::int64_t i = 0; i < strip.count; ++i) cosines[i] += c[i];
    for (std::int64_t i = 0; i < strip.count; ++i) sines[i] += s[i];
  });
  for (std::int64_t k = 0; k < kKnots; ++k) {
    const Real phi = static_cast<Real>(knots[static_cast<std::size_t>(k)].phi);
    for (std::int64_t i = 0; i < strip.count; ++i) {
      const std::int64_t at = k * strip.columns + strip.first + i;
      real_part[at] = sums[2 * k * kColumns + i] * share - phi;
      imaginary_part[at] = sums[(2 * k + 1) * kColumns + i] * share;
    }
  }
}

// dT/dy = 2 sum_k w_k t_k (imaginary_k cos(t_k y) - real_k sin(t_k y)); B and the 1/B of the means
// cancel.
template <class Real>
void slopes(const Strip<Real>& strip, const Real* real_part, const Real* imaginary_part,
            Real* gradient) {
  static const auto knots = make_knots();
  turn(strip, [&](std::int64_t k, std::int64_t row, const Real* c, const Real* s) {
    const Knot& knot = knots[static_cast<std::size_t>(k)];
    const Real factor = static_cast<Real>(2.0 * knot.weight * knot.t);
    const Real* re = real_part + k * strip.columns + strip.first;
    const Real* im = imaginary_part + k * strip.columns + strip.first;
    Real* out = gradient + row * strip.columns + strip.first;
    for (std::int64_t i = 0; i < strip.count; ++i) out[i] += factor * (im[i] * c[i] - re[i] * s[i]);
  });
}

template <class Real, class Work>
void for_each_strip(const Tensor& cosine, const Tensor& sine, Work&& work) {
  const std::int64_t columns = cosine.size(1);
  const std::int64_t strips = (columns + kColumns - 1) / kColumns;
  at::parallel_for(0, strips, /*grain_size=*/1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t strip = begin; strip < end; ++strip) {
      const std::int64_t first = strip * kColumns;
      work(Strip<Real>{cosine.const_data_ptr<Real>(), sine.const_data_ptr<Real>(), cosine.size(0),
                       columns, first, std::min(kColumns, columns - first)});
    }
  });
}

// The statistic with its gradient by hand: autograd would keep 2 * 17 copies of the projections.
class Statistic : public torch::autograd::Function<Statistic> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& projections) {
    const Tensor angle = projections.detach().contiguous() * kSpacing;
    const Tensor cosine = angle.cos();
    const Tensor sine = angle.sin();
    const Tensor real_part = at::empty({kKnots, projections.size(1)}, angle.options());
    const Tensor imaginary_part = at::empty_like(real_part);
    AT_DISPATCH_FLOATING_TYPES(projections.scalar_type(), "sigreg", [&] {
      for_each_strip<scalar_t>(cosine, sine, [&](const Strip<scalar_t>& strip) {
        characteristic_errors(strip, real_part.data_ptr<scalar_t>(),
                              imaginary_part.data_ptr<scalar_t>());
      });
    });
    context->save_for_backward({cosine, sine, real_part, imaginary_part});
    std::vector<double> weights;
    for (const Knot& knot : make_knots()) weights.push_back(knot.weight);
    const Tensor weight = torch::tensor(weights, angle.options()).unsqueeze(1);  // [kKnots, 1]
    const Tensor distance = (weight * (real_part.square() + imaginary_part.square())).sum(0);
    return distance.mean() * static_cast<double>(projections.size(0));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list upstream) {
    const auto saved = context->get_saved_variables();
    const Tensor& cosine = saved[0];
    Tensor gradient = at::zeros_like(cosine);
    AT_DISPATCH_FLOATING_TYPES(cosine.scalar_type(), "sigreg", [&] {
      for_each_strip<scalar_t>(cosine, saved[1], [&](const Strip<scalar_t>& strip) {
        slopes(strip, saved[2].const_data_ptr<scalar_t>(), saved[3].const_data_ptr<scalar_t>(),
               gradient.data_ptr<scalar_t>());
      });
    });
    return {gradient.mul_(upstream[0] / static_cast<double>(cosine.size(1)))};
  }
};

}  // namespace

void SigregOptions::validate(std::string_view section) const {
  expect_setting(directions >= 1, std::string(section) + ".directions", directions,
                 "directions >= 1");
}

Tensor sigreg_statistic(const Tensor& projections) {
  expect_shape("sigreg: projections", projections, {kAny, kAny});
  const bool real =
      projections.scalar_type() == at::kFloat || projections.scalar_type() == at::kDouble;
  if (!real || !projections.device().is_cpu() || projections.numel() == 0) {
    throw ShapeError(std::string("sigreg: projections have type ") +
                     at::toString(projections.scalar_type()) + " and shape " +
                     c10::str(projections.sizes()) +
                     ", expected Float or Double on the CPU and at least one row and column");
  }
  return Statistic::apply(projections);
}

Tensor sigreg_loss(const Tensor& states, RandomStream& rng, const SigregOptions& options) {
  options.validate("sigreg");
  expect_shape("sigreg: states", states, {kAny, kAny, kAny});
  const Tensor directions = rng.normal({states.size(2), options.directions}).to(states.options());
  return sigreg_loss(states, directions / directions.norm(2, /*dim=*/0, /*keepdim=*/true));
}

Tensor sigreg_loss(const Tensor& states, const Tensor& directions) {
  expect_shape("sigreg: states", states, {kAny, kAny, kAny});
  expect_shape("sigreg: directions", directions, {states.size(2), kAny});
  const Tensor projections = torch::matmul(states, directions);  // [B, T, M]
  return sigreg_statistic(projections.to(states.scalar_type()).reshape({states.size(0), -1}));
}

}  // namespace forethink
