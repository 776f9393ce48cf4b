// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/memory/short_term_memory.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "forethink/core/error.h"
#include "forethink/core/random.h"

namespace forethink {
namespace {

constexpr MemorySizes kSizes{.agents = 3, .state = 6, .drives = 2, .action = 2, .latent = 1};

// at::tensor knows no bool.
Tensor flags(const std::vector<int>& values) { return at::tensor(values).to(at::kBool); }

// Step `time` of every agent, with random contents.
MemoryEntries random_step(std::int64_t time, RandomStream& rng, const MemorySizes& sizes = kSizes) {
  const std::int64_t B = sizes.agents;
  return {.time = at::full({B}, time, at::kLong),
          .state = rng.normal({B, sizes.state}),
          .energy = rng.uniform({B, sizes.drives}),
          .action = rng.normal({B, sizes.action}),
          .latent = rng.normal({B, sizes.latent}),
          .key = {}};
}

ShortTermMemory filled(std::int64_t steps, const ShortTermMemoryOptions& options = {}) {
  ShortTermMemory memory(kSizes, options);
  RandomStream rng(1, "memory");
  for (std::int64_t t = 0; t < steps; ++t) memory.observe(random_step(t, rng));
  return memory;
}

// One agent whose state is one number.
struct Line {
  explicit Line(const ShortTermMemoryOptions& options)
      : memory({.agents = 1, .state = 1, .drives = 1}, options) {}

  static MemoryEntries entry(std::int64_t time, double state, double energy) {
    return {.time = at::full({1}, time, at::kLong),
            .state = at::full({1, 1}, state),
            .energy = at::full({1, 1}, energy),
            .action = {},
            .latent = {},
            .key = {}};
  }
  Confirmation observe(std::int64_t time, double state, double energy = 0.0) {
    return memory.observe(entry(time, state, energy));
  }
  void predict(std::int64_t time, double state, double energy = 0.0) {
    memory.predict(entry(time, state, energy));
  }
  std::set<std::int64_t> times(Remembered which = Remembered::kAll) const {
    std::set<std::int64_t> all;
    const Tensor held = memory.contents().time.masked_select(memory.holds(which));
    for (std::int64_t i = 0; i < held.size(0); ++i) all.insert(held[i].item<std::int64_t>());
    return all;
  }

  ShortTermMemory memory;
};

using Times = std::set<std::int64_t>;

TEST(ShortTermMemory, GivesBackWhatWasWrittenAtATime) {
  ShortTermMemory memory(kSizes);
  RandomStream rng(1, "memory");
  std::vector<MemoryEntries> steps;
  for (std::int64_t t = 0; t < 5; ++t) {
    steps.push_back(random_step(10 * t, rng));
    memory.observe(steps.back());
  }
  const Tensor asked = at::tensor({20, 0, 21, 40, 40, 40}, at::kLong).view({3, 2});
  const Recalled found = memory.at_time(asked);
  EXPECT_TRUE(at::equal(found.found, flags({true, true, false, true, true, true}).view({3, 2})));
  EXPECT_TRUE(at::equal(found.entries.state[0][0], steps[2].state[0]));
  EXPECT_TRUE(at::equal(found.entries.energy[0][1], steps[0].energy[0]));
  EXPECT_TRUE(at::equal(found.entries.action[1][1], steps[4].action[1]));
  EXPECT_TRUE(at::equal(found.entries.latent[2][0], steps[4].latent[2]));
  EXPECT_TRUE(at::equal(found.entries.key[2][0], steps[4].state[2]));
  EXPECT_TRUE(at::equal(found.entries.state[1][0], at::zeros({6})));
  EXPECT_TRUE(std::isinf(found.distance[1][0].item<float>()));
}

TEST(ShortTermMemory, FindsTheNearestTimeOfTwoTheEarlier) {
  Line line({});
  for (const std::int64_t t : {30, 10, 20}) line.observe(t, static_cast<double>(t));
  const Tensor asked = at::tensor({-5, 14, 15, 25, 99}, at::kLong).view({1, 5});
  const Recalled found = line.memory.at_time(asked, /*exactly=*/false);
  EXPECT_TRUE(
      at::equal(found.entries.time, at::tensor({10, 10, 10, 20, 30}, at::kLong).view({1, 5})));
  EXPECT_TRUE(at::equal(found.distance, at::tensor({15.0F, 4.0F, 5.0F, 5.0F, 69.0F}).view({1, 5})));
}

TEST(ShortTermMemory, FindsNothingWhereNothingIsRemembered) {
  const ShortTermMemory memory(kSizes);
  EXPECT_FALSE(memory.at_time(at::zeros({3, 2}, at::kLong), false).found.any().item<bool>());
  const Recalled found = memory.nearest(at::zeros({3, 2, 6}), 4);
  ASSERT_EQ(found.found.sizes(), at::IntArrayRef({3, 2, 4}));
  EXPECT_FALSE(found.found.any().item<bool>());
  EXPECT_TRUE(at::equal(found.place, at::zeros({3, 2, 4}, at::kLong)));
  EXPECT_TRUE(at::isinf(found.distance).all().item<bool>());
  EXPECT_TRUE(at::equal(found.entries.state, at::zeros({3, 2, 4, 6})));
  const SoftRecalled soft = memory.soft_read(at::zeros({3, 2, 6}), 1.0);
  EXPECT_FALSE(soft.found.any().item<bool>());
  EXPECT_TRUE(at::equal(soft.state, at::zeros({3, 2, 6})));
  EXPECT_TRUE(at::equal(soft.weight, at::zeros({3, 2, 256})));
  EXPECT_EQ(memory.nearest(at::zeros({3, 0, 6}), 4).entries.state.sizes(),
            at::IntArrayRef({3, 0, 4, 6}));
}

TEST(ShortTermMemory, FindsTheNearestKeysOfTheDefinition) {
  const ShortTermMemory memory = filled(200);
  RandomStream rng(2, "queries");
  const Tensor queries = rng.normal({3, 50, 6});
  const Recalled found = memory.nearest(queries, 7);
  const Tensor all =
      (queries.to(at::kDouble).unsqueeze(2) - memory.contents().key.to(at::kDouble).unsqueeze(1))
          .square()
          .mean(3)
          .masked_fill(memory.holds().logical_not().unsqueeze(1), 1e9);
  const auto [distance, place] = all.topk(7, 2, /*largest=*/false);
  EXPECT_TRUE(at::equal(found.place, place));
  EXPECT_TRUE(at::allclose(found.distance.to(at::kDouble), distance, 1e-5, 1e-6));
  EXPECT_TRUE(found.found.all().item<bool>());
  EXPECT_TRUE(at::equal(found.entries.state[1][4][2],
                        memory.contents().state[1][place[1][4][2].item<std::int64_t>()]));
}

TEST(ShortTermMemory, MasksWhatIsMissingOfK) {
  const ShortTermMemory memory = filled(2);
  const Recalled found = memory.nearest(at::zeros({3, 1, 6}), 4);
  EXPECT_TRUE(at::equal(found.found[1][0], flags({true, true, false, false})));
}

TEST(ShortTermMemory, IsReadByAKeyOfTheCallers) {
  ShortTermMemory memory({.agents = 1, .state = 3, .key = 2});
  MemoryEntries entry{.time = at::zeros({1}, at::kLong),
                      .state = at::ones({1, 3}),
                      .energy = {},
                      .action = {},
                      .latent = {},
                      .key = {}};
  EXPECT_THROW(memory.observe(entry), ShapeError);
  entry.key = at::tensor({3.0F, 4.0F}).view({1, 2});
  memory.observe(entry);
  const Recalled found = memory.nearest(at::zeros({1, 1, 2}), 1);
  EXPECT_EQ(found.distance.item<float>(), 12.5F);
  EXPECT_TRUE(at::equal(found.entries.state, at::ones({1, 1, 1, 3})));
}

TEST(ShortTermMemory, ConfirmsAPredictionWhenItsObservationArrives) {
  ShortTermMemory memory({.agents = 2, .state = 2, .drives = 1});
  const auto entry = [](std::vector<float> state, float energy) {
    return MemoryEntries{.time = at::full({1}, 7, at::kLong),
                         .state = at::tensor(state).view({1, 2}),
                         .energy = at::full({1, 1}, energy),
                         .action = {},
                         .latent = {},
                         .key = {}};
  };
  const Tensor second = at::tensor({1}, at::kLong);
  memory.predict(entry({9, 9}, 9), second);
  memory.predict(entry({1, 1}, 0.25), second);  // A newer prediction of the same time.
  EXPECT_EQ(memory.holds().sum().item<std::int64_t>(), 1);
  EXPECT_TRUE(memory.holds(Remembered::kPredicted)[1][0].item<bool>());
  const Confirmation first = memory.observe(entry({0, 0}, 0), at::tensor({0}, at::kLong));
  EXPECT_FALSE(first.predicted.item<bool>());
  EXPECT_EQ(first.surprise.item<float>(), 0.0F);
  const Confirmation confirmation = memory.observe(entry({1, 3}, 1.0), second);
  EXPECT_TRUE(confirmation.predicted.item<bool>());
  EXPECT_EQ(confirmation.surprise.item<float>(), 2.0F);
  EXPECT_EQ(confirmation.energy_gap.item<float>(), 0.75F);
  EXPECT_FALSE(memory.holds(Remembered::kPredicted).any().item<bool>());
  EXPECT_EQ(memory.holds(Remembered::kObserved).sum().item<std::int64_t>(), 2);
  EXPECT_EQ(memory.surprise()[1][0].item<float>(), 2.0F);
  // What was observed stands, and can be completed without losing its surprise.
  memory.predict(entry({5, 5}, 5), second);
  EXPECT_EQ(memory.contents().state[1][0][1].item<float>(), 3.0F);
  EXPECT_FALSE(memory.observe(entry({1, 4}, 1.0), second).predicted.item<bool>());
  EXPECT_EQ(memory.contents().state[1][0][1].item<float>(), 4.0F);
  EXPECT_EQ(memory.surprise()[1][0].item<float>(), 2.0F);
}

TEST(ShortTermMemory, TheOldestPredictionGivesWayBeyondTheirNumber) {
  Line line({.capacity = 8, .predicted_max = 2});
  line.observe(0, 0.0);
  line.predict(5, 5.0);
  line.predict(3, 3.0);
  line.predict(9, 9.0);
  EXPECT_EQ(line.times(Remembered::kPredicted), (Times{3, 9}));
  line.observe(4, 4.0);  // The prediction for 3 is overdue now.
  line.predict(6, 6.0);
  EXPECT_EQ(line.times(Remembered::kPredicted), (Times{6, 9}));
  Line none({.capacity = 8, .predicted_max = 0});
  none.predict(1, 1.0);
  EXPECT_TRUE(none.times().empty());
}

TEST(ShortTermMemory, PredictionsLeaveBeforeObservations) {
  Line line({.capacity = 4, .predicted_max = 3});
  line.observe(0, 0.0);
  line.observe(1, 10.0);
  line.predict(8, 80.0);
  line.predict(9, 90.0);
  line.observe(2, 20.0);
  EXPECT_EQ(line.times(), (Times{0, 1, 2, 9}));
  line.observe(3, 30.0);
  EXPECT_EQ(line.times(), (Times{0, 1, 2, 3}));
  // A prediction takes the place of the least important observation.
  line.predict(4, 40.0);
  EXPECT_EQ(line.times(Remembered::kPredicted), (Times{4}));
  EXPECT_EQ(line.times().size(), 4U);
}

TEST(ShortTermMemory, MergesWhatWasSeenTwiceFirstAndKeepsTheSurprise) {
  Line line({.capacity = 4, .predicted_max = 2});
  line.observe(0, 0.0, 9.0);
  line.predict(1, 15.0);
  line.observe(1, 10.0);  // Surprise 25.
  line.observe(2, 10.001);
  line.observe(3, 20.0);
  line.observe(4, 30.0);
  EXPECT_EQ(line.times(), (Times{0, 2, 3, 4}));
  const Recalled kept = line.memory.at_time(at::full({1, 1}, 2, at::kLong));
  EXPECT_EQ(line.memory.surprise().view(-1)[kept.place.item<std::int64_t>()].item<float>(), 25.0F);
}

TEST(ShortTermMemory, KeepsWhatHurtWhatSurprisedAndWhatIsLikeNothingElse) {
  Line line({.capacity = 16, .predicted_max = 4});
  RandomStream rng(4, "walk");
  const auto ordinary = [&] { return 5.0 * rng.uniform1(); };
  line.observe(0, ordinary(), 1.0);  // It hurt.
  line.predict(1, 60.0);
  line.observe(1, ordinary());  // It surprised.
  line.observe(2, 40.0);        // It was elsewhere.
  for (std::int64_t t = 3; t < 400; ++t) line.observe(t, ordinary(), 0.01 * rng.uniform1());
  const Times kept = line.times();
  EXPECT_EQ(kept.size(), 16U);
  for (const std::int64_t t : {0, 2, 399}) EXPECT_TRUE(kept.contains(t)) << t;
  // It may have been merged with what was like it.
  EXPECT_GT(line.memory.surprise().max().item<float>(), 1000.0F);
}

TEST(ShortTermMemory, OfEqualImportanceTheOldestLeaves) {
  Line line({.capacity = 4,
             .predicted_max = 0,
             .distinct_weight = 0.0,
             .surprise_weight = 0.0,
             .energy_weight = 0.0});
  for (const std::int64_t t : {5, 3, 8, 7, 9}) line.observe(t, static_cast<double>(t));
  EXPECT_EQ(line.times(), (Times{5, 7, 8, 9}));
}

// The rules of the header in the shortest form, on lists, to compare with.
class ByTheRules {
 public:
  struct Entry {
    std::int64_t time, written;
    double state, energy, surprise;
    bool predicted;
  };

  explicit ByTheRules(const ShortTermMemoryOptions& options) : options_(options) {}

  void write(std::int64_t time, double state, double energy, bool predicted) {
    Entry entry{time, writes_, state, energy, 0.0, predicted};
    bool replaces = false;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const Entry old = entries_[i];
      if (old.time != time) continue;
      if (predicted && !old.predicted) return;
      entry.surprise = predicted       ? 0.0
                       : old.predicted ? (old.state - state) * (old.state - state)
                                       : old.surprise;
      entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
      replaces = true;
      break;
    }
    if (!replaces) make_room(entry);
    entries_.push_back(entry);
    ++writes_;
  }

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  void make_room(const Entry& entry) {
    std::int64_t predictions = 0, last = std::numeric_limits<std::int64_t>::min();
    if (!entry.predicted) last = entry.time;
    for (const Entry& e : entries_) {
      predictions += e.predicted ? 1 : 0;
      if (!e.predicted) last = std::max(last, e.time);
    }
    const bool too_many = entry.predicted && predictions >= options_.predicted_max;
    if (static_cast<std::int64_t>(entries_.size()) < options_.capacity && !too_many) return;
    const auto first = best([&](const Entry& e) {
      return e.predicted ? std::pair(e.time > last ? 1.0 : 0.0, static_cast<double>(e.written))
                         : kNever;
    });
    const bool is_prediction = first != entries_.end() && first->predicted;
    if (is_prediction && (too_many || !entry.predicted || first->time <= last)) {
      entries_.erase(first);
      return;
    }
    if (merge()) return;
    entries_.erase(best([&](const Entry& e) {
      return e.predicted ? kNever : std::pair(importance(e), static_cast<double>(e.time));
    }));
  }

  template <class Rank>
  std::vector<Entry>::iterator best(const Rank& rank) {
    return std::min_element(entries_.begin(), entries_.end(),
                            [&](const Entry& a, const Entry& b) { return rank(a) < rank(b); });
  }

  static double apart(const Entry& a, const Entry& b) {
    return (a.state - b.state) * (a.state - b.state) +
           (a.energy - b.energy) * (a.energy - b.energy);
  }

  double alone(const Entry& e) const {
    double nearest = std::numeric_limits<double>::infinity();
    for (const Entry& o : entries_) {
      if (!o.predicted && o.time != e.time) nearest = std::min(nearest, apart(o, e));
    }
    return nearest;
  }

  bool merge() {
    const auto leaves = best([&](const Entry& e) {
      return e.predicted ? kNever : std::pair(alone(e), static_cast<double>(e.time));
    });
    const auto stays = best([&](const Entry& e) {
      const bool other = !e.predicted && e.time != leaves->time;
      return other ? std::pair(apart(e, *leaves), -static_cast<double>(e.time)) : kNever;
    });
    if (alone(*leaves) > options_.merge_distance) return false;
    stays->surprise = std::max(stays->surprise, leaves->surprise);
    entries_.erase(leaves);
    return true;
  }

  double importance(const Entry& e) const {
    double mean_energy = 0, count = 0, d = 0, s = 0, x = 0;
    for (const Entry& o : entries_) {
      if (o.predicted) continue;
      count += 1;
      mean_energy += o.energy;
    }
    mean_energy /= count;
    for (const Entry& o : entries_) {
      if (o.predicted) continue;
      d += alone(o) / count;
      s += o.surprise / count;
      x += std::abs(o.energy - mean_energy) / count;
    }
    return (d > 0 ? alone(e) / d : 0) + (s > 0 ? e.surprise / s : 0) +
           (x > 0 ? std::abs(e.energy - mean_energy) / x : 0);
  }

  static constexpr std::pair<double, double> kNever{std::numeric_limits<double>::infinity(), 0.0};
  ShortTermMemoryOptions options_;
  std::vector<Entry> entries_;
  std::int64_t writes_ = 0;
};

TEST(ShortTermMemory, KeepsWhatItsRulesSayInRandomLives) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ShortTermMemoryOptions options{
        .capacity = 9, .predicted_max = 4, .merge_distance = seed % 2 == 0 ? 0.01 : 0.0};
    Line line(options);
    ByTheRules expected(options);
    RandomStream rng(seed, "life");
    for (std::int64_t t = 0; t < 120; ++t) {
      // Steps of a random length, seen out of order now and then, and plans of one to three steps.
      const std::int64_t time = t + (rng.uniform1() < 0.1 ? -3 : 0);
      // Exact in float32, so that both sides compare the same numbers.
      const auto number = [&] { return std::round(256.0 * 8.0 * rng.uniform1()) / 256.0; };
      const double state = number(), energy = number();
      line.observe(time, state, energy);
      expected.write(time, state, energy, false);
      for (std::int64_t h = 1; h <= static_cast<std::int64_t>(rng.word() % 4); ++h) {
        const double imagined = number();
        line.predict(time + h, imagined, 0.0);
        expected.write(time + h, imagined, 0.0, true);
      }
      Times observed, predicted;
      for (const auto& entry : expected.entries()) {
        (entry.predicted ? predicted : observed).insert(entry.time);
      }
      ASSERT_EQ(line.times(Remembered::kObserved), observed) << "seed " << seed << ", step " << t;
      ASSERT_EQ(line.times(Remembered::kPredicted), predicted) << "seed " << seed << ", step " << t;
    }
  }
}

TEST(ShortTermMemory, TakesNoMoreStorageHoweverMuchIsWritten) {
  ShortTermMemory memory(kSizes, {.capacity = 10, .predicted_max = 3});
  const void* storage = memory.contents().state.data_ptr();
  RandomStream rng(3, "memory");
  for (std::int64_t t = 0; t < 100; ++t) {
    memory.observe(random_step(t, rng));
    memory.predict(random_step(t + 2, rng));
  }
  EXPECT_EQ(memory.contents().state.data_ptr(), storage);
  EXPECT_EQ(memory.contents().state.sizes(), at::IntArrayRef({3, 10, 6}));
  EXPECT_EQ(memory.holds().sum(1).max().item<std::int64_t>(), 10);
  EXPECT_LE(memory.holds(Remembered::kPredicted).sum(1).max().item<std::int64_t>(), 3);
}

TEST(ShortTermMemory, AgentsDoNotSeeEachOther) {
  // Agent 1 alone, and among others that live different lives and are reset.
  const MemorySizes one{.agents = 1, .state = 6, .drives = 2, .action = 2, .latent = 1};
  const ShortTermMemoryOptions options{.capacity = 8, .predicted_max = 3};
  ShortTermMemory alone(one, options), together(kSizes, options);
  RandomStream rng(5, "lives"), others(6, "others");
  const Tensor agent = at::tensor({1}, at::kLong);
  for (std::int64_t t = 0; t < 60; ++t) {
    const MemoryEntries life = random_step(t, rng, one), plan = random_step(t + 1, rng, one);
    alone.observe(life);
    alone.predict(plan);
    together.observe(random_step(2 * t, others, one), at::tensor({2}, at::kLong));
    together.observe(life, agent);
    together.predict(plan, agent);
    if (t % 7 == 0) together.reset(at::tensor({0, 2}, at::kLong));
  }
  for (const auto& [name, tensor] : alone.state()) {
    EXPECT_TRUE(at::equal(tensor[0], together.state().at(name)[1])) << name;
  }
}

TEST(ShortTermMemory, ForgetsTheAgentsThatAreReset) {
  ShortTermMemory memory = filled(5);
  memory.reset(at::tensor({1}, at::kLong));
  EXPECT_TRUE(at::equal(memory.holds().sum(1), at::tensor({5, 0, 5}, at::kLong)));
  EXPECT_FALSE(memory.nearest(at::zeros({3, 1, 6}), 1).found[1].item<bool>());
  memory.reset();
  EXPECT_FALSE(memory.holds().any().item<bool>());
}

TEST(ShortTermMemory, IsTheSameForAnyNumberOfThreads) {
  const auto life = [](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const MemorySizes sizes{.agents = 20, .state = 16, .drives = 2, .action = 2, .latent = 1};
    ShortTermMemory memory(sizes, {.capacity = 12, .predicted_max = 4});
    RandomStream rng(7, "threads");
    for (std::int64_t t = 0; t < 40; ++t) {
      memory.observe(random_step(t, rng, sizes));
      memory.predict(random_step(t + 2, rng, sizes));
    }
    auto tensors = memory.state();
    const Recalled found = memory.nearest(rng.normal({20, 30, 16}), 5);
    tensors["found.place"] = found.place;
    tensors["found.distance"] = found.distance;
    at::set_num_threads(before);
    return tensors;
  };
  const auto one = life(1), two = life(2);
  for (const auto& [name, tensor] : one) EXPECT_TRUE(at::equal(tensor, two.at(name))) << name;
}

TEST(ShortTermMemory, SoftReadIsNearTheNearestEntryWhenItIsSharp) {
  const ShortTermMemory memory = filled(50);
  RandomStream rng(8, "queries");
  const Tensor queries = memory.contents().state.narrow(1, 10, 4) + 0.01 * rng.normal({3, 4, 6});
  const SoftRecalled soft = memory.soft_read(queries, 1000.0);
  EXPECT_TRUE(at::allclose(soft.state, memory.contents().state.narrow(1, 10, 4), 0.0, 1e-4));
  EXPECT_TRUE(at::allclose(soft.energy, memory.contents().energy.narrow(1, 10, 4), 0.0, 1e-4));
  EXPECT_TRUE(at::allclose(soft.weight.sum(2), at::ones({3, 4}), 0.0, 1e-5));
  EXPECT_EQ(soft.weight.narrow(2, 50, 206).abs().max().item<float>(), 0.0F);
}

TEST(ShortTermMemory, RecallsNoisyKeys) {
  // A third of the numbers of a key are replaced by noise.
  const MemorySizes sizes{.agents = 1, .state = 64};
  ShortTermMemory memory(sizes);
  RandomStream rng(9, "noise");
  for (std::int64_t t = 0; t < 256; ++t) memory.observe(random_step(t, rng, sizes));
  const Tensor keys = memory.contents().key;  // [1, 256, 64]
  const Tensor noisy = at::where(rng.uniform(keys.sizes()).lt(0.3), rng.normal(keys.sizes()), keys);
  const Tensor found = memory.nearest(noisy, 1).place.view(-1);
  EXPECT_GE(found.eq(at::arange(256)).to(at::kFloat).mean().item<float>(), 0.95F);
}

// Of the sum of what `read` makes of `at`.
void expect_gradient(const std::function<Tensor(const Tensor&)>& read, const Tensor& at) {
  const Tensor leaf = at.clone().requires_grad_();
  read(leaf).sum().backward();
  for (std::int64_t i = 0; i < at.numel(); ++i) {
    Tensor up = at.clone(), down = at.clone();
    up.view(-1)[i] += 1e-6;
    down.view(-1)[i] -= 1e-6;
    const double slope = (read(up).sum() - read(down).sum()).item<double>() / 2e-6;
    EXPECT_NEAR(leaf.grad().reshape(-1)[i].item<double>(), slope, 1e-6);
  }
}

TEST(SoftWeights, GradientsAgreeWithFiniteDifferences) {
  RandomStream rng(10, "soft");
  const auto draw = [&](at::IntArrayRef shape) { return rng.normal(shape).to(at::kDouble); };
  const Tensor queries = draw({2, 3, 4}), keys = draw({2, 5, 4}), values = draw({2, 5, 2});
  const Tensor mix = draw({2, 3, 2});
  Tensor held = at::ones({2, 5}, at::kBool);
  held[0][3] = false;
  const auto read = [&](const Tensor& q, const Tensor& k, const Tensor& v) {
    return soft_weights(q, k, held, 3.0).bmm(v) * mix;
  };
  expect_gradient([&](const Tensor& q) { return read(q, keys, values); }, queries);
  expect_gradient([&](const Tensor& k) { return read(queries, k, values); }, keys);
  expect_gradient([&](const Tensor& v) { return read(queries, keys, v); }, values);
}

TEST(SoftWeights, AreTheSoftmaxOfSquaredDistances) {
  const Tensor queries = at::zeros({1, 1, 2}),
               keys = at::tensor({1.0F, 1.0F, 2.0F, 0.0F, 9.0F, 9.0F});
  const Tensor held = flags({true, true, false}).view({1, 3});
  // Squared distances per dimension are 1 and 2; the third is not held.
  const Tensor weights = soft_weights(queries, keys.view({1, 3, 2}), held, std::log(3.0)).view(-1);
  EXPECT_TRUE(at::allclose(weights, at::tensor({0.75F, 0.25F, 0.0F}), 1e-5, 1e-6));
  EXPECT_THROW(soft_weights(queries, keys.view({1, 3, 2}), held, 0.0), ConfigError);
}

TEST(ShortTermMemory, PassesGradientsToTheQueriesOfASoftRead) {
  const ShortTermMemory memory = filled(10);
  const Tensor queries = at::zeros({3, 2, 6}).requires_grad_();
  memory.soft_read(queries, 2.0).energy.sum().backward();
  EXPECT_GT(queries.grad().abs().max().item<float>(), 0.0F);
  EXPECT_TRUE(at::isfinite(queries.grad()).all().item<bool>());
}

TEST(ShortTermMemory, RefusesWhatDoesNotFitAndWritesNothing) {
  ShortTermMemory memory(kSizes);
  RandomStream rng(11, "bad");
  const auto refused = [&](const std::function<void(MemoryEntries&)>& spoil, const char* word,
                           const Tensor& agents = {}) {
    MemoryEntries entries = random_step(0, rng);
    spoil(entries);
    try {
      memory.observe(entries, agents);
      FAIL() << "expected ShapeError for " << word;
    } catch (const ShapeError& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
    EXPECT_THROW(memory.predict(entries, agents), ShapeError);
    EXPECT_FALSE(memory.holds().any().item<bool>());
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  refused([](MemoryEntries& e) { e.state = at::zeros({3, 5}); }, "memory.state has shape [3, 5]");
  refused([](MemoryEntries& e) { e.state = Tensor(); }, "memory.state");
  refused([&](MemoryEntries& e) { e.state[1][1] = nan; }, "memory.state has values that are not");
  refused([&](MemoryEntries& e) { e.energy[0][0] = INFINITY; }, "memory.energy");
  refused([](MemoryEntries& e) { e.action = at::zeros({3, 3}); }, "memory.action");
  refused([](MemoryEntries& e) { e.latent = at::zeros({2, 1}); }, "memory.latent");
  refused([](MemoryEntries& e) { e.key = at::zeros({3, 2}); }, "memory.key");
  refused([](MemoryEntries& e) { e.time = at::zeros({3}); }, "memory.time");
  refused([](MemoryEntries& e) { e.state = e.state.to(at::kDouble); }, "memory.state has type");
  const auto nothing = [](MemoryEntries&) {};
  refused(nothing, "agents", at::tensor({0, 1, 3}, at::kLong));
  refused(nothing, "agents name one agent twice", at::tensor({0, 1, 1}, at::kLong));
  EXPECT_THROW(memory.nearest(at::zeros({3, 1, 5}), 1), ShapeError);
  EXPECT_THROW(memory.nearest(at::full({3, 1, 6}, nan), 1), ShapeError);
  EXPECT_THROW(memory.nearest(at::zeros({3, 1, 6}), 0), ShapeError);
  EXPECT_THROW(memory.nearest(at::zeros({3, 1, 6}), 257), ShapeError);
  EXPECT_THROW(memory.at_time(at::zeros({2, 1}, at::kLong)), ShapeError);
  EXPECT_THROW(memory.soft_read(at::zeros({3, 1, 6}), -1.0), ConfigError);
}

TEST(ShortTermMemory, ComesBackFromItsState) {
  const ShortTermMemoryOptions options{.capacity = 8, .predicted_max = 2};
  ShortTermMemory first = filled(20, options), second(kSizes, options);
  second.restore(first.state());
  RandomStream rng(12, "later"), same = rng;
  for (std::int64_t t = 20; t < 40; ++t) {
    first.observe(random_step(t, rng));
    second.observe(random_step(t, same));
  }
  for (const auto& [name, tensor] : first.state()) {
    EXPECT_TRUE(at::equal(tensor, second.state().at(name))) << name;
  }
}

TEST(ShortTermMemory, RefusesAStateThatDoesNotFit) {
  ShortTermMemory memory = filled(5);
  const auto before = memory.state();
  for (const auto& item : before) {
    auto missing = before;
    missing.erase(item.first);
    EXPECT_THROW(memory.restore(missing), CheckpointError) << item.first;
    auto misshapen = before;
    misshapen[item.first] = at::zeros({2});
    EXPECT_THROW(memory.restore(misshapen), CheckpointError) << item.first;
  }
  auto wild = before;
  wild["neighbour"] = at::full_like(wild["neighbour"], 1 << 20);
  EXPECT_THROW(memory.restore(wild), CheckpointError);
  wild = before;
  wild["state"] = at::full_like(wild["state"], std::nanf(""));
  EXPECT_THROW(memory.restore(wild), CheckpointError);
  for (const auto& [name, tensor] : memory.state()) {
    EXPECT_TRUE(at::equal(tensor, before.at(name))) << name;
  }
}

TEST(ShortTermMemoryOptions, NamesTheSettingThatBreaksItsRule) {
  const auto message = [](const MemorySizes& sizes,
                          const ShortTermMemoryOptions& options) -> std::string {
    try {
      ShortTermMemory memory(sizes, options);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message(kSizes, {.capacity = 1}), "memory.capacity = 1, must satisfy capacity >= 2");
  EXPECT_EQ(message(kSizes, {.capacity = 8, .predicted_max = 8}),
            "memory.predicted_max = 8, must satisfy 0 <= predicted_max < capacity");
  EXPECT_NE(message(kSizes, {.merge_distance = -1}).find("memory.merge_distance"),
            std::string::npos);
  EXPECT_NE(message(kSizes, {.distinct_weight = -1}).find("memory.distinct_weight"),
            std::string::npos);
  EXPECT_NE(message(kSizes, {.surprise_weight = -1}).find("memory.surprise_weight"),
            std::string::npos);
  EXPECT_NE(message(kSizes, {.energy_weight = INFINITY}).find("memory.energy_weight"),
            std::string::npos);
  EXPECT_NE(message({.agents = 0, .state = 1}, {}).find("memory.agents"), std::string::npos);
  EXPECT_NE(message({.state = 0}, {}).find("memory.state"), std::string::npos);
  EXPECT_NE(message({.state = 1, .drives = -1}, {}).find("memory.drives"), std::string::npos);
}

}  // namespace
}  // namespace forethink
