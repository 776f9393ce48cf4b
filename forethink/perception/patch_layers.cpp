// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/perception/patch_layers.h"

#include <ATen/OpMathType.h>
#include <torch/torch.h>

#include <algorithm>
#include <vector>

#include "forethink/perception/pixels.h"

namespace forethink {
namespace {

constexpr std::int64_t kImages =
    64;  // At a time: fewer are many small products, more leave the cache.

// Calls work(chunk, first image, images) for every chunk of a batch, chunks in parallel.
template <class Work>
void for_each_chunk(std::int64_t images, Work&& work) {
  at::parallel_for(0, (images + kImages - 1) / kImages, 1, [&](std::int64_t from, std::int64_t to) {
    const at::AutoDispatchBelowAutograd no_graph;  // Of this thread.
    for (std::int64_t chunk = from; chunk < to; ++chunk) {
      const std::int64_t first = chunk * kImages;
      work(chunk, first, std::min(kImages, images - first));
    }
  });
}

class PatchLayers : public torch::autograd::Function<PatchLayers> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& image,
                        std::int64_t patch, std::int64_t merge, const Tensor& weight_1,
                        const Tensor& bias_1, const Tensor& weight_2, const Tensor& bias_2) {
    const std::int64_t N = image.size(0), side = patch * merge;
    const std::int64_t blocks =
        ((image.size(1) + side - 1) / side) * ((image.size(2) + side - 1) / side);
    const Tensor h = at::empty({N * blocks, merge * merge * weight_1.size(0)}, weight_1.options());
    const Tensor u = at::empty({N * blocks, weight_2.size(0)}, weight_2.options());
    for_each_chunk(N, [&](std::int64_t, std::int64_t first, std::int64_t images) {
      const Tensor x = cut_patches(image.narrow(0, first, images), patch, merge, h.scalar_type());
      Tensor part = h.narrow(0, first * blocks, images * blocks).view({-1, weight_1.size(0)});
      at::addmm_out(part, bias_1, x.view({-1, x.size(-1)}), weight_1.t()).relu_();
      part = part.view({images * blocks, -1});
      Tensor out = u.narrow(0, first * blocks, images * blocks);
      at::addmm_out(out, bias_2, part, weight_2.t()).relu_();
    });
    context->saved_data["patch"] = patch;
    context->saved_data["merge"] = merge;
    context->save_for_backward({image, h, u, weight_1, weight_2});
    return u.view({N, -1});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list upstream) {
    const auto saved = context->get_saved_variables();
    const Tensor &image = saved[0], &h = saved[1], &u = saved[2];
    const Tensor &weight_1 = saved[3], &weight_2 = saved[4];
    const std::int64_t patch = context->saved_data["patch"].toInt();
    const std::int64_t merge = context->saved_data["merge"].toInt();
    const std::int64_t N = image.size(0), blocks = u.size(0) / N;
    const std::int64_t chunks = (N + kImages - 1) / kImages;
    const Tensor slope = upstream[0].contiguous().view(u.sizes());
    // A slice for each chunk, added up later; [in, out], which is the quicker way round.
    const auto sums_like = [&](const Tensor& weight) {
      return at::empty({chunks, weight.size(1), weight.size(0)}, weight.options());
    };
    const Tensor to_weight_1 = sums_like(weight_1), to_weight_2 = sums_like(weight_2);
    const at::ScalarType wide = at::toOpMathType(h.scalar_type());
    const Tensor to_bias_1 = at::empty({chunks, weight_1.size(0)}, wide);
    const Tensor to_bias_2 = at::empty({chunks, weight_2.size(0)}, wide);
    for_each_chunk(N, [&](std::int64_t chunk, std::int64_t first, std::int64_t images) {
      const auto rows = [&](const Tensor& t) {
        return t.narrow(0, first * blocks, images * blocks);
      };
      const auto collect = [&](const Tensor& to_weight, const Tensor& to_bias, const Tensor& g,
                               const Tensor& input) {
        Tensor weight = to_weight[chunk], bias = to_bias[chunk];
        at::mm_out(weight, input.t(), g);
        at::sum_out(bias, g, 0, false, wide);
      };
      const Tensor g = at::threshold_backward(rows(slope), rows(u), 0);
      collect(to_weight_2, to_bias_2, g, rows(h));
      const Tensor features = rows(h).view({-1, weight_1.size(0)});
      const Tensor g_1 = at::threshold_backward(at::mm(g, weight_2).view_as(features), features, 0);
      const Tensor x = cut_patches(image.narrow(0, first, images), patch, merge, h.scalar_type());
      collect(to_weight_1, to_bias_1, g_1, x.view({-1, x.size(-1)}));
    });
    const auto total = [&](const Tensor& parts) {
      return at::sum(parts, 0, false, wide).to(h.scalar_type());
    };
    return {{},
            {},
            {},
            total(to_weight_1).t(),
            total(to_bias_1),
            total(to_weight_2).t(),
            total(to_bias_2)};
  }
};

}  // namespace

Tensor patch_layers(const Tensor& image, std::int64_t patch, std::int64_t merge,
                    const PatchLayer& first, const PatchLayer& second) {
  return PatchLayers::apply(image, patch, merge, first.weight, first.bias, second.weight,
                            second.bias);
}

}  // namespace forethink
