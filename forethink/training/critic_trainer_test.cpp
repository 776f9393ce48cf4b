// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/critic_trainer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>
#include <queue>
#include <vector>

#include "forethink/core/error.h"
#include "forethink/cost/calibration.h"
#include "forethink/training/critic_recordings_teacher.h"
#include "forethink/training/critic_roadmap_teacher.h"

namespace forethink {
namespace {

// A maze of 9 x 5 cells with a wall at x = 4, open at y = 4 or shut. A state is [x/2 - 2, y/2 - 1,
// -1 open or 1 shut]; an action moves one cell, unless the wall is in the way.
constexpr std::int64_t kWidth = 9, kHeight = 5, kWall = 4, kGap = 4, kCells = kWidth * kHeight;

struct Cell {
  std::int64_t x, y;
  bool shut;
};

bool is_free(const Cell& c) {
  return c.x >= 0 && c.x < kWidth && c.y >= 0 && c.y < kHeight &&
         (c.x != kWall || (c.y == kGap && !c.shut));
}

Tensor state_of(const Cell& c) {
  return at::tensor(
      {static_cast<float>(c.x) / 2 - 2, static_cast<float>(c.y) / 2 - 1, c.shut ? 1.0F : -1.0F});
}

Cell moved(const Cell& c, std::int64_t dx, std::int64_t dy) {
  const Cell next{c.x + dx, c.y + dy, c.shut};
  return is_free(next) ? next : c;
}

Tensor step(const Tensor& states, const Tensor& actions) {
  Tensor next = at::empty_like(states);
  const auto s = states.accessor<float, 2>();
  const auto a = actions.accessor<float, 2>();
  auto out = next.accessor<float, 2>();
  for (std::int64_t i = 0; i < states.size(0); ++i) {
    const Cell c = moved({std::lround(2 * s[i][0] + 4), std::lround(2 * s[i][1] + 2), s[i][2] > 0},
                         std::lround(a[i][0]), std::lround(a[i][1]));
    out[i][0] = static_cast<float>(c.x) / 2 - 2;
    out[i][1] = static_cast<float>(c.y) / 2 - 1;
    out[i][2] = s[i][2];
  }
  return next;
}

Tensor four_directions() {
  return at::tensor({1.0F, 0.0F, -1.0F, 0.0F, 0.0F, 1.0F, 0.0F, -1.0F}).view({4, 2});
}

// Every pair of cells of one layout that a path joins, with its length.
struct TruePairs {
  Tensor from, to;  // [N, 3]
  Tensor length;    // [N]
};

TruePairs true_pairs() {
  std::vector<Tensor> from, to;
  std::vector<float> length;
  for (const bool shut : {false, true}) {
    for (std::int64_t start = 0; start < kCells; ++start) {
      const Cell origin{start % kWidth, start / kWidth, shut};
      if (!is_free(origin)) continue;
      std::vector<std::int64_t> seen(kCells, -1);
      std::queue<Cell> queue;
      seen[start] = 0;
      queue.push(origin);
      while (!queue.empty()) {
        const Cell c = queue.front();
        queue.pop();
        const std::int64_t steps = seen[c.y * kWidth + c.x];
        from.push_back(state_of(origin));
        to.push_back(state_of(c));
        length.push_back(static_cast<float>(steps));
        for (const Cell& n : {moved(c, 1, 0), moved(c, -1, 0), moved(c, 0, 1), moved(c, 0, -1)}) {
          if (seen[n.y * kWidth + n.x] >= 0) continue;
          seen[n.y * kWidth + n.x] = steps + 1;
          queue.push(n);
        }
      }
    }
  }
  return {at::stack(from), at::stack(to), at::tensor(length)};
}

// Random walks that keep their direction for a while, half of them in each layout.
RecordedStates walks() {
  constexpr std::int64_t kEpisodes = 80, kRows = 40;
  RandomStream rng(3, "walks");
  std::vector<Tensor> rows;
  for (std::int64_t e = 0; e < kEpisodes; ++e) {
    Cell c{0, 0, e % 2 == 1};
    do {
      c.x = static_cast<std::int64_t>(rng.word() % kWidth);
      c.y = static_cast<std::int64_t>(rng.word() % kHeight);
    } while (!is_free(c));
    std::int64_t direction = 0;
    for (std::int64_t t = 0; t < kRows; ++t) {
      rows.push_back(state_of(c));
      if (rng.uniform1() < 0.4) direction = static_cast<std::int64_t>(rng.word() % 4);
      c = moved(c,
                direction == 0   ? 1
                : direction == 1 ? -1
                                 : 0,
                direction == 2   ? 1
                : direction == 3 ? -1
                                 : 0);
    }
  }
  return {at::stack(rows), at::arange(kEpisodes) * kRows, at::full({kEpisodes}, kRows, at::kLong)};
}

Tensor all_cells() {
  std::vector<Tensor> cells;
  for (const bool shut : {false, true}) {
    for (std::int64_t i = 0; i < kCells; ++i) {
      const Cell c{i % kWidth, i / kWidth, shut};
      if (is_free(c)) cells.push_back(state_of(c));
    }
  }
  return at::stack(cells);
}

std::shared_ptr<TrainableCritic> make_critic(const std::string& head, bool pair,
                                             std::uint64_t seed = 1) {
  RandomStream rng(seed, "critic");
  return std::make_shared<TrainableCritic>(
      3, CriticOptions{.head = head, .width = 64, .embedding = 16, .scale = 5.0, .pair = pair},
      rng);
}

std::shared_ptr<CriticTeacher> roadmap_teacher() {
  const Roadmap roadmap = Roadmap::build(all_cells(), step, four_directions());
  RandomStream rng(5, "teacher");
  return std::make_shared<RoadmapTeacher>(known_costs(roadmap, 60, rng), walks(),
                                          RoadmapTeacherOptions{}, rng);
}

std::shared_ptr<CriticTeacher> recordings_teacher(double recorded_share = 0.2) {
  const RecordingsTeacherOptions options{.push_steps = 1, .recorded_share = recorded_share};
  const RecordedStates recorded = walks();
  ImaginedPushes pushes =
      imagine_pushes(recorded, step, four_directions(), options, RandomStream(6, "pushes"));
  return std::make_shared<RecordingsTeacher>(recorded, std::move(pushes), options,
                                             RandomStream(7, "teacher"));
}

CriticTrainerOptions quick(std::int64_t steps) {
  CriticTrainerOptions options{.steps = steps, .batch = 256};
  options.optimizer.learning_rate = 3e-3;
  options.optimizer.warmup_steps = 10;
  return options;
}

double trained_correlation(const std::shared_ptr<CriticTeacher>& teacher, const std::string& head,
                           bool pair, const CriticTrainerOptions& options) {
  const auto critic = make_critic(head, pair);
  CriticTrainer trainer(critic, teacher, options, 1);
  while (trainer.step() < trainer.steps()) {
    if (trainer.advance().contains("not_finite")) return 0.0;
  }
  const TruePairs truth = true_pairs();
  const at::NoGradGuard no_grad;
  return rank_correlation(critic->distances(truth.from, truth.to).amax(0), truth.length);
}

TEST(CriticTrainer, LearnsPathLengthsFromTheRoadmap) {
  EXPECT_GT(trained_correlation(roadmap_teacher(), "mlp", false, quick(400)), 0.95);
}

TEST(CriticTrainer, LearnsPathLengthsWithTheQuasimetricHead) {
  EXPECT_GT(trained_correlation(roadmap_teacher(), "quasimetric", false, quick(400)), 0.95);
}

TEST(CriticTrainer, LearnsPathLengthsInTheSpaceOfDiscounts) {
  CriticTrainerOptions options = quick(400);
  options.loss = "discount";
  options.discount = 0.9;
  EXPECT_GT(trained_correlation(roadmap_teacher(), "mlp", false, options), 0.95);
}

TEST(CriticTrainer, FindsPathLengthsFromRecordingsAndImagination) {
  EXPECT_GT(trained_correlation(recordings_teacher(), "mlp", false, quick(600)), 0.95);
}

TEST(CriticTrainer, FindsPathLengthsWithAPessimisticPair) {
  EXPECT_GT(trained_correlation(recordings_teacher(), "mlp", true, quick(500)), 0.95);
}

class ResumesWith : public testing::TestWithParam<bool> {};

TEST_P(ResumesWith, TheSameBitsAsWithoutABreak) {
  const auto make_teacher = [] { return GetParam() ? roadmap_teacher() : recordings_teacher(0.3); };
  const CriticTrainerOptions options = quick(24);
  const auto whole = make_critic("mlp", true);
  CriticTrainer uninterrupted(whole, make_teacher(), options, 1);
  std::map<std::string, Tensor> half;
  while (uninterrupted.step() < uninterrupted.steps()) {
    if (uninterrupted.step() == 12) half = uninterrupted.state();
    uninterrupted.advance();
  }
  const auto resumed = make_critic("mlp", true, /*seed=*/99);
  CriticTrainer second(resumed, make_teacher(), options, /*seed=*/99);
  second.restore(half);
  EXPECT_EQ(second.step(), 12);
  while (second.step() < second.steps()) second.advance();
  const auto expected = uninterrupted.state();
  const auto found = second.state();
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, tensor] : expected)
    EXPECT_TRUE(at::equal(found.at(name), tensor)) << name;
}

INSTANTIATE_TEST_SUITE_P(Teachers, ResumesWith, testing::Bool(),
                         [](const auto& which) { return which.param ? "roadmap" : "recordings"; });

// Gives the same lesson for ever.
class FixedTeacher final : public CriticTeacher {
 public:
  FixedTeacher(double target, double expectile) : target_(target), expectile_(expectile) {}
  std::string name() const override { return "fixed"; }
  CriticLesson draw(std::int64_t batch, double, const TrainableCritic&, RandomStream&) override {
    return {at::ones({batch, 3}), at::zeros({batch, 3}), at::full({batch}, target_),
            at::full({batch}, expectile_)};
  }
  void record(const Tensor& errors) override { recorded = errors; }
  Measurements examine(const TrainableCritic&) const override { return {}; }
  std::map<std::string, Tensor> state() const override { return {}; }
  void restore(const std::map<std::string, Tensor>&) override {}

  Tensor recorded;

 private:
  double target_, expectile_;
};

float answer(const TrainableCritic& critic) {
  return critic.distances(at::ones({1, 3}), at::zeros({1, 3})).amax().item<float>();
}

TEST(CriticTrainer, ChangesNothingWhenATargetIsNotFinite) {
  const auto critic = make_critic("mlp", false);
  const auto teacher =
      std::make_shared<FixedTeacher>(std::numeric_limits<double>::quiet_NaN(), 0.5);
  CriticTrainer trainer(critic, teacher, quick(10), 1);
  const auto before = critic->state();
  EXPECT_TRUE(trainer.advance().contains("not_finite"));
  EXPECT_EQ(trainer.step(), 0);
  EXPECT_FALSE(teacher->recorded.defined());
  for (const auto& [name, tensor] : critic->state())
    EXPECT_TRUE(at::equal(before.at(name), tensor));
}

TEST(CriticTrainer, TakesAnUpperBoundForNoMore) {
  const auto critic = make_critic("mlp", false);
  CriticTrainerOptions options = quick(60);
  options.bf16 = false;
  options.optimizer.weight_decay = 0.0;
  const float before = answer(*critic);
  CriticTrainer above(critic, std::make_shared<FixedTeacher>(before + 5, 1.0), options, 1);
  while (above.step() < above.steps()) above.advance();
  EXPECT_FLOAT_EQ(answer(*critic), before);
  CriticTrainer below(critic, std::make_shared<FixedTeacher>(before / 2, 1.0), options, 1);
  while (below.step() < below.steps()) below.advance();
  // Momentum may carry it below the bound, where nothing pulls it back.
  EXPECT_LT(answer(*critic), 0.6F * before);
}

TEST(CriticTrainer, TellsTheTeacherErrorsInModelSteps) {
  const auto critic = make_critic("mlp", false);
  const auto teacher = std::make_shared<FixedTeacher>(2.0, 0.5);
  CriticTrainerOptions options = quick(10);
  options.bf16 = false;
  CriticTrainer trainer(critic, teacher, options, 1);
  const float expected = std::abs(answer(*critic) - 2.0F);
  trainer.advance();
  EXPECT_NEAR(teacher->recorded[0].item<float>(), expected, 1e-4);
}

TEST(CriticTrainer, RefusesAStateThatDoesNotFit) {
  const auto teacher = std::make_shared<FixedTeacher>(1.0, 0.5);
  CriticTrainer trainer(make_critic("mlp", false), teacher, quick(10), 1);
  const auto good = trainer.state();
  for (const std::string name : {"counters", "critic.net0.state_in.weight", "optimizer.0.m"}) {
    auto missing = good;
    ASSERT_EQ(missing.erase(name), 1U) << name;
    EXPECT_THROW(trainer.restore(missing), CheckpointError) << name;
  }
}

TEST(ImaginePushes, SnapsToRecordedStatesAndCountsModelSteps) {
  const RecordedStates recorded = walks();
  const RecordingsTeacherOptions options{.pool = 100, .push_steps = 2};
  const ImaginedPushes pushes =
      imagine_pushes(recorded, step, four_directions(), options, RandomStream(1, "pushes"));
  ASSERT_EQ(pushes.ends.sizes(), at::IntArrayRef({100, 2 * 4}));
  EXPECT_EQ(pushes.model_steps, 100 * 4 * 2);
  const Tensor from = recorded.states.index_select(0, pushes.rows.repeat_interleave(4));
  const Tensor actions = four_directions().repeat({100, 1});
  const auto end_states = [&](std::int64_t length) {
    return recorded.states.index_select(0, pushes.ends.narrow(1, 4 * (length - 1), 4).reshape(-1));
  };
  EXPECT_TRUE(at::equal(end_states(1), step(from, actions)));
  EXPECT_TRUE(at::equal(end_states(2), step(step(from, actions), actions)));
  EXPECT_TRUE(at::equal(pushes.penalty.narrow(1, 0, 4), at::full({100, 4}, 1.0F)));
  EXPECT_TRUE(at::equal(pushes.penalty.narrow(1, 4, 4), at::full({100, 4}, 2.0F)));
}

TEST(ImaginePushes, CountsAFarSnapOnlyWhereThereIsNoOther) {
  // States 0 and 10 on a line. From 0 one push ends beside 10 and one nowhere; from 10 both
  // nowhere.
  const RecordedStates recorded{at::tensor({0.0F, 10.0F}).view({2, 1}), at::zeros({1}, at::kLong),
                                at::full({1}, 2, at::kLong)};
  const StepFunction jump = [](const Tensor& states, const Tensor& actions) {
    return states + actions;
  };
  const Tensor candidates = at::tensor({10.1F, 3.0F}).view({2, 1});
  const ImaginedPushes pushes = imagine_pushes(
      recorded, jump, candidates, {.push_steps = 1, .snap_penalty = 2.0}, RandomStream(1, "p"));
  const Tensor from_zero = pushes.penalty.masked_select(pushes.rows.eq(0).unsqueeze(1));
  EXPECT_NEAR(from_zero[0].item<float>(), 1.0 + 2.0 * 0.1, 1e-4);
  EXPECT_TRUE(std::isinf(from_zero[1].item<float>()));
  const Tensor from_ten = pushes.penalty.masked_select(pushes.rows.eq(1).unsqueeze(1));
  EXPECT_TRUE(at::allclose(from_ten, at::tensor({1.0F + 2.0F * 10.1F, 1.0F + 2.0F * 3.0F})));
}

TEST(RoadmapTeacher, TeachesOnlyTheGoalsThemselvesWhereNothingIsJoined) {
  const StepFunction lost = [](const Tensor& states, const Tensor&) { return states + 100.0; };
  const Roadmap roadmap = Roadmap::build(all_cells(), lost, four_directions(), {.neighbours = 0});
  EXPECT_EQ(roadmap.graph().edges(), 0);
  RandomStream rng(1, "teacher");
  const RoadmapTeacher teacher(known_costs(roadmap, 10, rng), walks(), {}, rng);
  EXPECT_NEAR(teacher.reached(), 1.0 / 81, 1e-9);
}

TEST(CriticTrainerOptions, NamesTheSettingThatBreaksItsRule) {
  const auto message = [](const auto& options) -> std::string {
    try {
      options.validate();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message(CriticTrainerOptions{.batch = 1}),
            "critic_trainer.batch = 1, must satisfy batch >= 4");
  const auto names = [&](const auto& options, const std::string& field) {
    EXPECT_NE(message(options).find(field), std::string::npos) << field << ": " << message(options);
  };
  names(CriticTrainerOptions{.steps = 0}, "critic_trainer.steps");
  names(CriticTrainerOptions{.loss = "log"}, "critic_trainer.loss");
  names(CriticTrainerOptions{.huber_scale = 0}, "critic_trainer.huber_scale");
  names(CriticTrainerOptions{.discount = 1}, "critic_trainer.discount");
  names(CriticTrainerOptions{.target_rate = 0}, "critic_trainer.target_rate");
  names(CriticTrainerOptions{.optimizer = {.learning_rate = 0}}, "critic_trainer.optimizer");
  names(RoadmapTeacherOptions{.goals = 0}, "roadmap_teacher.goals");
  names(RoadmapTeacherOptions{.near_share = 2}, "roadmap_teacher.near_share");
  names(RoadmapTeacherOptions{.near_steps = -1}, "roadmap_teacher.near_steps");
  names(RoadmapTeacherOptions{.hard_share = -1}, "roadmap_teacher.hard_share");
  names(RoadmapTeacherOptions{.hard_capacity = 1}, "roadmap_teacher.hard_capacity");
  names(RoadmapTeacherOptions{.hard_choose_from = 0}, "roadmap_teacher.hard_choose_from");
  names(RecordingsTeacherOptions{.pool = 0}, "recordings_teacher.pool");
  names(RecordingsTeacherOptions{.bank = 0}, "recordings_teacher.bank");
  names(RecordingsTeacherOptions{.push_steps = 0}, "recordings_teacher.push_steps");
  names(RecordingsTeacherOptions{.snap_threshold = 0}, "recordings_teacher.snap_threshold");
  names(RecordingsTeacherOptions{.snap_penalty = -1}, "recordings_teacher.snap_penalty");
  names(RecordingsTeacherOptions{.arrive_threshold = -1}, "recordings_teacher.arrive_threshold");
  names(RecordingsTeacherOptions{.distance_cost = -1}, "recordings_teacher.distance_cost");
  names(RecordingsTeacherOptions{.expectile = 1}, "recordings_teacher.expectile");
  names(RecordingsTeacherOptions{.recorded_share = 2}, "recordings_teacher.recorded_share");
  names(RecordingsTeacherOptions{.near_share = 2}, "recordings_teacher.near_share");
  names(RecordingsTeacherOptions{.near_steps = -1}, "recordings_teacher.near_steps");
  names(RecordingsTeacherOptions{.hard_share = 2}, "recordings_teacher.hard_share");
  names(RecordingsTeacherOptions{.hard_capacity = 0}, "recordings_teacher.hard_capacity");
  names(RecordingsTeacherOptions{.hard_choose_from = 0}, "recordings_teacher.hard_choose_from");
  names(RecordingsTeacherOptions{.longest = 0}, "recordings_teacher.longest");
}

}  // namespace
}  // namespace forethink
